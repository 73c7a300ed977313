package org.scriptorium.engine.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.scriptorium.engine.api.GenerationConfig;

/** Token by token the likeliest that leads on to a choice, or ends one that is complete. */
class TestChoiceTree {
  private static final int VOCABULARY = 12;
  private static final int[] ENDS = {0, 11, 40};

  @Test
  void greedyGoesDownTheTree() {
    long seed = Long.getLong("scriptorium.test.seed", System.nanoTime());
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      List<List<Integer>> texts = random.ints(4, 1, 4).mapToObj(length -> random.ints(length, 1, 5).boxed().toList()).distinct().toList();
      var choices = new Choices(texts.stream().map(text -> text.stream().mapToInt(token -> token).toArray()).toList(), ENDS);
      var sampler = new Sampler(GenerationConfig.DEFAULT, 1, VOCABULARY, new TextFrame(new int[0], 1_000, ENDS), Optional.of(choices));
      int[] tokens = new int[16];
      int prompt = random.nextInt(4), length = prompt;
      while (true) {
        float[] logits = new float[VOCABULARY];
        for (int i = 0; i < VOCABULARY; i++) logits[i] = random.nextFloat() * 8 - 4;
        List<Integer> path = Arrays.stream(tokens, prompt, length).boxed().toList();
        int expected = IntStream.range(0, VOCABULARY).filter(token -> isAllowed(texts, path, token)).boxed()
            .max((one, other) -> Float.compare(logits[one], logits[other])).orElseThrow();
        int token = sampler.sample(logits.clone(), 0, tokens, prompt, length, new Scratch());
        assertThat(token).as("seed %d, round %d, after %s of %s", seed, round, path, texts).isEqualTo(expected);
        if (token == ENDS[0] || token == ENDS[1]) {
          assertThat(texts).contains(path);
          break;
        }
        tokens[length++] = token;
      }
      assertThat(choices.longest()).isEqualTo(texts.stream().mapToInt(List::size).max().orElseThrow());
    }
  }

  private static boolean isAllowed(List<List<Integer>> texts, List<Integer> path, int token) {
    if (token == ENDS[0] || token == ENDS[1]) return texts.contains(path);
    return texts.stream().anyMatch(text -> text.size() > path.size() && text.subList(0, path.size()).equals(path) && text.get(path.size()) == token);
  }

  @Test
  void refusesWhatIsNoChoice() {
    assertThatThrownBy(() -> new Choices(List.of(new int[0]), ENDS)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a choice has no tokens");
    assertThatThrownBy(() -> new Choices(List.of(new int[] {1}, new int[] {1}), ENDS)).hasMessage("two choices have the same tokens");
  }
}
