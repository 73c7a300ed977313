package org.scriptorium.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;

/** Tokenizers of a repository's files against the reference's: every folder of fixtures, and those that ship with the tests. */
class TestTokenizerFilesFixture {

  @TestFactory
  Stream<DynamicTest> encodesAsTheReference() {
    return tests("tokenizer.json", "cases", Tokenizers::folder, (tokenizer, example) -> {
      String text = example.get("text").textValue();
      var trusted = SourcedText.trusted(text);
      equalEncoding(tokenizer.encodeInput(trusted), example, text, text);
      assertThat(tokenizer.encode(trusted)).containsExactly(Fixtures.ints(example.get("ids_no_special")));
      int[] ends = tokenizer.ends(trusted, tokenizer.encode(trusted));
      assertThat(ends).isSorted();
      if (ends.length > 0) assertThat(ends).endsWith(text.length());
    });
  }

  @TestFactory
  Stream<DynamicTest> encodesPairsAsTheReference() {
    return tests("tokenizer.json", "pairs", Tokenizers::folder, (tokenizer, example) -> {
      String first = example.get("text").textValue(), second = example.get("pair").textValue();
      Encoding found = tokenizer.encodePair(SourcedText.trusted(first), SourcedText.trusted(second));
      equalEncoding(found, example, first, second);
      Decoded.matches(tokenizer, found.ids(), example);
    });
  }

  @TestFactory
  Stream<DynamicTest> decodesAsTheReference() {
    return tests("tokenizer.json", "cases", Tokenizers::folder,
        (tokenizer, example) -> Decoded.matches(tokenizer, Fixtures.ints(example.get("ids")), example));
  }

  @TestFactory
  Stream<DynamicTest> decodesAnyIdsAsTheReference() {
    return tests("tokenizer.json", "decode_random_ids", Tokenizers::folder,
        (tokenizer, example) -> Decoded.matches(tokenizer, Fixtures.ints(example.get("ids")), example));
  }

  /** Without their tokenizer.json, where the class of the tokenizer tells the rest. */
  @TestFactory
  Stream<DynamicTest> vocabularyFilesEncodeAsTheReference() {
    return Stream.of("vocab.json", "vocab.txt").flatMap(file -> tests(file, "cases",
        folder -> VocabularyFiles.open(folder, TokenizerFolder.settings(folder)), (tokenizer, example) -> {
          var text = SourcedText.trusted(example.get("text").textValue());
          assertThat(tokenizer.encodeInput(text).ids()).containsExactly(Fixtures.ints(example.get("ids")));
          assertThat(tokenizer.encode(text)).containsExactly(Fixtures.ints(example.get("ids_no_special")));
          Decoded.matches(tokenizer, Fixtures.ints(example.get("ids")), example);
        }, folder -> VocabularyFiles.isSufficient(folder, TokenizerFolder.settings(folder))));
  }

  /** The prompts of tiny models that were made of texts. */
  @TestFactory
  Stream<DynamicTest> promptsOfModelsComeFromTheirTexts() {
    var tests = new ArrayList<DynamicTest>();
    for (Path folder : ReferenceFixtures.models()) {
      List<JsonNode> prompts = StreamSupport.stream(Fixtures.json(folder.resolve("expected.json")).path("prompts").spliterator(), false)
          .filter(prompt -> prompt.hasNonNull("text")).toList();
      if (prompts.isEmpty()) continue;
      String name = folder.getFileName().toString();
      tests.add(dynamicTest(ReferenceFixtures.ships(folder) ? "shipped " + name : name, () -> {
        Tokenizer tokenizer = Tokenizers.folder(folder);
        assertThat(prompts).allSatisfy(prompt -> {
          var text = SourcedText.trusted(prompt.get("text").textValue());
          assertThat(tokenizer.encodeInput(text).ids()).containsExactly(Fixtures.ints(prompt.get("input_ids")));
        });
      }));
    }
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> sentencePieceModelsEncodeAndDecodeAsTheLibrary() {
    return Stream.of("tokenizer.model", "spiece.model").flatMap(file -> tests(file, "cases",
        folder -> Tokenizers.sentencePiece(folder.resolve(file)), (tokenizer, example) -> {
          int[] ids = tokenizer.encode(SourcedText.row(example.get("text").textValue()));
          assertThat(ids).containsExactly(Fixtures.ints(example.get("sentencepiece_ids")));
          String decoded = example.get("sentencepiece_decoded").textValue();
          assertThat(tokenizer.decode(ids, SpecialTokens.KEEP)).isEqualTo(decoded);
        }));
  }

  @TestFactory
  Stream<DynamicTest> marianReadsAndWrites() {
    return tests("source.spm", "cases", folder -> new Sides(Tokenizers.folder(folder), Tokenizers.target(folder, Tokenizers.folder(folder))), (sides, example) -> {
      var text = SourcedText.trusted(example.get("text").textValue());
      Encoding source = sides.source.encodeInput(text), target = sides.target.encodeInput(text);
      assertThat(source.ids()).containsExactly(Fixtures.ints(example.get("ids")));
      assertThat(source.tokens()).containsExactly(strings(example.get("tokens")));
      assertThat(target.ids()).containsExactly(Fixtures.ints(example.get("target_ids")));
      assertThat(sides.source.decode(target.ids(), SpecialTokens.KEEP)).isEqualTo(example.get("decoded_target").textValue());
      assertThat(sides.source.decode(target.ids(), SpecialTokens.SKIP)).isEqualTo(example.get("decoded_target_skip").textValue());
      assertThat(Decoded.streamed(sides.source, target.ids())).isEqualTo(example.get("decoded_target_skip").textValue());
    });
  }

  private record Sides(Tokenizer source, Tokenizer target) {}

  private static void equalEncoding(Encoding found, JsonNode example, String first, String second) {
    assertThat(found.tokens()).containsExactly(strings(example.get("tokens")));
    assertThat(found.ids()).containsExactly(Fixtures.ints(example.get("ids")));
    assertThat(found.typeIds()).containsExactly(Fixtures.ints(example.get("type_ids")));
    assertThat(found.specialTokens()).containsExactly(Fixtures.ints(example.get("special_tokens_mask")));
    JsonNode units = example.get("offsets_utf16"), codePoints = example.get("offsets");
    if (units != null) {
      assertThat(pairs(found.starts(), found.ends())).isEqualTo(pairs(units));
    }
    // Only for single texts is it told here which text a place belongs to.
    if (codePoints == null || !first.equals(second)) return;
    int[] starts = new int[found.size()], ends = new int[found.size()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = first.codePointCount(0, found.starts()[i]);
      ends[i] = first.codePointCount(0, found.ends()[i]);
    }
    assertThat(pairs(starts, ends)).isEqualTo(pairs(codePoints));
  }

  /** One test a folder that has {@code file}: every example under {@code kind}, all failures told. */
  private static <T> Stream<DynamicTest> tests(String file, String kind, Function<Path, T> open, BiConsumer<T, JsonNode> check) {
    return tests(file, kind, open, check, folder -> true);
  }

  private static <T> Stream<DynamicTest> tests(String file, String kind, Function<Path, T> open, BiConsumer<T, JsonNode> check,
      Predicate<Path> wanted) {
    Predicate<Path> fits = folder -> Files.exists(folder.resolve(file)) && wanted.test(folder);
    return folders().stream().filter(fits).map(folder -> dynamicTest(name(folder), () -> {
      var examples = Fixtures.json(folder.resolve("tokenizer_expected.json")).get(kind);
      assertThat(examples).isNotEmpty();
      T tokenizer = open.apply(folder);
      var softly = new SoftAssertions();
      for (JsonNode example : examples) {
        String name = example.path("text").asText(example.path("ids").toString());
        softly.assertThatCode(() -> check.accept(tokenizer, example)).as(Fixtures.shortened(name)).doesNotThrowAnyException();
      }
      softly.assertAll();
    }));
  }

  private static String name(Path folder) {
    return folder.startsWith(Fixtures.shipped()) ? "shipped " + folder.getFileName() : folder.getFileName().toString();
  }

  private static List<Path> folders() {
    var folders = new ArrayList<>(Fixtures.tokenizerFolders(Fixtures.shipped()));
    Path root = ReferenceFixtures.file("tokenizers");
    if (!Files.isDirectory(root)) {
      System.err.println("Skipped: " + root + " is not there; name the folder of fixtures with -Dscriptorium.fixtures=DIR. Shipped ones are tested.");
    }
    folders.addAll(Fixtures.tokenizerFolders(root));
    return folders;
  }

  private static String[] strings(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::textValue).toArray(String[]::new);
  }

  private static List<String> pairs(JsonNode offsets) {
    return StreamSupport.stream(offsets.spliterator(), false).map(pair -> pair.get(0) + "-" + pair.get(1)).toList();
  }

  private static List<String> pairs(int[] starts, int[] ends) {
    var pairs = new ArrayList<String>();
    for (int i = 0; i < starts.length; i++) pairs.add(starts[i] + "-" + ends[i]);
    return pairs;
  }
}
