package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** How parts of a text become pieces, alone and as a function of SQL. */
class TestPacking {
  private static final long SEED = Long.getLong("scriptorium.test.seed", System.nanoTime());
  private static PlanSession session;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @BeforeEach
  void reset() {
    session.models.reset();
  }

  /** Ways to count that tokenizers have. */
  enum Counter implements ToIntFunction<String> {
    CHARACTERS {
      @Override
      public int applyAsInt(String text) {
        return text.length();
      }
    },
    /** Neighbours merge. */
    QUADS {
      @Override
      public int applyAsInt(String text) {
        return (text.length() + 3) / 4;
      }
    },
    /** A word without the blank before it is longer, and so is one that was cut. */
    BLANKS_HELP {
      @Override
      public int applyAsInt(String text) {
        int tokens = 0;
        for (String word : text.split("(?= )")) tokens += word.startsWith(" ") ? 1 : word.isEmpty() ? 0 : 2;
        return tokens + text.length() / 50;
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyPieceKeepsTheBudgetAndNothingIsLost(Counter counter) {
    String[] bits = {"a", "word ", "a longer sentence of words. ", " ", "\n\n", "\uD83D\uDE00 ", "unbroken".repeat(20), ""};
    var random = new Random(SEED);
    for (int round = 0; round < 1000; round++) {
      List<String> parts = random.ints(random.nextInt(40), 0, bits.length).mapToObj(i -> bits[i]).toList();
      var borders = new StringBuilder();
      parts.forEach(part -> borders.append((char) ('0' + random.nextInt(5))));
      int budget = 16 + random.nextInt(60);
      List<Packing.Piece> pieces = Packing.pack(counter, budget, parts, borders.toString());
      String text = String.join("", parts);
      int at = 0;
      for (Packing.Piece piece : pieces) {
        assertThat(piece.tokens()).as("seed %d", SEED).isEqualTo(counter.applyAsInt(piece.text())).isLessThanOrEqualTo(budget);
        assertThat(inCharacters(text, at, piece.start())).as("seed %d", SEED).isBlank();
        assertThat(inCharacters(text, piece.start(), piece.end())).as("seed %d", SEED).isEqualTo(piece.text()).isNotBlank();
        at = piece.end();
      }
      assertThat(inCharacters(text, at, text.codePointCount(0, text.length()))).as("seed %d", SEED).isBlank();
    }
  }

  /** A line of a megabyte is a bad document, not a bad day. */
  @ParameterizedTest
  @EnumSource
  void whatIsCountedGrowsWithTheTextAndNoFaster(Counter counter) {
    var counted = new AtomicLong();
    ToIntFunction<String> counting = text -> {
      counted.addAndGet(text.length());
      return counter.applyAsInt(text);
    };
    String line = "0123456789abcdef".repeat(1 << 14);
    assertThat(Packing.pack(counting, 50, List.of("Begin. ", line, " End."), "000")).hasSizeGreaterThan(100);
    assertThat(counted.get()).isLessThan(40L * line.length());
  }

  private static String inCharacters(String text, int from, int to) {
    return text.substring(text.offsetByCodePoints(0, from), text.offsetByCodePoints(0, to));
  }

  @ParameterizedTest
  @CsvSource({
    // Without a better end in its second half, a piece is as long as it can be.
    "00000000, 8 2", "00003000, 5 5", "03000000, 8 2", "00012210, 6 4",
  })
  void piecesEndAtTheStrongestBorderOfTheirSecondHalf(String borders, String lengths) {
    List<String> parts = new ArrayList<>(List.of("aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj"));
    List<String> found = Packing.pack(Counter.CHARACTERS, 16, parts, borders + "04").stream()
        .map(piece -> Integer.toString(piece.text().length() / 2)).toList();
    assertThat(String.join(" ", found)).isEqualTo(lengths);
  }

  @Test
  void packsInSql() {
    var rows = session.sql("SELECT inline(p) FROM (SELECT ai_pack(parts, borders, 20) p FROM VALUES"
        + " (array('Ann went home. ', '\uD83D\uDE00\n\n', 'Bob stayed.'), '034'), (array(), ''), (NULL, '') AS v(parts, borders))");
    assertThat(rows.columns()).containsExactly("text", "start", "end", "tokens");
    assertThat(rows.collectAsList()).extracting(row -> row.mkString("|")).containsExactly(
        "Ann went home. \uD83D\uDE00|0|16|17", "Bob stayed.|18|29|11");
    assertThat(PlanSession.operators(rows, "AiGenerate")).isEqualTo(1);
    assertThat(PlanSession.metric(rows, "generatedRows")).as("no model was asked").isZero();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "array('a'), '00', 20| invalid_parameter| borders: expected 1 digits, one for each part, found 2 characters",
    "array('a'), 'x', 20| invalid_parameter| borders: expected 1 digits, one for each part, found 1 characters",
    "array('a'), '0', 15| invalid_parameter| max_tokens: expected at least 16, found 15",
    "array('a'), '0', 20, 2040| prompt_too_long| of a context of 2048 tokens the rest of the request takes 2040, so that no piece of a"
        + " text has room",
  })
  void refusesWhatItCanNotDo(String arguments, String code, String message) {
    var row = session.sql("SELECT r.error_code, r.error, r.pieces FROM (SELECT try_ai_pack(%s) r)".formatted(arguments)).first();
    assertThat(row.getString(0)).isEqualTo(code);
    assertThat(row.getString(1)).isEqualTo(message);
    assertThat(row.isNullAt(2)).isTrue();
  }

  @Test
  void theContextBoundsPiecesToo() {
    String text = "x".repeat(3000);
    assertThat(session.sql("SELECT try_ai_pack(array('%s'), '0', 5000, 48).pieces.tokens".formatted(text)).first().<Integer>getList(0))
        .containsExactly(2000, 1000);
  }
}
