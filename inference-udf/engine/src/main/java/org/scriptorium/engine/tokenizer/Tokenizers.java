package org.scriptorium.engine.tokenizer;

import java.nio.file.Path;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Makes tokenizers of what model files say. */
public final class Tokenizers {
  private static final String KEY = "tokenizer.ggml.model";
  /** GGUF's name of byte-level byte-pair encoding. */
  private static final String BYTE_LEVEL_BPE = "gpt2";

  private Tokenizers() {}

  /**
   * The tokenizer of a model folder, from the first of these that is there: {@code tokenizer.json}.
   *
   * @throws ModelException as {@link #json} does; MODEL_NOT_FOUND if there is none
   */
  public static Tokenizer folder(Path folder) {
    return json(folder.resolve("tokenizer.json"));
  }

  /**
   * The tokenizer of a {@code tokenizer.json}, as Hugging Face's {@code tokenizers} reads it.
   *
   * @throws ModelException UNSUPPORTED_CONFIGURATION if a part of it is not supported and would change the result, MODEL_CORRUPT if the
   *     file contradicts itself, MODEL_UNREADABLE if it can't be read
   */
  public static Tokenizer json(Path file) {
    return TokenizerJson.read(JsonSection.read(file));
  }

  /**
   * The tokenizer of a GGUF file.
   *
   * @param model {@code tokenizer.ggml.model}
   * @throws ModelException UNSUPPORTED_CONFIGURATION if the kind of tokenizer or its split into words is not supported, MODEL_CORRUPT if
   *     the vocabulary contradicts itself
   */
  public static Tokenizer gguf(String model, Vocabulary vocabulary) {
    if (model.equals(BYTE_LEVEL_BPE)) return byteLevelBpe(vocabulary);
    throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
        "%s: %s is \"%s\"; supported is %s. Choose a model with a byte-level vocabulary."
            .formatted(vocabulary.where(), KEY, model, BYTE_LEVEL_BPE));
  }

  /**
   * Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909; over bytes: Radford et al. 2019).
   *
   * @throws ModelException as {@link #gguf} does
   */
  public static Tokenizer byteLevelBpe(Vocabulary vocabulary) {
    return GgufTokenizers.byteLevelBpe(vocabulary);
  }
}
