package org.scriptorium.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.scriptorium.engine.api.BeamRule;
import org.scriptorium.engine.api.EarlyStopping;

/** The rule of the search on scores made up. Token 9 ends a text. */
class TestBeamSearch {
  private static final int END = 9;

  @Test
  void keepsEnoughCandidatesForAllEndTokens() {
    assertThat(search(3, EarlyStopping.FALSE, 1).candidates()).isEqualTo(6);
    assertThat(search(options(3, EarlyStopping.FALSE, 1), new Ending(5, new int[] {1, 2, 3}, List.of())).candidates()).isEqualTo(12);
    assertThat(search(options(3, EarlyStopping.FALSE, 1), new Ending(5, new int[0], List.of())).candidates()).isEqualTo(6);
  }

  @Test
  void endsCountAmongTheFirstAlone() {
    var search = search(2, EarlyStopping.FALSE, 1);
    assertThat(search.advance(candidates(-1, 4, -2, END, -3, END, -4, 5), parent -> new int[0])).isFalse();
    assertThat(search.results()).extracting(BeamSearch.Hypothesis::score).containsExactly((double) (-2f));
    assertThat(search.next().size()).isEqualTo(2);
    assertThat(new int[] {search.next().token(0), search.next().token(1)}).containsExactly(4, 5);
    assertThat(search.next().score(1)).isEqualTo(-4);
  }

  @Test
  void lengthDividesScores() {
    var search = search(2, EarlyStopping.TRUE, 2);
    assertThat(search.advance(candidates(-1, 4, -1.5f, 5), parent -> new int[0])).isFalse();
    assertThat(search.advance(candidates(-2, END, -3, END, -4, 6), parent -> new int[] {4 + parent})).isTrue();
    assertThat(search.results()).extracting(BeamSearch.Hypothesis::score).containsExactly((double) (-0.5f), (double) (-0.75f));
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
    var search = search(options(2, EarlyStopping.NEVER, 1), new Ending(1, new int[] {END}, List.of()));
    assertThat(search.advance(candidates(-1, 3, -2, 4, -3, 5), parent -> new int[0])).isTrue();
    assertThat(search.results()).extracting(hypothesis -> hypothesis.tokens()[0]).containsExactly(3, 4);
  }

  /** The older rule: a prompt of 3 counts, an end token does not, and at the limit the beams end that would go on. */
  @Test
  void lengthsOfWholeTexts() {
    var search = older(EarlyStopping.FALSE, 3);
    assertThat(search.advance(candidates(-3, END, -4, 5, -4.5f, 6), parent -> new int[0])).isFalse();
    assertThat(search.advance(candidates(-4.2f, 5, -4.8f, END, -5, 7), parent -> new int[] {5})).as("-4.2 over 5 is better than -4.8 over 4").isFalse();
    assertThat(search.results()).extracting(BeamSearch.Hypothesis::score).containsExactly(-1d, (double) -4.8f / 4);
    assertThat(search.advance(candidates(-4.5f, 8, -8, END, -9, 7), parent -> new int[] {5, 5})).isTrue();
    assertThat(search.results()).extracting(BeamSearch.Hypothesis::score).containsExactly(-0.75, -1d);
  }

  /** Where few tokens are allowed: a better text may come by its length, but there is none that goes on. */
  @Test
  void olderSearchesEndWithTheirLastBeam() {
    for (EarlyStopping rule : EarlyStopping.values()) {
      var search = older(rule, 5);
      assertThat(search.advance(candidates(-1, END, -1.5f, END), parent -> new int[0])).as("%s", rule).isTrue();
      assertThat(search.results()).as("%s", rule).hasSize(2);
    }
  }

  @Test
  void olderSearchesThatAreOverTakeNoBeamAtTheLimit() {
    assertThat(older(EarlyStopping.TRUE, 1).advance(candidates(-9, END, -9.5f, END, -10, 7), parent -> new int[0])).isTrue();
    for (EarlyStopping rule : EarlyStopping.values()) {
      var search = older(rule, 1);
      assertThat(search.advance(candidates(-1, END, -2.9f, END, -3, 7, -3.2f, 8), parent -> new int[0])).isTrue();
      double worst = rule == EarlyStopping.TRUE ? (double) -2.9f / 3 : -0.75;
      assertThat(search.results()).as("%s", rule).extracting(BeamSearch.Hypothesis::score).containsExactly(-1 / 3d, worst);
    }
  }

  private static BeamSearch older(EarlyStopping rule, int room) {
    return BeamSearch.of(new BeamOptions(2, rule, 1, 2, BeamRule.TRANSFORMERS_4), new Ending(room, new int[] {END}, List.of()), 3);
  }

  @Test
  void nothingMayFollow() {
    assertThat(search(2, EarlyStopping.FALSE, 1).advance(candidates(), parent -> new int[0])).isTrue();
  }

  private static BeamSearch search(int beams, EarlyStopping rule, double penalty) {
    return search(options(beams, rule, penalty), new Ending(10, new int[] {END}, List.of()));
  }

  private static BeamSearch search(BeamOptions options, Ending ending) {
    return BeamSearch.of(options, ending, 3);
  }

  private static BeamOptions options(int beams, EarlyStopping rule, double penalty) {
    return new BeamOptions(beams, rule, penalty, beams, BeamRule.TRANSFORMERS_5);
  }

  /** Scores and tokens in turn; the first two parents in turn. */
  private static Candidates candidates(float... pairs) {
    var candidates = new Candidates(Math.max(1, pairs.length / 2));
    for (int i = 0; i < pairs.length; i += 2) candidates.add(pairs[i], i / 2 % 2, (int) pairs[i + 1]);
    return candidates;
  }
}
