package org.scriptorium.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.template.ChatTemplate;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;
import org.scriptorium.engine.weights.Configuration;

/** Reads the tokenizer and template of a folder as Hugging Face's libraries do. */
final class FolderTexts {
  static final String SETTINGS = "tokenizer_config.json";

  private static final String TEMPLATE = "chat_template", DEFAULT = "default", EXTRA = "extra_special_tokens";
  private static final List<String> TOKENS =
      List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

  private FolderTexts() {}

  static ModelTexts read(Path folder) {
    Optional<ChatTemplate> template = source(folder).map(found -> ModelTexts.template(found.place(), found.source()));
    Tokenizer tokenizer = Tokenizers.folder(folder);
    return new ModelTexts(tokenizer, Tokenizers.target(folder, tokenizer), template,
        variables(settings(folder, SETTINGS), settings(folder, "special_tokens_map.json")));
  }

  /** A JSON file of the folder; empty where there is none. */
  static Configuration settings(Path folder, String name) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Configuration.read(file) : Configuration.of(file, Map.of());
  }

  /** A template's text and where it stands. */
  record Source(String place, String source) {}

  /** A file of its own comes before what the tokenizer's settings say, and these before what a processor of other inputs has. */
  static Optional<Source> source(Path folder) {
    Path own = folder.resolve(TEMPLATE + ".jinja");
    if (Files.exists(own)) return Optional.of(new Source(own.toString(), text(own)));
    Configuration settings = settings(folder, SETTINGS), holder = settings.has(TEMPLATE) ? settings : settings(folder, TEMPLATE + ".json");
    return holder.has(TEMPLATE) ? Optional.of(new Source("%s: %s".formatted(holder.path(), TEMPLATE), source(holder))) : Optional.empty();
  }

  /** The only template, or of several the one for dialogues without tools and documents. */
  private static String source(Configuration holder) {
    if (holder.isText(TEMPLATE)) return holder.string(TEMPLATE);
    var named = new LinkedHashMap<String, String>();
    for (Configuration one : holder.sections(TEMPLATE)) named.put(one.string("name"), one.string("template"));
    holder.require(named.containsKey(DEFAULT), TEMPLATE, "a template, or several of which one is named %s".formatted(DEFAULT));
    return named.get(DEFAULT);
  }

  private static Map<String, Object> variables(Configuration settings, Configuration map) {
    var variables = new HashMap<String, Object>();
    if (settings.has(EXTRA) && !settings.isList(EXTRA)) {
      Configuration extra = settings.section(EXTRA).orElseThrow();
      for (String name : extra.keys()) if (extra.has(name)) variables.put(name, token(extra, name));
    }
    for (String name : TOKENS) {
      Configuration holder = settings.has(name) ? settings : map;
      if (holder.has(name)) variables.put(name, token(holder, name));
    }
    return variables;
  }

  /** A token as a string, or as an object with its content. */
  private static String token(Configuration holder, String name) {
    return holder.isText(name) ? holder.string(name) : holder.section(name).orElseThrow().string("content");
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: can't be read as UTF-8: %s; fetch it again".formatted(file, e), e);
    }
  }
}
