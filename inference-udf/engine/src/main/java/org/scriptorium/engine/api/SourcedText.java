package org.scriptorium.engine.api;

import java.util.Arrays;

/**
 * A text that remembers which of its characters came from a row (a document, a question) and which from the job or the
 * model's own template. Special tokens are recognized in the latter only, so that no document can inject a turn of dialogue.
 *
 * <p>Immutable. Positions count UTF-16 units.
 */
public final class SourcedText {
  public static final SourcedText EMPTY = new SourcedText("", new int[0]);

  private final String text;
  /** Starts and ends of the row's parts: ascending, disjoint, not adjacent, not empty. */
  private final int[] bounds;

  private SourcedText(String text, int[] bounds) {
    this.text = text;
    this.bounds = bounds;
  }

  /** A text of the job or the model: special tokens in it count. */
  public static SourcedText trusted(String text) {
    return text.isEmpty() ? EMPTY : new SourcedText(text, new int[0]);
  }

  /** A text that a row brought: nothing in it is markup. */
  public static SourcedText row(String text) {
    return text.isEmpty() ? EMPTY : new SourcedText(text, new int[] {0, text.length()});
  }

  public String text() {
    return text;
  }

  public int length() {
    return text.length();
  }

  /** True if the character at {@code position} came from a row. */
  public boolean isRow(int position) {
    int found = Arrays.binarySearch(bounds, position);
    return found >= 0 ? (found & 1) == 0 : (-found - 1 & 1) == 1;
  }

  /** True if any character in [from, to) came from a row. */
  public boolean touchesRow(int from, int to) {
    int part = firstPartEndingAfter(from);
    return part < bounds.length && bounds[part] < to && from < to;
  }

  /** The index in bounds of the first part of a row that reaches beyond a position. */
  private int firstPartEndingAfter(int position) {
    int found = Arrays.binarySearch(bounds, position + 1);
    return (found >= 0 ? found : -found - 1) & ~1;
  }

  /** Starts and ends, alternating and ascending, of the parts that came from a row; a copy. */
  public int[] rowBounds() {
    return bounds.clone();
  }

  /** The part [from, to). */
  public SourcedText substring(int from, int to) {
    var result = new Builder();
    result.append(this, from, to);
    return result.build();
  }

  public SourcedText plus(SourcedText other) {
    return new Builder().append(this).append(other).build();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SourcedText that && text.equals(that.text) && Arrays.equals(bounds, that.bounds);
  }

  @Override
  public int hashCode() {
    return 31 * text.hashCode() + Arrays.hashCode(bounds);
  }

  /** The text, without its sources. */
  @Override
  public String toString() {
    return text;
  }

  /** Builds a text from parts; not for several threads. */
  public static final class Builder {
    private final StringBuilder text = new StringBuilder();
    private int[] bounds = new int[8];
    private int count;

    public Builder append(SourcedText part) {
      return append(part, 0, part.length());
    }

    public Builder append(SourcedText part, int from, int to) {
      int shift = text.length() - from;
      text.append(part.text, from, to);
      // From the first part that matters on: cutting a text into pieces walks over its bounds once, not once for each piece.
      for (int i = part.firstPartEndingAfter(from); i < part.bounds.length && part.bounds[i] < to; i += 2) {
        int start = Math.max(part.bounds[i], from), end = Math.min(part.bounds[i + 1], to);
        if (start < end) mark(start + shift, end + shift);
      }
      return this;
    }

    public Builder trusted(String part) {
      text.append(part);
      return this;
    }

    public Builder row(String part) {
      int start = text.length();
      text.append(part);
      if (!part.isEmpty()) mark(start, text.length());
      return this;
    }

    public int length() {
      return text.length();
    }

    public SourcedText build() {
      return text.isEmpty() ? EMPTY : new SourcedText(text.toString(), Arrays.copyOf(bounds, count));
    }

    private void mark(int start, int end) {
      if (count > 0 && bounds[count - 1] == start) {
        bounds[count - 1] = end;
        return;
      }
      if (count + 2 > bounds.length) bounds = Arrays.copyOf(bounds, bounds.length * 2);
      bounds[count++] = start;
      bounds[count++] = end;
    }
  }
}
