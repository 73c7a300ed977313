package org.scriptorium.engine.template;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;

/**
 * Python's lists, tuples and whatever else can be walked through. Never changed after it is made, as in the sandbox that
 * templates are written for; only a generator's items are gone once they are read.
 */
final class Sequence {
  /** What the template sees the items as. */
  enum Kind {
    LIST("list"),
    TUPLE("tuple"),
    /** A tuple whose items are also called grouper and list. */
    GROUP("tuple"),
    RANGE("range"),
    KEYS("dict_keys"),
    VALUES("dict_values"),
    ITEMS("dict_items"),
    GENERATOR("generator");

    private final String typeName;

    Kind(String typeName) {
      this.typeName = typeName;
    }

    String typeName() {
      return typeName;
    }
  }

  private final Kind kind;
  private final List<Object> items;
  /** The end that a range was given, which its items don't tell. */
  private final OptionalLong end;
  private int taken;

  private Sequence(Kind kind, List<Object> items, OptionalLong end) {
    this.kind = kind;
    this.end = end;
    this.items = Collections.unmodifiableList(items);
  }

  /** Takes the list over. */
  static Sequence of(Kind kind, List<Object> items) {
    return new Sequence(kind, items, OptionalLong.empty());
  }

  static Sequence range(List<Object> items, long end) {
    return new Sequence(Kind.RANGE, items, OptionalLong.of(end));
  }

  static Sequence list(List<Object> items) {
    return of(Kind.LIST, items);
  }

  static Sequence tuple(Object... items) {
    return of(Kind.TUPLE, Arrays.asList(items));
  }

  static Sequence generator(List<Object> items) {
    return of(Kind.GENERATOR, items);
  }

  Kind kind() {
    return kind;
  }

  boolean isTuple() {
    return kind == Kind.TUPLE || kind == Kind.GROUP;
  }

  boolean isList() {
    return kind == Kind.LIST;
  }

  /** Has Python's item access: {@code sequence[0]}. */
  boolean isIndexed() {
    return isList() || isTuple() || kind == Kind.RANGE;
  }

  boolean isSized() {
    return kind != Kind.GENERATOR;
  }

  OptionalLong end() {
    return end;
  }

  /** All items, whatever was read before. */
  List<Object> items() {
    return items;
  }

  int size() {
    return items.size();
  }

  /** What a walk sees: all items, of a generator those that are left, which are gone then. */
  List<Object> take() {
    if (kind != Kind.GENERATOR) return items;
    int from = taken;
    taken = items.size();
    return items.subList(from, items.size());
  }

  /** Like a walk that stops after one item. */
  List<Object> takeOne() {
    if (kind != Kind.GENERATOR) return items.subList(0, Math.min(1, items.size()));
    if (taken == items.size()) return List.of();
    taken++;
    return items.subList(taken - 1, taken);
  }

  String typeName() {
    return kind.typeName();
  }
}
