package org.scriptorium.engine.template;

/** What {@code namespace()} makes: the one value whose attributes a template may set, also from inside a loop. */
final class Namespace {
  private final Dict attributes = new Dict();

  Namespace(Dict initial) {
    attributes.putAll(initial);
  }

  Dict attributes() {
    return attributes;
  }
}
