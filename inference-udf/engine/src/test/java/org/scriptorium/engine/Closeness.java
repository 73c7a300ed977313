package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.IntStream;

/** Compares values with those of a model's reference, within its tolerance, and keeps how far the farthest lay. */
final class Closeness {
  private final ReferenceModel model;
  private final double tolerance;
  private double farthest;
  private int compared;
  private int positions;

  Closeness(ReferenceModel model) {
    this(model, model.tolerance());
  }

  /** With a tolerance of its own, where values are not the reference's but follow from them. */
  Closeness(ReferenceModel model, double tolerance) {
    this.model = model;
    this.tolerance = tolerance;
  }

  /** The five best logits of a position, and the best of all where the reference's best two are apart. */
  void best(JsonNode expected, float[] logits, int from, int vocabulary, String what) {
    positions++;
    assertThat(expected.get("top5")).hasSize(5);
    for (int i = 0; i < 5; i++) {
      value(expected.get("top5").get(i), logits[from + expected.get("top5_ids").get(i).intValue()], "%s, best %d".formatted(what, i));
    }
    double margin = expected.get("top5").get(0).doubleValue() - expected.get("top5").get(1).doubleValue();
    int best = IntStream.range(0, vocabulary).reduce(0, (one, other) -> logits[from + other] > logits[from + one] ? other : one);
    if (margin > 2 * tolerance) assertThat(best).as(what).isEqualTo(expected.get("argmax").intValue());
  }

  /** All logits of a position. */
  void all(JsonNode expected, float[] logits, int from, int vocabulary, String what) {
    assertThat(expected).hasSize(vocabulary);
    for (int i = 0; i < vocabulary; i++) value(expected.get(i), logits[from + i], "%s, logit %d".formatted(what, i));
  }

  void value(JsonNode reference, float found, String what) {
    double distance = Math.abs(reference.doubleValue() - found);
    // Asserted only where it fails: there are very many values.
    if (!(distance <= tolerance)) assertThat(found).as("%s, %s, within %s", model.name(), what, tolerance).isEqualTo((float) reference.doubleValue());
    farthest = Math.max(farthest, distance);
    compared++;
  }

  /** Says what was compared. */
  void report(String what) {
    System.err.printf("%s, %s: %d values of %d positions, at most %.2g from the reference, %.2g allowed%n", model.name(), what, compared,
        positions, farthest, tolerance);
  }

  /** Values that were compared. */
  int compared() {
    return compared;
  }

  /** Positions whose best logits were compared. */
  int positions() {
    return positions;
  }
}
