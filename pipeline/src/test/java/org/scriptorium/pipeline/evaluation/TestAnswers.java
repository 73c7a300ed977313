package org.scriptorium.pipeline.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Against the reference's definitions of SQuAD 2.0, whose values {@code evaluation/maker.py} wrote down; rankings against slow
 * definitions.
 */
class TestAnswers {
  private static final long SEED = Long.getLong("scriptorium.test.seed", System.nanoTime());

  @Test
  void scoresAreTheReferences() throws IOException {
    List<JsonNode> cases = TestRouge.cases("answers.jsonl");
    assertThat(cases).hasSizeGreaterThan(100);
    for (JsonNode each : cases) {
      List<String> references = TestRouge.texts(each.get("references"));
      assertThat(Answers.exactMatch(each.get("prediction").asText(), references)).as("%s", each).isEqualTo(each.get("exact").asDouble());
      assertThat(Answers.f1(each.get("prediction").asText(), references)).as("%s", each).isCloseTo(each.get("f1").asDouble(), within(1e-6));
    }
  }

  @Test
  void caseArticlesPunctuationAndBlanksDoNotCount() {
    assertThat(Answers.exactMatch("The  Théâtre!", List.of("x", "théâtre"))).isEqualTo(1);
    assertThat(Answers.exactMatch("theatre", List.of("the atre"))).isZero();
    assertThat(Answers.f1("the big blue cat", List.of("a blue dog", "cat"))).isCloseTo(0.5, within(1e-9));
  }

  @Test
  void aQuestionMayHaveNoAnswer() {
    assertThat(Answers.exactMatch("", List.of(""))).isEqualTo(1);
    assertThat(Answers.f1(" ", List.of())).isEqualTo(1);
    assertThat(Answers.f1("Ann", List.of(""))).isZero();
    assertThat(Answers.f1("", List.of("Ann"))).isZero();
  }

  @Test
  void rankingsFollowTheDefinitions() {
    var random = new Random(SEED);
    for (int round = 0; round < 500; round++) {
      List<String> found = random.ints(random.nextInt(8), 0, 6).mapToObj(Integer::toString).toList();
      Set<String> relevant = random.ints(random.nextInt(4), 0, 6).mapToObj(Integer::toString).collect(Collectors.toSet());
      int count = 1 + random.nextInt(8);
      long hits = relevant.stream().filter(id -> found.subList(0, Math.min(count, found.size())).contains(id)).count();
      assertThat(Ranking.recall(found, relevant, count)).as("seed %d", SEED)
          .isEqualTo(relevant.isEmpty() ? 0 : hits / (double) relevant.size());
      double rank = relevant.stream().mapToInt(found::indexOf).filter(at -> at >= 0).mapToDouble(at -> 1.0 / (at + 1)).max().orElse(0);
      assertThat(Ranking.reciprocalRank(found, relevant)).as("seed %d", SEED).isEqualTo(rank);
    }
  }
}
