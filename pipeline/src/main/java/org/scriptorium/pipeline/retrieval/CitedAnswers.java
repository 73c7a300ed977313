package org.scriptorium.pipeline.retrieval;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.posexplode_outer;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.try_element_at;
import static org.apache.spark.sql.functions.udf;
import static org.apache.spark.sql.functions.when;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataType;
import org.scriptorium.engine.api.FinishReason;
import scala.collection.Seq;

/**
 * Answers from passages. The prompt holds as many of their sentences, the best passages first, as the model's context has room for beside
 * the instruction, the question and the answer, all counted by the model's own tokenizer.
 */
public final class CitedAnswers {
  /** Which passages, by their numbers in the text and in the column of passages from 1 on; offsets are those of the passage. */
  public static final String CITATIONS = "array<struct<number: int, id: string, start: int, end: int, marked: boolean>>";
  private static final String TEMPLATE = """
      Answer the question from the numbered passages alone, in one or two sentences. After what you say name the passage that says it, \
      such as [1]. If the passages do not hold the answer, say: no answer

      {{0}}

      Question: {{1}}""";
  /** Where parts of a prompt meet, tokens may be others than those that were counted. */
  private static final int JOINTS = 16;
  private static final int NO_LIMIT = 1 << 24;

  private static final UserDefinedFunction PARTS = udf((UDF1<Seq<Row>, Row>) PromptPassages::parts,
      DataType.fromDDL("parts array<string>, borders string"));
  private static final UserDefinedFunction SEEN = udf((UDF2<Seq<Row>, Integer, Seq<Row>>) PromptPassages::seen,
      DataType.fromDDL(Retrieval.PASSAGES));
  private static final UserDefinedFunction READ = udf((UDF3<String, String, Seq<Row>, Row>) PromptPassages::read,
      DataType.fromDDL("text string, has_answer boolean, citations " + CITATIONS));

  private CitedAnswers() {}

  /**
   * Has a model write answers.
   *
   * @param found {@code key, question, passages, error_code, error} of {@link Retrieval} or {@link ContextPassages}
   * @return {@code key}, the result's fields, {@code passages} as the model saw them, and {@code citations}
   */
  public static Dataset<Row> written(Dataset<Row> found, AnswerSettings settings) {
    Column options = column(settings.options(), Map.of("model", settings.model()));
    Column model = map(lit("model"), lit(settings.model()));
    int fixed = fixedTokens(found, settings);
    Dataset<Row> counted = found.withColumn("counted", call_function("try_ai_count_tokens", lit(settings.model()), col("question")))
        .withColumn("prepared", PARTS.apply(col("passages")));
    Column reserve = coalesce(col("counted").getField("tokens"), lit(0)).plus(fixed + settings.newTokens());
    Dataset<Row> packed = counted.withColumn("packed", call_function("try_ai_pack", col("prepared.parts"), col("prepared.borders"),
        lit(settings.passageTokens().orElse(NO_LIMIT)), reserve, model));
    Column piece = try_element_at(col("packed.pieces"), lit(1));
    Dataset<Row> ready = packed.withColumn("context", piece.getField("text"))
        .withColumn("seen", SEEN.apply(col("passages"), coalesce(piece.getField("end"), lit(0))));
    Column prompt = when(col("context").isNotNull(), array(col("context"), col("question")));
    Column template = column(settings.options(), Map.of("model", settings.model(), "prompt_template", TEMPLATE));
    Dataset<Row> answered = ready.withColumn("answer", call_function("try_ai_gen", prompt, template))
        .withColumn("read", READ.apply(col("question"), coalesce(col("answer.text"), lit("")), col("seen")));
    return answered.select(fields(settings));
  }

  /**
   * Has a model that reads mark answers: of all passages of a question the span with the greatest score.
   *
   * @param found as for {@link #written}, of distinct keys
   * @return as {@link #written}, where citations have the offsets of the very answer, and its {@code score}
   */
  public static Dataset<Row> extracted(Dataset<Row> found, AnswerSettings settings) {
    Column model = map(lit("model"), lit(settings.model()));
    Dataset<Row> each = found.select(col("key"), col("question"), posexplode_outer(col("passages")).as(new String[] {"place", "passage"}))
        .withColumn("marked", call_function("try_ai_answer", col("question"), col("passage.text"), model));
    Column score = col("marked.span.score");
    Column span = struct(coalesce(score, lit(-1f)).as("score"), col("place").multiply(-1).as("order"), col("passage"), col("marked"));
    Dataset<Row> best = each.groupBy(col("key").as("asked"))
        .agg(max_by(span, struct(coalesce(score, lit(-1f)), col("place").multiply(-1))).as("best"),
            sum(coalesce(col("marked.prompt_tokens"), lit(0))).cast("int").as("read_tokens"));
    return found.join(best, col("key").equalTo(col("asked")), "left").select(markedFields(settings));
  }

  private static Column[] markedFields(AnswerSettings settings) {
    Column failed = not(col("error_code").equalTo("")), marked = col("best.marked"), passage = col("best.passage");
    Column isFound = marked.getField("finish_reason").equalTo(FinishReason.STOP.code()).and(marked.getField("span").isNotNull());
    Column reason = when(failed, lit(FinishReason.ERROR.code())).when(marked.isNull(), lit(FinishReason.NO_ANSWER.code()))
        .otherwise(marked.getField("finish_reason"));
    Column start = passage.getField("start").plus(marked.getField("span").getField("start"));
    Column end = passage.getField("start").plus(marked.getField("span").getField("end"));
    Column number = col("best.order").multiply(-1).plus(1);
    Column citation = struct(number.as("number"), passage.getField("id").as("id"), start.as("start"), end.as("end"),
        lit(true).as("marked"));
    return new Column[] {col("key"), when(isFound, marked.getField("text")).otherwise(lit("")).as("text"), reason.as("finish_reason"),
        when(failed, col("error_code")).otherwise(coalesce(marked.getField("error_code"), lit(""))).as("error_code"),
        when(failed, col("error")).otherwise(coalesce(marked.getField("error"), lit(""))).as("error"),
        coalesce(col("read_tokens"), lit(0)).as("prompt_tokens"), lit(0).as("cached_tokens"), lit(0).as("completion_tokens"),
        coalesce(marked.getField("model"), lit(settings.model())).as("model"),
        coalesce(marked.getField("request_key"), lit("")).as("request_key"),
        lit("").as("reasoning"), when(isFound, marked.getField("span").getField("score")).as("score"), col("passages"),
        when(isFound, array(citation)).otherwise(array()).cast(CITATIONS).as("citations")};
  }

  private static Column[] fields(AnswerSettings settings) {
    Column failed = not(col("error_code").equalTo("")), unpacked = not(col("packed.error_code").equalTo(""));
    Column isError = col("answer.finish_reason").equalTo(FinishReason.ERROR.code());
    Column reason = when(failed.or(unpacked).or(isError), lit(FinishReason.ERROR.code()))
        .when(col("answer").isNull().or(not(col("read.has_answer"))), lit(FinishReason.NO_ANSWER.code()))
        .otherwise(col("answer.finish_reason"));
    Column code = when(failed, col("error_code")).when(unpacked, col("packed.error_code"))
        .otherwise(coalesce(col("answer.error_code"), lit("")));
    Column error = when(failed, col("error")).when(unpacked, col("packed.error")).otherwise(coalesce(col("answer.error"), lit("")));
    Column reasoning = settings.options().containsKey("reasoning") ? coalesce(col("answer.reasoning"), lit("")) : lit("");
    return new Column[] {col("key"), when(isError, lit("")).otherwise(col("read.text")).as("text"), reason.as("finish_reason"),
        code.as("error_code"), error.as("error"), tokens("prompt_tokens"), tokens("cached_tokens"), tokens("completion_tokens"),
        coalesce(col("answer.model"), lit(settings.model())).as("model"), coalesce(col("answer.request_key"), lit("")).as("request_key"),
        reasoning.as("reasoning"), col("seen").as("passages"), col("read.citations").as("citations")};
  }

  private static Column tokens(String name) {
    return coalesce(col("answer").getField(name), lit(0)).as(name);
  }

  /** Tokens of a prompt besides passages and question, found by having the model answer a prompt that hardly has any. */
  private static int fixedTokens(Dataset<Row> found, AnswerSettings settings) {
    Column options = column(Map.of("model", settings.model(), "prompt_template", TEMPLATE, "max_new_tokens", "1"), Map.of());
    Row asked = found.sparkSession().range(1).select(call_function("try_ai_gen", array(lit("a"), lit("a")), options)).head().getStruct(0);
    String code = asked.getAs("error_code");
    if (!code.isEmpty()) throw new IndexException("%s can't answer: %s", settings.model(), asked.<String>getAs("error"));
    return asked.<Integer>getAs("prompt_tokens") + JOINTS;
  }

  private static Column column(Map<String, String> options, Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(options);
    all.putAll(more);
    return map(all.entrySet().stream().flatMap(entry -> Stream.of(lit(entry.getKey()), lit(entry.getValue()))).toArray(Column[]::new));
  }
}
