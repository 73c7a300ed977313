package org.scriptorium.pipeline.retrieval;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.xxhash64;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.pipeline.storage.Disk;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Builds an index or brings it up to date: documents that are new or whose texts changed are parted and embedded, those that are gone
 * are removed, all others are taken over with the vectors that they have. Shards without a change are taken over as files. The caller
 * sees to it that one build at a time writes to a folder.
 */
public final class IndexBuild {
  /** Of each document that is settled; with an error where its own text is the reason. Older indexes had none of those in it. */
  private static final StructType STATE = StructType.fromDDL("id string, fingerprint string, code string, error string");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TASKS_PER_CORE = 4;

  private final SparkSession spark;
  private final IndexSettings settings;
  private final IndexFolder folder;
  private final Path work;
  private final PassageVectors vectors;
  private final EmbeddingModel model;
  private final Optional<Manifest> base;
  private final int shards;
  private final int chunkTokens;

  private IndexBuild(SparkSession spark, IndexSettings settings, Path work, PassageVectors vectors) throws IOException {
    this.spark = spark;
    this.settings = settings;
    this.work = work;
    this.vectors = vectors;
    folder = IndexFolder.of(settings.root(), spark.sparkContext().hadoopConfiguration());
    model = EmbeddingModel.of(spark, settings.model());
    chunkTokens = settings.chunkTokens(model);
    Optional<Manifest> newest = folder.newest();
    shards = settings.shards().orElse(newest.map(Manifest::shards).orElse(1));
    base = newest.filter(manifest -> manifest.shards() == shards && manifest.chunkTokens() == chunkTokens
        && manifest.analysis().equals(Words.ANALYSIS) && manifest.modelKey().equals(model.key())
        && manifest.dimensions() == model.dimensions());
  }

  /**
   * Builds and publishes.
   *
   * @param documents of {@code id, text, problem}, all strings: {@code problem} says why a document can't be used, or is null
   * @param work a folder for this build alone, in the index's file system
   * @param vectors has passages embedded
   * @throws IndexException if nothing was published; readers then see the index as it was
   */
  public static IndexResult run(SparkSession spark, Dataset<Row> documents, IndexSettings settings, Path work, PassageVectors vectors)
      throws IOException {
    return new IndexBuild(spark, settings, work, vectors).run(documents);
  }

  /** Refuses what would make a build fail later. */
  public static void check(SparkSession spark, IndexSettings settings) throws IOException {
    IndexFolder.of(settings.root(), spark.sparkContext().hadoopConfiguration()).refuseForeign();
    settings.chunkTokens(EmbeddingModel.of(spark, settings.model()));
  }

  private IndexResult run(Dataset<Row> read) throws IOException {
    folder.removeUnused();
    Nameless nameless = nameless(read);
    Column content = coalesce(col("problem"), col("text"));
    Dataset<Row> documents = read.where(col("id").isNotNull()).withColumn("fingerprint", sha2(content.cast("binary"), 256))
        .withColumn("shard", shard());
    Dataset<Row> before = state();
    Changes changes = changes(documents, before);
    if (!settings.isWhole() && changes.deleted > 0) {
      throw new IndexException("read.limit: %,d indexed documents are not among those that were read, and would be removed; leave the limit"
          + " out, or write elsewhere", changes.deleted);
    }
    Standing standing = standing(documents, before);
    int newest = folder.newest().map(Manifest::generation).orElse(0);
    if (changes.touched.isEmpty() && base.isPresent()) {
      IndexResult same = nameless.counted(standing.counted(
          new IndexResult(newest, changes.documents, 0, changes.unchanged, 0, 0, new TreeMap<>(), "", base.get().chunks(), 0)));
      refuseErrors(same);
      return same;
    }
    int generation = newest + 1;
    Dataset<Row> outcomes = build(documents, before, generation);
    IndexResult result = nameless.counted(standing.counted(result(outcomes, changes, generation)));
    refuseErrors(result);
    return publish(before, outcomes, result);
  }

  private static Seq<String> columns(String... names) {
    return CollectionConverters.asScala(List.of(names)).toSeq();
  }

  private Column shard() {
    return pmod(xxhash64(col("id")), lit(shards)).cast("int");
  }

  private Dataset<Row> state() {
    if (base.isEmpty()) return spark.createDataFrame(List.of(), STATE);
    return known(base.get().state());
  }

  private Dataset<Row> known(String state) {
    return spark.read().schema(STATE).parquet(folder.uri(state)).na().fill("", new String[] {"code", "error"});
  }

  /** Errors of documents that are as they were: nothing is to be done for them, and they are errors still. */
  private record Standing(SortedMap<String, Long> errors, String example) {

    IndexResult counted(IndexResult result) {
      if (errors.isEmpty()) return result;
      SortedMap<String, Long> all = new TreeMap<>(result.errors());
      errors.forEach((code, count) -> all.merge(code, count, Long::sum));
      return new IndexResult(result.generation(), result.documents(), result.changed(), result.unchanged(), result.skipped(), result.deleted(),
          all, result.example().isEmpty() ? example : result.example(), result.chunks(), result.chunksAdded());
    }
  }

  private static Standing standing(Dataset<Row> documents, Dataset<Row> before) {
    SortedMap<String, Long> errors = new TreeMap<>();
    String example = "";
    Dataset<Row> failed = before.where(col("code").notEqual(""));
    if (failed.isEmpty()) return new Standing(errors, example);
    for (Row row : failed.join(documents.select("id", "fingerprint"), columns("id", "fingerprint"), "left_semi").groupBy("code")
        .agg(count(lit(1)), first("error")).collectAsList()) {
      errors.put(row.getString(0), row.getLong(1));
      example = row.getString(2);
    }
    return new Standing(errors, example);
  }

  /** Documents that could not be read so far as to know their identifiers: errors, each time. */
  private record Nameless(long count, String problem) {

    IndexResult counted(IndexResult result) {
      if (count == 0) return result;
      SortedMap<String, Long> errors = new TreeMap<>(result.errors());
      errors.merge(ErrorCode.MALFORMED_TEXT.code(), count, Long::sum);
      return new IndexResult(result.generation(), result.documents() + count, result.changed() + count, result.unchanged(), result.skipped(),
          result.deleted(), errors, problem, result.chunks(), result.chunksAdded());
    }
  }

  /** Refuses sound documents without an identifier, and identifiers of several documents. */
  private static Nameless nameless(Dataset<Row> documents) {
    List<Row> twice = new ArrayList<>(documents.groupBy(col("id"))
        .agg(count(lit(1)).as("times"), count_if(col("problem").isNull()), first(col("problem"), true))
        .where(col("times").gt(1).or(col("id").isNull())).orderBy(col("id").asc_nulls_first()).limit(5).collectAsList());
    var nameless = new Nameless(0, "");
    if (!twice.isEmpty() && twice.getFirst().isNullAt(0)) {
      Row row = twice.removeFirst();
      if (row.getLong(2) > 0) {
        throw new IndexException("read.id: %,d documents have no identifier; give them one, or leave them out", row.getLong(2));
      }
      nameless = new Nameless(row.getLong(1), row.getString(3));
    }
    if (twice.isEmpty()) return nameless;
    String names = twice.stream().limit(3).map(row -> row.getString(0)).collect(Collectors.joining(", "));
    throw new IndexException("read.id: identifiers must be unique, and some stand at several documents (%s%s); name another column, or"
        + " leave the others out", names, twice.size() > 3 ? " and more" : "");
  }

  /** @param touched shards with a document that changed or is gone */
  private record Changes(long documents, long changed, long unchanged, long deleted, Set<Integer> touched) {}

  private Changes changes(Dataset<Row> documents, Dataset<Row> before) {
    Column isDeleted = col("d.id").isNull(), isChanged = col("b.id").isNull().or(col("b.fingerprint").notEqual(col("d.fingerprint")));
    List<Row> counts = documents.select("id", "fingerprint").as("d").join(before.as("b"), col("d.id").equalTo(col("b.id")), "full_outer")
        .select(coalesce(col("d.id"), col("b.id")).as("id"), isDeleted.as("deleted"), isChanged.as("changed"))
        .groupBy(shard().as("shard"))
        .agg(count(lit(1)), count_if(col("deleted")), count_if(col("changed").and(col("deleted").equalTo(false))))
        .collectAsList();
    long all = 0, deleted = 0, changed = 0;
    Set<Integer> touched = new HashSet<>();
    for (Row row : counts) {
      all += row.getLong(1);
      deleted += row.getLong(2);
      changed += row.getLong(3);
      if (row.getLong(2) + row.getLong(3) > 0) touched.add(row.getInt(0));
    }
    return new Changes(all - deleted, changed, all - deleted - changed, deleted, touched);
  }

  private Dataset<Row> build(Dataset<Row> documents, Dataset<Row> before, int generation) throws IOException {
    Dataset<Row> changed = documents.join(before, columns("id", "fingerprint"), "left_anti")
        .select("shard", "id", "fingerprint", "text", "problem");
    int tasks = Math.max(1, spark.sparkContext().defaultParallelism() * TASKS_PER_CORE);
    var plan = new ChunkPlan(model, chunkTokens, IndexSettings.headingTokens(model), tasks);
    Dataset<Row> passages = plan.passages(changed).persist(StorageLevel.DISK_ONLY());
    try {
      Dataset<Row> entering = ChunkPlan.entering(passages, plan.vectors(passages, vectors));
      return write(entering.unionByName(gone(documents, before)), generation);
    } finally {
      passages.unpersist();
    }
  }

  /** Rows that remove the documents which are no longer there. */
  private Dataset<Row> gone(Dataset<Row> documents, Dataset<Row> before) {
    List<Column> gone = new ArrayList<>();
    for (var field : BuildRows.ENTERING.fields()) {
      gone.add(switch (field.name()) {
        case "shard" -> shard().as("shard");
        case "id" -> col("id");
        default -> lit(null).cast(field.dataType()).as(field.name());
      });
    }
    return before.join(documents.select("id"), columns("id"), "left_anti").select(gone.toArray(Column[]::new));
  }

  /** Writes the shards that rows enter; tells what became of them. */
  private Dataset<Row> write(Dataset<Row> entering, int generation) {
    Map<Integer, ShardFolder> bases = new HashMap<>();
    HadoopSettings hadoop = HadoopSettings.of(spark.sparkContext().hadoopConfiguration());
    base.ifPresent(manifest -> manifest.entries()
        .forEach(entry -> bases.put(entry.number(), new ShardFolder(folder.uri(entry.path()), hadoop))));
    Dataset<Row> written = entering.repartitionById(shards, col("shard")).sortWithinPartitions("shard", "id", "start")
        .mapPartitions(new ShardTask(folder.generation(generation).toString(), hadoop, bases), Encoders.row(BuildRows.OUTCOME));
    String path = new Path(work, "outcomes").toString();
    written.write().parquet(path);
    return spark.read().schema(BuildRows.OUTCOME).parquet(path);
  }

  private IndexResult result(Dataset<Row> outcomes, Changes changes, int generation) {
    SortedMap<String, Long> errors = new TreeMap<>();
    long added = 0, skipped = 0;
    String example = "";
    Column isSkipped = col("code").equalTo("").and(col("chunks").equalTo(0));
    for (Row row : outcomes.where(col("fingerprint").isNotNull()).groupBy("code")
        .agg(count(lit(1)), sum("chunks"), count_if(isSkipped), first("error")).collectAsList()) {
      added += row.getLong(2);
      skipped += row.getLong(3);
      if (row.getString(0).isEmpty()) continue;
      errors.put(row.getString(0), row.getLong(1));
      example = row.getString(4);
    }
    return new IndexResult(generation, changes.documents, changes.changed, changes.unchanged, skipped, changes.deleted, errors, example, 0,
        added);
  }

  private void refuseErrors(IndexResult result) {
    long errors = result.errors().values().stream().mapToLong(Long::longValue).sum();
    if (errors <= settings.maxErrorRate() * result.documents()) return;
    throw new IndexException("%,d of %,d documents are in error, and quality.max-error-rate allows a share of %s: nothing was published;"
        + " %s", errors, result.documents(), settings.maxErrorRate(), result.example());
  }

  /** Documents are what the shards have of them, whatever became of their files meanwhile. */
  private IndexResult publish(Dataset<Row> before, Dataset<Row> outcomes, IndexResult result) throws IOException {
    String generation = IndexFolder.name(result.generation()), state = generation + "/documents";
    Dataset<Row> kept = before.join(outcomes.where(col("entry").isNull()).select("id"), columns("id"), "left_anti");
    Column isSettled = col("code").isin("", ErrorCode.MALFORMED_TEXT.code());
    Dataset<Row> done = outcomes.where(col("fingerprint").isNotNull().and(isSettled)).select("id", "fingerprint", "code", "error");
    kept.unionByName(done).coalesce(Math.max(1, spark.sparkContext().defaultParallelism())).write().parquet(folder.uri(state));
    Map<Integer, Manifest.Entry> entries = new TreeMap<>();
    base.ifPresent(manifest -> manifest.entries().forEach(entry -> entries.put(entry.number(), entry)));
    for (Row row : outcomes.where(col("entry").isNotNull()).select("entry").collectAsList()) {
      Manifest.Entry entry = entry(row.getString(0), generation);
      entries.put(entry.number(), entry);
    }
    long known = known(state).where(col("code").equalTo("")).count();
    Disk.forceAll(folder.files(), folder.generation(result.generation()));
    long chunks = entries.values().stream().mapToLong(Manifest.Entry::chunks).sum();
    new Manifest(Manifest.FORMAT, result.generation(), model.name(), model.key(), model.dimensions(), chunkTokens, Words.ANALYSIS, shards,
        known, chunks, state, List.copyOf(entries.values())).publish(folder.files(), folder.root(), work);
    folder.removeUnused();
    return new IndexResult(result.generation(), result.documents(), result.changed(), result.unchanged(), result.skipped(),
        result.deleted(), result.errors(), result.example(), chunks, result.chunksAdded());
  }

  private static Manifest.Entry entry(String json, String generation) {
    try {
      Manifest.Entry entry = JSON.readValue(json, Manifest.Entry.class);
      return new Manifest.Entry(entry.number(), generation + "/" + entry.path(), entry.chunks(), entry.fields());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a shard told of itself in JSON that does not parse", e);
    }
  }
}
