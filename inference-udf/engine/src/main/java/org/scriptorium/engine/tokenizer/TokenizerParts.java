package org.scriptorium.engine.tokenizer;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/**
 * What a tokenizer is made of, in the order the text goes.
 *
 * @param tokens how tokens are spelled, by id; null where an id has none
 * @param decodable what the decoder gets of them
 * @param special by id, true for markup
 * @param raw added tokens that are found in the text as it comes
 * @param normalized added tokens that are found in the normalized text
 * @param tracked the split into words asks where the source starts, which normalization moves
 * @param models makes the model over those tokens that a condition allows
 * @param decoder tokens to text
 */
record TokenizerParts(String[] tokens, String[] decodable, boolean[] special, List<AddedTokens.Token> raw,
    List<AddedTokens.Token> normalized, Normalizer normalizer, PreTokenizer preTokenizer, boolean tracked, Models models,
    PostProcessor postProcessor, Decoder decoder) {

  /** Makes models. */
  interface Models {
    Model over(IntPredicate allowed);

    /** True if a text could become a token that was not found in it as an added one. */
    boolean reaches(IntPredicate tokens);
  }

  /**
   * @param decoding tokens to text
   * @param piece a token within a text to what it adds, for decoders that go token by token
   * @param byteLevel the pieces are bytes in GPT-2's alphabet
   */
  record Decoder(Decoding decoding, UnaryOperator<String> piece, boolean byteLevel) {

    static Decoder of(Decoding decoding) {
      return new Decoder(decoding, UnaryOperator.identity(), false);
    }

    byte[] bytes(String token) {
      if (byteLevel) return ByteAlphabet.bytes(token);
      int unit = ByteTokens.value(token);
      if (unit >= 0) return new byte[] {(byte) unit};
      String text = piece.apply(token);
      return Utf8.encode(text, 0, text.length());
    }
  }
}
