package org.scriptorium.pipeline.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestTextParts {
  private static final long SEED = Long.getLong("scriptorium.test.seed", System.nanoTime());

  private static List<String> texts(String text) {
    return TextParts.of(text).stream().map(part -> part.in(text)).toList();
  }

  private static List<Border> borders(String text) {
    return TextParts.of(text).stream().map(Part::border).toList();
  }

  @Test
  void sentencesEndWhereTheyEnd() {
    assertThat(texts("It was 3.5 metres long, e.g. too long. He was surprised. Yes!"))
        .containsExactly("It was 3.5 metres long, e.g. too long. ", "He was surprised. ", "Yes!");
    assertThat(borders("One. Two.\n\nThree.")).containsExactly(Border.SENTENCE, Border.PARAGRAPH, Border.SECTION);
  }

  @Test
  void chineseAndJapaneseHaveSentencesToo() {
    assertThat(texts("今日は雨です。傘を持って行きます。")).containsExactly("今日は雨です。", "傘を持って行きます。");
    assertThat(texts("这是第一句。这是第二句！这是第三句？")).containsExactly("这是第一句。", "这是第二句！", "这是第三句？");
  }

  @Test
  void sentencesAreNotEndedByTheLinesOfAParagraph() {
    assertThat(texts("A sentence that\ngoes over lines. Another\none."))
        .containsExactly("A sentence that\ngoes over lines. ", "Another\none.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"# Tools", "## 6 Tools", "6.1. Filling in the list", "Chapter 6. Maintenance", "Kapitel IV", "第6章 保守",
      "Tools\n====="})
  void headingsBeginSectionsAndStayWithTheirText(String heading) {
    String text = "Before it. And more.\n\n" + heading + "\n\nUnder it. And more.";
    assertThat(texts(text)).containsExactly("Before it. ", "And more.\n\n", heading + "\n\n", "Under it. ", "And more.");
    assertThat(borders(text)).containsExactly(Border.SENTENCE, Border.SECTION, Border.WORD, Border.SENTENCE, Border.SECTION);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5 litres of milk were spilt.", "Part of it is lost", "第一", "-----"})
  void whatOnlyLooksLikeAHeadingIsNone(String line) {
    assertThat(borders("Before it.\n\n" + line + "\n\nAfter it.")).containsExactly(Border.PARAGRAPH, Border.PARAGRAPH, Border.SECTION);
  }

  @Test
  void longSentencesArePartedAtLinesThenWords() {
    String list = "an item without an end\n".repeat(40);
    assertThat(TextParts.of(list)).hasSizeGreaterThan(1).allSatisfy(part -> assertThat(part.in(list)).endsWith("end\n"));
    assertThat(borders(list)).startsWith(Border.LINE);
    String words = "word ".repeat(200);
    assertThat(TextParts.of(words)).hasSizeGreaterThan(1).allSatisfy(part -> assertThat(part.in(words)).endsWith("word "));
    String chinese = "没有标点".repeat(300);
    assertThat(TextParts.of(chinese)).hasSize(3);
  }

  @Test
  void charactersStayWhole() {
    String flags = "\uD83C\uDDE9\uD83C\uDDEA".repeat(400), smiles = "a" + "\uD83D\uDE00".repeat(900), marks = "a" + "\u0301".repeat(3000);
    assertThat(texts(flags)).allSatisfy(part -> assertThat(part.length() % 4).isZero());
    assertThat(texts(smiles)).noneSatisfy(part -> assertThat(Character.isLowSurrogate(part.charAt(0))).isTrue());
    assertThat(String.join("", texts(marks))).isEqualTo(marks);
  }

  @Test
  void nothingIsLostAndNothingIsLong() {
    String[] bits = {"word", " ", "\n", "\n\n", ". ", "。", "# H\n", "6.1. T\n", "\t", "\uD83D\uDE00", "e\u0301", "漢字", "\r\n", "-----\n",
        "x".repeat(500)};
    var random = new Random(SEED);
    for (int round = 0; round < 2000; round++) {
      String text = random.ints(random.nextInt(60), 0, bits.length).mapToObj(i -> bits[i]).collect(Collectors.joining());
      List<Part> parts = TextParts.of(text);
      int at = 0;
      for (Part part : parts) {
        assertThat(part.start()).as("seed %d", SEED).isEqualTo(at);
        assertThat(part.end()).as("seed %d", SEED).isBetween(at + 1, at + TextParts.LONGEST);
        at = part.end();
      }
      assertThat(at).as("seed %d", SEED).isEqualTo(text.length());
      assertThat(TextParts.of(text)).isEqualTo(parts);
    }
  }
}
