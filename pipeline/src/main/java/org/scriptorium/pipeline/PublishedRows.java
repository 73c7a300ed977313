package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.pipeline.JobFile.Shape;

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

  /** Rows of some of the files, with {@link #FILE}, and columns of now; those that were not there then are null. */
  Dataset<Row> rows(Collection<String> names) {
    if (names.isEmpty()) return spark.createDataFrame(List.of(), schema.add(FILE, "string"));
    Dataset<Row> read = spark.read().schema(written).parquet(paths(root, names));
    Set<String> known = columns(written);
    List<Column> columns = new ArrayList<>();
    for (StructField field : schema.fields()) {
      Column column = known.contains(column(field)) ? SourceFormat.named(field.name()) : lit(null).cast(field.dataType());
      columns.add(column.as(field.name()));
    }
    columns.add(col("_metadata.file_name").as(FILE));
    return read.select(columns.toArray(Column[]::new));
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
  static Column kept(List<Column> columns, List<DataType> types) {
    if (columns.isEmpty()) return lit(0L).as(KEPT);
    // Spark's hashes know no maps.
    boolean hasMaps = types.stream().anyMatch(type -> type.catalogString().contains("map<"));
    Column[] all = columns.toArray(Column[]::new);
    return (hasMaps ? xxhash64(to_json(struct(all))) : xxhash64(all)).as(KEPT);
  }

  /** Likewise of the output's own rows. */
  Column kept() {
    List<String> names = job.read().keep();
    return kept(names.stream().map(SourceFormat::named).toList(), keptTypes());
  }

  List<DataType> keptTypes() {
    return job.read().keep().stream().map(name -> schema.apply(name).dataType()).toList();
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
