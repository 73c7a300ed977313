package org.scriptorium.engine.model;

import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.Tensor;

/**
 * Embeddings that are shorter the rarer a token is (Baevski and Auli 2019, arXiv:1809.10853): the vocabulary, ordered by frequency, is cut
 * into clusters, each with a table of its own width and a map to the model's.
 *
 * @param clusters in the order of the vocabulary
 * @param width of a row
 * @param scale that rows are multiplied by
 */
public record AdaptiveEmbedding(List<Cluster> clusters, int width, float scale) implements TokenEmbedding {
  public AdaptiveEmbedding {
    clusters = List.copyOf(clusters);
  }

  /**
   * Neighbouring tokens.
   *
   * @param from first token; the cluster ends where its table does
   * @param table [tokens, its own width]
   * @param projection to the model's width; empty where the table has it
   */
  public record Cluster(int from, Tensor table, Optional<Linear> projection) {

    int tokens() {
      return Math.toIntExact(table.shape()[0]);
    }

    int width() {
      return Math.toIntExact(table.shape()[1]);
    }
  }

  @Override
  public int vocabulary() {
    return clusters.getLast().from() + clusters.getLast().tokens();
  }

  @Override
  public void read(Machine machine, int worker, int token, int position, float[] target, int to) {
    int index = 0;
    while (token >= clusters.get(index).from() + clusters.get(index).tokens()) index++;
    Cluster cluster = clusters.get(index);
    Tensor table = cluster.table();
    long at = (token - cluster.from()) * table.type().bytes(cluster.width());
    if (cluster.projection().isEmpty()) {
      ScalarDequantization.dequantize(table.type(), table.data(), at, width, target, to);
    } else {
      Linear projection = cluster.projection().get();
      float[] row = machine.scratch(worker).rows(cluster.width());
      ScalarDequantization.dequantize(table.type(), table.data(), at, cluster.width(), row, 0);
      for (int panel = 0; panel < projection.panels(machine.kernels().matmul()); panel++) {
        projection.multiply(machine.kernels(), panel, 1, row, 0, cluster.width(), target, to, width, Store.SET, machine.scratch(worker));
      }
    }
    for (int i = to; i < to + width; i++) target[i] *= scale;
  }
}
