package org.scriptorium.engine.tokenizer;

/** What becomes of the matches that a text is split at. */
enum SplitBehavior {
  REMOVED,
  ISOLATED,
  MERGED_WITH_PREVIOUS,
  MERGED_WITH_NEXT,
  CONTIGUOUS;

  PreTokenizer by(Finder finder) {
    return switch (this) {
      case ISOLATED -> (text, from, to, target) ->
          finder.find(text.bytes(), from, to, (start, end, match) -> word(text, start, end, target));
      case REMOVED -> (text, from, to, target) -> finder.find(text.bytes(), from, to, (start, end, match) -> {
        if (!match) word(text, start, end, target);
      });
      case CONTIGUOUS, MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT -> (text, from, to, target) -> {
        var spans = new IntSequence(32);
        finder.find(text.bytes(), from, to, (start, end, match) -> {
          spans.append(start);
          spans.append(end);
          spans.append(match ? 1 : 0);
        });
        int[] found = spans.from(0);
        switch (this) {
          case MERGED_WITH_NEXT -> backwards(found, text, target);
          case MERGED_WITH_PREVIOUS, CONTIGUOUS, REMOVED, ISOLATED -> forwards(found, text, target);
        }
      };
    };
  }

  /** Of several matches in a row, the first joins the stretch before it; where they are contiguous, all of a kind join. */
  private void forwards(int[] spans, AlignedText text, PreTokenizer.Words target) {
    int start = -1, end = -1;
    boolean previous = false;
    for (int i = 0; i < spans.length; i += 3) {
      boolean match = spans[i + 2] == 1, joins = this == CONTIGUOUS ? match == previous : match && !previous;
      if (!joins || start < 0) {
        if (start >= 0) word(text, start, end, target);
        start = spans[i];
      }
      end = spans[i + 1];
      previous = match;
    }
    if (start >= 0) word(text, start, end, target);
  }

  /** Of several matches in a row, the last joins the stretch after it. */
  private static void backwards(int[] spans, AlignedText text, PreTokenizer.Words target) {
    var starts = new IntSequence(spans.length / 3);
    var ends = new IntSequence(spans.length / 3);
    boolean previous = false;
    int start = -1, end = -1;
    for (int i = spans.length - 3; i >= 0; i -= 3) {
      boolean match = spans[i + 2] == 1;
      if (start < 0 || !match || previous) {
        if (start >= 0) {
          starts.append(start);
          ends.append(end);
        }
        end = spans[i + 1];
      }
      start = spans[i];
      previous = match;
    }
    if (start < 0) return;
    word(text, start, end, target);
    int[] first = starts.from(0), last = ends.from(0);
    for (int i = first.length - 1; i >= 0; i--) word(text, first[i], last[i], target);
  }

  private static void word(AlignedText text, int from, int to, PreTokenizer.Words target) {
    if (from < to) target.word(text, from, to);
  }
}
