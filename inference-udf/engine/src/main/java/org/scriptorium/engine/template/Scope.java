package org.scriptorium.engine.template;

import java.util.HashMap;
import java.util.Map;

/** Variables by name; what is set in an inner scope is not seen outside. */
final class Scope {
  private static final Object MISSING = new Object();

  private final Scope outer;
  private final Map<String, Object> variables = new HashMap<>();

  private Scope(Scope outer) {
    this.outer = outer;
  }

  static Scope root() {
    return new Scope(null);
  }

  Scope inner() {
    return new Scope(this);
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }

  Object value(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Object value = scope.variables.getOrDefault(name, MISSING);
      if (value != MISSING) return value;
    }
    return Undefined.variable(name);
  }
}
