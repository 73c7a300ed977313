package org.scriptorium.pipeline.retrieval;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.store.MMapDirectory;
import org.apache.spark.sql.Row;

/**
 * Writes one shard in a temporary folder of the task's machine: the shard as it was, without the documents that rows tell of, and with
 * their passages. A shard holds nothing of deleted documents afterwards, so that scores do not depend on what once was.
 */
final class ShardWriter implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double BUFFER_MEGABYTES = 64;

  private final int number;
  private final Path folder;
  private final MMapDirectory directory;
  private final IndexWriter writer;
  private final List<Row> outcomes = new ArrayList<>();

  private ShardWriter(int number, Path folder) throws IOException {
    this.number = number;
    this.folder = folder;
    directory = new MMapDirectory(folder);
    var merging = new TieredMergePolicy();
    merging.setForceMergeDeletesPctAllowed(0);
    writer = new IndexWriter(directory, new IndexWriterConfig(Chunk.analyzer()).setRAMBufferSizeMB(BUFFER_MEGABYTES)
        .setMergePolicy(merging).setMergeScheduler(new SerialMergeScheduler()));
  }

  /** @param base the shard before; empty where there is none */
  static ShardWriter open(int number, Optional<ShardFolder> base) throws IOException {
    Path folder = Files.createTempDirectory("scriptorium-shard-");
    try {
      if (base.isPresent()) base.get().download(folder.resolve("shard"));
      return new ShardWriter(number, folder.resolve("shard"));
    } catch (IOException | RuntimeException e) {
      ShardFolder.delete(folder);
      throw e;
    }
  }

  /** Takes the rows of one document, which replace what the shard has of it; see {@link BuildRows}. */
  void add(String id, List<Row> rows) throws IOException {
    writer.deleteDocuments(new Term(Chunk.ID, id));
    if (rows.getFirst().isNullAt(BuildRows.FINGERPRINT)) {
      outcomes.add(BuildRows.outcome(number, id, null, 0, "", ""));
      return;
    }
    Optional<Row> failed = rows.stream().filter(row -> !row.getString(BuildRows.CODE).isEmpty()).findFirst();
    // A piece of blanks that only Unicode calls so has a place, but nothing to embed.
    List<Row> chunks = failed.isPresent() ? List.of() : rows.stream().filter(row -> !row.isNullAt(BuildRows.VECTOR)).toList();
    for (Row row : chunks) writer.addDocument(chunk(row).document());
    outcomes.add(BuildRows.outcome(number, id, rows.getFirst().getString(BuildRows.FINGERPRINT), chunks.size(),
        failed.map(row -> row.getString(BuildRows.CODE)).orElse(""), failed.map(row -> row.getString(BuildRows.ERROR)).orElse("")));
  }

  /** Uploads the shard into a folder of a name that no other attempt uses, and tells of all that was done. */
  Iterator<Row> finish(String generation, HadoopSettings settings) throws IOException {
    writer.forceMergeDeletes();
    writer.commit();
    Manifest.Entry entry;
    String name = String.format(Locale.ROOT, "shard-%05d-%s", number, UUID.randomUUID().toString().substring(0, 8));
    Shard written = Shard.open(folder);
    try {
      entry = new Manifest.Entry(number, name, written.reader().numDocs(), written.fields());
    } finally {
      written.release();
    }
    writer.close();
    new ShardFolder(generation + "/" + name, settings).upload(folder);
    outcomes.add(BuildRows.shard(number, JSON.writeValueAsString(entry)));
    return outcomes.iterator();
  }

  private static Chunk chunk(Row row) {
    List<Float> values = row.getList(BuildRows.VECTOR);
    float[] vector = new float[values.size()];
    for (int i = 0; i < vector.length; i++) vector[i] = values.get(i);
    return new Chunk(row.getString(BuildRows.ID), row.getInt(BuildRows.START), row.getInt(BuildRows.END), row.getString(BuildRows.HEADINGS),
        row.getString(BuildRows.TEXT), Vectors.unit(vector));
  }

  @Override
  public void close() throws IOException {
    try (directory) {
      if (writer.isOpen()) writer.rollback();
    } finally {
      ShardFolder.delete(folder.getParent());
    }
  }
}
