package org.scriptorium.engine;

import java.util.Map;
import java.util.Optional;
import org.scriptorium.engine.template.ChatTemplate;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;
import org.scriptorium.engine.tokenizer.Vocabulary;
import org.scriptorium.engine.weights.Metadata;

/** Reads a GGUF file's tokenizer and template. */
final class GgufTexts {
  private static final String PREFIX = "tokenizer.ggml.", TEMPLATE = "tokenizer.chat_template";

  private GgufTexts() {}

  static ModelTexts read(Metadata metadata) {
    Optional<ChatTemplate> template = metadata.has(TEMPLATE)
        ? Optional.of(ModelTexts.template("%s: %s".formatted(metadata.path(), TEMPLATE), metadata.string(TEMPLATE))) : Optional.empty();
    Tokenizer tokenizer = tokenizer(metadata);
    return new ModelTexts(tokenizer, tokenizer, template,
        Map.of("bos_token", token(metadata, "bos_token_id"), "eos_token", token(metadata, "eos_token_id")));
  }

  private static Tokenizer tokenizer(Metadata metadata) {
    String types = PREFIX + "token_type", merges = PREFIX + "merges", scores = PREFIX + "scores";
    return Tokenizers.gguf(metadata.string(PREFIX + "model"), new Vocabulary(metadata.path().toString(),
        metadata.strings(PREFIX + "tokens").toArray(String[]::new), metadata.has(types) ? metadata.integers(types) : new int[0],
        metadata.has(merges) ? metadata.strings(merges).toArray(String[]::new) : new String[0], metadata.string(PREFIX + "pre", ""),
        metadata.has(scores) ? metadata.reals(scores) : new float[0], flags(metadata)));
  }

  private static Vocabulary.Flags flags(Metadata metadata) {
    String map = PREFIX + "precompiled_charsmap";
    int[] units = metadata.has(map) ? metadata.integers(map) : new int[0];
    var bytes = new byte[units.length];
    for (int i = 0; i < units.length; i++) bytes[i] = (byte) units[i];
    return new Vocabulary.Flags(flag(metadata, "add_bos_token"), flag(metadata, "add_eos_token"), flag(metadata, "add_sep_token"),
        flag(metadata, "add_space_prefix"), flag(metadata, "remove_extra_whitespaces"), id(metadata, "bos_token_id"),
        id(metadata, "eos_token_id"), id(metadata, "unknown_token_id"), id(metadata, "seperator_token_id"), id(metadata, "cls_token_id"),
        bytes);
  }

  private static Optional<Boolean> flag(Metadata metadata, String name) {
    return metadata.has(PREFIX + name) ? Optional.of(metadata.bool(PREFIX + name)) : Optional.empty();
  }

  private static Optional<Integer> id(Metadata metadata, String name) {
    return metadata.has(PREFIX + name) ? Optional.of(metadata.integer(PREFIX + name)) : Optional.empty();
  }

  private static String token(Metadata metadata, String name) {
    var tokens = metadata.strings(PREFIX + "tokens");
    return metadata.has(PREFIX + name) ? tokens.get(metadata.integer(PREFIX + name, 0, tokens.size() - 1)) : "";
  }
}
