package org.scriptorium.pipeline.retrieval;

import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.Partitioner;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Asks an index many questions in one Spark job. Each shard is asked all questions of a partition at once, by a task that prefers the
 * machines where the shard lies; what the shards found is brought together by question, and only the texts of the best passages travel.
 * Before that a pass over the shards counts the questions' words, so that all of them score alike.
 */
public final class Retrieval {
  /** Of passages: a document's identifier, where in its text the passage stands in characters (code points), how well it fits, itself. */
  public static final String PASSAGES = "array<struct<id: string, start: int, end: int, score: float, text: string>>";
  /** A question's row, whatever became of it. */
  private static final StructType RESULT =
      StructType.fromDDL("key string, question string, passages " + PASSAGES + ", finish_reason string, error_code string,"
      + " error string, prompt_tokens int, cached_tokens int, model string, request_key string");

  private final SparkSession spark;
  private final SearchSettings settings;
  private final Manifest manifest;
  private final List<PlacedShard> shards;

  private Retrieval(SparkSession spark, SearchSettings settings) throws IOException {
    this.spark = spark;
    this.settings = settings;
    IndexFolder folder = IndexFolder.of(settings.root(), spark.sparkContext().hadoopConfiguration());
    manifest = folder.newest()
        .orElseThrow(() -> new IndexException("task.index: no index is at %s; build one with kind: index", settings.root()));
    if (!manifest.analysis().equals(Words.ANALYSIS)) {
      throw new IndexException("task.index: %s was built by another version, which made other words of texts; build it again",
          settings.root());
    }
    HadoopSettings hadoop = HadoopSettings.of(spark.sparkContext().hadoopConfiguration());
    shards = manifest.entries().stream()
        .map(entry -> new PlacedShard(entry.number(), new ShardFolder(folder.uri(entry.path()), hadoop))).toList();
  }

  /** A shard and where it lies. */
  private record PlacedShard(int number, ShardFolder folder) implements java.io.Serializable {}

  /** A question with its vector, which is empty where none is wanted. */
  private record Asked(String question, float[] vector) implements java.io.Serializable {}

  /**
   * The best passages for each question, in a plan that counts words right here and does all else when it is run.
   *
   * @param questions of one column {@code question}, distinct, not blank and well-formed
   * @return {@code key}, which is the question, {@code question, passages}, and what the model of the vectors said of the question
   */
  public static Dataset<Row> of(SparkSession spark, Dataset<Row> questions, SearchSettings settings) throws IOException {
    return new Retrieval(spark, settings).passages(questions);
  }

  private Dataset<Row> passages(Dataset<Row> questions) throws IOException {
    WordStatistics statistics = WordStatistics.of(manifest.entries(), frequencies(questions));
    JavaRDD<Row> embedded = embedded(questions).toJavaRDD().persist(StorageLevel.MEMORY_AND_DISK());
    JavaRDD<Asked> asked = embedded.filter(row -> row.<String>getAs("error_code").isEmpty()).map(Retrieval::asked);
    Broadcast<WordStatistics> counted = JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(statistics);
    SearchSettings wanted = settings;
    JavaPairRDD<String, List<Fusion.Chosen>> chosen = placed().cartesian(asked)
        .mapPartitionsToPair(pairs -> OpenShard.each(pairs, (pair, open) -> search(pair, open, wanted, counted.value())))
        .groupByKey()
        .mapValues(found -> Fusion.choose(list(found), wanted));
    JavaPairRDD<String, List<Row>> passages = texts(chosen);
    JavaRDD<Row> rows = embedded.keyBy(row -> row.<String>getAs("question")).leftOuterJoin(passages)
        .map(joined -> result(joined._2()._1(), joined._2()._2().orElse(List.of())));
    return spark.createDataFrame(rows, RESULT);
  }

  private Dataset<Row> embedded(Dataset<Row> questions) throws IOException {
    if (!settings.usesVectors()) {
      return questions.select(col("question"), lit("stop").as("finish_reason"), lit("").as("error_code"), lit("").as("error"),
          lit(0).as("prompt_tokens"), lit(0).as("cached_tokens"), lit("").as("model"), lit("").as("request_key"));
    }
    String name = settings.model().isEmpty() ? manifest.model() : settings.model();
    EmbeddingModel model = EmbeddingModel.of(spark, name);
    if (!model.key().equals(manifest.modelKey())) {
      throw new IndexException("task.index: the vectors of %s are of another model than %s is now; build the index again%s", settings.root(),
          name, settings.model().isEmpty() ? "" : ", or name its own model (%s, as it was called then)".formatted(manifest.model()));
    }
    return questions.select(col("question"), call_function("try_ai_embed", col("question"), model.options()).as("embedded"))
        .select("question", "embedded.*");
  }

  private static Asked asked(Row row) {
    int column = row.schema().getFieldIndex("embedding").map(index -> (Integer) index).getOrElse(() -> -1);
    if (column < 0) return new Asked(row.getAs("question"), new float[0]);
    List<Float> values = row.getList(column);
    float[] vector = new float[values.size()];
    for (int i = 0; i < vector.length; i++) vector[i] = values.get(i);
    return new Asked(row.getAs("question"), Vectors.unit(vector));
  }

  /** The shards, a partition each, with the machines that hold them. */
  private JavaRDD<PlacedShard> placed() throws IOException {
    List<Tuple2<PlacedShard, scala.collection.immutable.Seq<String>>> places = new ArrayList<>();
    for (PlacedShard shard : shards) places.add(new Tuple2<>(shard, CollectionConverters.asScala(shard.folder.hosts()).toSeq()));
    ClassTag<PlacedShard> tag = ClassTag$.MODULE$.apply(PlacedShard.class);
    RDD<PlacedShard> rdd = spark.sparkContext().makeRDD(CollectionConverters.asScala(places).toSeq(), tag);
    return rdd.toJavaRDD();
  }

  /** Counts the questions' words over all shards; one shard alone counts them itself. */
  private Map<String, WordStatistics.Frequency> frequencies(Dataset<Row> questions) throws IOException {
    if (shards.size() < 2 || !settings.usesWords()) return Map.of();
    JavaRDD<String> words = questions.select("question").toJavaRDD()
        .flatMap(row -> WordStatistics.terms(row.getString(0)).stream().map(WordStatistics::name).iterator()).distinct();
    return new HashMap<>(placed().cartesian(words).mapPartitionsToPair(pairs -> OpenShard.each(pairs, Retrieval::count))
        .reduceByKey(WordStatistics.Frequency::plus).collectAsMap());
  }

  private static Tuple2<String, WordStatistics.Frequency> count(Tuple2<PlacedShard, String> pair, OpenShard open) throws IOException {
    return new Tuple2<>(pair._2(), open.of(pair._1()).frequency(WordStatistics.term(pair._2())));
  }

  private static Tuple2<String, Fusion.Found> search(Tuple2<PlacedShard, Asked> pair, OpenShard open, SearchSettings settings,
      WordStatistics statistics) throws IOException {
    Asked asked = pair._2();
    Shard shard = open.of(pair._1());
    List<Hit> words = settings.usesWords() ? shard.byWords(asked.question, settings.depth(), statistics) : List.of();
    List<Hit> vectors = settings.usesVectors() ? shard.byVector(asked.vector, settings.depth(), settings.comparedAll()) : List.of();
    return new Tuple2<>(asked.question, new Fusion.Found(pair._1().number, words, vectors));
  }

  /** Where the text of a chosen passage is to be read, and for which place of which question's list. */
  private record Wanted(String question, int rank, Hit hit) implements java.io.Serializable {}

  private record Ranked(int rank, Row passage) implements java.io.Serializable {}

  /** Reads the chosen passages' texts, each shard's in one task. */
  private JavaPairRDD<String, List<Row>> texts(JavaPairRDD<String, List<Fusion.Chosen>> chosen) {
    Map<Integer, PlacedShard> byNumber = new HashMap<>();
    shards.forEach(shard -> byNumber.put(shard.number, shard));
    return chosen.flatMapToPair(question -> {
      List<Tuple2<Integer, Wanted>> wanted = new ArrayList<>();
      for (Fusion.Chosen each : question._2()) wanted.add(new Tuple2<>(each.shard(), new Wanted(question._1(), wanted.size(), each.hit())));
      return wanted.iterator();
    }).partitionBy(new ByShard(Math.max(1, manifest.shards())))
        .mapPartitionsToPair(rows -> OpenShard.each(rows, (row, open) -> read(row, open, byNumber))).groupByKey()
        .mapValues(ranked -> list(ranked).stream().sorted(Comparator.comparingInt(Ranked::rank)).map(Ranked::passage).toList());
  }

  private static Tuple2<String, Ranked> read(Tuple2<Integer, Wanted> row, OpenShard open, Map<Integer, PlacedShard> shards)
      throws IOException {
    Hit hit = row._2().hit;
    String text = open.of(shards.get(row._1())).text(hit.document());
    Row passage = RowFactory.create(Chunk.id(hit.key()), Chunk.start(hit.key()), (int) hit.end(), hit.score(), text);
    return new Tuple2<>(row._2().question, new Ranked(row._2().rank, passage));
  }

  private static Row result(Row embedded, List<Row> passages) {
    String question = embedded.getAs("question");
    return RowFactory.create(question, question, passages.toArray(Row[]::new), embedded.getAs("finish_reason"), embedded.getAs("error_code"),
        embedded.getAs("error"), embedded.getAs("prompt_tokens"), embedded.getAs("cached_tokens"),
        embedded.getAs("model"), embedded.getAs("request_key"));
  }

  private static <T> List<T> list(Iterable<T> values) {
    List<T> list = new ArrayList<>();
    values.forEach(list::add);
    return list;
  }

  /** The shard that a task reads from, kept open as long as rows ask for the same one. */
  private static final class OpenShard implements AutoCloseable {
    private PlacedShard shard;
    private Shard.Use use;

    @FunctionalInterface
    interface Reader<A, B> {
      B read(A row, OpenShard open) throws IOException;
    }

    /** Reads from shards for each row, as rows are asked for. */
    static <A, B> Iterator<B> each(Iterator<A> rows, Reader<A, B> reader) {
      var open = new OpenShard();
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> open.close());
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return rows.hasNext();
        }

        @Override
        public B next() {
          try {
            return reader.read(rows.next(), open);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };
    }

    Shard of(PlacedShard wanted) throws IOException {
      if (use != null && shard.number == wanted.number) return use.shard();
      close();
      use = OpenShards.use(wanted.folder);
      shard = wanted;
      return use.shard();
    }

    @Override
    public void close() {
      try {
        if (use != null) use.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      use = null;
    }
  }

  private static final class ByShard extends Partitioner {
    private final int shards;

    ByShard(int shards) {
      this.shards = shards;
    }

    @Override
    public int numPartitions() {
      return shards;
    }

    @Override
    public int getPartition(Object key) {
      return (Integer) key % shards;
    }
  }
}
