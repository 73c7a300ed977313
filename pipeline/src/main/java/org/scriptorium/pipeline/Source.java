package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.octet_length;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Mode;
import org.scriptorium.pipeline.JobFile.Read;
import org.scriptorium.pipeline.JobFile.Task;

/**
 * A job's documents, in the same columns whatever the format: {@link #ID}, one {@link #text} column for each text and one
 * {@link #dialogue} column for each dialogue that a task reads, one {@link #keep} column for each kept one, and {@link #PROBLEM}, which
 * says what is wrong with a row that the format could not make sense of and is null otherwise.
 *
 * @param texts the data's columns behind the text columns, in order
 * @param dialogues likewise behind the dialogues' columns
 */
record Source(Dataset<Row> rows, List<String> texts, List<String> dialogues) {
  static final String ID = "_scriptorium_id";
  static final String PROBLEM = "_scriptorium_problem";
  /** Where a task has several questions: one of them, each document standing in as many rows. */
  static final String QUESTION = "_scriptorium_question";

  /** The key of the column that holds the documents themselves. */
  private static final String DOCUMENT = "read.text";
  /** The key of the column that holds what answers questions. */
  private static final String CONTEXT = "context";
  private static final String TURNS = "array<struct<role:string,content:string>>";

  static String text(int index) {
    return "_scriptorium_text_" + index;
  }

  static String dialogue(int index) {
    return "_scriptorium_dialogue_" + index;
  }

  static String keep(int index) {
    return "_scriptorium_keep_" + index;
  }

  /** Opens the documents and checks that all columns that the job names are there, with types that serve. */
  static Source open(SparkSession spark, JobFile job) {
    Read read = job.read();
    List<FileStatus> found = resolve(spark, read);
    Map<String, String> texts = new LinkedHashMap<>();
    Set<String> dialogues = new LinkedHashSet<>();
    for (Task task : job.tasks()) {
      Optional<PromptTemplate> prompt = task.arguments().prompt();
      if (task.kind() == Kind.CHAT) dialogues.add(messages(task));
      else if (prompt.isPresent()) prompt.get().columns().forEach(column -> texts.putIfAbsent(column, "prompt"));
      else texts.put(read.text(), DOCUMENT);
      if (task.kind() == Kind.ANSWER) task.arguments().column().ifPresent(column -> texts.putIfAbsent(column, "question-column"));
      task.arguments().search().context().ifPresent(column -> texts.putIfAbsent(column, CONTEXT));
    }
    Dataset<Row> all = new Selection(job, texts, List.copyOf(dialogues), format(spark, read, found)).rows();
    Dataset<Row> rows = read.limit().isPresent() ? all.limit(read.limit().getAsInt()) : all;
    List<String> questions = Questions.of(spark, job);
    Column each = explode(array(questions.stream().map(question -> lit(question)).toArray(Column[]::new)));
    return new Source(questions.isEmpty() ? rows : rows.withColumn(QUESTION, each), List.copyOf(texts.keySet()), List.copyOf(dialogues));
  }

  /** The same columns with other rows. */
  Source with(Dataset<Row> otherRows) {
    return new Source(otherRows, texts, dialogues);
  }

  /** The column of a chat's dialogues. */
  static String messages(Task task) {
    return task.arguments().column().orElse("messages");
  }

  /** The text column of a column of the data. */
  Column text(String name) {
    return col(text(texts.indexOf(name)));
  }

  Column dialogue(String name) {
    return col(dialogue(dialogues.indexOf(name)));
  }

  /** A measure of a row's length, in bytes. */
  Column bytes() {
    Column sum = lit(0);
    for (int i = 0; i < texts.size(); i++) sum = sum.plus(octet_length(col(text(i))));
    for (int i = 0; i < dialogues.size(); i++) sum = sum.plus(octet_length(to_json(col(dialogue(i)))));
    return sum;
  }

  /** True on rows without anything to ask about. */
  Column isBlank() {
    Column blank = lit(true);
    for (int i = 0; i < texts.size(); i++) blank = blank.and(trim(col(text(i))).equalTo(""));
    for (int i = 0; i < dialogues.size(); i++) blank = blank.and(size(col(dialogue(i))).equalTo(0));
    return blank;
  }

  private static SourceFormat format(SparkSession spark, Read read, List<FileStatus> found) {
    try {
      return switch (read.format()) {
        case PARQUET -> SourceFormat.parquet(spark, read);
        case CSV -> SourceFormat.csv(spark, read);
        case JSONL -> SourceFormat.jsonLines(spark, read);
        case TEXT -> SourceFormat.text(spark, read, found);
      };
    } catch (JobException e) {
      throw e;
    } catch (Exception e) {
      // Spark throws checked exceptions that no signature names.
      throw new JobException(JobException.Kind.FAILED, "read.path: %s can't be read as %s: %s".formatted(String.join(", ", read.paths()),
          read.format().name().toLowerCase(Locale.ROOT), Failures.sentence(e)), e);
    }
  }

  /** The files and folders that a job's paths name. */
  static List<FileStatus> resolve(SparkSession spark, Read read) {
    List<FileStatus> found = new ArrayList<>();
    for (String path : read.paths()) {
      try {
        Path pattern = new Path(path);
        FileStatus[] matches = pattern.getFileSystem(spark.sparkContext().hadoopConfiguration()).globStatus(pattern);
        if (matches == null || matches.length == 0) throw JobException.failed("read.path: nothing is at %s", path);
        found.addAll(Arrays.asList(matches));
      } catch (IOException | IllegalArgumentException e) {
        throw new JobException(JobException.Kind.FAILED, "read.path: %s can't be read: %s".formatted(path, Failures.sentence(e)), e);
      }
    }
    return found;
  }

  /** The columns that a job wants out of a format's columns. */
  private record Selection(JobFile job, Map<String, String> texts, List<String> dialogues, SourceFormat format, List<String> problems) {
    /** @param texts the key of the job file that wants each column */
    Selection(JobFile job, Map<String, String> texts, List<String> dialogues, SourceFormat format) {
      this(job, texts, dialogues, format, new ArrayList<>());
    }

    Dataset<Row> rows() {
      Read read = job.read();
      Column problem = format.problem();
      List<Column> columns = new ArrayList<>();
      columns.add(id(read).as(ID));
      int index = 0;
      for (var text : texts.entrySet()) columns.add(text(text.getKey(), text.getValue()).as(Source.text(index++)));
      for (int i = 0; i < dialogues.size(); i++) columns.add(dialogue(dialogues.get(i)).as(Source.dialogue(i)));
      for (int i = 0; i < read.keep().size(); i++) {
        columns.add(find("read.keep", read.keep().get(i)).map(format::column).orElse(lit(null)).as(keep(i)));
      }
      columns.add(problem.as(PROBLEM));
      if (!problems.isEmpty()) throw JobException.failed("%s", String.join("\n", problems));
      return format.rows().select(columns.toArray(Column[]::new));
    }

    private Column id(Read read) {
      Optional<StructField> field = read.id().isPresent() ? find("read.id", read.id().get()) : look("id");
      if (field.isPresent()) return format.column(field.get()).cast("string");
      if (job.write().mode() == Mode.INCREMENTAL) {
        problems.add("read.id: %s has no column \"id\"; write.mode incremental knows documents by their identifiers: name their column"
            .formatted(where()));
      }
      return monotonically_increasing_id().cast("string");
    }

    private Column dialogue(String name) {
      Optional<StructField> field = find("messages", name);
      Column none = array().cast(TURNS);
      if (field.isEmpty()) return none;
      DataType type = field.get().dataType();
      if (!(type instanceof ArrayType array && array.elementType() instanceof StructType turn
          && Set.copyOf(List.of(turn.fieldNames())).equals(Set.of("role", "content")))) {
        problems.add("messages: column \"%s\" of %s is %s; expected an array of structs of role and content"
            .formatted(name, where(), type.simpleString()));
        return none;
      }
      Column turns = transform(format.column(field.get()), each -> struct(
          each.getField("role").cast("string").as("role"), each.getField("content").cast("string").as("content")));
      return when(format.problem().isNotNull(), none).otherwise(coalesce(turns, none));
    }

    /** @param key of the job file that wants the column */
    private Column text(String name, String key) {
      boolean isText = key.equals(DOCUMENT) || key.equals(CONTEXT);
      Optional<StructField> field = find(key, name);
      if (field.isEmpty()) return lit("");
      DataType type = field.get().dataType();
      if (isText && !(type instanceof StringType) && !(type instanceof BinaryType)) {
        problems.add("%s: column \"%s\" of %s is %s; expected string or binary".formatted(key, name, where(), type.simpleString()));
      }
      // A row that the format could not read has no text that could be generated from.
      return when(format.problem().isNotNull(), lit("")).otherwise(coalesce(format.column(field.get()).cast("string"), lit("")));
    }

    private Optional<StructField> find(String key, String name) {
      Optional<StructField> field = look(name);
      if (field.isEmpty()) {
        List<String> names = format.fields().keySet().stream().toList();
        problems.add("%s: %s has no column \"%s\"%s".formatted(key, where(), name,
            Names.nearest(name, names).map(near -> "; did you mean \"" + near + "\"?")
                .orElse(names.isEmpty() ? "; it has no columns" : "; it has " + String.join(", ", names))));
      }
      return field;
    }

    /** A column by its name, else by its name without regard to case, as Spark does. */
    private Optional<StructField> look(String name) {
      Map<String, StructField> fields = format.fields();
      if (fields.containsKey(name)) return Optional.of(fields.get(name));
      return fields.entrySet().stream().filter(entry -> entry.getKey().equalsIgnoreCase(name)).map(Map.Entry::getValue).findFirst();
    }

    private String where() {
      return String.join(", ", job.read().paths());
    }
  }
}
