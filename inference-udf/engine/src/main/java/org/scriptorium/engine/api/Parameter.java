package org.scriptorium.engine.api;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * One parameter of a generation: a name, what its values are, and what holds where none is given. Immutable; {@link Parameters} has all.
 *
 * @param <T> an immutable type whose text tells its values apart
 */
public final class Parameter<T> {
  private final String name;
  private final ParameterForm<T> form;
  private final T otherwise;
  private final String domain;
  private final Predicate<T> holds;
  private final String sentence;

  Parameter(String name, ParameterForm<T> form, T otherwise, String domain, Predicate<T> holds, String sentence) {
    this.name = name;
    this.form = form;
    this.otherwise = otherwise;
    this.domain = domain;
    this.holds = holds;
    this.sentence = sentence;
  }

  /** As Hugging Face spells it, such as {@code max_new_tokens}. */
  public String name() {
    return name;
  }

  /** What holds where no value is given. */
  public T otherwise() {
    return otherwise;
  }

  /** What its values look like, such as {@code a whole number}. */
  public String form() {
    return form.description();
  }

  /** Which of them are allowed, such as {@code at least 1}. */
  public String domain() {
    return domain;
  }

  /** What it does, in a sentence. */
  public String sentence() {
    return sentence;
  }

  /** A value from a file or an option; empty if it has not the parameter's form. */
  public Optional<T> parse(Object value) {
    return form.read().apply(value);
  }

  /** @throws ModelException INVALID_PARAMETER if the value is outside the domain */
  public T checked(T value) {
    if (holds.test(value)) return value;
    throw refusal(domain, value);
  }

  /** @throws ModelException INVALID_PARAMETER if the value has another form, or is outside the domain */
  public T read(Object value) {
    return checked(parse(value).orElseThrow(() -> refusal(form(), value)));
  }

  ModelException refusal(String expected, Object found) {
    return new ModelException(ErrorCode.INVALID_PARAMETER, "%s: expected %s, found %s".formatted(name, expected, found));
  }

  @Override
  public String toString() {
    return name;
  }
}
