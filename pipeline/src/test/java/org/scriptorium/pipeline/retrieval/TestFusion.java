package org.scriptorium.pipeline.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.scriptorium.pipeline.retrieval.SearchSettings.Mode;

class TestFusion {

  private static Hit hit(String id, long digest, double score) {
    return new Hit(Chunk.key(id, 7), 9, digest, 0, (float) score);
  }

  private static List<String> ids(List<Fusion.Chosen> chosen) {
    return chosen.stream().map(each -> Chunk.id(each.hit().key())).toList();
  }

  private static SearchSettings settings(Mode mode, int top) {
    return new SearchSettings("index", top, mode, "");
  }

  @Test
  void ranksOfBothListsCount() {
    var one = new Fusion.Found(0, List.of(hit("a", 1, 9), hit("b", 2, 3)), List.of(hit("b", 2, 0.9), hit("c", 3, 0.5)));
    var two = new Fusion.Found(1, List.of(hit("d", 4, 5)), List.of(hit("e", 5, 0.8)));
    List<Fusion.Chosen> best = Fusion.choose(List.of(one, two), settings(Mode.HYBRID, 5));
    // By words a, d, b; by vectors b, e, c.
    assertThat(ids(best)).containsExactly("b", "a", "d", "e", "c");
    assertThat(best.getFirst().hit().score()).isCloseTo((float) (1 / 63.0 + 1 / 61.0), within(1e-7f));
    assertThat(best.get(2).shard()).isEqualTo(1);
    assertThat(ids(Fusion.choose(List.of(two, one), settings(Mode.HYBRID, 5)))).isEqualTo(ids(best));
    assertThat(ids(Fusion.choose(List.of(one, two), settings(Mode.BM25, 2)))).containsExactly("a", "d");
    assertThat(ids(Fusion.choose(List.of(one, two), settings(Mode.VECTOR, 2)))).containsExactly("b", "e");
  }

  @Test
  void tiesGoByDocumentAndPlace() {
    var found = new Fusion.Found(0, List.of(hit("z", 1, 2), hit("é", 2, 2), hit("a", 3, 2)), List.of());
    assertThat(ids(Fusion.choose(List.of(found), settings(Mode.BM25, 5)))).containsExactly("a", "z", "é");
  }

  @Test
  void equalPassagesStandOnce() {
    var one = new Fusion.Found(0, List.of(hit("b", 1, 9)), List.of(hit("b", 1, 0.9)));
    var two = new Fusion.Found(1, List.of(hit("a", 1, 9), hit("c", 2, 1)), List.of(hit("c", 2, 0.1)));
    List<Fusion.Chosen> best = Fusion.choose(List.of(one, two), settings(Mode.HYBRID, 5));
    assertThat(ids(best)).containsExactly("a", "c");
    assertThat(best.getFirst().shard()).isEqualTo(1);
    assertThat(Fusion.choose(List.of(), settings(Mode.HYBRID, 5))).isEmpty();
  }
}
