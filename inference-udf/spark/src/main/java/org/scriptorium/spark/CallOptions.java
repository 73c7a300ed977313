package org.scriptorium.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.unsafe.types.UTF8String;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Parameter;
import org.scriptorium.engine.api.Parameters;

/** Reads the map of options that a call may end with. */
final class CallOptions {
  private static final String REASONING = "reasoning";
  private static final String KEY_ONLY = "key_only";

  static final List<String> NAMES = Stream.of(Stream.of("model", "raw", "prompt_template"),
      Parameters.ALL.stream().filter(parameter -> parameter != Parameters.NUM_RETURN_SEQUENCES).map(CallOptions::name), Stream.of(REASONING, KEY_ONLY))
      .flatMap(names -> names).toList();

  /** Those that change what is asked. */
  private static final List<String> OF_PROMPTS = List.of("raw", "prompt_template");

  /** Those of functions that bring an instruction of their own. */
  static final List<String> OF_TASKS = NAMES.stream().filter(name -> !OF_PROMPTS.contains(name)).toList();

  /** Those of functions whose text is one of a few: where it ends is no matter. */
  static final List<String> OF_CHOICES = OF_TASKS.stream().filter(name -> !name.equals(REASONING)
      && Parameters.OF_FREE_TEXTS.stream().noneMatch(parameter -> name(parameter).equals(name))).toList();

  /** Those of functions that generate nothing. */
  static final List<String> OF_READING = List.of("model", KEY_ONLY);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final AiFunctionCall call;
  private final Map<String, String> options;

  private CallOptions(AiFunctionCall call, Map<String, String> options) {
    this.call = call;
    this.options = options;
  }

  /**
   * What a call asks for, options and defaults together.
   *
   * @throws org.apache.spark.sql.AnalysisException if an option is unknown, not constant or outside its domain
   */
  static CallSpecification specification(AiFunctionCall call, CallArguments arguments, String defaultModel) {
    AiFunction function = call.function();
    Constants constants = arguments.constants();
    var complaint = function.task().complaint(constants);
    if (complaint.isPresent()) throw AiErrors.arguments(call.sqlName() + ": " + complaint.get(), call);
    var options = new LinkedHashMap<String, String>();
    arguments.constant(ModelParameters.NAME).ifPresent(parameters -> options.putAll(ModelParameters.read(call, parameters)));
    arguments.options().ifPresent(map -> options.putAll(constants(call, map)));
    var read = new CallOptions(call, options);
    options.keySet().forEach(read::checkName);
    var markup = read.truth("raw") ? CallSpecification.Markup.RAW : CallSpecification.Markup.TEMPLATE;
    String model = constants.text("model").or(() -> read.text("model")).orElse(defaultModel);
    if (model.isBlank()) throw read.refusal("option 'model': expected a name, a .gguf file, a model folder or a URI, found nothing");
    var onError = function.task().returnsErrors(constants) ? AiFunction.OnError.RETURNS : call.onError();
    return new CallSpecification(function, onError, model, constants, List.copyOf(arguments.rows().keySet()), markup,
        read.text("prompt_template").orElse(""), read.reasoning(), read.extent(), new CallSpecification.Parameters(read.config(function.defaults())));
  }

  private ResultStruct.Reasoning reasoning() {
    if (!truth(REASONING)) return ResultStruct.Reasoning.HIDDEN;
    if (call.onError() == AiFunction.OnError.RETURNS) return ResultStruct.Reasoning.SHOWN;
    throw refusal("option 'reasoning' adds a field to the struct of a try_ function; use %s"
        .formatted(call.function().sqlName(AiFunction.OnError.RETURNS)));
  }

  private CallSpecification.Extent extent() {
    if (!truth(KEY_ONLY)) return CallSpecification.Extent.ANSWER;
    if (call.onError() == AiFunction.OnError.RETURNS) return CallSpecification.Extent.KEY;
    throw refusal("option 'key_only' fills the request_key of the struct of a try_ function; use %s"
        .formatted(call.function().sqlName(AiFunction.OnError.RETURNS)));
  }

  /** Whether the options ask for the reasoning, for the type of a call; wrong options are refused elsewhere. */
  static ResultStruct.Reasoning reasoning(AiFunctionCall call, Optional<Expression> options) {
    boolean isShown = options.map(map -> constants(call, map).getOrDefault(REASONING, "")).filter(value -> value.strip().equalsIgnoreCase("true"))
        .isPresent();
    return isShown ? ResultStruct.Reasoning.SHOWN : ResultStruct.Reasoning.HIDDEN;
  }

  private void checkName(String name) {
    List<String> known = call.function().options();
    if (known.contains(name)) return;
    if (OF_PROMPTS.contains(name))
      throw refusal("option '%s' is not for a function that brings its own instruction; use ai_gen".formatted(name));
    throw refusal("unknown option '%s'; did you mean '%s'? Known are %s".formatted(name, NearestName.of(name, known),
        String.join(", ", known)));
  }

  /** How the option of a parameter is called. */
  private static String name(Parameter<?> parameter) {
    return parameter == Parameters.STOP_STRINGS ? "stop" : parameter.name();
  }

  private GenerationConfig config(GenerationConfig defaults) {
    // A length that counts the prompt takes the place of a function's own limit.
    boolean countsAll = options.containsKey(name(Parameters.MAX_LENGTH)) && !options.containsKey(name(Parameters.MAX_NEW_TOKENS));
    GenerationConfig config = countsAll ? defaults.without(Parameters.MAX_NEW_TOKENS) : defaults;
    try {
      for (Parameter<?> parameter : Parameters.ALL) if (options.containsKey(name(parameter))) config = with(config, parameter);
      return config.consistent();
    } catch (ModelException e) {
      throw refusal(e.getMessage());
    }
  }

  private <T> GenerationConfig with(GenerationConfig config, Parameter<T> parameter) {
    String name = name(parameter), text = options.get(name);
    return config.with(parameter, parameter.parse(plain(name, text, parameter.form()))
        .orElseThrow(() -> refusal("option '%s': expected %s, found '%s'".formatted(name, parameter.form(), text))));
  }

  /** Lists come as JSON. */
  private Object plain(String name, String text, String expected) {
    if (!text.startsWith("[")) return text;
    try {
      return JSON.readValue(text, Object.class);
    } catch (JsonProcessingException e) {
      throw refusal("option '%s': expected %s, found JSON that does not parse: %s".formatted(name, expected, e.getOriginalMessage()));
    }
  }

  private Optional<String> text(String name) {
    return Optional.ofNullable(options.get(name));
  }

  private boolean truth(String name) {
    return switch (text(name).orElse("false").strip().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw refusal("option '%s': expected true or false, found '%s'".formatted(name, options.get(name)));
    };
  }

  private static Map<String, String> constants(AiFunctionCall call, Expression map) {
    if (!(map.dataType() instanceof MapType type) || !(type.keyType() instanceof StringType || type.keyType() instanceof NullType)) {
      throw AiErrors.arguments("%s: expected the options as a map of strings, found %s; write map('max_new_tokens', '64')"
          .formatted(call.sqlName(), map.dataType().sql()), call);
    }
    if (!map.foldable()) {
      throw AiErrors.arguments("%s: the options must be constant, found %s; compute the prompt from columns instead"
          .formatted(call.sqlName(), map.sql()), call);
    }
    var strings = new Cast(map, DataTypes.createMapType(DataTypes.StringType, DataTypes.StringType),
        scala.Option.apply(SQLConf.get().sessionLocalTimeZone()));
    var found = new LinkedHashMap<String, String>();
    if (!(strings.eval(InternalRow.empty()) instanceof MapData data)) return found;
    for (int i = 0; i < data.numElements(); i++) {
      String name = data.keyArray().getUTF8String(i).toString();
      UTF8String value = data.valueArray().isNullAt(i) ? null : data.valueArray().getUTF8String(i);
      if (value == null) throw AiErrors.arguments("%s: option '%s' is NULL; leave it out".formatted(call.sqlName(), name), call);
      found.put(name, value.toString());
    }
    return found;
  }

  private RuntimeException refusal(String message) {
    return AiErrors.arguments(call.sqlName() + ": " + message, call);
  }
}
