package org.scriptorium.engine.template;

import org.scriptorium.engine.api.SourcedText;

/** Builds a text from parts, each of which is counted before it is copied. */
final class TextBuilder {
  private final Work work;
  private final SourcedText.Builder builder = new SourcedText.Builder();

  TextBuilder(Work work) {
    this.work = work;
  }

  TextBuilder append(SourcedText part) {
    return append(part, 0, part.length());
  }

  TextBuilder append(SourcedText part, int from, int to) {
    work.characters(to - from);
    builder.append(part, from, to);
    return this;
  }

  TextBuilder trusted(String part) {
    work.characters(part.length());
    builder.trusted(part);
    return this;
  }

  /** Appends characters that stand for [from, to) of a source: they are a row's if any of those is. */
  TextBuilder like(String part, SourcedText source, int from, int to) {
    work.characters(part.length());
    if (source.touchesRow(from, to)) builder.row(part);
    else builder.trusted(part);
    return this;
  }

  TextBuilder repeat(SourcedText part, long count) {
    if (part.length() == 0) return this;
    work.characters(Math.multiplyHigh(count, part.length()) > 0 ? Long.MAX_VALUE : Math.max(0, count * part.length()));
    for (long i = 0; i < count; i++) builder.append(part);
    return this;
  }

  int length() {
    return builder.length();
  }

  SourcedText build() {
    return builder.build();
  }
}
