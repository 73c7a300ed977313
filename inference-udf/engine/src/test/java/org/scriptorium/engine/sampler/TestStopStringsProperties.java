package org.scriptorium.engine.sampler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TestStopStringsProperties {

  @Property(tries = 3000)
  void equalsASearchOfTheWholeText(@ForAll("stops") List<String> stops, @ForAll("pieces") List<String> pieces) {
    assertThat(TestStopStrings.streamed(stops, pieces)).isEqualTo(searched(stops, String.join("", pieces)));
  }

  @Property(tries = 1000)
  void holdsBackNoMoreThanNeeded(@ForAll("stops") List<String> stops, @ForAll("pieces") List<String> pieces) {
    var matcher = new StopStrings(stops).matcher();
    var fed = new StringBuilder();
    var emitted = new StringBuilder();
    for (String piece : pieces) {
      fed.append(piece);
      emitted.append(matcher.append(piece));
      if (matcher.stopped()) return;
      String held = fed.substring(emitted.length());
      boolean needed = held.isEmpty() || stops.stream().anyMatch(stop -> stop.startsWith(held));
      assertThat(needed).as("held %s for %s", held, stops).isTrue();
    }
  }

  @Provide
  Arbitrary<List<String>> stops() {
    return Arbitraries.strings().withChars('a', 'b', '\n').ofMinLength(1).ofMaxLength(5).list().ofMaxSize(4);
  }

  @Provide
  Arbitrary<List<String>> pieces() {
    return Arbitraries.strings().withChars('a', 'b', 'c', '\n').ofMaxLength(4).list().ofMaxSize(12);
  }

  private static String searched(List<String> stops, String text) {
    int bestEnd = Integer.MAX_VALUE;
    int bestStart = text.length();
    for (String stop : stops) {
      int start = text.indexOf(stop);
      if (start < 0) continue;
      int end = start + stop.length();
      if (end < bestEnd || end == bestEnd && start < bestStart) {
        bestEnd = end;
        bestStart = start;
      }
    }
    return text.substring(0, bestStart) + (bestEnd == Integer.MAX_VALUE ? "|whole" : "|stopped");
  }
}
