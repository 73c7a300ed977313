package org.scriptorium.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;

class TestByteLevelBpe {
  private static final Tokenizer SMOLLM = SmallVocabulary.tokenizer("smollm");
  private static final Tokenizer GPT2 = SmallVocabulary.tokenizer("gpt-2");
  private static final Tokenizer QWEN2 = SmallVocabulary.tokenizer("qwen2");
  private static final Map<String, Tokenizer> BY_SPLIT = Map.of("smollm", SMOLLM, "gpt-2", GPT2, "qwen2", QWEN2);
  private static final Vocabulary VOCABULARY = SmallVocabulary.vocabulary("gpt-2");
  private static final Map<String, Integer> RANKS = ranks();

  @Provide
  Arbitrary<String> texts() {
    return Texts.arbitrary();
  }

  @Property(tries = 2000)
  void textSurvives(@ForAll("texts") String text) {
    for (var tokenizer : List.of(SMOLLM, GPT2)) {
      int[] ids = tokenizer.encode(SourcedText.row(text));
      assertThat(tokenizer.decode(ids, SpecialTokens.KEEP)).isEqualTo(text);
      assertThat(IntStream.of(ids)).noneMatch(tokenizer::isSpecial);
    }
  }

  /** The definition at work: the lowest rank first, of equals the leftmost, over the words of the split. */
  @Property(tries = 1000)
  void mergesByRank(@ForAll("texts") String text) {
    Assume.that(!text.contains(" ".repeat(8)));
    byte[] bytes = Utf8.encode(text, 0, text.length());
    BY_SPLIT.forEach((split, tokenizer) -> {
      var expected = new ArrayList<String>();
      PreTokenizers.named(split, "test").splitter()
          .split(bytes, 0, bytes.length, (piece, from, to) -> expected.addAll(merged(piece, from, to)));
      assertThat(tokens(tokenizer.encode(SourcedText.row(text)))).isEqualTo(expected);
    });
  }

  /** With runs of one letter, where the order of equal ranks shows. */
  @Property(tries = 300)
  void longWordsMergeAsShortOnes(@ForAll Random random) {
    String word = random.ints(random.nextInt(1, 200), 0, 9).mapToObj("thesiaaaa"::charAt).map(String::valueOf).reduce("", String::concat);
    byte[] bytes = Utf8.encode(word, 0, word.length());
    assertThat(tokens(QWEN2.encode(SourcedText.row(word)))).isEqualTo(merged(bytes, 0, bytes.length));
  }

  /** What was certain after a token is what the text held up to the token's end. */
  @Property(tries = 2000)
  void endsAreWhereTheDetokenizerIs(@ForAll("texts") String text) {
    var row = SourcedText.row(text);
    int[] ids = SMOLLM.encode(row), ends = SMOLLM.ends(row, ids);
    assertThat(ends).hasSameSizeAs(ids).isSorted();
    var soFar = new StringBuilder();
    var detokenizer = SMOLLM.detokenizer();
    for (int i = 0; i < ids.length; i++) {
      soFar.append(detokenizer.append(ids[i]));
      assertThat(text.substring(0, ends[i])).isEqualTo(soFar.toString());
    }
    if (ends.length > 0) assertThat(ends[ends.length - 1]).isEqualTo(text.length());
  }

  @Test
  void endsCountMarkupAndTextAlike() {
    var text = new SourcedText.Builder().trusted("<|im_start|>").row("<|im_end|>é😀").trusted("<|im_end|>").build();
    int[] ids = SMOLLM.encode(text), ends = SMOLLM.ends(text, ids);
    assertThat(ids).startsWith(SmallVocabulary.START).endsWith(SmallVocabulary.END);
    assertThat(ends).startsWith(12).endsWith(22, 22, 23, 23, 23, 23, 25, 35).isSorted();
    assertThatThrownBy(() -> SMOLLM.ends(SourcedText.row("abc"), SMOLLM.encode(SourcedText.row("abd"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ids are not those of the text: they differ at index 2 of 3; pass what encode gave for this text");
    assertThatThrownBy(() -> SMOLLM.ends(SourcedText.row("ab"), SMOLLM.encode(SourcedText.row("a"))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void markupIsFoundInTrustedCharactersOnly() {
    assertThat(SMOLLM.encode(SourcedText.trusted("<|im_start|><|im_end|>"))).containsExactly(SmallVocabulary.START, SmallVocabulary.END);
    for (var split : List.of(new SourcedText.Builder().row("<|im_end|>"), new SourcedText.Builder().trusted("<|im_").row("end|>"),
        new SourcedText.Builder().row("<").trusted("|im_end|>"), new SourcedText.Builder().trusted("<|im").row("_").trusted("end|>"))) {
      int[] ids = SMOLLM.encode(split.build());
      assertThat(ids).containsExactly(SMOLLM.encode(SourcedText.row("<|im_end|>")));
      assertThat(IntStream.of(ids)).noneMatch(SMOLLM::isSpecial);
      assertThat(SMOLLM.decode(ids, SpecialTokens.SKIP)).isEqualTo("<|im_end|>");
    }
    assertThat(SMOLLM.encode(SourcedText.trusted("<think>"))).containsExactly(SmallVocabulary.THINK);
    assertThat(SMOLLM.encode(SourcedText.row("<think>"))).doesNotContain(SmallVocabulary.THINK);
    assertThat(SMOLLM.isSpecial(SmallVocabulary.THINK)).isFalse();
    assertThat(SMOLLM.bytes(SmallVocabulary.END)).isEmpty();
  }

  @Test
  void theLongestTokenWins() {
    assertThat(SMOLLM.encode(SourcedText.trusted("<|im_end|>\n<|doc|>"))).containsExactly(SmallVocabulary.END_OF_DOCUMENT);
    var cut = new SourcedText.Builder().trusted("<|im_end|>\n").row("<|doc|>").build();
    assertThat(SMOLLM.encode(cut)).startsWith(SmallVocabulary.END).doesNotContain(SmallVocabulary.END_OF_DOCUMENT);
  }

  /** Blanks that a model has as added tokens are no markup, and the reference has them in documents too. */
  @Test
  void addedBlanksAreFoundAnywhere() {
    assertThat(SMOLLM.encode(SourcedText.row(" ".repeat(16)))).containsExactly(SmallVocabulary.INDENT, SmallVocabulary.INDENT);
    var mixed = new SourcedText.Builder().trusted("    ").row("    ").build();
    assertThat(SMOLLM.encode(mixed)).containsExactly(SmallVocabulary.INDENT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"smollm", "llama-bpe"})
  void noTextOfARowGivesMarkup(String split) {
    var tokenizer = SmallVocabulary.tokenizer(split);
    assertThat(tokenizer.encode(SourcedText.trusted("STOP"))).containsExactly(SmallVocabulary.STOP);
    int[] ids = tokenizer.encode(SourcedText.row("STOP"));
    assertThat(ids).hasSize(2).doesNotContain(SmallVocabulary.STOP);
    assertThat(tokenizer.decode(ids, SpecialTokens.SKIP)).isEqualTo("STOP");
  }

  @Test
  void wholeWordsWinWhereTheModelSaysSo() {
    assertThat(SmallVocabulary.tokenizer("llama-bpe").encode(SourcedText.row("zebra"))).containsExactly(SmallVocabulary.ZEBRA);
    assertThat(QWEN2.encode(SourcedText.row("zebra"))).doesNotContain(SmallVocabulary.ZEBRA);
  }

  @Test
  void theSplitRunsOverTheWholeText() {
    var parts = new SourcedText.Builder().trusted("The lib").row("rary keeps").trusted(" the").row(" texts").build();
    assertThat(SMOLLM.encode(parts)).containsExactly(SMOLLM.encode(SourcedText.trusted("The library keeps the texts")));
  }

  static Stream<String> odd() {
    return Stream.of("", " ", "\t", "\n\n\n", "12 345", "1 2", " 1", "it's", "\u6587\u66F8\u9928",
        "\uD83D\uDC68\u200D\uD83D\uDCBB", "e\u0301", "\u00A0\u2003x", "a\u0000b", "\r\n  x");
  }

  @ParameterizedTest
  @MethodSource("odd")
  void oddTextsSurvive(String text) {
    int[] ids = SMOLLM.encode(SourcedText.row(text));
    assertThat(SMOLLM.decode(ids, SpecialTokens.KEEP)).isEqualTo(text);
    assertThat(ids.length).isBetween(Math.min(1, text.length()), text.length() * 3);
  }

  @Test
  void digitsStandAlone() {
    assertThat(SMOLLM.encode(SourcedText.row(" 1234"))).hasSize(5);
    assertThat(GPT2.encode(SourcedText.row(" 1234"))).hasSize(1);
  }

  @Test
  void unpairedSurrogatesCountAsReplacement() {
    var broken = SourcedText.row("a\uD83Db\uDE00");
    int[] ids = SMOLLM.encode(broken);
    assertThat(SMOLLM.decode(ids, SpecialTokens.KEEP)).isEqualTo("a\uFFFDb\uFFFD");
    assertThat(SMOLLM.ends(broken, ids)).endsWith(4);
  }

  /** The work of a word of n bytes stays within a small multiple of n log n; tenfold text, little more than tenfold work. */
  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "the", "\u6587", "=", "es"})
  void longWordsCostLittleMoreThanTheirLength(String unit) {
    long less = steps(unit.repeat(30_000 / unit.length())), more = steps(unit.repeat(300_000 / unit.length()));
    assertThat(more).isLessThan(15 * less).isLessThan(3L * 300_000 * 3 * 20);
    assertThat(steps(scrambled(300_000))).isLessThan(15 * steps(scrambled(30_000)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"smollm", "llama-bpe", "deepseek-v3", "gpt-4o", "tekken", "default", "qwen35"})
  void veryLongTextsSurvive(String split) {
    var tokenizer = SmallVocabulary.tokenizer(split);
    var units = List.of("a", "A", " ", "\n", " \n", "7", "'", "\u6587", "\u0301", "\u200B", "A\u6587", "\u02B0B", "<", " x", "<|im_end|>");
    for (String unit : units) {
      var text = SourcedText.row(unit.repeat(300_000 / unit.length()));
      int[] ids = tokenizer.encode(text);
      assertThat(tokenizer.decode(ids, SpecialTokens.KEEP)).isEqualTo(text.text());
      assertThat(tokenizer.ends(text, ids)).endsWith(text.length());
    }
  }

  /** As in the reference, a byte without a token vanishes before merging: its neighbours may merge. */
  @Test
  void bytesWithoutATokenAreLeftOut() {
    var vocabulary = new Vocabulary("few", new String[] {"-", "--", "a"}, new int[0], new String[] {"- -"}, "gpt-2");
    var tokenizer = Tokenizers.byteLevelBpe(vocabulary);
    var text = SourcedText.row("-\u0000-\u0001a\u0001");
    int[] ids = tokenizer.encode(text);
    assertThat(ids).containsExactly(1, 2);
    assertThat(tokenizer.ends(text, ids)).containsExactly(3, 6);
    assertThat(tokenizer.encode(SourcedText.row("\u0000"))).isEmpty();
    assertThat(tokenizer.ends(SourcedText.row("\u0000"), new int[0])).isEmpty();
  }

  @Test
  void threadsShareOneTokenizer() {
    var tokenizer = SmallVocabulary.tokenizer("smollm");
    var texts = IntStream.range(0, 200).mapToObj(i -> SourcedText.row("the scribe " + scrambled(i * 7 % 90) + " copies " + i)).toList();
    var expected = texts.stream().map(SMOLLM::encode).toList();
    var found = IntStream.range(0, 2000).parallel().mapToObj(i -> tokenizer.encode(texts.get(i % 200))).toList();
    for (int i = 0; i < found.size(); i++) assertThat(found.get(i)).containsExactly(expected.get(i % 200));
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    refuses(ErrorCode.UNSUPPORTED_CONFIGURATION, "m.gguf: tokenizer.ggml.pre is \"odd\"; supported are a.x-4.0, ",
        () -> Tokenizers.byteLevelBpe(new Vocabulary("m.gguf", new String[0], new int[0], new String[0], "odd")));
    refuses(ErrorCode.UNSUPPORTED_CONFIGURATION, "m.gguf: tokenizer.ggml.model is \"rwkv\"; supported are gpt2, llama, t5, bert. ",
        () -> Tokenizers.gguf("rwkv", new Vocabulary("m.gguf", new String[0], new int[0], new String[0], "")));
    refuses(ErrorCode.UNSUPPORTED_CONFIGURATION, "m.gguf: tokenizer.ggml.token_type[1] is 6, a byte token;",
        () -> Tokenizers.byteLevelBpe(new Vocabulary("m.gguf", new String[] {"a", "<0x00>"}, new int[] {1, 6}, new String[0], "gpt-2")));
  }

  @Test
  void refusesWhatContradictsItself() {
    String[] tokens = {"a", "b", "ab"};
    refuses(ErrorCode.MODEL_CORRUPT, "m.gguf: tokenizer.ggml.merges[1]: \"a c\" needs the token \"c\", which the vocabulary lacks. ",
        () -> Tokenizers.byteLevelBpe(new Vocabulary("m.gguf", tokens, new int[0], new String[] {"a b", "a c"}, "gpt-2")));
    refuses(ErrorCode.MODEL_CORRUPT, "m.gguf: tokenizer.ggml.merges[0]: expected two tokens and a blank between them, found \"ab\". ",
        () -> Tokenizers.byteLevelBpe(new Vocabulary("m.gguf", tokens, new int[0], new String[] {"ab"}, "gpt-2")));
    refuses(ErrorCode.MODEL_CORRUPT, "m.gguf: tokenizer.ggml.token_type: expected 3 values, one a token, found 1. ",
        () -> Tokenizers.byteLevelBpe(new Vocabulary("m.gguf", tokens, new int[] {1}, new String[0], "gpt-2")));
    refuses(ErrorCode.MODEL_CORRUPT, "m.gguf: tokenizer.ggml.token_type[2]: expected 1 to 6, found 9. ",
        () -> Tokenizers.byteLevelBpe(new Vocabulary("m.gguf", tokens, new int[] {1, 1, 9}, new String[0], "gpt-2")));
  }

  private static void refuses(ErrorCode code, String message, ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOfSatisfying(ModelException.class, refusal -> {
      assertThat(refusal.code()).isEqualTo(code);
      assertThat(refusal).hasMessageStartingWith(message);
    });
  }

  private static long steps(String word) {
    var ids = new HashMap<String, Integer>();
    for (int id = 0; id < VOCABULARY.tokens().length; id++) ids.putIfAbsent(VOCABULARY.tokens()[id], id);
    var table = new MergeTable(VOCABULARY.merges().length);
    for (int rank = 0; rank < VOCABULARY.merges().length; rank++) {
      String[] pair = VOCABULARY.merges()[rank].split(" ");
      table.put(ids.get(pair[0]), ids.get(pair[1]), rank, ids.get(pair[0] + pair[1]));
    }
    byte[] bytes = Utf8.encode(word, 0, word.length());
    var merger = new Merger(table);
    merger.begin(bytes.length);
    for (int i = 0; i < bytes.length; i++) merger.add(SmallVocabulary.idOfByte(bytes[i] & 0xFF), i + 1);
    merger.merge();
    return merger.steps();
  }

  private static String scrambled(int length) {
    var random = new Random(length);
    var text = new StringBuilder();
    for (int i = 0; i < length; i++) text.append("thesaiorlcd".charAt(random.nextInt(11)));
    return text.toString();
  }

  private static List<String> tokens(int[] ids) {
    return IntStream.of(ids).mapToObj(id -> VOCABULARY.tokens()[id]).toList();
  }

  /** Without the merge that ends in markup, which a row's text never gives. */
  private static Map<String, Integer> ranks() {
    var ranks = new HashMap<String, Integer>();
    for (int rank = 0; rank < VOCABULARY.merges().length; rank++) ranks.putIfAbsent(VOCABULARY.merges()[rank], rank);
    ranks.remove("STO P");
    return ranks;
  }

  private static List<String> merged(byte[] text, int from, int to) {
    var word = new ArrayList<String>();
    for (byte unit : Arrays.copyOfRange(text, from, to)) word.add(String.valueOf(ByteAlphabet.character(unit & 0xFF)));
    while (true) {
      int best = -1, lowest = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < word.size(); i++) {
        int rank = RANKS.getOrDefault(word.get(i) + " " + word.get(i + 1), Integer.MAX_VALUE);
        if (rank < lowest) {
          lowest = rank;
          best = i;
        }
      }
      if (best < 0) return word;
      word.set(best, word.get(best) + word.remove(best + 1));
    }
  }
}
