package org.scriptorium.engine.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * What a SentencePiece model says (Kudo and Richardson 2018, arXiv:1808.06226), by a {@code .model} file or by GGUF's metadata.
 *
 * @param where the file, for messages
 * @param kind how texts are cut
 * @param pieces by id
 * @param scores by id
 * @param types by id
 * @param byteFallback characters without a piece become tokens of bytes
 * @param unknownSurface what the unknown piece is shown as
 * @param characterMap rules of normalization; empty if there are none
 * @param prefix a blank is put before every text
 * @param tidy blanks at the ends go, several in a row become one
 * @param escape blanks become U+2581
 */
record SentencePieceModel(String where, Kind kind, String[] pieces, float[] scores, TokenType[] types, boolean byteFallback,
    String unknownSurface, byte[] characterMap, boolean prefix, boolean tidy, boolean escape) {

  enum Kind {
    UNIGRAM,
    BPE
  }

  static SentencePieceModel read(Path file) {
    try {
      return new Reader(file.toString()).read(new ProtobufReader(Files.readAllBytes(file), file.toString()));
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: can't be read: %s. Fetch the model again.".formatted(file, e));
    }
  }

  /** Fields by their numbers in sentencepiece_model.proto. */
  private static final class Reader {
    private final String where;
    private final ArrayList<String> pieces = new ArrayList<>();
    private final ArrayList<Float> scores = new ArrayList<>();
    private final ArrayList<TokenType> types = new ArrayList<>();
    private Kind kind = Kind.UNIGRAM;
    private boolean byteFallback;
    private String unknownSurface = " \u2047 ";
    private byte[] characterMap = {};
    private boolean prefix = true;
    private boolean tidy = true;
    private boolean escape = true;

    private Reader(String where) {
      this.where = where;
    }

    private SentencePieceModel read(ProtobufReader model) {
      while (model.next()) {
        switch (model.field()) {
          case 1 -> piece(model.message());
          case 2 -> trainer(model.message());
          case 3 -> normalizer(model.message());
          case 5 -> denormalizer(model.message());
          default -> { }
        }
      }
      if (!types.contains(TokenType.UNKNOWN)) {
        throw new ModelException(ErrorCode.MODEL_CORRUPT,
            "%s: expected a piece for unknown characters, found none. Fetch the model again.".formatted(where));
      }
      var values = new float[scores.size()];
      for (int i = 0; i < values.length; i++) values[i] = scores.get(i);
      return new SentencePieceModel(where, kind, pieces.toArray(String[]::new), values, types.toArray(TokenType[]::new), byteFallback,
          unknownSurface, characterMap, prefix, tidy, escape);
    }

    private void piece(ProtobufReader piece) {
      String text = "";
      float score = 0;
      int type = 1;
      while (piece.next()) {
        switch (piece.field()) {
          case 1 -> text = piece.text();
          case 2 -> score = piece.real();
          case 3 -> type = piece.integer();
          default -> { }
        }
      }
      if (!TokenType.isNumber(type)) throw unsupported("pieces[" + pieces.size() + "].type", type, "1 to 6");
      pieces.add(text);
      scores.add(score);
      types.add(TokenType.of(type));
    }

    private void trainer(ProtobufReader trainer) {
      while (trainer.next()) {
        switch (trainer.field()) {
          case 3 -> kind = switch (trainer.integer()) {
            case 1 -> Kind.UNIGRAM;
            case 2 -> Kind.BPE;
            default -> throw unsupported("trainer_spec.model_type", trainer.integer(), "1 (unigram), 2 (BPE)");
          };
          case 24 -> {
            if (trainer.bool()) throw unsupported("trainer_spec.treat_whitespace_as_suffix", 1, "0");
          }
          case 35 -> byteFallback = trainer.bool();
          case 44 -> unknownSurface = trainer.text();
          default -> { }
        }
      }
    }

    private void normalizer(ProtobufReader normalizer) {
      while (normalizer.next()) {
        switch (normalizer.field()) {
          case 2 -> characterMap = normalizer.bytes();
          case 3 -> prefix = normalizer.bool();
          case 4 -> tidy = normalizer.bool();
          case 5 -> escape = normalizer.bool();
          default -> { }
        }
      }
    }

    private void denormalizer(ProtobufReader denormalizer) {
      while (denormalizer.next()) {
        boolean rules = denormalizer.field() == 2 && denormalizer.bytes().length > 0;
        if (rules) throw unsupported("denormalizer_spec.precompiled_charsmap", 1, "none");
      }
    }

    private ModelException unsupported(String key, int found, String supported) {
      return new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
          "%s: %s is %d; supported are %s. Choose another model.".formatted(where, key, found, supported));
    }
  }
}
