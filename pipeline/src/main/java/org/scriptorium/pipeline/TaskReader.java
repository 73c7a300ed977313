package org.scriptorium.pipeline;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Parameter;
import org.scriptorium.engine.api.Parameters;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.pipeline.JobFile.Arguments;
import org.scriptorium.pipeline.JobFile.Input;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Reasoning;
import org.scriptorium.pipeline.JobFile.Search;
import org.scriptorium.pipeline.JobFile.Shape;
import org.scriptorium.pipeline.JobFile.Task;
import org.scriptorium.pipeline.YamlNode.Mapping;

/** Reads a job file's tasks. Each kind has keys of its own; a key of another kind is refused with the kinds that have it. */
final class TaskReader {
  private static final int MOST_CHOICES = 20;
  private static final int LEAST_PIECE_TOKENS = 16;
  private static final Set<Kind> HAVE_PIECES =
      EnumSet.of(Kind.SUMMARIZE, Kind.GENERATE, Kind.TRANSLATE, Kind.CLASSIFY, Kind.EXTRACT, Kind.ANSWER);

  private final Mapping generate;
  private final Shape shape;
  private final Collection<String> problems;

  /**
   * @param generate the options that all tasks share; complaints go to {@code problems}
   * @param shape of the file, which has one task or several
   */
  TaskReader(Mapping generate, Shape shape, Collection<String> problems) {
    this.generate = generate;
    this.shape = shape;
    this.problems = problems;
  }

  void requireKind(YamlSection section) {
    section.require("kind", "one of " + Arrays.stream(Kind.values()).map(TaskReader::name).collect(Collectors.joining(", ")));
  }

  Task read(YamlSection section, String name) {
    Optional<Kind> known = section.choice("kind", Kind.class, List.of());
    Arguments arguments = arguments(section, known);
    Kind kind = known.orElse(Kind.GENERATE);
    Reasoning reasoning = section.truth("reasoning").orElse(false) ? Reasoning.SHOWN : Reasoning.HIDDEN;
    if (kind == Kind.CLASSIFY && reasoning == Reasoning.SHOWN)
      section.complain("reasoning", "classify has it not; its text is one of the labels");
    if (!kind.generates()) refuseGeneration(section, kind);
    GenerationConfig generate = config(options(section, kind), kind);
    LongDocuments longDocuments = longDocuments(section, known, arguments, generate);
    var task = new Task(name, kind, section.name("model"), arguments, reasoning, generate, longDocuments);
    section.refuseUnknown();
    return task;
  }

  /** Options that all tasks of a file share are for those that generate. */
  private void refuseGeneration(YamlSection section, Kind kind) {
    String complaint = name(kind) + " has it not; its model reads texts and generates none";
    for (String key : List.of("generate", "reasoning")) if (section.has(key)) section.complain(key, complaint);
    if (shape == Shape.FLAT && !generate.values().isEmpty()) problems.add("%s: generate: %s".formatted(generate.place(), complaint));
  }

  private static Arguments arguments(YamlSection section, Optional<Kind> kind) {
    OptionalInt maxWords = section.integer("max-words", 1);
    only(section, kind, "max-words", Kind.SUMMARIZE);
    Optional<PromptTemplate> prompt = section.name("prompt").flatMap(text -> template(section, text));
    only(section, kind, "prompt", Kind.GENERATE);
    Input input = section.truth("raw").orElse(false) ? Input.RAW : Input.CHAT_TEMPLATE;
    if (input == Input.RAW) only(section, kind, "raw", Kind.GENERATE);
    Optional<String> language = section.name("language");
    only(section, kind, "language", Kind.TRANSLATE, Kind.CODE);
    List<String> labels = section.texts("labels"), fields = section.texts("fields");
    only(section, kind, "labels", Kind.CLASSIFY);
    only(section, kind, "fields", Kind.EXTRACT);
    Optional<String> question = section.name("question");
    Optional<String> column = section.name("question-column").or(() -> section.name("messages"));
    only(section, kind, "question", Kind.ANSWER);
    only(section, kind, "question-column", Kind.ANSWER);
    only(section, kind, "messages", Kind.CHAT);
    List<String> questions = section.texts("questions");
    only(section, kind, "questions", Kind.ANSWER);
    Search search = SearchReader.read(section, kind);
    kind.ifPresent(found -> requireItsKeys(section, found, labels, fields));
    return new Arguments(maxWords, prompt, input, language, labels.isEmpty() ? fields : labels, question, column, questions, search);
  }

  private enum Long { TRUNCATE, MAP_REDUCE }

  private static LongDocuments longDocuments(YamlSection section, Optional<Kind> kind, Arguments arguments, GenerationConfig generate) {
    OptionalInt pieceTokens = section.integer("piece-tokens", LEAST_PIECE_TOKENS);
    if (section.choice("long-documents", Long.class, List.of()).orElse(Long.TRUNCATE) == Long.TRUNCATE) {
      if (section.has("piece-tokens")) section.complain("piece-tokens", "only long-documents: map-reduce has it");
      return new LongDocuments.Truncate();
    }
    boolean hasPieces = kind.isEmpty() || HAVE_PIECES.contains(kind.get()) && !arguments.search().hasPassages();
    if (!hasPieces) section.complain("long-documents", "%s has no pieces to ask about; leave the key out".formatted(name(kind.get())));
    if (kind.filter(found -> found == Kind.GENERATE).isPresent() && arguments.prompt().isEmpty())
      section.complain("long-documents", "generate needs a prompt that is asked of each piece, such as 'List the names in it: {{text}}'");
    if (generate.maxLength() > 0)
      section.complain("long-documents", "max-length counts the prompt, whose pieces vary; give generate.max-new-tokens instead");
    return new LongDocuments.MapReduce(pieceTokens.orElse(LongDocuments.PIECE_TOKENS));
  }

  /** Complains of a key that only other kinds have. */
  static void only(YamlSection section, Optional<Kind> kind, String key, Kind... kinds) {
    if (kind.isEmpty() || !section.has(key) || List.of(kinds).contains(kind.get())) return;
    String remedy = key.equals("max-words") ? "; use generate.max-new-tokens" : "";
    String names = Arrays.stream(kinds).map(TaskReader::name).collect(Collectors.joining(" or "));
    section.complain(key, "only %s has it%s".formatted(names, remedy));
  }

  private static void requireItsKeys(YamlSection section, Kind kind, List<String> labels, List<String> fields) {
    switch (kind) {
      case SUMMARIZE, GENERATE, CHAT, EMBED, INDEX -> { }
      case RETRIEVE -> section.require("index", "the folder of an index, which kind: index writes");
      case CODE -> {
        if (section.name("language").filter(language -> language.contains("{{")).isPresent())
          section.complain("language", "expected a name such as Python, found one with {{");
      }
      case TRANSLATE -> section.require("language", "a code such as de, or a name such as German");
      // A model that gives labels has its own.
      case CLASSIFY -> checkChoices(section, "labels", labels, 2);
      case EXTRACT -> {
        section.require("fields", "a list of texts");
        checkChoices(section, "fields", fields, 1);
      }
      case ANSWER -> requireQuestion(section);
    }
  }

  /** Questions of an index or of a context are what is read; a text is asked one that the task names, several, or one of its own. */
  private static void requireQuestion(YamlSection section) {
    List<String> found = List.of("question", "questions", "question-column").stream().filter(section::has).toList();
    if (section.has("index") || section.has("context")) {
      String source = section.has("index") ? "an index" : "a context";
      found.forEach(key -> section.complain(key, "the questions of %s are the texts that read names".formatted(source)));
    } else if (found.size() != 1) {
      section.complain("question", "expected a question, questions, or the question-column of the data, found "
          + (found.isEmpty() ? "none" : String.join(" and ", found)));
    }
  }

  private static void checkChoices(YamlSection section, String key, List<String> choices, int least) {
    if (!section.has(key)) return;
    if (choices.size() < least || choices.size() > MOST_CHOICES)
      section.complain(key, "expected %d to %d texts, found %d".formatted(least, MOST_CHOICES, choices.size()));
    Set<String> seen = new HashSet<>();
    for (String choice : choices)
      if (!seen.add(choice.toLowerCase(Locale.ROOT))) section.complain(key, "\"%s\" is named twice".formatted(choice));
  }

  private static Optional<PromptTemplate> template(YamlSection section, String text) {
    try {
      return Optional.of(PromptTemplate.parse(text));
    } catch (IllegalArgumentException e) {
      section.complain("prompt", e.getMessage());
      return Optional.empty();
    }
  }

  /** The shared options, and over them those of the task. */
  private YamlSection options(YamlSection section, Kind kind) {
    LinkedHashMap<String, YamlNode> merged = new LinkedHashMap<>(generate.values());
    Mapping own = section.mapping("generate");
    merged.putAll(own.values());
    if (kind == Kind.CLASSIFY) {
      for (String key : List.of("max-new-tokens", "min-new-tokens", "stop-strings"))
        if (own.values().containsKey(key))
          section.complain("generate", "%s: classify has it not; its text is one of the labels".formatted(key));
    }
    String path = section.has("generate") ? section.path("generate") : "generate";
    return new YamlSection(path, new Mapping(merged, generate.place()), problems);
  }

  private static GenerationConfig config(YamlSection options, Kind kind) {
    boolean isShort = kind == Kind.SUMMARIZE || kind == Kind.ANSWER;
    GenerationConfig limited = isShort ? GenerationConfig.DEFAULT.withMaxNewTokens(128) : GenerationConfig.DEFAULT;
    GenerationConfig base = kind == Kind.SUMMARIZE ? limited.withTruncation(Truncation.MIDDLE) : limited;
    // A length that counts the prompt takes the place of the task's own limit.
    GenerationConfig config = options.has(key(Parameters.MAX_LENGTH)) ? base.without(Parameters.MAX_NEW_TOKENS) : base;
    // A job's rows have one text each.
    for (Parameter<?> each : Parameters.ALL) if (each != Parameters.NUM_RETURN_SEQUENCES) config = with(config, options, each);
    options.refuseUnknown();
    return checked(options, config::consistent).orElse(base);
  }

  private static String key(Parameter<?> parameter) {
    return parameter.name().replace('_', '-');
  }

  private static <T> GenerationConfig with(GenerationConfig config, YamlSection options, Parameter<T> parameter) {
    return options.parsed(key(parameter), parameter.form(), parameter::parse)
        .flatMap(value -> checked(options, () -> config.with(parameter, value))).orElse(config);
  }

  private static Optional<GenerationConfig> checked(YamlSection options, Supplier<GenerationConfig> made) {
    try {
      return Optional.of(made.get());
    } catch (ModelException e) {
      // The message starts with the parameter's name as Hugging Face spells it.
      String message = e.getMessage();
      int colon = message.indexOf(':');
      options.complain(message.substring(0, colon).replace('_', '-'), message.substring(colon + 1).strip());
      return Optional.empty();
    }
  }

  /** How job files spell a kind. */
  static String name(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
