package org.scriptorium.pipeline.retrieval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;

/**
 * Writes the shards of a partition. Attempts of one task write to folders of different names, of which the driver takes that of the
 * attempt that Spark committed.
 *
 * @param generation the folder for what is written
 * @param bases the shards before
 */
record ShardTask(String generation, HadoopSettings settings, Map<Integer, ShardFolder> bases) implements MapPartitionsFunction<Row, Row> {

  /** @param rows of {@link BuildRows#ENTERING}, those of a shard together, and in it those of a document */
  @Override
  public Iterator<Row> call(Iterator<Row> rows) throws Exception {
    List<Row> outcomes = new ArrayList<>();
    Row next = rows.hasNext() ? rows.next() : null;
    while (next != null) {
      int shard = next.getInt(BuildRows.SHARD);
      try (var writer = ShardWriter.open(shard, Optional.ofNullable(bases.get(shard)))) {
        while (next != null && next.getInt(BuildRows.SHARD) == shard) {
          String id = next.getString(BuildRows.ID);
          List<Row> document = new ArrayList<>();
          for (; next != null && next.getInt(BuildRows.SHARD) == shard && next.getString(BuildRows.ID).equals(id);
              next = rows.hasNext() ? rows.next() : null) {
            document.add(next);
          }
          writer.add(id, Collections.unmodifiableList(document));
        }
        writer.finish(generation, settings).forEachRemaining(outcomes::add);
      }
    }
    return outcomes.iterator();
  }
}
