package org.scriptorium.spark;

import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Translates: a decoder by an instruction, an encoder-decoder by its prefix for the language, or to the one language that it has. */
final class TranslationTask implements AiTask {
  /** How configurations call the tasks, such as {@code translation_en_to_de}. */
  private static final Pattern PREFIX = Pattern.compile("translation_(?:[^_]+_)?to_(.+)");

  @Override
  public Rows prepare(CallPlan call) {
    var prefixes = new TreeMap<String, String>();
    new TreeMap<>(call.model().prefixes()).forEach((task, prefix) -> {
      var matcher = PREFIX.matcher(task);
      if (matcher.matches()) prefixes.putIfAbsent(matcher.group(1), prefix);
    });
    return row -> {
      String language = row.text("language").strip(), text = row.text("text");
      if (language.isEmpty())
        return RowRequests.failed(call, ErrorCode.INVALID_PARAMETER, "language: expected a code or name, found an empty one");
      Optional<Languages.Language> known = Languages.find(language);
      if (call.model().kind() != Kind.ENCODER_DECODER) return ask(call, instructed(known, language, text));
      // One that names no languages was trained for a single pair.
      if (prefixes.isEmpty()) return ask(call, Instruction.prefixed(call.model().prefix(""), text));
      String prefix = prefixes.get(known.map(Languages.Language::code).orElse(language));
      if (prefix == null) {
        return RowRequests.failed(call, ErrorCode.INVALID_PARAMETER, "language: %s translates to %s, found '%s'".formatted(
            call.model().name(), Instruction.alternatives(new TreeSet<>(prefixes.keySet()).stream().toList()), language));
      }
      return ask(call, Instruction.prefixed(prefix, text));
    };
  }

  private static Prompt instructed(Optional<Languages.Language> known, String language, String text) {
    var prompt = new SourcedText.Builder().trusted("Translate the input text to ");
    if (known.isPresent()) prompt.trusted(known.get().name());
    else prompt.row(language);
    return Prompt.user(prompt.trusted(". Answer with the translation alone.\n\n").row(text).build());
  }

  private static Step ask(CallPlan call, Prompt prompt) {
    return new Step.Ask(new Request(prompt, call.specification().config()));
  }
}
