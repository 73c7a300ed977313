package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.IntStream;

/** Compares values with a reference's and keeps how far the farthest lay. */
final class Closeness {
  private final double tolerance;
  private double farthest;
  private int positions;

  Closeness(double tolerance) {
    this.tolerance = tolerance;
  }

  /** The five best logits of a position, and the best of all where the reference's best two are apart. */
  void best(JsonNode expected, float[] logits, int from, int vocabulary, String what) {
    positions++;
    for (int i = 0; i < 5; i++) {
      value(expected.get("top5").get(i), logits[from + expected.get("top5_ids").get(i).intValue()], "%s, best %d".formatted(what, i));
    }
    double margin = expected.get("top5").get(0).doubleValue() - expected.get("top5").get(1).doubleValue();
    int best = IntStream.range(0, vocabulary).reduce(0, (one, other) -> logits[from + other] > logits[from + one] ? other : one);
    if (margin > 2 * tolerance) assertThat(best).as(what).isEqualTo(expected.get("argmax").intValue());
  }

  /** All logits of a position. */
  void all(JsonNode expected, float[] logits, int from, int vocabulary) {
    assertThat(expected).hasSize(vocabulary);
    for (int i = 0; i < vocabulary; i++) value(expected.get(i), logits[from + i], "logit " + i);
  }

  void value(JsonNode reference, float found, String what) {
    double distance = Math.abs(reference.doubleValue() - found);
    // Asserted only where it fails: there are very many values.
    if (!(distance <= tolerance)) assertThat(found).as(what + " within " + tolerance).isEqualTo((float) reference.doubleValue());
    farthest = Math.max(farthest, distance);
  }

  double farthest() {
    return farthest;
  }

  int positions() {
    return positions;
  }
}
