package org.scriptorium.spark;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.GetStructField;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.FinishReason;
import scala.Option;

/** The struct that every call yields and that the {@code try_} functions return; NULL where the call's text is NULL. */
public final class ResultStruct {
  private ResultStruct() {}

  /** Fields in their order; none is NULL in a struct that is not. */
  public static final StructType TYPE = new StructType()
      .add("text", DataTypes.StringType, false)
      .add("finish_reason", DataTypes.StringType, false)
      .add("error_code", DataTypes.StringType, false)
      .add("error", DataTypes.StringType, false)
      .add("prompt_tokens", DataTypes.IntegerType, false)
      .add("cached_tokens", DataTypes.IntegerType, false)
      .add("completion_tokens", DataTypes.IntegerType, false)
      .add("model", DataTypes.StringType, false)
      .add("request_key", DataTypes.StringType, false);

  /** Where {@code text} and others stand. */
  private static final int TEXT = 0;
  static final int FINISH_REASON = 1;
  static final int ERROR = 3;
  private static final int CACHED_TOKENS = 5;
  private static final int REQUEST_KEY = 8;

  /** Whether a struct has what the model thought before it answered. */
  enum Reasoning { HIDDEN, SHOWN }

  /** The struct of a call: {@link #TYPE}, then the reasoning if it is wanted, then what is no text. */
  static StructType type(Optional<AiTask.Value> value, Reasoning reasoning) {
    StructType type = reasoning == Reasoning.SHOWN ? TYPE.add("reasoning", DataTypes.StringType, false) : TYPE;
    return value.map(field -> type.add(field.name(), field.type(), true)).orElse(type);
  }

  /** The text of a call's struct. */
  static Expression text(Attribute result) {
    return new GetStructField(result, TEXT, Option.apply("text"));
  }

  /** What was asked, of a column for which {@link #isResult} holds. */
  static Expression requestKey(Attribute result) {
    return new GetStructField(result, REQUEST_KEY, Option.apply("request_key"));
  }

  /** True of what {@link #type} gives. */
  static boolean isResult(DataType type) {
    return type instanceof StructType struct && List.of(struct.fieldNames()).subList(0, Math.min(TYPE.size(), struct.size()))
        .equals(List.of(TYPE.fieldNames()));
  }

  /** True of the one field that depends on what was asked before. */
  static boolean isCachedTokens(int ordinal) {
    return ordinal == CACHED_TOKENS;
  }

  /** True on rows whose documents are blank. */
  static Expression isSkipped(Attribute result) {
    return new EqualTo(new GetStructField(result, FINISH_REASON, Option.apply("finish_reason")),
        Literal.create(FinishReason.SKIPPED.code(), DataTypes.StringType));
  }

  /** @param type of the call, as {@link #type} gives it */
  static InternalRow row(Answer answer, StructType type, Reasoning reasoning) {
    Completion completion = answer.completion();
    var values = Arrays.copyOf(texts(completion), type.size());
    int next = TYPE.size();
    if (reasoning == Reasoning.SHOWN) values[next++] = UTF8String.fromString(completion.reasoning());
    if (next < type.size()) values[next] = answer.value();
    return new GenericInternalRow(values);
  }

  private static Object[] texts(Completion completion) {
    return new Object[] {
      UTF8String.fromString(completion.text()),
      UTF8String.fromString(completion.finishReason().code()),
      UTF8String.fromString(completion.errorCode()),
      UTF8String.fromString(completion.error()),
      completion.promptTokens(),
      completion.cachedTokens(),
      completion.completionTokens(),
      UTF8String.fromString(completion.model()),
      UTF8String.fromString(completion.requestKey())
    };
  }
}
