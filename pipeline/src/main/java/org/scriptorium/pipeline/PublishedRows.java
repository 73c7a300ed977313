package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.pipeline.JobFile.Shape;
import org.scriptorium.pipeline.JobFile.Task;

/**
 * What an output holds already. It is all the state that an incremental run needs: each row has its identifier and its requests' keys.
 *
 * @param schema that the job writes now
 * @param written schema of the files
 */
record PublishedRows(SparkSession spark, JobFile job, StructType schema, Path root, List<String> files, StructType written) {
  static final String FILE = "_scriptorium_file";
  static final String KEPT = "_scriptorium_kept";

  PublishedRows {
    files = List.copyOf(files);
  }

  /** @param files names of the published files */
  static PublishedRows of(SparkSession spark, JobFile job, StructType schema, Path root, List<String> files) {
    StructType written = files.isEmpty() ? schema : spark.read().parquet(paths(root, files)).schema();
    return new PublishedRows(spark, job, schema, root, files, written);
  }

  /** Rows of some of the files, with {@link #FILE}, and columns of now: as far as they were there then, else null. */
  Dataset<Row> rows(Collection<String> names) {
    if (names.isEmpty()) return spark.createDataFrame(List.of(), schema.add(FILE, "string"));
    Dataset<Row> read = spark.read().schema(written).parquet(paths(root, names));
    List<Column> columns = new ArrayList<>();
    for (StructField field : schema.fields()) columns.add(adapted(written, SourceFormat::named, field).as(field.name()));
    columns.add(col("_metadata.file_name").as(FILE));
    return read.select(columns.toArray(Column[]::new));
  }

  /** A field as it was written, in the type of now; null where it was not, or can't be one of that type. */
  private Column adapted(StructType then, Function<String, Column> values, StructField now) {
    Column none = lit(null).cast(now.dataType());
    if (!List.of(then.fieldNames()).contains(now.name())) return none;
    DataType written = then.apply(now.name()).dataType();
    Column value = values.apply(now.name());
    if (written.equals(now.dataType())) return value;
    if (written instanceof StructType old && now.dataType() instanceof StructType own) {
      return when(value.isNotNull(), struct(Arrays.stream(own.fields())
          .map(field -> adapted(old, value::getField, field).as(field.name())).toArray(Column[]::new)));
    }
    return isCast(written, now.dataType()) ? value.try_cast(now.dataType()) : none;
  }

  /** Spark tells by analyzing a plan, which is not run. */
  private boolean isCast(DataType from, DataType to) {
    try {
      spark.createDataFrame(List.of(), new StructType().add("value", from)).select(col("value").try_cast(to));
      return true;
    } catch (Exception e) {
      // A checked exception that no signature names.
      return false;
    }
  }

  /** True if the output has all fields of a task's result, so that those of equal requests are equal. */
  boolean isWhole(int task) {
    Task own = job.tasks().get(task);
    List<String> fields = List.of(written.fieldNames());
    if (job.shape() == Shape.COLUMN_PER_TASK) {
      boolean isThere = fields.contains(own.name()) && written.apply(own.name()).dataType() instanceof StructType;
      fields = isThere ? List.of(((StructType) written.apply(own.name()).dataType()).fieldNames()) : List.of();
    }
    return fields.containsAll(ResultStruct.names(own));
  }

  Dataset<Row> rows() {
    return rows(files);
  }

  /** True if what is there has other columns than the job writes, so that all of it is to be written anew. */
  boolean isOutdated() {
    return !columns(written).equals(columns(schema));
  }

  private static String[] paths(Path root, Collection<String> names) {
    return names.stream().map(name -> new Path(root, name).toString()).toArray(String[]::new);
  }

  /** A number that changes with the columns that the output repeats; over their columns in the data or in the output. */
  static Column kept(List<Column> columns) {
    if (columns.isEmpty()) return lit(0L).as(KEPT);
    // Spark's hashes know no maps and pass over nulls. Names would tell the data's columns from the output's.
    Column[] all = IntStream.range(0, columns.size()).mapToObj(i -> columns.get(i).as("c" + i)).toArray(Column[]::new);
    return xxhash64(to_json(struct(all), Map.of("ignoreNullFields", "false"))).as(KEPT);
  }

  /** Likewise of the output's own rows. */
  Column kept() {
    List<String> names = job.read().keep();
    return kept(names.stream().map(SourceFormat::named).toList());
  }

  /** The type of a task's result. */
  StructType resultType(int task) {
    if (job.shape() == Shape.COLUMN_PER_TASK) return (StructType) schema.apply(job.tasks().get(task).name()).dataType();
    return new StructType(ResultStruct.names(job.tasks().get(task)).stream().map(schema::apply).toArray(StructField[]::new));
  }

  /** A field of a task's result in the output's rows. */
  Column field(int task, String name) {
    if (job.shape() == Shape.FLAT) return SourceFormat.named(name);
    return SourceFormat.named(job.tasks().get(task).name()).getField(name);
  }

  /** A task's result in the output's rows, as a struct. */
  Column result(int task) {
    return struct(Arrays.stream(resultType(task).fieldNames()).map(name -> field(task, name).as(name)).toArray(Column[]::new));
  }

  private static Set<String> columns(StructType schema) {
    return Arrays.stream(schema.fields()).map(PublishedRows::column).collect(Collectors.toCollection(HashSet::new));
  }

  private static String column(StructField field) {
    return field.name() + " " + field.dataType().catalogString();
  }
}
