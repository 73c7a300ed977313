package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.Tensor;

/** Token embeddings, read row by row from the stored tensor: [vocabulary, width]. */
public record Embedding(Tensor tensor, int vocabulary, int width) {

  void read(int token, float[] target, int to) {
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), token * tensor.type().bytes(width), width, target, to);
  }
}
