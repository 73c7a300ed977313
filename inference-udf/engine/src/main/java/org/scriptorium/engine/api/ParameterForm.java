package org.scriptorium.engine.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * How the values of a parameter are written: as numbers, booleans, strings, lists and maps of them, whatever file or option they come from.
 * A number or boolean may come as its text.
 *
 * @param description such as {@code a whole number}
 * @param read empty if a value is not of this form
 */
public record ParameterForm<T>(String description, Function<Object, Optional<T>> read) {
  static final ParameterForm<Integer> INTEGER = new ParameterForm<>("a whole number", ParameterForm::integer);
  static final ParameterForm<Long> LONG = new ParameterForm<>("a whole number", ParameterForm::longInteger);
  static final ParameterForm<Double> REAL = new ParameterForm<>("a number", ParameterForm::real);
  static final ParameterForm<Boolean> TRUTH = new ParameterForm<>("true or false", ParameterForm::truth);
  static final ParameterForm<List<String>> TEXTS = new ParameterForm<>("a string or a list of strings", ParameterForm::texts);
  static final ParameterForm<List<Integer>> TOKENS = new ParameterForm<>("a token's id or a list of ids", ParameterForm::tokens);
  static final ParameterForm<List<List<Integer>>> SEQUENCES = new ParameterForm<>("a list of lists of ids",
      value -> value instanceof Collection<?> list ? all(list, each -> each instanceof Collection<?> ? tokens(each) : Optional.empty())
          : Optional.empty());
  static final ParameterForm<EarlyStopping> EARLY_STOPPING = new ParameterForm<>("one of true, false, never",
      value -> constant(EarlyStopping.values(), value));
  static final ParameterForm<Truncation> TRUNCATION = new ParameterForm<>("one of none, head, middle, tail",
      value -> constant(Truncation.values(), value));
  static final ParameterForm<LengthDecay> DECAY = new ParameterForm<>("a list of a whole number and a factor", ParameterForm::decay);
  static final ParameterForm<List<SequenceBias>> BIASES = new ParameterForm<>("a list of pairs of a list of ids and a number",
      ParameterForm::biases);

  /** A value as strings, numbers, booleans and lists of them. */
  static Object plain(Object value) {
    return switch (value) {
      case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
      case LengthDecay decay -> List.of(decay.start(), decay.factor());
      case SequenceBias bias -> List.of(bias.sequence(), bias.bias());
      case List<?> list -> list.stream().map(ParameterForm::plain).toList();
      default -> value;
    };
  }

  private static Optional<Integer> integer(Object value) {
    return longInteger(value).filter(number -> number == number.intValue()).map(Long::intValue);
  }

  private static Optional<Long> longInteger(Object value) {
    try {
      return switch (value) {
        case Long number -> Optional.of(number);
        case Integer number -> Optional.of(number.longValue());
        case String text -> Optional.of(Long.valueOf(text.strip()));
        default -> Optional.empty();
      };
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<Double> real(Object value) {
    try {
      return switch (value) {
        // The shortest decimal of a float is what was written.
        case Float number -> Optional.of(Double.valueOf(number.toString()));
        case Number number -> Optional.of(number.doubleValue());
        case String text -> Optional.of(Double.valueOf(text.strip()));
        default -> Optional.empty();
      };
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<Boolean> truth(Object value) {
    return switch (value.toString().strip().toLowerCase(Locale.ROOT)) {
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  private static Optional<List<String>> texts(Object value) {
    if (value instanceof String text) return Optional.of(List.of(text));
    return value instanceof Collection<?> list ? all(list, each -> each instanceof String text ? Optional.of(text) : Optional.empty())
        : Optional.empty();
  }

  private static Optional<List<Integer>> tokens(Object value) {
    return value instanceof Collection<?> list ? all(list, ParameterForm::integer) : integer(value).map(List::of);
  }

  private static <E extends Enum<E>> Optional<E> constant(E[] constants, Object value) {
    return Arrays.stream(constants).filter(each -> each.name().equalsIgnoreCase(value.toString().strip())).findFirst();
  }

  private static Optional<LengthDecay> decay(Object value) {
    if (value instanceof LengthDecay decay) return Optional.of(decay);
    if (!(value instanceof List<?> pair) || pair.size() != 2) return Optional.empty();
    return integer(pair.get(0)).flatMap(start -> real(pair.get(1)).map(factor -> new LengthDecay(start, factor)));
  }

  /** As a list of pairs, the form that JSON can hold, or as a map. */
  private static Optional<List<SequenceBias>> biases(Object value) {
    if (value instanceof Map<?, ?> map) return all(map.entrySet(), entry -> bias(List.of(entry.getKey(), entry.getValue())));
    return value instanceof Collection<?> list ? all(list, ParameterForm::bias) : Optional.empty();
  }

  private static Optional<SequenceBias> bias(Object value) {
    if (value instanceof SequenceBias bias) return Optional.of(bias);
    if (!(value instanceof List<?> pair) || pair.size() != 2 || !(pair.get(0) instanceof Collection<?>)) return Optional.empty();
    return tokens(pair.get(0)).filter(tokens -> !tokens.isEmpty())
        .flatMap(tokens -> real(pair.get(1)).map(bias -> new SequenceBias(tokens, bias)));
  }

  private static <S, E> Optional<List<E>> all(Collection<S> values, Function<? super S, Optional<E>> read) {
    var result = new ArrayList<E>();
    for (S value : values) {
      Optional<E> element = value == null ? Optional.empty() : read.apply(value);
      if (element.isEmpty()) return Optional.empty();
      result.add(element.get());
    }
    return Optional.of(List.copyOf(result));
  }
}
