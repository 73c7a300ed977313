package org.scriptorium.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.scriptorium.engine.Random32;
import org.scriptorium.engine.kernel.Rows;
import org.scriptorium.engine.kernel.scalar.ScalarKernels;
import org.scriptorium.engine.model.Routing.Scoring;
import org.scriptorium.engine.model.Routing.Weighting;

class TestRouting {
  private static final Rows ROWS = new ScalarKernels().rows();

  private record Choice(int[] indices, float[] weights) {}

  /** Within arrays, between what must stay as it is. */
  private static Choice choose(Routing routing, float[] outputs) {
    int experts = outputs.length, chosen = routing.chosen();
    float[] framed = new float[experts + 2], choice = new float[experts + 3], weights = new float[chosen + 2];
    int[] indices = new int[chosen + 2];
    System.arraycopy(outputs, 0, framed, 1, experts);
    indices[0] = indices[chosen + 1] = -7;
    routing.choose(ROWS, Routing.sigmoid(ROWS), framed, 1, choice, 2, indices, weights, 1);
    assertThat(List.of(indices[0], indices[chosen + 1])).containsOnly(-7);
    return new Choice(Arrays.copyOfRange(indices, 1, chosen + 1), Arrays.copyOfRange(weights, 1, chosen + 1));
  }

  /** Against the definition, by sorting. */
  @ParameterizedTest
  @EnumSource
  void theBestAreChosenAndWeighted(Scoring scoring) {
    for (int trial = 0; trial < 200; trial++) {
      var random = new Random32(scoring, trial);
      float[] outputs = random.normal(16), bias = random.normal(16);
      for (int i = 0; i < 16; i++) bias[i] *= 0.1f;
      int groups = 4, chosenGroups = 1 + trial % 4, chosen = 1 + trial % (4 * chosenGroups);
      Choice found = choose(new Routing(scoring, bias, groups, chosenGroups, chosen, new Weighting.Shares(0), 2.5f), outputs);
      double[] scores = scores(scoring, outputs);
      List<Integer> open = IntStream.range(0, groups).boxed().sorted(Comparator.comparingDouble(group -> -bestTwo(scores, bias, group)))
          .limit(chosenGroups)
          .toList();
      int[] expected = IntStream.range(0, 16).filter(i -> open.contains(i / 4)).boxed()
          .sorted(Comparator.comparingDouble(i -> -(scores[i] + bias[i])))
          .limit(chosen).mapToInt(i -> i).sorted().toArray();
      assertThat(found.indices).as("%s", random).containsExactly(expected);
      double sum = Arrays.stream(expected).mapToDouble(i -> scores[i]).sum();
      for (int i = 0; i < chosen; i++) {
        assertThat((double) found.weights[i]).as("%s", random).isCloseTo(2.5 * scores[expected[i]] / sum, within(1e-6));
      }
    }
  }

  private static double[] scores(Scoring scoring, float[] outputs) {
    double total = IntStream.range(0, outputs.length).mapToDouble(i -> Math.exp(outputs[i])).sum();
    return IntStream.range(0, outputs.length).mapToDouble(i -> switch (scoring) {
      case SOFTMAX -> Math.exp(outputs[i]) / total;
      case SIGMOID -> 1 / (1 + Math.exp(-outputs[i]));
    }).toArray();
  }

  private static double bestTwo(double[] scores, float[] bias, int group) {
    return IntStream.range(4 * group, 4 * group + 4).mapToDouble(i -> scores[i] + bias[i]).map(score -> -score).sorted().limit(2)
        .map(score -> -score).sum();
  }

  @Test
  void ofEqualsTheFirst() {
    var routing = new Routing(Scoring.SIGMOID, new float[5], 1, 1, 2, new Weighting.Scores(), 1f);
    assertThat(choose(routing, new float[] {0, 1, 1, 1, 0}).indices).containsExactly(1, 2);
    assertThat(choose(routing, new float[5]).indices).containsExactly(0, 1);
    assertThat(choose(routing, new float[5]).weights).containsExactly(0.5f, 0.5f);
  }

  @Test
  void sharesAreOfAtLeast() {
    var routing = new Routing(Scoring.SIGMOID, new float[2], 1, 1, 1, new Weighting.Shares(2f), 1f);
    assertThat(choose(routing, new float[] {0, -9}).weights).containsExactly(0.25f);
  }

  /** Indices stay within the experts, each once, so that one bad row spoils nothing but itself. */
  @ParameterizedTest
  @EnumSource
  void nanGoesIntoTheWeights(Scoring scoring) {
    for (int groups : new int[] {1, 4}) {
      var routing = new Routing(scoring, new float[8], groups, Math.min(2, groups), 3, new Weighting.Shares(0), 1f);
      float[] outputs = new float[8];
      Arrays.fill(outputs, Float.NaN);
      Choice found = choose(routing, outputs);
      assertThat(Arrays.stream(found.indices).boxed()).doesNotHaveDuplicates().allMatch(index -> index >= 0 && index < 8);
      for (float weight : found.weights) assertThat(weight).isNaN();
    }
  }
}
