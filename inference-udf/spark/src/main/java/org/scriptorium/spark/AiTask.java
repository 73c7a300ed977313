package org.scriptorium.spark;

import java.nio.charset.CharacterCodingException;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GetStructField;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelDescription.Kind;
import scala.Option;

/** What a function does. The driver asks for types and refusals, each task of the job prepares once and then steps from row to row. */
interface AiTask {

  /** A field of the result struct beside the text: mostly the function's value, where that is no text. */
  record Value(String name, DataType type) {}

  /** What becomes of a row whose documents are blank, in the function that is not the {@code try_} one. */
  enum Blank { EMPTY_TEXT, NULL }

  /** What the struct has beside the text; empty where that is all. */
  default Optional<Value> value(Constants constants) {
    return Optional.empty();
  }

  /** What the function returns that fails on a bad row. */
  default DataType type(Constants constants) {
    return value(constants).map(Value::type).orElse(DataTypes.StringType);
  }

  /** Whether a model can do it. */
  default boolean isFor(ModelDescription model) {
    return model.kind() != Kind.ENCODER;
  }

  /** False where a model's tokenizer alone answers. */
  default boolean runsTheModel() {
    return true;
  }

  /** What a model must be to do it, as in "expected …". */
  default String needs() {
    return "a model that generates texts";
  }

  /** What is wrong with constant arguments for a model that can do it, in a sentence that begins with the parameter's name. */
  default Optional<String> complaint(Constants constants, ModelDescription model) {
    return Optional.empty();
  }

  /** What a model does for it that reads texts. */
  default OpenModel.Use use() {
    return OpenModel.Use.EMBED;
  }

  /** The setting that names the model of calls that name none. */
  default ScriptoriumConf.Key defaultModel() {
    return ScriptoriumConf.MODEL_DEFAULT;
  }

  default Blank blank() {
    return Blank.EMPTY_TEXT;
  }

  /** What is wrong with constant arguments, in a sentence that begins with the parameter's name; empty when nothing is. */
  default Optional<String> complaint(Constants constants) {
    return Optional.empty();
  }

  /** What is wrong with the arguments of rows as far as analysis knows, likewise. */
  default Optional<String> complaint(Map<String, Expression> rowArguments) {
    return Optional.empty();
  }

  /** True if errors come back as values even from the function that is not the {@code try_} one. */
  default boolean returnsErrors(Constants constants) {
    return false;
  }

  /**
   * What a call becomes in its projection, for the function that is not the {@code try_} one.
   *
   * @param result the call's struct
   */
  default Expression expression(Attribute result, Constants constants) {
    Optional<Value> value = value(constants);
    Expression found = value.isPresent() ? new GetStructField(result, ResultStruct.TYPE.size(), Option.apply(value.get().name()))
        : ResultStruct.text(result);
    return switch (blank()) {
      case EMPTY_TEXT -> found;
      case NULL -> new If(ResultStruct.isSkipped(result), Literal.create(null, found.dataType()), found);
    };
  }

  /** For one call in one task of the job. */
  Rows prepare(CallPlan call);

  /** Turns rows into steps; asked by one thread, and only for rows whose required arguments are there and not all blank. */
  @FunctionalInterface
  interface Rows {
    /** @throws CharacterCodingException if a text is not well-formed UTF-8 */
    Step step(RowValues row) throws CharacterCodingException;
  }
}
