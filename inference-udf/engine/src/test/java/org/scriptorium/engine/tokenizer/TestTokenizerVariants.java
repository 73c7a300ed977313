package org.scriptorium.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;

/**
 * Small tokenizers with one part exchanged each, against Hugging Face's {@code tokenizers} 0.23.3: its normalizers, pre-tokenizers, options
 * of models, post-processors and decoders over texts that trip them.
 */
class TestTokenizerVariants {

  @TestFactory
  Stream<DynamicTest> partsDoAsTheReferences() {
    JsonNode variants = Fixtures.json(Fixtures.shipped().resolve("variants.json"));
    assertThat(variants).hasSizeGreaterThan(50);
    return StreamSupport.stream(variants.spliterator(), false).map(variant -> dynamicTest(variant.get("name").textValue(), () -> {
      Tokenizer tokenizer = tokenizer(variant);
      var softly = new SoftAssertions();
      for (JsonNode example : variant.get("cases")) {
        String text = example.get("text").textValue();
        softly.assertThatCode(() -> check(tokenizer, text, example)).as(text).doesNotThrowAnyException();
      }
      softly.assertAll();
    }));
  }

  private static Tokenizer tokenizer(JsonNode variant) {
    var file = (ObjectNode) Fixtures.json(Fixtures.shipped().resolve(variant.get("base").textValue()).resolve("tokenizer.json"));
    variant.get("patch").properties().forEach(part -> {
      boolean option = part.getKey().equals("model") && !part.getValue().has("type");
      if (option) ((ObjectNode) file.get("model")).setAll((ObjectNode) part.getValue());
      else file.set(part.getKey(), part.getValue());
    });
    return TokenizerJson.read(new JsonSection(variant.get("name").textValue(), "", file));
  }

  private static void check(Tokenizer tokenizer, String text, JsonNode example) {
    var trusted = SourcedText.trusted(text);
    Encoding found = tokenizer.encodeInput(trusted);
    assertThat(found.ids()).containsExactly(Fixtures.ints(example.get("ids")));
    JsonNode offsets = example.get("offsets_utf16");
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.starts()[i]).as("start of %d", i).isEqualTo(offsets.get(i).get(0).intValue());
      assertThat(found.ends()[i]).as("end of %d", i).isEqualTo(offsets.get(i).get(1).intValue());
    }
    if (example.has("decoded")) assertThat(tokenizer.decode(found.ids(), SpecialTokens.KEEP)).isEqualTo(example.get("decoded").textValue());
    // There is none where the reference itself fails.
    if (!example.has("decoded_skip")) return;
    assertThat(tokenizer.decode(found.ids(), SpecialTokens.SKIP)).isEqualTo(example.get("decoded_skip").textValue());
    var streamed = new StringBuilder();
    var detokenizer = tokenizer.detokenizer();
    for (int id : found.ids()) streamed.append(detokenizer.append(id));
    assertThat(streamed.append(detokenizer.finish()).toString()).isEqualTo(example.get("decoded_skip").textValue());
  }
}
