package org.scriptorium.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.scriptorium.engine.api.EarlyStopping;

/** The rule of the search on scores made up. Token 9 ends a text. */
class TestBeamSearch {
  private static final int END = 9;

  @Test
  void keepsEnoughCandidatesForAllEndTokens() {
    assertThat(search(3, EarlyStopping.FALSE, 1).candidates()).isEqualTo(6);
    assertThat(new BeamSearch(options(3, EarlyStopping.FALSE, 1), new Ending(5, new int[] {1, 2, 3}, List.of())).candidates()).isEqualTo(12);
    assertThat(new BeamSearch(options(3, EarlyStopping.FALSE, 1), new Ending(5, new int[0], List.of())).candidates()).isEqualTo(6);
  }

  @Test
  void endsCountAmongTheFirstAlone() {
    var search = search(2, EarlyStopping.FALSE, 1);
    assertThat(search.advance(candidates(-1, 4, -2, END, -3, END, -4, 5), parent -> new int[0])).isFalse();
    assertThat(search.results()).extracting(BeamSearch.Hypothesis::score).containsExactly(-2f);
    assertThat(search.next().size()).isEqualTo(2);
    assertThat(new int[] {search.next().token(0), search.next().token(1)}).containsExactly(4, 5);
    assertThat(search.next().score(1)).isEqualTo(-4);
  }

  @Test
  void lengthDividesScores() {
    var search = search(2, EarlyStopping.TRUE, 2);
    assertThat(search.advance(candidates(-1, 4, -1.5f, 5), parent -> new int[0])).isFalse();
    assertThat(search.advance(candidates(-2, END, -3, END, -4, 6), parent -> new int[] {4 + parent})).isTrue();
    assertThat(search.results()).extracting(BeamSearch.Hypothesis::score).containsExactly(-0.5f, -0.75f);
    assertThat(search.results().getFirst().tokens()).containsExactly(4, END);
  }

  @Test
  void searchEndsByItsRule() {
    // Two have ended with -2 and -3; a beam of -1.5 may yet beat the worst.
    for (EarlyStopping rule : EarlyStopping.values()) {
      var search = search(2, rule, 0);
      assertThat(search.advance(candidates(-1, 4, -2, END), parent -> new int[0])).as("%s", rule).isFalse();
      assertThat(search.advance(candidates(-1.5f, 6, -3, END), parent -> new int[] {4})).as("%s", rule).isEqualTo(rule == EarlyStopping.TRUE);
    }
    // One of -5 can't now, but by its length at the limit.
    for (EarlyStopping rule : EarlyStopping.values()) {
      var search = search(2, rule, 1);
      assertThat(search.advance(candidates(-2, END, -3, END, -5, 6), parent -> new int[0])).as("%s", rule).isEqualTo(rule != EarlyStopping.NEVER);
    }
  }

  @Test
  void theLimitEndsAll() {
    var search = new BeamSearch(options(2, EarlyStopping.NEVER, 1), new Ending(1, new int[] {END}, List.of()));
    assertThat(search.advance(candidates(-1, 3, -2, 4, -3, 5), parent -> new int[0])).isTrue();
    assertThat(search.results()).extracting(hypothesis -> hypothesis.tokens()[0]).containsExactly(3, 4);
  }

  @Test
  void nothingMayFollow() {
    assertThat(search(2, EarlyStopping.FALSE, 1).advance(candidates(), parent -> new int[0])).isTrue();
  }

  private static BeamSearch search(int beams, EarlyStopping rule, double penalty) {
    return new BeamSearch(options(beams, rule, penalty), new Ending(10, new int[] {END}, List.of()));
  }

  private static BeamOptions options(int beams, EarlyStopping rule, double penalty) {
    return new BeamOptions(beams, rule, penalty, beams);
  }

  /** Scores and tokens in turn; the first two parents in turn. */
  private static Candidates candidates(float... pairs) {
    var candidates = new Candidates(Math.max(1, pairs.length / 2));
    for (int i = 0; i < pairs.length; i += 2) candidates.add(pairs[i], i / 2 % 2, (int) pairs[i + 1]);
    return candidates;
  }
}
