package org.scriptorium.pipeline.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.MMapDirectory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestShard {
  private static final int PASSAGES = 3000, DIMENSIONS = 16;
  @TempDir private static Path shared;
  private static final List<float[]> VECTORS = new ArrayList<>();

  @BeforeAll
  static void write() throws Exception {
    var random = new Random(3);
    try (var directory = new MMapDirectory(shared.resolve("shard"));
        var writer = new IndexWriter(directory, new IndexWriterConfig(Chunk.analyzer()))) {
      for (int i = 0; i < PASSAGES; i++) {
        float[] vector = vector(random);
        VECTORS.add(vector);
        writer.addDocument(new Chunk("d" + i, i, i + 5, "heading", "passage number " + i % 7, vector).document());
        if (i == PASSAGES / 2) writer.flush();
      }
    }
  }

  private static float[] vector(Random random) {
    float[] vector = new float[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++) vector[i] = (float) random.nextGaussian();
    return Vectors.unit(vector);
  }

  @Test
  void aGraphFindsWhatComparingAllFinds() throws Exception {
    Shard shard = Shard.open(shared.resolve("shard"));
    var random = new Random(4);
    int found = 0;
    for (int i = 0; i < 20; i++) {
      float[] asked = vector(random);
      List<Hit> all = shard.byVector(asked, 10, Integer.MAX_VALUE), graph = shard.byVector(asked, 10, 0);
      double best = VECTORS.stream().mapToDouble(vector -> cosine(vector, asked)).max().orElseThrow();
      assertThat((double) all.getFirst().score()).isCloseTo(best, org.assertj.core.api.Assertions.within(1e-6));
      assertThat(all).hasSize(10).isSortedAccordingTo((one, other) -> Float.compare(other.score(), one.score()));
      found += (int) graph.stream().filter(all::contains).count();
    }
    assertThat(found).isGreaterThan(190);
    shard.release();
  }

  private static double cosine(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) sum += (double) one[i] * other[i];
    return sum;
  }

  @Test
  void equalScoresAreOrderedByDocument() throws Exception {
    Shard shard = Shard.open(shared.resolve("shard"));
    List<Hit> hits = shard.byWords("number 3", 5, new WordStatistics(shard.fields(), Map.of()));
    assertThat(hits.stream().map(hit -> Chunk.id(hit.key()))).containsExactly("d10", "d1004", "d101", "d1011", "d1018");
    assertThat(hits.getFirst().end()).isEqualTo(15);
    assertThat(shard.text(hits.getFirst().document())).isEqualTo("passage number 3");
    assertThat(shard.byWords("nowhere", 5, new WordStatistics(shard.fields(), Map.of()))).isEmpty();
    assertThat(shard.byWords("?!", 5, new WordStatistics(shard.fields(), Map.of()))).isEmpty();
    shard.release();
  }

  @Test
  void copiesAreClosedWithTheirLastUser() throws Exception {
    Path copy = shared.resolve("copy");
    new ShardFolder(shared.resolve("shard").toUri().toString(), new HadoopSettings(Map.of())).download(copy);
    assertThat(copy.resolve("write.lock")).exists();
    Shard shard = Shard.openOwned(copy);
    Shard.Use use = shard.use();
    shard.release();
    assertThat(shard.byWords("number", 1, new WordStatistics(shard.fields(), Map.of()))).hasSize(1);
    use.close();
    assertThat(Files.exists(copy)).isFalse();
  }
}
