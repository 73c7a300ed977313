package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.engine.api.FinishReason;

/**
 * Results that are computed and not yet published: files of JSON lines under {@code _scriptorium/pieces/RUN/TASK}, which tasks write and
 * name whole. They belong to requests, not to rows: so it does not matter which attempt of which run wrote one, nor whether two did.
 */
final class Pieces {
  static final String FOLDER = "pieces";
  /** The request's key, as it was planned. */
  static final String KEY = "key";
  /** The row that the request was asked for. */
  static final String ID = "id";
  static final String RESULT = "result";

  private final SparkSession spark;
  private final FileSystem files;
  private final Path folder;
  private final String run;

  Pieces(SparkSession spark, OutputFolder output, String run) {
    this.spark = spark;
    this.files = output.files();
    this.folder = new Path(new Path(output.root(), OutputFolder.PRIVATE), FOLDER);
    this.run = run;
  }

  /** Where a task's results of this run go. */
  Path folder(int task) {
    return new Path(new Path(folder, run), Integer.toString(task));
  }

  /** A line of a piece. */
  static Column line(Column key, Column id, Column result) {
    return to_json(struct(key.as(KEY), id.as(ID), result.as(RESULT)));
  }

  /** Good results of earlier runs, which ended before they published. */
  Dataset<Row> earlier(int task, StructType type) throws IOException {
    List<Path> folders = new ArrayList<>();
    for (FileStatus other : list(folder)) {
      if (!other.getPath().getName().equals(run)) folders.add(new Path(other.getPath(), Integer.toString(task)));
    }
    Column isGood = col(RESULT).getField("finish_reason").notEqual(FinishReason.ERROR.code());
    // A request is the same with its reasoning told or not.
    if (List.of(type.fieldNames()).contains("reasoning")) isGood = isGood.and(col(RESULT).getField("reasoning").isNotNull());
    return read(folders, type).where(isGood);
  }

  /** All results of this run. */
  Dataset<Row> own(int task, StructType type) throws IOException {
    return read(List.of(folder(task)), type);
  }

  private Dataset<Row> read(List<Path> folders, StructType type) throws IOException {
    StructType schema = new StructType().add(KEY, "string").add(ID, "string").add(RESULT, type);
    List<String> paths = new ArrayList<>();
    for (Path each : folders) if (list(each).length > 0) paths.add(each.toString());
    if (paths.isEmpty()) return spark.createDataFrame(List.of(), schema);
    // What a machine's end cut short is computed again.
    return spark.read().schema(schema).option("ignoreCorruptFiles", "true").json(paths.toArray(String[]::new))
        .where(col(KEY).isNotNull().and(col(RESULT).getField("finish_reason").isNotNull()).and(col(RESULT).getField("text").isNotNull()));
  }

  private FileStatus[] list(Path path) throws IOException {
    try {
      return files.listStatus(path);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  /** Forgets all pieces, of all runs. */
  void discard() throws IOException {
    files.delete(folder, true);
  }
}
