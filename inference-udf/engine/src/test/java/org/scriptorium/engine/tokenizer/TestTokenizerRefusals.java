package org.scriptorium.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SourcedText;

class TestTokenizerRefusals {
  private static final String WORDS = "\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"<unk>\": 0, \"a\": 1, \"STOP\": 2}, \"unk_token\": \"<unk>\"}";

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "UNSUPPORTED_CONFIGURATION | \"version\": \"2.0\" | t.json: version is \"2.0\"; supported are \"1.0\". ",
    "UNSUPPORTED_CONFIGURATION | \"normalizer\": {\"type\": \"Odd\"} | t.json: normalizer.type is \"Odd\"; supported are Sequence, BertNormalizer, ",
    "UNSUPPORTED_CONFIGURATION | \"pre_tokenizer\": {\"type\": \"Odd\"} | t.json: pre_tokenizer.type is \"Odd\"; supported are Sequence, ByteLevel, ",
    "UNSUPPORTED_CONFIGURATION | \"decoder\": {\"type\": \"Odd\"} | t.json: decoder.type is \"Odd\"; supported are Sequence, ByteLevel, ",
    "UNSUPPORTED_CONFIGURATION | \"post_processor\": {\"type\": \"Odd\"} | t.json: post_processor.type is \"Odd\"; supported are Sequence, ",
    "UNSUPPORTED_CONFIGURATION | \"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": {\"Regex\": \"(?x)a\"}, \"behavior\": \"Isolated\", \"invert\": false} "
        + "| t.json: pre_tokenizer.pattern: the regular expression \"(?x)a\" has the option x, which is not supported. ",
    "UNSUPPORTED_CONFIGURATION | \"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": {\"String\": \"a\"}, \"behavior\": \"Odd\", \"invert\": false} "
        + "| t.json: pre_tokenizer.behavior is \"Odd\"; supported are Removed, Isolated, ",
    "MODEL_CORRUPT | \"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAA\"} "
        + "| t.json: normalizer.precompiled_charsmap: expected a double array and replacements, found 3 bytes that are neither. ",
    "MODEL_CORRUPT | \"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}} | t.json: normalizer.content: expected a string, found nothing. ",
  })
  void partsThatAreNotSupportedAreNamed(ErrorCode code, String part, String message) {
    refuses(code, message, "{" + part + ", " + WORDS + "}");
  }

  @Test
  void modelsThatContradictThemselvesAreRefused() {
    refuses(ErrorCode.UNSUPPORTED_CONFIGURATION, "t.json: model.type is \"Odd\"; supported are BPE, WordPiece, Unigram, WordLevel. ",
        "{\"model\": {\"type\": \"Odd\"}}");
    refuses(ErrorCode.UNSUPPORTED_CONFIGURATION, "t.json: model.dropout is 0.5; supported are null, 0. ",
        "{\"model\": {\"type\": \"BPE\", \"dropout\": 0.5, \"vocab\": {}, \"merges\": []}}");
    refuses(ErrorCode.MODEL_CORRUPT, "t.json: merges[0]: \"a b\" needs the token \"b\", which the vocabulary lacks. ",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]}}");
    refuses(ErrorCode.MODEL_CORRUPT, "t.json: model.unk_token: expected a token of the vocabulary, found \"[UNK]\". ",
        "{\"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"vocab\": {\"a\": 0}}}");
    refuses(ErrorCode.MODEL_CORRUPT, "t.json: model: expected a model, found nothing. ", "{}");
    refuses(ErrorCode.MODEL_CORRUPT, "t.json: is not JSON: ", "{");
  }

  @Test
  void foldersWithoutTokenizersAreRefused(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> Tokenizers.folder(folder)).isInstanceOfSatisfying(ModelException.class, refusal -> {
      assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
      assertThat(refusal).hasMessageStartingWith(folder + ": has no tokenizer; expected tokenizer.json, ");
    });
    Files.write(folder.resolve("vocab.pkl"), new byte[] {(byte) 0x80, 4});
    assertThatThrownBy(() -> Tokenizers.folder(folder)).isInstanceOfSatisfying(ModelException.class, refusal -> {
      assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_UNSUPPORTED);
      assertThat(refusal).hasMessage(folder + ": its tokenizer is Python's pickled objects, which may run code; expected tokenizer.json or "
          + "vocabulary files of text. Convert it with the library that wrote it.");
    });
    Files.write(folder.resolve("tokenizer.model"), new byte[] {10, 100, 1});
    assertThatThrownBy(() -> Tokenizers.folder(folder)).isInstanceOfSatisfying(ModelException.class, refusal -> {
      assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_CORRUPT);
      assertThat(refusal).hasMessageContaining("expected a SentencePiece model, found bytes that are none at position 2");
    });
  }

  /** A word of a row never becomes markup, though the vocabulary spells it so; outside of rows it does. */
  @Test
  void noWordOfARowIsMarkup() {
    String added = "\"added_tokens\": [{\"content\": \"STOP\", \"special\": true}, {\"content\": \"<go>\", \"special\": false}]";
    Tokenizer tokenizer = TokenizerJson.read(JsonSection.parse("t.json", "{" + added + ", " + WORDS + "}"));
    assertThat(tokenizer.encode(SourcedText.trusted("STOP"))).containsExactly(2);
    assertThat(tokenizer.encode(SourcedText.row("STOP"))).containsExactly(0);
    assertThat(tokenizer.encode(SourcedText.trusted("<go>"))).containsExactly(3);
    assertThat(tokenizer.encode(SourcedText.row("<go>"))).containsExactly(0);
    var mixed = new SourcedText.Builder().trusted("STOP").row("STOP").trusted("STOP").build();
    assertThat(tokenizer.encode(mixed)).containsExactly(2, 0, 2);
    assertThat(IntStream.of(tokenizer.encode(SourcedText.row("STOP<go>")))).noneMatch(tokenizer::isSpecial);
  }

  /** The same where the token is looked for after normalization: there the places in the source tell. */
  @Test
  void noNormalizedWordOfARowIsMarkup() {
    String added = "\"added_tokens\": [{\"content\": \"Stop\", \"special\": true, \"normalized\": true}], \"normalizer\": {\"type\": \"Lowercase\"}";
    Tokenizer tokenizer = TokenizerJson.read(JsonSection.parse("t.json", "{" + added + ", " + WORDS + "}"));
    assertThat(tokenizer.encode(SourcedText.trusted("STOP"))).containsExactly(3);
    var mixed = new SourcedText.Builder().trusted("\u00E9STOP").row("stop").trusted("stop").build();
    assertThat(tokenizer.encode(mixed)).containsExactly(0, 3, 0, 3);
  }

  private static void refuses(ErrorCode code, String message, String json) {
    assertThatThrownBy(() -> TokenizerJson.read(JsonSection.parse("t.json", json))).isInstanceOfSatisfying(ModelException.class, refusal -> {
      assertThat(refusal.code()).isEqualTo(code);
      assertThat(refusal).hasMessageStartingWith(message);
    });
  }
}
