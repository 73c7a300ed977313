package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.is_valid_utf8;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Search;
import org.scriptorium.pipeline.JobFile.Style;
import org.scriptorium.pipeline.JobFile.Task;
import org.scriptorium.pipeline.retrieval.AnswerSettings;
import org.scriptorium.pipeline.retrieval.CitedAnswers;
import org.scriptorium.pipeline.retrieval.Retrieval;
import org.scriptorium.pipeline.retrieval.SearchSettings;

/** The plan from questions to passages of an index, and from these to answers. A question that stands in several rows is asked once. */
final class RetrievalPlan {
  private static final String PASSAGES = "passages", CITATIONS = "citations", SCORE = "score";

  private RetrievalPlan() {}

  static boolean asksIndex(Task task) {
    return task.arguments().search().index().isPresent();
  }

  /** What results have beside the fields of all. */
  static List<String> columns(Task task) {
    if (task.kind() == Kind.RETRIEVE) return List.of(PASSAGES);
    if (task.arguments().search().style() == Style.EXTRACT) return List.of(SCORE, PASSAGES, CITATIONS);
    return List.of(PASSAGES, CITATIONS);
  }

  /** The output's rows. */
  static Dataset<Row> of(Source source, JobFile job, int partitions) {
    Task task = job.tasks().getFirst();
    SparkSession spark = source.rows().sparkSession();
    Dataset<Row> rows = source.rows().withColumn(Source.QUESTION, source.text(job.read().text()));
    Column malformed = col(Source.PROBLEM).isNotNull().or(not(is_valid_utf8(col(Source.QUESTION))));
    Column blank = trim(col(Source.QUESTION)).equalTo("");
    Dataset<Row> questions = rows.where(not(malformed.or(blank))).select(col(Source.QUESTION).as("question")).distinct()
        .repartition(partitions);
    Dataset<Row> answered = answered(spark, questions, job, task);
    Dataset<Row> joined = rows.join(answered, col(Source.QUESTION).equalTo(col("question")).and(not(malformed)), "left");

    List<Column> output = new ArrayList<>(List.of(col(Source.ID).as("id")));
    for (int i = 0; i < job.read().keep().size(); i++) output.add(col(Source.keep(i)).as(job.read().keep().get(i)));
    Column problem = coalesce(col(Source.PROBLEM), lit("the question is not well-formed UTF-8"));
    for (String name : ResultStruct.names(task)) {
      Column value = switch (name) {
        case "finish_reason" -> when(malformed, lit(FinishReason.ERROR.code())).when(blank, lit(FinishReason.SKIPPED.code()))
            .otherwise(col(name));
        case "error_code" -> when(malformed, lit(ErrorCode.MALFORMED_TEXT.code())).otherwise(coalesce(col(name), lit("")));
        case "error" -> when(malformed, problem).otherwise(coalesce(col(name), lit("")));
        case PASSAGES -> coalesce(col(name), array().cast(Retrieval.PASSAGES));
        case CITATIONS -> coalesce(col(name), array().cast(CitedAnswers.CITATIONS));
        case "prompt_tokens", "cached_tokens", "completion_tokens" -> coalesce(col(name), lit(0));
        case "text", "model", "request_key" -> coalesce(col(name), lit(""));
        default -> col(name);
      };
      output.add(value.as(name));
    }
    return joined.select(output.toArray(Column[]::new));
  }

  private static Dataset<Row> answered(SparkSession spark, Dataset<Row> questions, JobFile job, Task task) {
    Search search = task.arguments().search();
    try {
      Dataset<Row> found = Retrieval.of(spark, questions, new SearchSettings(search.index().orElseThrow(), search.top(), search.mode()));
      if (task.kind() == Kind.RETRIEVE) return found.withColumn("text", lit("")).withColumn("completion_tokens", lit(0));
      String model = task.model().or(job::model)
          .orElseGet(() -> spark.conf().get("spark.scriptorium.model.default", "smollm2-135m-instruct"));
      var settings = new AnswerSettings(model, ResultPlan.optionTexts(job, task), task.generate().room(0), search.passageTokens());
      return switch (search.style()) {
        case WRITE -> CitedAnswers.written(found, settings);
        case EXTRACT -> CitedAnswers.extracted(found, settings);
      };
    } catch (IOException e) {
      throw new UncheckedIOException("the index %s can't be read: %s".formatted(search.index().orElseThrow(), e.getMessage()), e);
    }
  }
}
