package org.scriptorium.engine.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** A sourced text against a plain one with a flag for every character. */
class TestSourcedText {
  private static final long SEED = Long.getLong("scriptorium.test.seed", 20260101L);

  @Test
  void cutsAndJoinsLikeAFlagForEveryCharacter() {
    var random = new Random(SEED);
    for (int round = 0; round < 500; round++) {
      var builder = new SourcedText.Builder();
      var flags = new StringBuilder();
      int parts = random.nextInt(8);
      for (int i = 0; i < parts; i++) {
        String part = "x".repeat(random.nextInt(4));
        boolean row = random.nextBoolean();
        if (row) builder.row(part);
        else builder.trusted(part);
        flags.append((row ? "r" : "t").repeat(part.length()));
      }
      check(builder.build(), flags.toString(), "seed %d, round %d".formatted(SEED, round));
    }
  }

  private static void check(SourcedText text, String flags, String where) {
    assertThat(flags(text)).as(where).isEqualTo(flags);
    for (int from = 0; from <= flags.length(); from++)
      for (int to = from; to <= flags.length(); to++) {
        String part = flags.substring(from, to);
        assertThat(flags(text.substring(from, to))).as("%s, [%d, %d) of %s", where, from, to, flags).isEqualTo(part);
        assertThat(text.touchesRow(from, to)).as("%s, [%d, %d) of %s", where, from, to, flags).isEqualTo(part.contains("r"));
        assertThat(text.substring(0, from).plus(text.substring(from, to)).plus(text.substring(to, flags.length()))).as(where).isEqualTo(text);
      }
  }

  private static String flags(SourcedText text) {
    var flags = new StringBuilder();
    for (int i = 0; i < text.length(); i++) flags.append(text.isRow(i) ? 'r' : 't');
    return flags.toString();
  }
}
