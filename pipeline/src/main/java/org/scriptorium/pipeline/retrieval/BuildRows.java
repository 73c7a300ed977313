package org.scriptorium.pipeline.retrieval;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/** The rows between a build's steps. */
final class BuildRows {
  /**
   * What enters a shard: a row for each passage of a new or changed document, or one without a passage where it has none or can't be
   * used, which its {@code code} tells; and one without a fingerprint for each document that is gone.
   */
  static final StructType ENTERING = StructType.fromDDL("shard int, id string, fingerprint string, start int, end int, headings string,"
      + " text string, code string, error string, vector array<float>");
  static final int SHARD = 0, ID = 1, FINGERPRINT = 2, START = 3, END = 4, HEADINGS = 5, TEXT = 6, CODE = 7,
      ERROR = 8, VECTOR = 9;

  /**
   * What became of it: a row for each document, one without a fingerprint for each that is gone, and one for each shard, which has its
   * entry of the manifest.
   */
  static final StructType OUTCOME = StructType.fromDDL("shard int, entry string, id string, fingerprint string, chunks int,"
      + " code string, error string");

  private BuildRows() {}

  static Row outcome(int shard, String id, String fingerprint, int chunks, String code, String error) {
    return RowFactory.create(shard, null, id, fingerprint, chunks, code, error);
  }

  static Row shard(int number, String entry) {
    return RowFactory.create(number, entry, null, null, null, null, null);
  }
}
