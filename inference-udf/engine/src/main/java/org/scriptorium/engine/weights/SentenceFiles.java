package org.scriptorium.engine.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * How a model's states become the vector of a text, as the files of the sentence-transformers library say beside the model
 * ({@code modules.json} and the folders that it lists), and as GGUF files do.
 *
 * @param poolings whose vectors follow one another
 * @param scaling of the whole vector
 * @param maxTokens of a text, special tokens included; beyond them it is cut at its end
 * @param letters what becomes of a text's letters before the tokenizer sees them
 * @param prompt that stands before every text
 */
public record SentenceFiles(List<Pooling> poolings, Scaling scaling, int maxTokens, Letters letters, String prompt) {
  private static final Path MODULES = Path.of("modules.json"), LENGTHS = Path.of("sentence_bert_config.json");
  private static final Path PROMPTS = Path.of("config_sentence_transformers.json"), TOKENIZER = Path.of("tokenizer_config.json");

  /** {@code pooling_type} of GGUF files. */
  private static final Map<Integer, Pooling> GGUF = Map.of(0, Pooling.MEAN, 1, Pooling.MEAN, 2, Pooling.CLS, 3, Pooling.LAST);

  /** What is made of the tokens' states, in the order in which several follow one another. */
  public enum Pooling {
    CLS("pooling_mode_cls_token", "cls"),
    MAX("pooling_mode_max_tokens", "max"),
    MEAN("pooling_mode_mean_tokens", "mean"),
    /** The sum divided by the root of their number. */
    MEAN_ROOT("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"),
    /** The mean, in which the first token counts once, the second twice, and so on. */
    WEIGHTED_MEAN("pooling_mode_weightedmean_tokens", "weightedmean"),
    LAST("pooling_mode_lasttoken", "lasttoken");

    private final String key;
    private final String name;

    Pooling(String key, String name) {
      this.key = key;
      this.name = name;
    }
  }

  /** What becomes of a vector's length. */
  public enum Scaling {
    NONE,
    /** It becomes 1. */
    UNIT
  }

  /** What becomes of letters. */
  public enum Letters {
    AS_THEY_ARE,
    LOWER_CASE
  }

  public SentenceFiles {
    poolings = List.copyOf(poolings);
  }

  /**
   * What a folder says. Without {@code modules.json} the mean of all states, as the library has it.
   *
   * @param contextLength of the model, in tokens
   * @throws ModelException UNSUPPORTED_CONFIGURATION if there is a module or an option that is not supported
   */
  public static SentenceFiles of(Path folder, int contextLength) {
    List<Pooling> poolings = List.of(Pooling.MEAN);
    Scaling scaling = Scaling.NONE;
    if (Files.exists(folder.resolve(MODULES))) {
      poolings = List.of();
      for (Configuration module : Configuration.readAll(folder.resolve(MODULES))) {
        String type = module.string("type"), name = type.substring(type.lastIndexOf('.') + 1);
        switch (name) {
          case "Transformer" -> module.require(module.string("path", "").isEmpty(), "path", "an empty path, as the model lies beside the file");
          case "Pooling" -> poolings = poolings(Configuration.read(folder.resolve(module.string("path")).resolve("config.json")));
          case "Normalize" -> scaling = Scaling.UNIT;
          default -> throw module.unsupported("type", "Transformer, Pooling, Normalize");
        }
      }
      if (poolings.isEmpty()) throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
          "%s: expected a Pooling among the modules, found none; without one there is no vector of a text".formatted(folder.resolve(MODULES)));
    }
    Configuration lengths = optional(folder.resolve(LENGTHS)), tokenizer = optional(folder.resolve(TOKENIZER));
    int limit = contextLength;
    if (lengths.has("max_seq_length")) limit = Math.min(limit, lengths.size("max_seq_length"));
    else if (tokenizer.has("model_max_length")) limit = (int) Math.min(limit, tokenizer.real("model_max_length"));
    return new SentenceFiles(poolings, scaling, limit, lengths.bool("do_lower_case", false) ? Letters.LOWER_CASE : Letters.AS_THEY_ARE,
        prompt(optional(folder.resolve(PROMPTS))));
  }

  private static Configuration optional(Path file) {
    return Files.exists(file) ? Configuration.read(file) : Configuration.of(file, Map.of());
  }

  private static List<Pooling> poolings(Configuration configuration) {
    if (!configuration.bool("include_prompt", true)) throw configuration.unsupported("include_prompt", "true");
    if (configuration.has("pooling_mode")) {
      String name = configuration.string("pooling_mode");
      return List.of(Arrays.stream(Pooling.values()).filter(pooling -> pooling.name.equals(name)).findFirst().orElseThrow(
          () -> configuration.unsupported("pooling_mode", Arrays.stream(Pooling.values()).map(pooling -> pooling.name).toList().toString())));
    }
    var found = new ArrayList<Pooling>();
    for (Pooling pooling : Pooling.values()) if (configuration.bool(pooling.key, pooling == Pooling.MEAN)) found.add(pooling);
    return found;
  }

  /** The prompt that goes before every text unless a caller names another. */
  private static String prompt(Configuration configuration) {
    if (!configuration.has("default_prompt_name")) return "";
    String name = configuration.string("default_prompt_name");
    return configuration.section("prompts").map(prompts -> prompts.string(name)).orElseThrow(
        () -> configuration.unsupported("default_prompt_name", "a name among prompts"));
  }

  /**
   * What a GGUF file says. Its vectors have the length 1, as programs that read such files make them.
   *
   * @param contextLength of the model, in tokens
   */
  public static SentenceFiles of(Metadata metadata, int contextLength) {
    String key = metadata.string("general.architecture") + ".pooling_type";
    Pooling pooling = GGUF.get(metadata.integer(key, 1));
    if (pooling == null) throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
        "%s: %s is %s; supported are 0 (none, taken as mean), 1 (mean), 2 (first token), 3 (last token)"
            .formatted(metadata.path(), key, metadata.text(key)));
    return new SentenceFiles(List.of(pooling), Scaling.UNIT, contextLength, Letters.AS_THEY_ARE, "");
  }
}
