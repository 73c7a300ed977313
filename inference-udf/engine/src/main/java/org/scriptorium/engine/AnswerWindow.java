package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.scriptorium.engine.tokenizer.Encoding;

/**
 * A question and a part of its context as one input.
 *
 * @param from first token of the context; {@code to} is their end
 */
record AnswerWindow(Encoding encoding, int from, int to) {
  /** How tokenizers of this kind spell a token that goes on with a word. */
  private static final String CONTINUES = "##";

  /** Characters [start, end) of the context, and how probable it is that they are the answer. */
  record Place(int start, int end, double score) {}

  /** @param values [tokens, 2] that an answer begins, and that it ends there */
  Scored scored(float[] values) {
    double[] starts = probabilities(values, 0), ends = probabilities(values, 1);
    return new Scored(this, starts, ends);
  }

  /** The first token stands for no answer; it and the context's share the probability, no others. */
  private double[] probabilities(float[] values, int end) {
    var logits = new float[to - from + 1];
    logits[0] = values[end];
    for (int i = from; i < to; i++) logits[i - from + 1] = values[2 * i + end];
    return Probabilities.softmax(logits);
  }

  /** A window with probabilities, those of no answer first. */
  record Scored(AnswerWindow window, double[] starts, double[] ends) {

    /** That there is no answer. */
    double none() {
      return starts[0] * ends[0];
    }

    /** The most probable places of at most so many tokens, the best first. */
    List<Place> best(int count, int maxTokens) {
      var found = new ArrayList<int[]>();
      for (int start = 1; start < starts.length; start++) {
        for (int end = start; end < Math.min(ends.length, start + maxTokens); end++) found.add(new int[] {start, end});
      }
      return found.stream().sorted(Comparator.comparingDouble((int[] span) -> -starts[span[0]] * ends[span[1]])).limit(count)
          .map(span -> window.place(span[0], span[1], starts[span[0]] * ends[span[1]])).toList();
    }
  }

  /** Whole words, as far as the window has them. */
  private Place place(int start, int end, double score) {
    int first = from + start - 1, last = from + end - 1;
    while (first > from && continues(first)) first--;
    while (last + 1 < to && continues(last + 1)) last++;
    return new Place(encoding.starts()[first], encoding.ends()[last], score);
  }

  private boolean continues(int token) {
    return encoding.tokens()[token].startsWith(CONTINUES) && encoding.starts()[token] == encoding.ends()[token - 1];
  }
}
