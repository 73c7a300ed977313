package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Rows;

/**
 * Which experts a row goes to, and with which weights.
 *
 * @param scoring of the router's outputs
 * @param bias [experts], added to scores for the choice only; zeros where a model has none
 * @param groups of neighbouring experts; of them only the {@code chosenGroups} are looked at whose two best scores are greatest together
 * @param chosen experts of a row
 * @param weighting of the chosen experts' scores
 * @param scale of the weights
 */
public record Routing(Scoring scoring, float[] bias, int groups, int chosenGroups, int chosen, Weighting weighting, float scale) {

  /** What makes scores of outputs. */
  public enum Scoring {
    /** Over all experts. */
    SOFTMAX,
    /** Of each expert by itself (DeepSeek-AI 2024, arXiv:2412.19437, 2.1.2). */
    SIGMOID
  }

  /** How scores become weights. */
  public sealed interface Weighting {
    /** They are. */
    record Scores() implements Weighting {}

    /** Divided by their sum, or by {@code least} if that is greater. */
    record Shares(float least) implements Weighting {}
  }

  int experts() {
    return bias.length;
  }

  /**
   * Chooses for one row: of equal scores the first, whatever its neighbours.
   *
   * @param outputs [experts] of the router at {@code at}; scores afterwards
   * @param choice [experts] working memory at {@code choiceAt}
   * @param indices [chosen] ascending, at {@code to}; {@code weights} likewise
   */
  void choose(Rows rows, Rows.InPlace sigmoid, float[] outputs, int at, float[] choice, int choiceAt, int[] indices, float[] weights,
      int to) {
    int experts = experts();
    switch (scoring) {
      case SOFTMAX -> rows.softmax(outputs, at, experts);
      case SIGMOID -> sigmoid.apply(outputs, at, experts);
    }
    // What is no number is chosen last, so that every expert is chosen once at most, and goes its way into the weights.
    for (int i = 0; i < experts; i++) {
      float score = outputs[at + i] + bias[i];
      choice[choiceAt + i] = Float.isNaN(score) ? -Float.MAX_VALUE : score;
    }
    if (chosenGroups < groups) closeGroups(choice, choiceAt);
    for (int i = 0; i < chosen; i++) {
      int best = greatest(choice, choiceAt, experts);
      choice[choiceAt + best] = Float.NEGATIVE_INFINITY;
      insert(best, indices, to, i);
    }
    float sum = 0;
    for (int i = 0; i < chosen; i++) sum += weights[to + i] = outputs[at + indices[to + i]];
    float divisor = switch (weighting) {
      case Weighting.Scores _ -> 1f;
      case Weighting.Shares shares -> Math.max(sum, shares.least());
    };
    for (int i = 0; i < chosen; i++) weights[to + i] = weights[to + i] / divisor * scale;
  }

  /** Puts the experts of all groups but the best out of reach. */
  private void closeGroups(float[] choice, int at) {
    int size = experts() / groups;
    long open = 0;
    for (int i = 0; i < chosenGroups; i++) {
      int best = -1;
      float most = Float.NEGATIVE_INFINITY;
      for (int group = 0; group < groups; group++) {
        float score = bestTwo(choice, at + group * size, size);
        if ((open >> group & 1) == 0 && (best < 0 || score > most)) {
          best = group;
          most = score;
        }
      }
      open |= 1L << best;
    }
    for (int i = 0; i < experts(); i++) if ((open >> i / size & 1) == 0) choice[at + i] = Float.NEGATIVE_INFINITY;
  }

  private static float bestTwo(float[] scores, int at, int count) {
    float first = Float.NEGATIVE_INFINITY, second = Float.NEGATIVE_INFINITY;
    for (int i = at; i < at + count; i++) {
      if (scores[i] > first) {
        second = first;
        first = scores[i];
      } else if (scores[i] > second) {
        second = scores[i];
      }
    }
    return first + second;
  }

  /** The first of the greatest. */
  private static int greatest(float[] scores, int at, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) if (scores[at + i] > scores[at + best]) best = i;
    return best;
  }

  private static void insert(int index, int[] indices, int to, int count) {
    int place = to + count;
    for (; place > to && indices[place - 1] > index; place--) indices[place] = indices[place - 1];
    indices[place] = index;
  }

  /** The loop that {@link #choose} takes for sigmoids. */
  static Rows.InPlace sigmoid(Rows rows) {
    return rows.activation(Activation.SIGMOID);
  }
}
