package org.scriptorium.pipeline.evaluation;

import static org.apache.spark.sql.functions.col;

import java.util.Locale;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.scriptorium.pipeline.JobException;

/** Files of predictions and references. */
final class EvaluationFiles {
  private EvaluationFiles() {}

  /** @param option of the command line that names the path */
  static Dataset<Row> read(SparkSession spark, String option, String path) {
    String name = path.toLowerCase(Locale.ROOT).replaceFirst("\\.(gz|bz2|zst)$", "");
    try {
      if (name.endsWith(".jsonl") || name.endsWith(".json")) return spark.read().json(path);
      // Quotes with nothing between them are an empty text, and nothing at all is none.
      if (name.endsWith(".csv")) {
        return spark.read().option("header", true).option("multiLine", true).option("escape", "\"").option("nullValue", "\u0000").csv(path);
      }
      return spark.read().parquet(path);
    } catch (Exception e) {
      // Spark throws checked exceptions that no signature names.
      throw new JobException(JobException.Kind.FAILED,
          "%s: %s can't be read; expected a .jsonl or .csv file, or Parquet: %s".formatted(option, path, firstLine(e)), e);
    }
  }

  /** A column by its name, or a field of one by its dotted path. */
  static Column column(Dataset<Row> rows, String what, String path) {
    try {
      rows.select(col(path));
      return col(path);
    } catch (Exception e) {
      // Spark throws checked exceptions that no signature names.
      throw new JobException(JobException.Kind.FAILED,
          "the %s have no column %s; they have %s".formatted(what, path, String.join(", ", rows.columns())), e);
    }
  }

  private static String firstLine(Exception failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("").replaceFirst("^\\[[A-Z0-9_.]+] ", "");
  }
}
