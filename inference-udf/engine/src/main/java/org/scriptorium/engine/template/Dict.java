package org.scriptorium.engine.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.SourcedText;

/** Python's dict: in order of insertion, keys equal by value whatever their source. Filled by its maker, then never changed. */
final class Dict {
  private record Entry(Object key, Object value) {}

  private final Map<Object, Entry> entries = new LinkedHashMap<>();

  Dict put(Object key, Object value, Work work) {
    entries.merge(identity(key, work), new Entry(key, value), (old, fresh) -> new Entry(old.key, fresh.value));
    return this;
  }

  Dict put(String key, Object value) {
    return put(SourcedText.trusted(key), value);
  }

  /** For keys that are texts, whose source is kept. */
  Dict put(SourcedText key, Object value) {
    entries.merge(key.text(), new Entry(key, value), (old, fresh) -> new Entry(old.key, fresh.value));
    return this;
  }

  void putAll(Dict other) {
    other.entries.forEach((identity, entry) -> entries.merge(identity, entry, (old, fresh) -> new Entry(old.key, fresh.value)));
  }

  boolean has(Object key, Work work) {
    return entries.containsKey(identity(key, work));
  }

  boolean has(String key) {
    return entries.containsKey(key);
  }

  Object value(Object key, Object fallback, Work work) {
    var entry = entries.get(identity(key, work));
    return entry == null ? fallback : entry.value;
  }

  Object value(String key, Object fallback) {
    var entry = entries.get(key);
    return entry == null ? fallback : entry.value;
  }

  Object remove(String key) {
    var entry = entries.remove(key);
    return entry == null ? null : entry.value;
  }

  int size() {
    return entries.size();
  }

  List<Object> keys() {
    var keys = new ArrayList<>(entries.size());
    for (var entry : entries.values()) keys.add(entry.key);
    return keys;
  }

  List<Object> values() {
    var values = new ArrayList<>(entries.size());
    for (var entry : entries.values()) values.add(entry.value);
    return values;
  }

  List<Object> pairs() {
    var pairs = new ArrayList<>(entries.size());
    for (var entry : entries.values()) pairs.add(Sequence.tuple(entry.key, entry.value));
    return pairs;
  }

  Dict copy() {
    var copy = new Dict();
    copy.putAll(this);
    return copy;
  }

  /** An object that is equal exactly if the key is, as Python compares keys: 1, 1.0 and True are one key. */
  static Object identity(Object key, Work work) {
    return switch (key) {
      case null -> Dict.class;
      case SourcedText text -> text.text();
      case Boolean truth -> truth ? 1L : 0L;
      case Double number when number == Math.rint(number) && Math.abs(number) < 1L << 62 -> (long) (double) number;
      case Long number -> number;
      case BigInteger number -> number;
      case Double number -> number;
      case Sequence sequence when sequence.isTuple() -> {
        work.steps(sequence.size());
        work.enter();
        var identities = new ArrayList<>(sequence.size());
        for (Object item : sequence.items()) identities.add(identity(item, work));
        work.leave();
        yield identities;
      }
      case Dict dict -> throw unhashable(dict);
      case Sequence sequence when sequence.isList() -> throw unhashable(sequence);
      default -> key;
    };
  }

  private static TemplateFailure unhashable(Object key) {
    return TemplateFailure.type("unhashable type: '%s'".formatted(Values.typeName(key)));
  }
}
