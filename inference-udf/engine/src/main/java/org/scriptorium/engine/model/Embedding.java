package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Rows;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.Tensor;

/**
 * Token embeddings, read row by row from the stored tensor [vocabulary, width], and learned positions where a model has them.
 *
 * @param scale that tokens' rows are multiplied by
 * @param positions [positions, width], added after scaling; empty where positions enter elsewhere
 * @param norm of the sum
 */
public record Embedding(Tensor tensor, int vocabulary, int width, float scale, float[] positions, Norm norm) implements
    TokenEmbedding {

  /** Without norm. */
  public Embedding(Tensor tensor, int vocabulary, int width, float scale, float[] positions) {
    this(tensor, vocabulary, width, scale, positions, new Norm.None(width));
  }

  @Override
  public void read(Machine machine, int worker, int token, int position, float[] target, int to) {
    read(machine.kernels().rows(), token, position, target, to);
  }

  void read(Rows rows, int token, int position, float[] target, int to) {
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), token * tensor.type().bytes(width), width, target, to);
    if (scale != 1f) for (int i = to; i < to + width; i++) target[i] *= scale;
    if (positions.length > 0) rows.add(target, to, 1f, positions, position * width, width);
    norm.apply(rows, target, to, target, to);
  }
}
