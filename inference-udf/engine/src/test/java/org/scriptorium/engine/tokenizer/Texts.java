package org.scriptorium.engine.tokenizer;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;

/** Random well-formed texts, dense in what tokenizers trip over. */
final class Texts {

  private Texts() {}

  static Arbitrary<String> arbitrary() {
    var hard = Arbitraries.of(
        "'s", "'T", "'Re", "'ll", "'\u017F", "'", " ", "  ", "\t", "\n", "\r\n", "\u000B", "\u001C", "\u0085", "\u00A0",
        "\u2028", "\u3000", "\u180E", "\u200B", "\u200D", "\uFEFF", "\u00AD", "\u0000", "\u0007", "\u0378", "\uE000", "e\u0301",
        "\u0301", "\u0915\u093F", "\u0E01\u0E33", "\u01C5", "\u02B0", "\u2167", "\u00B2", "\u0663", "7", "42", "1234567",
        "\u4E00", "\u9FA5", "\u9FA6", "\u3042", "\u30FB", "\uAC00", "\u20AC", "$", "+", "`", "/", "_", "<|", "|>", ".", "!?",
        "\u2014", "\u00BF", "\uD83D\uDE00", "\uD83D\uDC68\u200D\uD83D\uDCBB", "\uD835\uDC00", "\uD835\uDFCE", "\uD840\uDC00",
        "\uDBFF\uDFFF", "Word", "word", "CamelCase", "\u00DCber", "\u0416\u0436", "s", "S");
    var any = Arbitraries.integers().between(0, 0x10FFFF).filter(i -> i < 0xD800 || i > 0xDFFF).map(Character::toString);
    var ascii = Arbitraries.chars().ascii().map(String::valueOf);
    return Arbitraries.frequencyOf(Tuple.of(6, hard), Tuple.of(2, ascii), Tuple.of(1, any))
        .list().ofMaxSize(24).map(parts -> String.join("", parts));
  }
}
