package org.scriptorium.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.ThinkMarkers;
import org.scriptorium.engine.batch.Thinking.Begin;
import org.scriptorium.engine.tokenizer.Detokenizer;

/** What stands between the markers is reasoning, all else is the answer, however the text is cut. */
class TestThinkFilter {
  private record Parts(String reasoning, String answer) {}

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "OUTSIDE| `<think>\\nWhy?\\n</think>\\n\\nBecause. `| Why?| `Because. `",
    "OUTSIDE| ` \\n<think>Why?</think>Because`| Why?| Because",
    "OUTSIDE| ` no block `| | ` no block `",
    "OUTSIDE| ` \\n`| | ` \\n`",
    "OUTSIDE| `<think>\\n\\n</think>\\n\\nAt once`| | At once",
    "OUTSIDE| `<think>never ends \\n`| never ends| ``",
    "OUTSIDE| `a <think>b</think> c<think> d\\n</think>e`| `b\\n\\nd`| `a  ce`",
    "OUTSIDE| `a </think> b`| | `a </think> b`",
    "OUTSIDE| `<think>a <think> b</think>c`| `a <think> b`| c",
    "OUTSIDE| `<thin`| | `<thin`",
    "OUTSIDE| `<think>a</thin`| `a</thin`| ``",
    "INSIDE| `\\nWhy?\\n\\n</think>\\n\\nBecause`| Why?| Because",
    "INSIDE| `never ends`| never ends| ``",
    "INSIDE| `</think>x`| | x",
    "INSIDE| ``| | ``",
  })
  void parts(Begin begin, String text, String reasoning, String answer) {
    String whole = unescaped(text);
    var expected = new Parts(unescaped(reasoning), unescaped(answer));
    assertThat(parted(begin, List.of(whole))).isEqualTo(expected);
    assertThat(parted(begin, whole.chars().mapToObj(Character::toString).toList())).isEqualTo(expected);
  }

  private static String unescaped(String text) {
    return text == null ? "" : text.replace("\\n", "\n");
  }

  @Test
  void cutsDoNotShow() {
    long seed = Long.getLong("scriptorium.test.seed", System.nanoTime());
    var random = new Random(seed);
    List<String> atoms = List.of("<think>", "</think>", "<", "</", "think", ">", " ", "\n", "a", "bc", "<thi", "</think", "ü");
    for (int round = 0; round < 20_000; round++) {
      var text = new StringBuilder();
      for (int i = random.nextInt(10); i >= 0; i--) text.append(atoms.get(random.nextInt(atoms.size())));
      Begin begin = random.nextBoolean() ? Begin.INSIDE : Begin.OUTSIDE;
      var pieces = new ArrayList<String>();
      for (int from = 0; from < text.length(); ) {
        int to = Math.min(text.length(), from + random.nextInt(5));
        pieces.add(text.substring(from, to));
        from = to;
      }
      assertThat(parted(begin, pieces)).as("seed %d, round %d: %s of %s", seed, round, pieces, begin).isEqualTo(reference(begin, text.toString()));
    }
  }

  /** By the whole text at once. */
  private static Parts reference(Begin begin, String text) {
    var reasoning = new ArrayList<String>();
    var answer = new StringBuilder();
    boolean isInside = begin == Begin.INSIDE, hadBlock = isInside;
    for (String rest = text; ; isInside = !isInside) {
      String marker = isInside ? "</think>" : "<think>";
      int at = rest.indexOf(marker);
      String segment = at < 0 ? rest : rest.substring(0, at);
      if (isInside && !segment.isBlank()) reasoning.add(segment.strip());
      if (!isInside) {
        boolean isFirst = answer.toString().isEmpty();
        hadBlock |= at >= 0 && segment.isBlank();
        answer.append(isFirst && hadBlock ? segment.stripLeading() : segment);
      }
      if (at < 0) return new Parts(String.join("\n\n", reasoning), answer.toString());
      hadBlock = true;
      rest = rest.substring(at + marker.length());
    }
  }

  private static Parts parted(Begin begin, List<String> pieces) {
    StringBuilder answer = new StringBuilder(), reasoning = new StringBuilder();
    var filter = new ThinkFilter(ThinkMarkers.DEFAULT, begin, new ThinkFilter.Sink() {
      @Override
      public void answer(String piece) {
        answer.append(piece);
      }

      @Override
      public void reasoning(String piece) {
        reasoning.append(piece);
      }
    });
    pieces.forEach(filter::append);
    filter.finish();
    return new Parts(reasoning.toString(), answer.toString());
  }

  @Test
  void countsTheTokensOfBlocks() {
    assertThat(counted(Begin.OUTSIDE, "a", "<thi", "nk>", "b", "c", "</think>", "d")).isEqualTo(5);
    assertThat(counted(Begin.OUTSIDE, "<", "no", "<think>")).isEqualTo(1);
    assertThat(counted(Begin.INSIDE, "a", "</", "think>", "b", "c")).isEqualTo(3);
    assertThat(counted(Begin.INSIDE, "a", "b")).isEqualTo(2);
    // Markers that decoded text does not show.
    assertThat(counted(Begin.OUTSIDE, "", "x", "", "y")).isEqualTo(0);
    assertThat(counted(new Thinking(ThinkMarkers.DEFAULT, Begin.OUTSIDE, 0, 2), "", "x", "", "y")).isEqualTo(3);
  }

  private static int counted(Begin begin, String... pieces) {
    return counted(new Thinking(ThinkMarkers.DEFAULT, begin, -1, -1), pieces);
  }

  private static int counted(Thinking thinking, String... pieces) {
    var text = new GeneratedText(new Detokenizer() {
      @Override
      public String append(int id) {
        return pieces[id];
      }

      @Override
      public String finish() {
        return "";
      }
    }, List.of(), Optional.of(thinking), new ThinkFilter.Sink() {
      @Override
      public void answer(String piece) {}

      @Override
      public void reasoning(String piece) {}
    });
    for (int i = 0; i < pieces.length; i++) text.append(i);
    text.finish();
    return text.reasoningTokens();
  }

  @Test
  void markersAreTwoTexts() {
    assertThat(ThinkMarkers.parse(" [THINK]  [/THINK] ")).isEqualTo(new ThinkMarkers("[THINK]", "[/THINK]"));
    assertThatThrownBy(() -> ThinkMarkers.parse("<think>")).isInstanceOf(ModelException.class)
        .hasMessage("think markers: expected two with a blank between them, found '<think>'");
    assertThatThrownBy(() -> new ThinkMarkers("", "x")).isInstanceOf(ModelException.class)
        .hasMessage("think markers: expected two texts, found '' and 'x'");
  }
}
