package org.scriptorium.engine.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;

class TestSamplerProperties {

  @Property(tries = 200)
  void topPEqualsAFullSort(@ForAll @Scale(6) @DoubleRange(min = 0.001, max = 0.999) double topP, @ForAll long seed) {
    float[] logits = TestSampler.normal(300, seed);
    for (int i = 0; i < logits.length; i++) logits[i] = Math.round(logits[i] * 4) / 4f;
    var order = IntStream.range(0, 300).boxed()
        .sorted((left, right) -> logits[left] != logits[right] ? Float.compare(logits[left], logits[right]) : right - left).toList();
    double total = order.stream().mapToDouble(token -> Math.exp(logits[token])).sum();
    double taken = 0;
    int first = 0;
    double nearest = 1;
    for (; first < 299; first++) {
      taken += Math.exp(logits[order.get(first)]) / total;
      nearest = Math.min(nearest, Math.abs(taken - (1 - (float) topP)));
      if (taken > 1 - (float) topP) break;
    }
    if (nearest < 1e-12) return;
    int[] expected = order.subList(first, 300).stream().mapToInt(token -> token).sorted().toArray();
    assertThat(TestSampler.candidates(TestSampler.sampling(1, 0, (float) topP, 0), logits)).isEqualTo(expected);
  }

  @Property(tries = 2000)
  void exponentialIsTwoUnitsFromTheLibrarys(@ForAll @Scale(12) @DoubleRange(min = -708, max = 0) double x) {
    double expected = StrictMath.exp(x);
    assertThat(Exponential.of(x)).isEqualTo(expected, within(2 * Math.ulp(expected)));
  }
}
