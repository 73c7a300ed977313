package org.scriptorium.engine.template;

/**
 * A value that isn't there: prints as nothing, is false and empty, and fails when anything else is asked of it.
 *
 * @param kind of the failure: {@code UndefinedError}, or {@code SecurityError} for what the sandbox keeps back
 */
record Undefined(String kind, String message) {

  static Undefined variable(String name) {
    return new Undefined("UndefinedError", "'%s' is undefined".formatted(name));
  }

  static Undefined because(String message) {
    return new Undefined("UndefinedError", message);
  }

  static Undefined attribute(Object owner, String name) {
    return because("'%s' has no attribute '%s'".formatted(described(owner), name));
  }

  static Undefined element(Object owner, String index) {
    return because("%s has no element %s".formatted(described(owner), index));
  }

  static Undefined unsafe(Object owner, String name) {
    return new Undefined("SecurityError", "access to attribute '%s' of '%s' object is unsafe.".formatted(name, Values.typeName(owner)));
  }

  TemplateFailure failure() {
    return new TemplateFailure(kind, message);
  }

  private static String described(Object owner) {
    return owner == null ? "None" : owner instanceof Undefined ? "Undefined" : Values.typeName(owner) + " object";
  }
}
