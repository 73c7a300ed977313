package org.scriptorium.spark;

import java.util.List;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Truncation;

/** The SQL functions: names, arguments, defaults and what {@code DESCRIBE FUNCTION EXTENDED} says of them. */
enum AiFunction {
  AI_GEN("ai_gen", Kind.GENERATE, OnError.FAILS),
  TRY_AI_GEN("try_ai_gen", Kind.GENERATE, OnError.RETURNS),
  AI_SUMMARIZE("ai_summarize", Kind.SUMMARIZE, OnError.FAILS),
  TRY_AI_SUMMARIZE("try_ai_summarize", Kind.SUMMARIZE, OnError.RETURNS);

  /** What a call does with its text. */
  enum Kind { GENERATE, SUMMARIZE }

  /** What a row in error does: it fails the query, or its result tells. */
  enum OnError { FAILS, RETURNS }

  private static final String OPTIONS = """
            * options - a constant map of strings, such as map('max_new_tokens', '64'); names are %s
      """.formatted(String.join(", ", CallOptions.NAMES));

  private final String sqlName;
  private final Kind kind;
  private final OnError onError;

  AiFunction(String sqlName, Kind kind, OnError onError) {
    this.sqlName = sqlName;
    this.kind = kind;
    this.onError = onError;
  }

  String sqlName() {
    return sqlName;
  }

  Kind kind() {
    return kind;
  }

  OnError onError() {
    return onError;
  }

  DataType type() {
    return onError == OnError.FAILS ? DataTypes.StringType : ResultStruct.TYPE;
  }

  GenerationConfig defaults() {
    return switch (kind) {
      case GENERATE -> GenerationConfig.DEFAULT;
      case SUMMARIZE -> GenerationConfig.DEFAULT.withMaxNewTokens(128).withTruncation(Truncation.MIDDLE);
    };
  }

  FunctionIdentifier identifier() {
    return new FunctionIdentifier(sqlName);
  }

  /** Makes the call's expression; the number and order of arguments are checked here, their types by the expression. */
  Expression build(List<Expression> arguments) {
    int most = kind == Kind.GENERATE ? 2 : 3;
    if (arguments.isEmpty() || arguments.size() > most)
      throw AiErrors.arguments("%s: expected %s, found %d arguments".formatted(sqlName, signature(), arguments.size()));
    return new AiFunctionCall(this, Catalyst.seq(arguments));
  }

  String signature() {
    return switch (kind) {
      case GENERATE -> sqlName + "(prompt[, options])";
      case SUMMARIZE -> sqlName + "(text[, max_words][, options])";
    };
  }

  static boolean isOptions(Expression argument) {
    return argument.dataType() instanceof MapType;
  }

  ExpressionInfo information() {
    String fails = onError == OnError.FAILS
        ? "A row that can't be generated fails the query; try_%s returns the error instead.".formatted(sqlName)
        : "Returns a struct: text, finish_reason, error_code, error, prompt_tokens, cached_tokens, completion_tokens, model, request_key.";
    String usage = switch (kind) {
      case GENERATE -> "_FUNC_(prompt[, options]) - Answers the prompt with the session's model. NULL for a NULL prompt. ";
      case SUMMARIZE -> "_FUNC_(text[, max_words][, options]) - Summarizes the text with the session's model. NULL for a NULL text. ";
    };
    String arguments = "\n    Arguments:\n" + switch (kind) {
      case GENERATE -> "      * prompt - a string, sent as one user message\n";
      case SUMMARIZE -> """
                * text - a string, the document
                * max_words - an integer, about how many words the summary may have; 50 when absent or NULL, 0 for no limit
          """.indent(2);
    } + OPTIONS.indent(0);
    String call = kind == Kind.GENERATE ? "_FUNC_('What is a scriptorium?', map('max_new_tokens', '64'))" : "_FUNC_(body, 30)";
    String examples = """

            Examples:
              > SELECT %s%s;
        """.formatted(call, kind == Kind.GENERATE ? "" : " FROM documents").indent(0);
    return new ExpressionInfo(
        AiFunctionCall.class.getName(), null, sqlName, usage + fails, arguments, examples, "", "string_funcs", "4.2.0", "", "java_udf");
  }
}
