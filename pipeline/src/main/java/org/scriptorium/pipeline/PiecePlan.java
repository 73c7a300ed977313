package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.is_valid_utf8;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.octet_length;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.shiftright;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.udf;
import static org.apache.spark.sql.functions.when;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Task;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The plan of a task over documents of any length. Each round parts the documents that have no result yet into pieces, asks the model about
 * each piece as a row of its own, spread evenly whichever documents they are of, and brings the answers together by document. Texts that
 * the answers make are the next round's documents. It is one chain of operators: nothing is asked twice, and a round without pieces asks
 * nothing.
 */
final class PiecePlan {
  /**
   * A round makes a text of as many answers as fit into a piece, with the blank lines between them: with the defaults seven, so that six
   * rounds bring 7^5 pieces together.
   */
  private static final int ROUNDS = 6;
  /** What tokens may become more where the piece meets the instruction. */
  private static final int MARGIN = 8;
  /** A text of one token, about, which is not blank. */
  private static final String PROBE = ".";

  /** Of the document among the source's columns; numbered before anything is asked, so that repeated tasks number alike. */
  private static final String KEY = "_scriptorium_key";
  private static final String REQUEST_KEY = "_scriptorium_request_key";
  private static final String DOCUMENT = "_scriptorium_document";
  private static final String ROW = "_scriptorium_row";
  private static final String STATE = "_scriptorium_state";
  private static final String RESERVE = "_scriptorium_reserve";
  private static final String PIECE = "_scriptorium_piece";
  private static final String ANSWER = "_scriptorium_answer";
  /** As {@code monotonically_increasing_id} numbers rows: those of a partition in the lower bits, partitions in the upper ones. */
  private static final int PARTITION_SHIFT = 33;
  private static final long ROWS_OF_PARTITION = (1L << PARTITION_SHIFT) - 1;
  /** What lives from one projection to the next. */
  private static final String STEP = "_scriptorium_step";

  private final Source source;
  private final JobFile job;
  private final Task task;
  private final LongDocuments.MapReduce how;
  private final int partitions;
  /** The column of the documents, which becomes that of the pieces. */
  private final String text;
  /** Other columns that the task reads. */
  private final List<String> others;

  PiecePlan(Source source, JobFile job, Task task, LongDocuments.MapReduce how, int partitions) {
    this.source = source;
    this.job = job;
    // What is asked always fits, or the row has to say that it does not.
    this.task = task.with(task.generate().withTruncation(Truncation.NONE));
    this.how = how;
    this.partitions = partitions;
    text = Source.text(source.texts().indexOf(job.read().text()));
    Stream<String> named = ResultPlan.others(job, task).map(name -> Source.text(source.texts().indexOf(name)));
    others = Stream.concat(named, Questions.hasSeveral(job) ? Stream.of(Source.QUESTION) : Stream.of()).distinct().toList();
  }

  /** The rows with the task's results in a column more. */
  Dataset<Row> answered(Dataset<Row> rows, String result) {
    StructType type = (StructType) rows.select(ResultPlan.call(job, task, source).as(ANSWER)).schema().apply(ANSWER).dataType();
    int rounds = switch (task.kind()) {
      case SUMMARIZE, GENERATE, ANSWER -> ROUNDS;
      case TRANSLATE, CLASSIFY, EXTRACT -> 1;
      case CHAT, CODE, EMBED, INDEX, RETRIEVE -> throw new IllegalStateException(task.kind() + " has no pieces");
    };
    var answers = new PieceAnswers(task.kind(), task.arguments().choices(), rounds, type);
    Dataset<Row> named = rows.withColumn(REQUEST_KEY, ResultPlan.key(job, task, source).getField("request_key"))
        .withColumn(KEY, monotonically_increasing_id());
    Dataset<Row> documents = measured(named).withColumn(STATE, lit(null).cast(answers.state()));
    for (int round = 0; round < rounds; round++) documents = combined(asked(parted(documents)), answers);
    List<Column> columns = new ArrayList<>();
    for (String name : rows.columns()) columns.add(col(ROW).getField(name).as(name));
    columns.add(col(STATE).getField("result").withField("request_key", col(ROW).getField(REQUEST_KEY)).as(result));
    return documents.select(columns.toArray(Column[]::new));
  }

  /** Rows as one column, beside what a round needs of them: among that, the tokens that all of a request takes but the piece. */
  private Dataset<Row> measured(Dataset<Row> rows) {
    Column row = struct(Arrays.stream(rows.columns()).map(name -> col(name)).toArray(Column[]::new)).as(ROW);
    Task probe = task.with(GenerationConfig.DEFAULT.withMaxNewTokens(1));
    Dataset<Row> probed = rows.select(columns(col(KEY), row, col(text).as(DOCUMENT), lit(PROBE).as(text)))
        .select(columns(col(KEY), col(ROW), col(DOCUMENT), ResultPlan.call(job, probe, source).as(STEP)));
    Column reserve = col(STEP).getField("prompt_tokens").plus(newTokens() + MARGIN);
    return probed.select(columns(col(KEY), col(ROW), col(DOCUMENT), reserve.as(RESERVE)));
  }

  /** The pieces of each document in one column; one that is NULL for a document that has its result. */
  private Dataset<Row> parted(Dataset<Row> documents) {
    UserDefinedFunction parts = udf((UDF1<String, Row>) TextPieces::parts, TextPieces.PARTS);
    UserDefinedFunction pieces = udf((UDF2<String, Seq<Row>, Row[]>) (document, packed) ->
        TextPieces.of(document, packed == null ? null : CollectionConverters.asJava(packed)), DataTypes.createArrayType(TextPieces.PIECE));
    // The parts of a text that is no UTF-8 would be repaired in silence.
    Dataset<Row> split = documents.withColumn(STEP, when(is_valid_utf8(col(DOCUMENT)), parts.apply(col(DOCUMENT))));
    Column packed = call_function("try_ai_pack", col(STEP).getField("parts"), col(STEP).getField("borders"), lit(how.pieceTokens()),
        col(RESERVE), ResultPlan.model(job, task));
    Dataset<Row> found = split.select(columns(col(KEY), col(ROW), col(STATE), col(DOCUMENT), col(RESERVE), packed.as(STEP)));
    // A row goes with the first of its pieces alone: a long document is not copied for each of them.
    Column each = transform(pieces.apply(col(DOCUMENT), col(STEP).getField("pieces")), (piece, index) -> struct(piece.as(PIECE),
        coalesce(piece.getField("text"), col(DOCUMENT)).as(text), when(index.equalTo(0), col(ROW)).as(ROW),
        when(index.equalTo(0), col(STATE)).as(STATE)));
    return found.select(columns(col(KEY), col(RESERVE), each.as(STEP)));
  }

  /**
   * A row for each piece, with its answer. Pieces go around the partitions as they stand in their documents, and these as they are
   * numbered: evenly, and in whatever order a repeated task finds them to the same place.
   */
  private Dataset<Row> asked(Dataset<Row> documents) {
    Dataset<Row> pieces = documents.select(columns(col(KEY), col(RESERVE), explode(col(STEP)).as(STEP)))
        .select(columns(col(KEY), col(RESERVE), col(STEP).getField(ROW).as(ROW), col(STEP).getField(STATE).as(STATE),
            col(STEP).getField(PIECE).as(PIECE), col(STEP).getField(text).as(text)));
    Column turn = col(KEY).bitwiseAND(lit(ROWS_OF_PARTITION)).plus(shiftright(col(KEY), PARTITION_SHIFT))
        .plus(coalesce(col(PIECE).getField("index"), lit(0)));
    return pieces.repartitionById(partitions, pmod(turn, lit(partitions)).cast("int")).sortWithinPartitions(octet_length(col(text)).desc(), col(text))
        .select(columns(col(KEY), col(RESERVE), col(ROW), col(STATE), col(PIECE), ResultPlan.call(job, task, source).as(ANSWER)));
  }

  /** A row for each document again: with its result, or with a text for the next round. */
  private Dataset<Row> combined(Dataset<Row> pieces, PieceAnswers answers) {
    UserDefinedFunction absorb = udf((UDF2<Row, Seq<Row>, Row>) (state, found) ->
        answers.absorb(state, CollectionConverters.asJava(found)), answers.state());
    Column answer = when(col(PIECE).isNotNull(), struct(col(PIECE).getField("index").as("index"), col(PIECE).as("piece"),
        col(ANSWER).as("result")));
    List<Column> whole = new ArrayList<>(List.of(first(col(ROW), true).as(ROW), first(col(STATE), true).as(STATE),
        array_sort(collect_list(answer)).as(STEP)));
    for (String other : others) whole.add(first(col(other)).as(other));
    return pieces.groupBy(col(KEY)).agg(first(col(RESERVE)).as(RESERVE), whole.toArray(Column[]::new))
        .select(columns(col(KEY), col(RESERVE), col(ROW), absorb.apply(col(STATE), col(STEP)).as(STATE)))
        .withColumn(DOCUMENT, col(STATE).getField("next"));
  }

  /** With the other columns that the task reads. */
  private Column[] columns(Column... columns) {
    return Stream.concat(Arrays.stream(columns), others.stream().map(name -> col(name))).toArray(Column[]::new);
  }

  private int newTokens() {
    if (task.kind() != Kind.CLASSIFY) return task.generate().maxNewTokens();
    // A label has no more tokens than bytes, and one that ends it.
    return 1 + task.arguments().choices().stream().mapToInt(label -> label.getBytes(StandardCharsets.UTF_8).length).max().orElse(0);
  }
}
