package org.scriptorium.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.scriptorium.pipeline.YamlNode.Mapping;
import org.scriptorium.pipeline.YamlNode.Scalar;
import org.scriptorium.pipeline.YamlNode.Sequence;

/** A mapping of a job file being read: typed values by key, with all complaints collected, unknown keys among them. */
final class YamlSection {
  private final String path;
  private final Mapping mapping;
  private final Collection<String> problems;
  private final Set<String> known = new LinkedHashSet<>();

  /** A section at the dotted {@code path} (empty for the whole file); complaints go to {@code problems}. */
  YamlSection(String path, Mapping mapping, Collection<String> problems) {
    this.path = path;
    this.mapping = mapping;
    this.problems = problems;
  }

  /** True if the key is there and has a value. */
  boolean has(String key) {
    known.add(key);
    return mapping.values().get(key) != null && !(mapping.values().get(key) instanceof Scalar scalar && scalar.value() == null);
  }

  Optional<String> text(String key) {
    return scalar(key, "a text").flatMap(scalar -> {
      if (scalar.value() instanceof String text) return Optional.of(text);
      if (scalar.fromCommandLine()) return Optional.of(scalar.written());
      return mismatch(key, "a text (in quotes)", scalar);
    });
  }

  /** A text that must not be blank. */
  Optional<String> name(String key) {
    Optional<String> text = text(key);
    if (text.isPresent() && text.get().isBlank()) complain(key, "expected a text, found an empty one");
    return text.filter(value -> !value.isBlank());
  }

  OptionalInt integer(String key, int least) {
    Optional<Scalar> scalar = scalar(key, "a whole number");
    if (scalar.isEmpty()) return OptionalInt.empty();
    String expected = least == Integer.MIN_VALUE ? "a whole number" : "a whole number of at least " + least;
    if (scalar.get().value() instanceof Long value && value >= least && value <= Integer.MAX_VALUE) return OptionalInt.of(value.intValue());
    mismatch(key, expected, scalar.get());
    return OptionalInt.empty();
  }

  Optional<Long> longInteger(String key) {
    return scalar(key, "a whole number")
        .flatMap(scalar -> scalar.value() instanceof Long value ? Optional.of(value) : mismatch(key, "a whole number", scalar));
  }

  Optional<Double> number(String key) {
    return scalar(key, "a number").flatMap(scalar -> switch (scalar.value()) {
      case Long value -> Optional.of(value.doubleValue());
      case Double value -> Optional.of(value);
      case null, default -> mismatch(key, "a number", scalar);
    });
  }

  Optional<Boolean> truth(String key) {
    return scalar(key, "true or false")
        .flatMap(scalar -> scalar.value() instanceof Boolean value ? Optional.of(value) : mismatch(key, "true or false", scalar));
  }

  /** A value that another reads from strings, numbers, booleans, lists and maps; {@code expected} says what it takes. */
  <T> Optional<T> parsed(String key, String expected, Function<Object, Optional<T>> read) {
    if (!has(key)) return Optional.empty();
    YamlNode node = mapping.values().get(key);
    Optional<T> value = plain(node).flatMap(read);
    return value.isPresent() ? value : mismatch(key, expected, node);
  }

  /** Empty if there is a null in it. */
  private static Optional<Object> plain(YamlNode node) {
    return switch (node) {
      case Scalar scalar -> Optional.ofNullable(scalar.value());
      case Sequence sequence -> {
        List<Object> values = new ArrayList<>();
        for (YamlNode each : sequence.values()) plain(each).ifPresent(values::add);
        yield values.size() == sequence.values().size() ? Optional.of(values) : Optional.empty();
      }
      case Mapping nested -> Optional.empty();
    };
  }

  /** Texts: a list, or one alone. */
  List<String> texts(String key) {
    if (!has(key)) return List.of();
    YamlNode node = mapping.values().get(key);
    List<YamlNode> nodes = node instanceof Sequence sequence ? sequence.values() : List.of(node);
    List<String> texts = new ArrayList<>();
    for (YamlNode each : nodes) {
      if (each instanceof Scalar scalar && scalar.value() instanceof String text && !text.isEmpty()) texts.add(text);
      else if (each instanceof Scalar scalar && scalar.fromCommandLine() && !scalar.written().isEmpty()) texts.add(scalar.written());
      else mismatch(key, "a text or a list of texts", each);
    }
    return texts;
  }

  /**
   * One of an enumeration's names in lower case, words joined by hyphens; {@code later} holds names that the design has and this version
   * does not.
   */
  <E extends Enum<E>> Optional<E> choice(String key, Class<E> type, List<String> later) {
    Optional<String> text = text(key);
    if (text.isEmpty()) return Optional.empty();
    List<String> names = Arrays.stream(type.getEnumConstants())
        .map(value -> value.name().toLowerCase(Locale.ROOT).replace('_', '-')).toList();
    int index = names.indexOf(text.get());
    if (index >= 0) return Optional.of(type.getEnumConstants()[index]);
    String expected = "expected one of " + String.join(", ", names);
    if (later.contains(text.get())) complain(key, "\"%s\" is not supported yet; %s".formatted(text.get(), expected));
    else complain(key, "%s, found \"%s\"%s".formatted(expected, text.get(), Names.suggestion(text.get(), names)));
    return Optional.empty();
  }

  /** The section under a key; an empty one when the key is absent. */
  YamlSection section(String key) {
    return new YamlSection(path(key), mapping(key), problems);
  }

  /** The mapping under a key; an empty one when the key is absent or holds something else. */
  Mapping mapping(String key) {
    if (has(key)) {
      if (mapping.values().get(key) instanceof Mapping found) return found;
      mismatch(key, "a mapping", mapping.values().get(key));
    }
    return new Mapping(new LinkedHashMap<>(), mapping.place());
  }

  /** The sections of a list of mappings. */
  List<YamlSection> sections(String key) {
    if (!has(key)) return List.of();
    if (!(mapping.values().get(key) instanceof Sequence sequence)) {
      mismatch(key, "a list of mappings", mapping.values().get(key));
      return List.of();
    }
    List<YamlSection> sections = new ArrayList<>();
    for (YamlNode node : sequence.values()) {
      if (node instanceof Mapping found) sections.add(new YamlSection(path(key) + "[" + sections.size() + "]", found, problems));
      else mismatch(key, "a list of mappings", node);
    }
    return sections;
  }

  /** Complains of a key that must be there. */
  void require(String key, String expected) {
    if (!has(key)) problems.add("%s: %s: missing; expected %s".formatted(mapping.place(), path(key), expected));
  }

  /** Complains of every key that nobody asked for. Called when all of the section has been read. */
  void refuseUnknown() {
    mapping.values().forEach((key, node) -> {
      if (known.contains(key)) return;
      String hint = Names.nearest(key, known).map(name -> "did you mean \"" + name + "\"?").orElse("known are " + String.join(", ", known));
      problems.add("%s: %s: unknown key; %s".formatted(node.place(), path(key), hint));
    });
  }

  void complain(String key, String complaint) {
    YamlNode node = mapping.values().get(key);
    problems.add("%s: %s: %s".formatted(node == null ? mapping.place() : node.place(), path(key), complaint));
  }

  String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private Optional<Scalar> scalar(String key, String expected) {
    if (!has(key)) return Optional.empty();
    if (mapping.values().get(key) instanceof Scalar scalar) return Optional.of(scalar);
    return mismatch(key, expected, mapping.values().get(key));
  }

  private <T> Optional<T> mismatch(String key, String expected, YamlNode found) {
    complain(key, "expected %s, found %s".formatted(expected, found.described()));
    return Optional.empty();
  }
}
