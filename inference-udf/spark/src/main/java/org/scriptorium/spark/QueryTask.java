package org.scriptorium.spark;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.CreateNamedStruct;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GetStructField;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.IsNull;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.engine.api.Completion;
import scala.Option;

/** Sends a prompt to a model that the call names, and reads the answer as the type that it wants. */
final class QueryTask implements AiTask {
  private static final List<String> FORMATS = List.of("text", "json_object");
  private static final String FORMAT = "responseFormat";

  private final PromptTask prompts = new PromptTask();

  @Override
  public Optional<Value> value(Constants constants) {
    DataType type = returnType(constants);
    return type instanceof StringType ? Optional.empty() : Optional.of(new Value("value", type));
  }

  @Override
  public DataType type(Constants constants) {
    DataType type = returnType(constants);
    return returnsErrors(constants) ? new StructType().add("result", type, true).add("errorMessage", DataTypes.StringType, true) : type;
  }

  @Override
  public boolean returnsErrors(Constants constants) {
    return constants.text("failOnError").filter("false"::equals).isPresent();
  }

  @Override
  public Optional<String> complaint(Constants constants) {
    Optional<String> format = constants.text(FORMAT).map(QueryTask::format).filter(found -> !FORMATS.contains(found));
    return format.map(found -> "responseFormat: expected %s, found '%s'".formatted(Instruction.alternatives(FORMATS), found));
  }

  /** The name of a format, also where it stands in the JSON that other services take. */
  private static String format(String written) {
    return JsonAnswer.object(written).filter(object -> object.size() == 1).map(object -> object.path("type").asText(written))
        .orElse(written);
  }

  private static DataType returnType(Constants constants) {
    return constants.text("returnType").map(TypedAnswer::type).orElse(DataTypes.StringType);
  }

  @Override
  public Expression expression(Attribute result, Constants constants) {
    Expression value = AiTask.super.expression(result, constants);
    if (!returnsErrors(constants)) return value;
    Expression error = new GetStructField(result, ResultStruct.ERROR, Option.apply("error"));
    Expression isGood = new EqualTo(error, Literal.create("", DataTypes.StringType));
    Expression struct = new CreateNamedStruct(Catalyst.seq(List.of(
        Literal.create("result", DataTypes.StringType), new If(isGood, value, Literal.create(null, value.dataType())),
        Literal.create("errorMessage", DataTypes.StringType), new If(isGood, Literal.create(null, DataTypes.StringType), error))));
    return new If(new IsNull(result), Literal.create(null, struct.dataType()), struct);
  }

  @Override
  public Rows prepare(CallPlan call) {
    Constants constants = call.specification().constants();
    boolean isJson = constants.text(FORMAT).map(QueryTask::format).filter("json_object"::equals).isPresent();
    Optional<TypedAnswer> typed = value(constants).map(value -> new TypedAnswer(value.type()));
    Rows rows = prompts.prepare(call);
    return row -> {
      Step step = rows.step(row);
      return step instanceof Step.Ask ask ? new Step.Ask(ask.request(), completion -> read(completion, isJson, typed)) : step;
    };
  }

  private static Answer read(Completion completion, boolean isJson, Optional<TypedAnswer> typed) {
    if (isJson && !JsonAnswer.isObject(JsonAnswer.unfenced(completion.text())))
      return Answer.malformed(completion, "expected a JSON object as the model's answer, found something else");
    Completion plain =
        isJson ? completion.withText(JsonAnswer.unfenced(completion.text()), completion.finishReason()) : completion;
    return typed.map(type -> type.read(plain)).orElseGet(() -> Answer.of(plain));
  }
}
