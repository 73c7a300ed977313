package org.scriptorium.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;

/** Ids back to text, at once and piece by piece, held to what the reference makes of them. */
final class Decoded {
  private Decoded() {}

  /** Asserts the texts with and without special tokens where the example has them, the latter streamed too. */
  static void matches(Tokenizer tokenizer, int[] ids, JsonNode example) {
    if (example.has("decoded")) assertThat(tokenizer.decode(ids, SpecialTokens.KEEP)).isEqualTo(example.get("decoded").textValue());
    if (!example.has("decoded_skip")) return;
    assertThat(tokenizer.decode(ids, SpecialTokens.SKIP)).isEqualTo(example.get("decoded_skip").textValue());
    assertThat(streamed(tokenizer, ids)).isEqualTo(example.get("decoded_skip").textValue());
  }

  /** The pieces that a detokenizer gives, joined. */
  static String streamed(Tokenizer tokenizer, int[] ids) {
    var text = new StringBuilder();
    var detokenizer = tokenizer.detokenizer();
    for (int id : ids) text.append(detokenizer.append(id));
    return text.append(detokenizer.finish()).toString();
  }
}
