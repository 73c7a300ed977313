package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.tokenizer.Encoding;

/** Leaves out tokens of an input's texts, never those of its template. */
final class InputCut {
  private InputCut() {}

  /** Tokens [from, to) of one text. */
  record Run(int from, int to) {
    int size() {
      return to - from;
    }
  }

  /** The texts' tokens: what lies between tokens of the template. An empty text has no run. */
  static List<Run> runs(Encoding encoding) {
    var runs = new ArrayList<Run>();
    int from = 0;
    for (int i = 0; i <= encoding.size(); i++) {
      if (i < encoding.size() && encoding.specialTokens()[i] == 0) continue;
      if (from < i) runs.add(new Run(from, i));
      from = i + 1;
    }
    return runs;
  }

  /** The input with {@code limit} tokens, of two texts the longer one cut first; none if the template alone has no room. */
  static Optional<Encoding> cut(Encoding encoding, int limit, Truncation truncation) {
    List<Run> runs = runs(encoding);
    int texts = runs.stream().mapToInt(Run::size).sum(), room = limit - (encoding.size() - texts);
    if (room < 0 || runs.isEmpty() || runs.size() > 2) return Optional.empty();
    int[] keep = runs.size() == 1 ? new int[] {room} : shares(runs.get(0).size(), runs.get(1).size(), room);
    var kept = new boolean[encoding.size()];
    for (int i = 0; i < kept.length; i++) kept[i] = encoding.specialTokens()[i] != 0;
    for (int run = 0; run < keep.length; run++) keep(kept, runs.get(run), keep[run], truncation);
    return Optional.of(pick(encoding, IntStream.range(0, kept.length).filter(i -> kept[i]).toArray()));
  }

  /** What two texts keep of {@code room} tokens: the longer one gives way, until both are of one length. */
  private static int[] shares(int first, int second, int room) {
    int shorter = Math.min(first, second);
    if (shorter >= (room + 1) / 2) {
      // Hugging Face's libraries give the odd token to the longer one, to the second of equals.
      return first > second ? new int[] {room - room / 2, room / 2} : new int[] {room / 2, room - room / 2};
    }
    return first > second ? new int[] {room - second, second} : new int[] {first, room - first};
  }

  private static void keep(boolean[] kept, Run run, int count, Truncation truncation) {
    int first = switch (truncation) {
      case NONE -> run.size();
      case HEAD -> 0;
      case MIDDLE -> (count + 1) / 2;
      case TAIL -> count;
    };
    for (int i = 0; i < run.size(); i++) kept[run.from + i] = i < first || i >= run.size() - (count - first);
  }

  /** The tokens at some places. */
  static Encoding pick(Encoding encoding, int[] places) {
    return new Encoding(pick(encoding.ids(), places), pick(encoding.typeIds(), places), pick(encoding.specialTokens(), places),
        pick(encoding.starts(), places), pick(encoding.ends(), places),
        IntStream.of(places).mapToObj(place -> encoding.tokens()[place]).toArray(String[]::new));
  }

  private static int[] pick(int[] values, int[] places) {
    return IntStream.of(places).map(place -> values[place]).toArray();
  }
}
