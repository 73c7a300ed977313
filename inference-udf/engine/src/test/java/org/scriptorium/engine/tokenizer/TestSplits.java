package org.scriptorium.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The scanners against the patterns that they stand for, by Java's own regular expressions. */
class TestSplits {
  private static final String ANY_CASE = "(?iu:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String LINES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String SIGNS = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|";
  private static final String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String WORDS = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";
  private static final String LLAMA3 = ANY_CASE + "|" + WORDS + "\\p{N}{1,3}|" + SIGNS + LINES;
  private static final String DEEP_SEEK = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?"
      + "[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|" + LINES;

  /** For each scanner one name that leads to it. */
  private static final Map<String, List<String>> PATTERNS = Map.ofEntries(
      Map.entry("gpt-2", List.of(GPT2)),
      Map.entry("smollm", List.of("\\p{N}", GPT2)),
      Map.entry("llama-bpe", List.of(LLAMA3)),
      Map.entry("qwen2", List.of(ANY_CASE + "|" + WORDS + "\\p{N}|" + SIGNS + LINES)),
      Map.entry("qwen35", List.of(
          ANY_CASE + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" + LINES)),
      Map.entry("bailingmoe", List.of("'(?iu:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|"
          + "\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")),
      Map.entry("seed-coder", List.of(ANY_CASE + "|" + WORDS + "\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" + LINES)),
      Map.entry("ufakzeka", List.of(WORDS + "\\p{N}|" + SIGNS + LINES)),
      Map.entry("minicpm5", List.of("\\p{N}{1,3}", ANY_CASE + "|" + WORDS + "\\p{N}+|" + SIGNS + LINES)),
      Map.entry("deepseek-v3", List.of("\\p{N}{1,3}", "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+", DEEP_SEEK)),
      Map.entry("gpt-4o", List.of(PREFIX + UPPER + "*" + LOWER + "+" + ANY_CASE + "?|"
          + PREFIX + UPPER + "+" + LOWER + "*" + ANY_CASE + "?|"
          + "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + LINES)),
      Map.entry("tekken", List.of(PREFIX + UPPER + "*" + LOWER + "+|" + PREFIX + UPPER + "+" + LOWER + "*|"
          + "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + LINES)),
      Map.entry("default", List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]")),
      Map.entry("falcon", List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]")));

  @Provide
  Arbitrary<String> texts() {
    return Texts.arbitrary();
  }

  @Property(tries = 3000)
  void scannersCutAsTheirPatterns(@ForAll("texts") String text) {
    PATTERNS.forEach((name, patterns) -> assertThat(scanned(name, text)).as(name).isEqualTo(matched(patterns, text)));
  }

  @Property(tries = 300)
  void everyRuleKeepsTheWholeText(@ForAll("texts") String text) {
    assertThat(PreTokenizers.names()).contains("smollm", "default").allSatisfy(name -> {
      var pieces = scanned(name, text);
      assertThat(String.join("", pieces)).isEqualTo(text);
      assertThat(pieces).doesNotContain("");
    });
  }

  static Stream<String> names() {
    return PATTERNS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("names")
  void scannersCutRealTexts(String name) {
    for (var example : Fixtures.json("real/tokens-gemma3.json")) {
      String text = example.get("text").textValue();
      assertThat(scanned(name, text)).isEqualTo(matched(PATTERNS.get(name), text));
    }
  }

  @Test
  void everyClassOfCodePointsIsJavasOwn() {
    for (int i = 0; i <= 0x10FFFF; i++) {
      if (i >= Character.MIN_SURROGATE && i <= Character.MAX_SURROGATE) continue;
      int kind = CodePoints.kind(i);
      byte[] bytes = Character.toString(i).getBytes(StandardCharsets.UTF_8);
      assertThat(CodePoints.at(bytes, 0)).isEqualTo(i);
      assertThat(CodePoints.after(bytes, 0)).isEqualTo(bytes.length);
      assertThat(CodePoints.before(bytes, bytes.length)).isZero();
      assertThat(Integer.bitCount(kind)).isEqualTo(1);
      assertThat((kind & CodePoints.LETTER) != 0).as("letter %x", i).isEqualTo(Character.isLetter(i));
      assertThat((kind & CodePoints.SPACE) != 0).as("space %x", i).isEqualTo(WHITE_SPACE.matcher(Character.toString(i)).matches());
    }
  }

  private static final Pattern WHITE_SPACE = Pattern.compile("\\p{IsWhite_Space}");

  private static List<String> scanned(String name, String text) {
    byte[] bytes = Utf8.encode(text, 0, text.length());
    var pieces = new ArrayList<String>();
    PreTokenizers.named(name, "test").splitter()
        .split(bytes, 0, bytes.length, (piece, from, to) -> pieces.add(new String(piece, from, to - from, StandardCharsets.UTF_8)));
    return pieces;
  }

  private static List<String> matched(List<String> patterns, String text) {
    var pieces = text.isEmpty() ? List.<String>of() : List.of(text);
    for (String pattern : patterns) {
      // Without UNICODE_CHARACTER_CLASS Java's \s is ASCII, and with it \p{L} would change too.
      var compiled = Pattern.compile(pattern.replace("\\s", "\\p{IsWhite_Space}").replace("\\S", "\\P{IsWhite_Space}"));
      pieces = pieces.stream().flatMap(piece -> isolated(compiled, piece).stream()).toList();
    }
    return pieces;
  }

  private static List<String> isolated(Pattern pattern, String text) {
    var pieces = new ArrayList<String>();
    var matcher = pattern.matcher(text);
    int gap = 0;
    while (matcher.find()) {
      if (matcher.start() > gap) pieces.add(text.substring(gap, matcher.start()));
      pieces.add(matcher.group());
      gap = matcher.end();
    }
    if (gap < text.length()) pieces.add(text.substring(gap));
    return pieces;
  }
}
