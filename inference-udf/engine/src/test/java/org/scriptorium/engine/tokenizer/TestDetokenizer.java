package org.scriptorium.engine.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;

class TestDetokenizer {
  private static final Tokenizer TOKENIZER = SmallVocabulary.tokenizer("gpt-2");
  /** Well-formed UTF-8 by its bytes' ranges (Unicode 16, table 3-7). */
  private static final int[][][] WELL_FORMED = {
    {{0x00, 0x7F}}, {{0xC2, 0xDF}, {0x80, 0xBF}}, {{0xE0, 0xE0}, {0xA0, 0xBF}, {0x80, 0xBF}}, {{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xED, 0xED}, {0x80, 0x9F}, {0x80, 0xBF}}, {{0xEE, 0xEF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF0, 0xF0}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}}, {{0xF1, 0xF3}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF4, 0xF4}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}}
  };

  /** Ids of single bytes, mostly of those that begin or continue characters, and now and then of any token. */
  @Provide
  Arbitrary<int[]> ids() {
    var bytes = Arbitraries.frequencyOf(
        Tuple.of(3, Arbitraries.integers().between(0x80, 0xBF)),
        Tuple.of(2, Arbitraries.of(0x41, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF)),
        Tuple.of(1, Arbitraries.integers().between(0, 255))).map(SmallVocabulary::idOfByte);
    var any = Arbitraries.integers().between(-1, TOKENIZER.vocabularySize());
    return Arbitraries.frequencyOf(Tuple.of(8, bytes), Tuple.of(1, any))
        .list().ofMaxSize(40).map(ids -> ids.stream().mapToInt(id -> id).toArray());
  }

  @Property(tries = 5000)
  void pieceByPieceIsTheWhole(@ForAll("ids") int[] ids) {
    var pieces = pieces(ids);
    assertThat(String.join("", pieces)).isEqualTo(TOKENIZER.decode(ids, SpecialTokens.SKIP)).isEqualTo(decodedByTable(ids));
    assertThat(pieces).allSatisfy(piece -> assertThat(piece.codePoints()).noneMatch(i -> i >= 0xD800 && i <= 0xDFFF));
  }

  /** The examples of Unicode 16, section 3.9, tables 3-8 to 3-11, and one of each kind of early end. */
  @ParameterizedTest
  @CsvSource({"C0AFE080BFF0818241, ????????A", "EDA080EDBFBFEDAF41, ????????A", "F4919293FF4180BF42, ?????A??B",
      "E180E2F09192F1BF41, ????A", "E4B8ADE4B8, 中?", "F09F98, ?", "80, ?", "41C2, A?"})
  void illFormedPartsAreReplacedOneByOne(String hex, String expected) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    var ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) ids[i] = SmallVocabulary.idOfByte(bytes[i] & 0xFF);
    assertThat(TOKENIZER.decode(ids, SpecialTokens.SKIP)).isEqualTo(expected.replace('?', '\uFFFD'));
    assertThat(String.join("", pieces(ids))).isEqualTo(expected.replace('?', '\uFFFD'));
  }

  @Test
  void charactersComeWhole() {
    int[] ids = TOKENIZER.encode(SourcedText.row("a😀b"));
    assertThat(pieces(ids)).containsExactly("a", "", "", "", "😀", "b", "");
  }

  @Test
  void markupGivesNothingAndDoesNotPartACharacter() {
    int end = SmallVocabulary.END;
    int[] ids = {SmallVocabulary.idOfByte(0xC3), end, SmallVocabulary.idOfByte(0xA9), end};
    assertThat(pieces(ids)).containsExactly("", "", "é", "", "");
    assertThat(TOKENIZER.decode(ids, SpecialTokens.SKIP)).isEqualTo("é");
    assertThat(TOKENIZER.decode(ids, SpecialTokens.KEEP)).isEqualTo("\uFFFD<|im_end|>\uFFFD<|im_end|>");
  }

  private static List<String> pieces(int[] ids) {
    var pieces = new ArrayList<String>();
    var detokenizer = TOKENIZER.detokenizer();
    for (int id : ids) pieces.add(detokenizer.append(id));
    pieces.add(detokenizer.finish());
    return pieces;
  }

  /** The definition at work: at each place the longest part of a well-formed sequence is a character or one U+FFFD. */
  private static String decodedByTable(int[] ids) {
    var all = new ByteArrayOutputStream();
    for (int id : ids) all.writeBytes(TOKENIZER.bytes(id));
    byte[] bytes = all.toByteArray();
    var text = new StringBuilder();
    for (int i = 0; i < bytes.length; ) {
      int longest = 0;
      boolean whole = false;
      for (int[][] form : WELL_FORMED) {
        int length = 0;
        while (length < form.length && i + length < bytes.length && within(form[length], bytes[i + length] & 0xFF)) length++;
        longest = Math.max(longest, length);
        whole |= length == form.length;
      }
      text.append(whole ? new String(bytes, i, longest, UTF_8) : "\uFFFD");
      i += Math.max(1, longest);
    }
    return text.toString();
  }

  private static boolean within(int[] range, int value) {
    return value >= range[0] && value <= range[1];
  }
}
