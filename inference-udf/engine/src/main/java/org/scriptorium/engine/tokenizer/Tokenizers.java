package org.scriptorium.engine.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Makes tokenizers of what model files say. */
public final class Tokenizers {
  private static final String KEY = "tokenizer.ggml.model";

  private Tokenizers() {}

  /**
   * The tokenizer of a model folder, from the first of these that is there: {@code tokenizer.json}; Marian's {@code source.spm},
   * {@code target.spm} and {@code vocab.json}; {@code tokenizer.model} or {@code spiece.model}; {@code vocab.json} and
   * {@code merges.txt}, or {@code vocab.txt}, with {@code tokenizer_config.json}.
   *
   * <p>Of models that translate it is the source's; ids become text of the target's side.
   *
   * @throws ModelException as {@link #json} does; MODEL_NOT_FOUND if there is none
   */
  public static Tokenizer folder(Path folder) {
    return TokenizerFolder.open(folder);
  }

  /**
   * The tokenizer of the texts that a folder's model writes, where they have another one than those that it reads; else the same.
   *
   * @param source the folder's own, of the texts that are read
   */
  public static Tokenizer target(Path folder, Tokenizer source) {
    boolean marian = MarianTokenizers.isFolder(folder) && !Files.exists(folder.resolve("tokenizer.json"));
    return marian ? MarianTokenizers.tokenizer(folder, "target.spm") : source;
  }

  /** How a folder's tokenizer spells the token that stands for a word to be guessed; BERT's where {@code tokenizer_config.json} names none. */
  public static String mask(Path folder) {
    return SpecialNames.of(TokenizerFolder.settings(folder), "mask_token", "[MASK]");
  }

  /** The tokenizer of a SentencePiece {@code .model} file alone: its own pieces, no tokens before or after. */
  public static Tokenizer sentencePiece(Path file) {
    return SentencePieceTokenizers.tokenizer(SentencePieceModel.read(file), List.of(), PostProcessor.NONE);
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
    return switch (model) {
      case "gpt2" -> byteLevelBpe(vocabulary);
      case "llama" -> GgufTokenizers.scoredPairs(vocabulary);
      case "t5" -> GgufTokenizers.unigram(vocabulary);
      case "bert" -> GgufTokenizers.wordPiece(vocabulary);
      default -> throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
          "%s: %s is \"%s\"; supported are gpt2, llama, t5, bert. Choose another model.".formatted(vocabulary.where(), KEY, model));
    };
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
