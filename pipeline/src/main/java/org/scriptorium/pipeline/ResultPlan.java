package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.encode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Parameters;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.pipeline.JobFile.Arguments;
import org.scriptorium.pipeline.JobFile.Input;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Reasoning;
import org.scriptorium.pipeline.JobFile.Shape;
import org.scriptorium.pipeline.JobFile.Task;

/** The plan from documents to output rows, in SQL expressions only. */
final class ResultPlan {
  private static final ObjectMapper JSON = new ObjectMapper();
  /** So many rows are lost at most when a task is repeated, and lie in one file. */
  private static final int ROWS_PER_PARTITION = 1000;

  private ResultPlan() {}

  /**
   * The output's rows, not computed yet; the functions check models and options right here. Tasks that part long documents come first,
   * each as a {@link PiecePlan}.
   */
  static Dataset<Row> of(Source source, JobFile job, int partitions) {
    if (job.tasks().getFirst().arguments().search().hasPassages()) return RetrievalPlan.of(source, job, partitions);
    List<Column> asked = new ArrayList<>(List.of(col(Source.ID), col(Source.PROBLEM)));
    if (Questions.hasSeveral(job)) asked.add(col(Source.QUESTION));
    for (int i = 0; i < job.read().keep().size(); i++) asked.add(col(Source.keep(i)));
    for (int i = 0; i < job.tasks().size(); i++) {
      asked.add(switch (job.tasks().get(i).longDocuments()) {
        case LongDocuments.Truncate _ -> answer(job, i, source).as(result(i));
        case LongDocuments.MapReduce _ -> col(result(i));
      });
    }
    Dataset<Row> rows = spread(source.with(overPieces(source, job, partitions)), partitions);
    return output(rows.select(asked.toArray(Column[]::new)), job);
  }

  /**
   * The documents spread evenly over {@code partitions} and ordered by length within each, longest first: neighbours in a batch then have
   * like lengths, and the last rows to run are short ones. Of like length equal texts are neighbours, which are asked for once. No row's
   * text depends on it.
   */
  static Dataset<Row> spread(Source source, int partitions) {
    List<Column> order = new ArrayList<>(List.of(source.bytes().desc()));
    for (int i = 0; i < source.texts().size(); i++) order.add(col(Source.text(i)));
    return source.rows().repartition(partitions).sortWithinPartitions(order.toArray(Column[]::new));
  }

  /** The source's rows, with the results of tasks that part long documents. */
  private static Dataset<Row> overPieces(Source source, JobFile job, int partitions) {
    Dataset<Row> rows = source.rows();
    for (int i = 0; i < job.tasks().size(); i++) {
      Task task = job.tasks().get(i);
      if (task.longDocuments() instanceof LongDocuments.MapReduce how) {
        rows = new PiecePlan(source, job, task, how, partitions).answered(rows, result(i));
      }
    }
    return rows;
  }

  /**
   * The output's rows of answered documents.
   *
   * @param answered with {@link Source#ID}, {@link Source#PROBLEM}, the columns to keep and a {@link #result} for each task
   */
  static Dataset<Row> output(Dataset<Row> answered, JobFile job) {
    List<Column> output = new ArrayList<>(List.of(col(Source.ID).as("id")));
    if (Questions.hasSeveral(job)) output.add(col(Source.QUESTION).as(Questions.COLUMN));
    for (int i = 0; i < job.read().keep().size(); i++) output.add(col(Source.keep(i)).as(job.read().keep().get(i)));
    for (int i = 0; i < job.tasks().size(); i++) {
      List<Column> fields = fields(i, job.tasks().get(i));
      if (job.shape() == Shape.FLAT) output.addAll(fields);
      else output.add(struct(fields.toArray(Column[]::new)).as(job.tasks().get(i).name()));
    }
    return answered.select(output.toArray(Column[]::new));
  }

  /** Enough partitions to feed all cores to the end and to keep repeated work small; never more than rows. */
  static int partitions(JobFile job, long rows, int cores) {
    if (job.read().partitions().isPresent()) return job.read().partitions().getAsInt();
    long wanted = (rows + ROWS_PER_PARTITION - 1) / ROWS_PER_PARTITION;
    long waves = (wanted + cores - 1) / cores;
    return (int) Math.clamp(waves * cores, 1, Math.max(1, Math.min(rows, 100_000)));
  }

  /** The column of a task's result structs. */
  static String result(int task) {
    return "_scriptorium_result_" + task;
  }

  /** Asks a task's question of each row: the result struct. */
  static Column answer(JobFile job, int task, Source source) {
    return call(job, job.tasks().get(task), source, Map.of());
  }

  /** The struct of a row that is not asked, with the key that its request has; empty where it would not be asked either. */
  static Column key(JobFile job, int task, Source source) {
    return key(job, job.tasks().get(task), source);
  }

  /**
   * A document that may be parted has a key of its own, which is known before anything is computed: of its request as a text that is cut,
   * of the whole text and whatever else of the row is asked about, and of how long its pieces are.
   */
  static Column key(JobFile job, Task task, Source source) {
    Map<String, String> keyOnly = Map.of("key_only", "true");
    if (!(task.longDocuments() instanceof LongDocuments.MapReduce how)) return call(job, task, source, keyOnly);
    Column asked = call(job, task.with(task.generate().withTruncation(Truncation.MIDDLE)), source, keyOnly);
    Stream<Column> parts = Stream.of(asked.getField("request_key"), whole(text(job, source)), lit("map-reduce " + how.pieceTokens()));
    // Of long values the request as it is cut may lack what the pieces' requests have.
    Stream<Column> others = others(job, task).map(name -> whole(source.text(name)));
    Column whole = sha2(concat_ws("\n", Stream.concat(parts, others).toArray(Column[]::new)), 256);
    return asked.withField("request_key", when(asked.getField("request_key").equalTo(""), lit("")).otherwise(whole));
  }

  /** The columns of the documents that a task reads beside their text. */
  static Stream<String> others(JobFile job, Task task) {
    Stream<String> prompt = task.arguments().prompt().stream().flatMap(found -> found.columns().stream());
    return Stream.concat(task.arguments().column().stream(), prompt).filter(name -> !name.equals(job.read().text())).distinct();
  }

  private static Column whole(Column text) {
    return coalesce(sha2(encode(text, "UTF-8"), 256), lit("none"));
  }

  /** A task's question to each row, about the columns as they are called in the source. */
  static Column call(JobFile job, Task task, Source source) {
    return call(job, task, source, Map.of());
  }

  private static Column call(JobFile job, Task task, Source source, Map<String, String> more) {
    Column options = options(job, task, more);
    Arguments arguments = task.arguments();
    return switch (task.kind()) {
      case SUMMARIZE -> arguments.maxWords().isPresent()
          ? call_function("try_ai_summarize", text(job, source), lit(arguments.maxWords().getAsInt()), options)
          : call_function("try_ai_summarize", text(job, source), options);
      case GENERATE -> call_function("try_ai_gen", prompt(job, task, source), options);
      case CODE -> call_function("try_ai_gen", text(job, source), options);
      case TRANSLATE -> call_function("try_ai_translate", text(job, source), lit(arguments.language().orElseThrow()), options);
      case CLASSIFY -> arguments.choices().isEmpty() ? call_function("try_ai_classify", text(job, source), options)
          : call_function("try_ai_classify", text(job, source), texts(arguments.choices()), options);
      case EXTRACT -> call_function("try_ai_extract", text(job, source), texts(arguments.choices()), options);
      case ANSWER -> call_function("try_ai_answer",
          question(arguments, source),
          text(job, source), options);
      case CHAT -> call_function("try_ai_chat", source.dialogue(Source.messages(task)), options);
      case EMBED -> call_function("try_ai_embed", text(job, source), options);
      case INDEX, RETRIEVE -> throw new IllegalStateException(task.kind() + " is no question of one row alone");
    };
  }

  private static Column question(Arguments arguments, Source source) {
    if (!arguments.questions().isEmpty()) return col(Source.QUESTION);
    return arguments.question().map(question -> lit(question)).orElseGet(() -> source.text(arguments.column().orElseThrow()));
  }

  private static Column text(JobFile job, Source source) {
    return source.text(job.read().text());
  }

  private static Column prompt(JobFile job, Task task, Source source) {
    return task.arguments().prompt()
        .map(prompt -> array(prompt.columns().stream().map(source::text).toArray(Column[]::new)))
        .orElseGet(() -> text(job, source));
  }

  private static Column texts(List<String> texts) {
    return array(texts.stream().map(text -> lit(text)).toArray(Column[]::new));
  }

  /** The options of functions that generate nothing. */
  static Column model(JobFile job, Task task) {
    return map(task.model().or(job::model).map(model -> new Column[] {lit("model"), lit(model)}).orElse(new Column[0]));
  }

  private static Column options(JobFile job, Task task, Map<String, String> more) {
    Map<String, String> options = optionTexts(job, task);
    options.putAll(more);
    return column(options);
  }

  /** The options of a task's function. */
  static Map<String, String> optionTexts(JobFile job, Task task) {
    Map<String, String> options = new LinkedHashMap<>();
    task.model().or(job::model).ifPresent(model -> options.put("model", model));
    if (task.arguments().input() == Input.RAW) options.put("raw", "true");
    if (task.reasoning() == Reasoning.SHOWN) options.put("reasoning", "true");
    task.arguments().prompt().ifPresent(prompt -> options.put("prompt_template", prompt.numbered()));
    if (task.kind() == Kind.CODE) options.put("prompt_template", codeTemplate(task));
    if (task.kind().generates()) options.putAll(generation(task.generate()));
    // Where a label ends is no matter of options.
    if (task.kind() == Kind.CLASSIFY) Parameters.OF_FREE_TEXTS.forEach(parameter -> options.remove(option(parameter.name())));
    return options;
  }

  static Column column(Map<String, String> options) {
    Column[] pairs = options.entrySet().stream()
        .flatMap(entry -> Stream.of(lit(entry.getKey()), lit(entry.getValue())))
        .toArray(Column[]::new);
    return map(pairs);
  }

  private static String codeTemplate(Task task) {
    String language = task.arguments().language().map(name -> name + " code").orElse("code");
    return "Write " + language + " that does the following. Answer with the code alone.\n\n{{0}}";
  }

  /** The limits always, the rest where the job gives it. */
  private static Map<String, String> generation(GenerationConfig config) {
    Map<String, String> options = new LinkedHashMap<>();
    if (config.maxLength() == 0) options.put(Parameters.MAX_NEW_TOKENS.name(), Integer.toString(config.maxNewTokens()));
    options.put(Parameters.TRUNCATION.name(), config.truncation().code());
    config.plain().forEach((name, value) -> options.putIfAbsent(option(name), value instanceof List ? json(value) : value.toString()));
    return options;
  }

  /** How SQL calls a parameter. */
  private static String option(String parameter) {
    return parameter.equals(Parameters.STOP_STRINGS.name()) ? "stop" : parameter;
  }

  private static String json(Object list) {
    try {
      return JSON.writeValueAsString(list);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a list of strings, numbers and lists is always JSON", e);
    }
  }

  private static List<Column> fields(int index, Task task) {
    return ResultStruct.names(task).stream().map(name -> field(index, name).as(name)).toList();
  }

  /** A result's field; of a row that the source could not read it says so. */
  static Column field(int task, String name) {
    Map<String, Column> unreadable = Map.of("text", lit(""), "finish_reason", lit(FinishReason.ERROR.code()),
        "error_code", lit(ErrorCode.MALFORMED_TEXT.code()), "error", col(Source.PROBLEM), "request_key", lit(""));
    Column value = col(result(task)).getField(name);
    Column instead = unreadable.get(name);
    return instead == null ? value : when(col(Source.PROBLEM).isNotNull(), instead).otherwise(value);
  }
}
