package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.is_valid_utf8;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
import org.scriptorium.pipeline.retrieval.ContextPassages;
import org.scriptorium.pipeline.retrieval.Retrieval;
import org.scriptorium.pipeline.retrieval.SearchSettings;
import org.scriptorium.pipeline.retrieval.SearchSettings.Mode;

/**
 * The plan from questions to passages, of an index or of a text beside the question, and from these to answers. A question that stands in
 * several rows is asked an index once.
 */
final class RetrievalPlan {
  /** Of rows that are asked: equal where all that the answer comes from is. */
  private static final String KEY = "_scriptorium_asked";
  private static final String PASSAGES = "passages", CITATIONS = "citations", SCORE = "score";

  private RetrievalPlan() {}

  /** What results have beside the fields of all. */
  static List<String> columns(Task task) {
    if (task.kind() == Kind.RETRIEVE) return List.of(PASSAGES);
    if (task.arguments().search().style() == Style.EXTRACT) return List.of(SCORE, PASSAGES, CITATIONS);
    return List.of(PASSAGES, CITATIONS);
  }

  /** Calls of functions for a question at most, by which progress is told. */
  static int steps(Task task) {
    Search search = task.arguments().search();
    boolean isWritten = search.style() == Style.WRITE;
    // An index has the question embedded; a context is packed into passages.
    int finding = search.index().isPresent() ? search.mode() == Mode.BM25 ? 0 : 1 : isWritten ? 1 : 0;
    if (task.kind() == Kind.RETRIEVE) return Math.max(1, finding);
    // The question is counted, the passages are packed into a prompt, the answer is written; or each passage is read.
    return finding + (isWritten ? 3 : search.index().isPresent() ? search.top() : 1);
  }

  /** The output's rows. */
  static Dataset<Row> of(Source source, JobFile job, int partitions) {
    Task task = job.tasks().getFirst();
    Optional<Column> context = task.arguments().search().context().map(source::text);
    Dataset<Row> rows = source.rows().withColumn(Source.QUESTION, source.text(job.read().text()));
    Column question = col(Source.QUESTION), blank = ContextPassages.isBlank(question);
    Column malformed = col(Source.PROBLEM).isNotNull().or(not(is_valid_utf8(question)))
        .or(context.map(text -> not(is_valid_utf8(text))).orElse(lit(false)));
    // A question has the same passages of an index wherever it stands; of a context it has those of its row.
    Column key = context.map(text -> sha2(concat_ws("\0", col(Source.ID), question, text).cast("binary"), 256)).orElse(question);
    Dataset<Row> keyed = rows.withColumn(KEY, when(not(malformed.or(blank)), key));
    Dataset<Row> asked = keyed.where(col(KEY).isNotNull())
        .select(col(KEY).as("key"), col(Source.ID).as("id"), question.as("question"), context.orElse(lit("")).as("context"))
        .dropDuplicates("key").repartition(partitions);
    Dataset<Row> joined = keyed.join(answered(asked, job, task), col(KEY).equalTo(col("key")), "left");

    List<Column> output = new ArrayList<>(List.of(col(Source.ID).as("id")));
    for (int i = 0; i < job.read().keep().size(); i++) output.add(col(Source.keep(i)).as(job.read().keep().get(i)));
    String texts = context.isPresent() ? "the question or its context" : "the question";
    Column problem = coalesce(col(Source.PROBLEM), lit(texts + " is not well-formed UTF-8"));
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

  /** @param asked rows of {@code key, id, question, context} */
  private static Dataset<Row> answered(Dataset<Row> asked, JobFile job, Task task) {
    SparkSession spark = asked.sparkSession();
    Search search = task.arguments().search();
    String model = task.model().or(job::model)
        .orElseGet(() -> spark.conf().get("spark.scriptorium.model.default", "smollm2-135m-instruct"));
    // What retrieve has no other model for is that of the questions' vectors.
    String vectors = task.kind() == Kind.RETRIEVE ? task.model().or(job::model).orElse("") : "";
    Dataset<Row> found = found(spark, asked, search, model, vectors);
    if (task.kind() == Kind.RETRIEVE) return found.withColumn("text", lit("")).withColumn("completion_tokens", lit(0));
    var settings = new AnswerSettings(model, ResultPlan.optionTexts(job, task), task.generate().room(0), search.passageTokens());
    return switch (search.style()) {
      case WRITE -> CitedAnswers.written(found, settings);
      case EXTRACT -> CitedAnswers.extracted(found, settings);
    };
  }

  private static Dataset<Row> found(SparkSession spark, Dataset<Row> asked, Search search, String model, String vectors) {
    if (search.index().isEmpty()) {
      return switch (search.style()) {
        case WRITE -> ContextPassages.parted(asked, model);
        case EXTRACT -> ContextPassages.whole(asked);
      };
    }
    try {
      return Retrieval.of(spark, asked.select("question"), new SearchSettings(search.index().get(), search.top(), search.mode(),
          vectors));
    } catch (IOException e) {
      throw new UncheckedIOException("the index %s can't be read: %s".formatted(search.index().get(), e.getMessage()), e);
    }
  }
}
