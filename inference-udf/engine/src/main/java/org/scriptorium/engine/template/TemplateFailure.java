package org.scriptorium.engine.template;

/** A template that can't be read or rendered; {@link ChatTemplate} turns it into a ModelException with line and column. */
final class TemplateFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The failure's name as Jinja2 and Python call it, such as {@code UndefinedError}. */
  private final String kind;
  /** UTF-16 position in the source, or -1 if the thrower doesn't know it. */
  private final int position;

  TemplateFailure(String kind, String message, int position) {
    super(message, null, false, false);
    this.kind = kind;
    this.position = position;
  }

  TemplateFailure(String kind, String message) {
    this(kind, message, -1);
  }

  static TemplateFailure syntax(int position, String message) {
    return new TemplateFailure("TemplateSyntaxError", message, position);
  }

  static TemplateFailure type(String message) {
    return new TemplateFailure("TypeError", message);
  }

  static TemplateFailure value(String message) {
    return new TemplateFailure("ValueError", message);
  }

  static TemplateFailure bound(String message) {
    return new TemplateFailure("WorkExceeded", message);
  }

  String kind() {
    return kind;
  }

  int position() {
    return position;
  }
}
