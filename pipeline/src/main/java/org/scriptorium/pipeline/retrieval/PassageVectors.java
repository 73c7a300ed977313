package org.scriptorium.pipeline.retrieval;

import java.io.IOException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Has the passages of a build embedded. That takes nearly all of a build's time, so what is done may be kept should the build die. */
@FunctionalInterface
public interface PassageVectors {
  /** Of a passage's request: equal where model and passage are. */
  String KEY = "key";
  /** What {@code try_ai_embed} says. */
  String EMBEDDED = "embedded";

  /**
   * @param passages of {@link #KEY}, distinct, and what {@code embedding} needs
   * @param embedding the call of {@code try_ai_embed}
   * @return {@link #KEY} and {@link #EMBEDDED} of each passage
   */
  Dataset<Row> of(Dataset<Row> passages, Column embedding) throws IOException;
}
