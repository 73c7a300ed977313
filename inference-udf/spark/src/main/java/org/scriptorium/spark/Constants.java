package org.scriptorium.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The arguments of a call that are the same for all rows, as texts, by parameter. */
record Constants(Map<String, List<String>> values) implements Serializable {

  Constants {
    values = Map.copyOf(values);
  }

  /** True if the call brings the argument, even an empty one. */
  boolean has(String name) {
    return values.containsKey(name);
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name)).map(List::getFirst);
  }

  /** Empty where the call does not say. */
  List<String> texts(String name) {
    return values.getOrDefault(name, List.of());
  }
}
