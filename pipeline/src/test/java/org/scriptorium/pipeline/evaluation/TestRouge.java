package org.scriptorium.pipeline.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against the package rouge-score, whose values {@code evaluation/maker.py} wrote down, and against the definitions. */
class TestRouge {
  private static final long SEED = Long.getLong("scriptorium.test.seed", System.nanoTime());

  static List<JsonNode> cases(String file) throws IOException {
    var json = new ObjectMapper();
    List<JsonNode> cases = new ArrayList<>();
    for (String line : text(file).split("\n")) cases.add(json.readTree(line));
    return cases;
  }

  private static String text(String file) throws IOException {
    try (InputStream in = TestRouge.class.getResourceAsStream("/evaluation/" + file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static List<String> texts(JsonNode array) {
    return IntStream.range(0, array.size()).mapToObj(i -> array.get(i).asText()).toList();
  }

  @Test
  void stemsAreTheReferences() throws IOException {
    List<String> lines = text("stems.tsv").lines().toList();
    assertThat(lines).hasSizeGreaterThan(2000)
        .allSatisfy(line -> assertThat(PorterStemmer.stem(line.split("\t")[0])).as(line).isEqualTo(line.split("\t")[1]));
  }

  @Test
  void scoresAreTheReferences() throws IOException {
    List<JsonNode> cases = cases("rouge.jsonl");
    assertThat(cases).hasSizeGreaterThan(100);
    for (JsonNode each : cases) {
      for (Rouge rouge : Rouge.values()) {
        Rouge.Scores scores = rouge.score(each.get("prediction").asText(), texts(each.get("references")));
        JsonNode expected = each.get(rouge.name().toLowerCase(java.util.Locale.ROOT));
        int next = 0;
        for (Score score : List.of(scores.rouge1(), scores.rouge2(), scores.rougeL(), scores.rougeLsum())) {
          assertThat(score.precision()).as("%s %d of %s", rouge, next, each).isCloseTo(expected.get(next++).asDouble(), within(1e-6));
          assertThat(score.recall()).as("%s %d of %s", rouge, next, each).isCloseTo(expected.get(next++).asDouble(), within(1e-6));
          assertThat(score.f1()).as("%s %d of %s", rouge, next, each).isCloseTo(expected.get(next++).asDouble(), within(1e-6));
        }
      }
    }
  }

  @Test
  void scoresFollowTheDefinitions() {
    var random = new Random(SEED);
    for (int round = 0; round < 300; round++) {
      List<String> prediction = words(random), reference = words(random);
      Rouge.Scores scores = Rouge.PLAIN.score(String.join(" ", prediction), String.join(" ", reference));
      for (int length : new int[] {1, 2}) {
        Score score = length == 1 ? scores.rouge1() : scores.rouge2();
        long shared = shared(grams(prediction, length), grams(reference, length));
        assertThat(score).as("seed %d", SEED)
            .isEqualTo(Score.of(shared, grams(prediction, length).size(), grams(reference, length).size()));
      }
      Score longest = Score.of(longestCommon(prediction, reference), prediction.size(), reference.size());
      assertThat(scores.rougeL()).as("seed %d", SEED).isEqualTo(longest);
      assertThat(scores.rougeLsum()).as("seed %d: of one line each", SEED).isEqualTo(longest);
    }
  }

  private static List<String> words(Random random) {
    return random.ints(random.nextInt(9), 0, 4).mapToObj(i -> "abcd".substring(i, i + 1)).collect(Collectors.toList());
  }

  private static List<List<String>> grams(List<String> words, int length) {
    return IntStream.rangeClosed(0, words.size() - length).mapToObj(i -> words.subList(i, i + length)).toList();
  }

  /** Takes one away for each that it finds. */
  private static long shared(List<List<String>> grams, List<List<String>> others) {
    List<List<String>> left = new ArrayList<>(others);
    return grams.stream().filter(left::remove).count();
  }

  /** Tries all subsequences. */
  private static long longestCommon(List<String> words, List<String> others) {
    long best = 0;
    for (int chosen = 0; chosen < 1 << words.size(); chosen++) {
      int at = 0;
      boolean isCommon = true;
      for (int i = 0; i < words.size() && isCommon; i++) {
        if ((chosen >> i & 1) == 0) continue;
        while (at < others.size() && !others.get(at).equals(words.get(i))) at++;
        isCommon = at++ < others.size();
      }
      if (isCommon) best = Math.max(best, Integer.bitCount(chosen));
    }
    return best;
  }

  @Test
  void theBestReferenceCountsForEachMeasure() {
    Rouge.Scores scores = Rouge.PLAIN.score("a b c d", List.of("d c b a", "a b", "x"));
    assertThat(scores.rouge1()).isEqualTo(new Score(1, 1));
    assertThat(scores.rouge2()).isEqualTo(new Score(1 / 3.0, 1));
    assertThatThrownBy(() -> Rouge.PLAIN.score("a", List.of())).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected at least one reference, found none");
  }
}
