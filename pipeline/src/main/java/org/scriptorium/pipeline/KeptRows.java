package org.scriptorium.pipeline;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * Keeps rows that a run reads several times, in partitions that fit its data. Spark joins adaptively the partitions of a shuffle that are
 * too small, but not those of rows that are kept: a night of a hundred documents would pay for 200 tasks each time it looks at them.
 *
 * @param partitions of kept rows, at most
 */
record KeptRows(int partitions) {
  /** Of the documents' and results' files; what is kept of them is less, and packed less tightly. */
  private static final long PARTITION_BYTES = 16 << 20;

  /** What fits a run over the inputs: no fewer partitions than there are cores. */
  static KeptRows of(SparkSession spark, JobFile job, PublishedRows published) throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    long bytes = 0;
    List<Path> inputs = new ArrayList<>();
    for (FileStatus found : Source.resolve(spark, job.read())) inputs.add(found.getPath());
    for (String file : published.files()) inputs.add(new Path(published.root(), file));
    for (Path input : inputs) bytes += input.getFileSystem(hadoop).getContentSummary(input).getLength();
    int partitions = (int) Math.min(Integer.MAX_VALUE, bytes / PARTITION_BYTES + 1);
    return new KeptRows(Math.max(partitions, spark.sparkContext().defaultParallelism()));
  }

  Dataset<Row> inMemory(Dataset<Row> rows) {
    return rows.coalesce(partitions).persist(StorageLevel.MEMORY_AND_DISK());
  }

  Dataset<Row> onDisk(Dataset<Row> rows) {
    return rows.coalesce(partitions).persist(StorageLevel.DISK_ONLY());
  }
}
