package org.scriptorium.spark;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.scriptorium.engine.api.Completion;

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

  /** Where {@code text} stands. */
  static final int TEXT = 0;

  static InternalRow row(Completion completion) {
    return new GenericInternalRow(new Object[] {
      UTF8String.fromString(completion.text()),
      UTF8String.fromString(completion.finishReason().code()),
      UTF8String.fromString(completion.errorCode()),
      UTF8String.fromString(completion.error()),
      completion.promptTokens(),
      completion.cachedTokens(),
      completion.completionTokens(),
      UTF8String.fromString(completion.model()),
      UTF8String.fromString(completion.requestKey())
    });
  }
}
