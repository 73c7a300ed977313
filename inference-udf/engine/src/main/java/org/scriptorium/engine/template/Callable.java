package org.scriptorium.engine.template;

/** A value that a template can call. */
interface Callable {

  Object call(Interpreter interpreter, Arguments arguments);

  /** As Python names the value's type. */
  String typeName();

  /** What printing the value gives. */
  String printed();
}
