package org.scriptorium.engine.sampler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Cases by hand; see {@link TestStopStringsProperties} for the search of the whole text. */
class TestStopStrings {

  @Test
  void holdsBackWhatMayBeTheBeginning() {
    var matcher = new StopStrings(List.of("\n\nUser:", "END")).matcher();
    assertThat(matcher.append("Hello")).isEqualTo("Hello");
    assertThat(matcher.append(" there\n")).isEqualTo(" there");
    assertThat(matcher.append("\nUse")).isEmpty();
    assertThat(matcher.append("ful. E")).isEqualTo("\n\nUseful. ");
    assertThat(matcher.append("N")).isEmpty();
    assertThat(matcher.stopped()).isFalse();
    assertThat(matcher.append("D of story")).isEmpty();
    assertThat(matcher.stopped()).isTrue();
    assertThat(matcher.append("more")).isEmpty();
    assertThat(matcher.finish()).isEmpty();
  }

  @Test
  void givesBackTheHeldTextAtTheEnd() {
    var matcher = new StopStrings(List.of("aab")).matcher();
    assertThat(matcher.append("xaaa")).isEqualTo("xa");
    assertThat(matcher.finish()).isEqualTo("aa");
    assertThat(matcher.stopped()).isFalse();
  }

  @Test
  void firstCompleteStopStringWinsAndTheLongestOfThose() {
    assertThat(streamed(List.of("abcd", "bc"), List.of("xabcd"))).isEqualTo("xa|stopped");
    assertThat(streamed(List.of("c", "abc", "bc"), List.of("xa", "bc"))).isEqualTo("x|stopped");
  }

  @Test
  void withoutStopStringsEverythingPassesAtOnce() {
    var matcher = new StopStrings(List.of()).matcher();
    assertThat(matcher.append("text")).isEqualTo("text");
    assertThat(matcher.finish()).isEmpty();
  }

  static String streamed(List<String> stops, List<String> pieces) {
    var matcher = new StopStrings(stops).matcher();
    var text = new StringBuilder();
    for (String piece : pieces) text.append(matcher.append(piece));
    text.append(matcher.finish());
    return text + (matcher.stopped() ? "|stopped" : "|whole");
  }
}
