package org.scriptorium.engine.architecture;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Matrix;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.weights.Tensor;
import org.scriptorium.engine.weights.Weights;

/**
 * Makes blocks of the tensors whose names begin alike, checks their shapes, and remembers the linear maps among them. A module's name
 * stands for its tensors {@code .weight} and {@code .bias}. One model's own.
 */
public final class Parts {
  private static final float[] NO_POSITIONS = {};

  private final Weights weights;
  private final String prefix;
  private final List<Linear> maps;

  private Parts(Weights weights, String prefix, List<Linear> maps) {
    this.weights = weights;
    this.prefix = prefix;
    this.maps = maps;
  }

  Parts(Weights weights) {
    this(weights, "", new ArrayList<>());
  }

  /** Whether a linear map has a bias. */
  enum Bias {
    NONE,
    ADDED;

    static Bias of(boolean added) {
      return added ? ADDED : NONE;
    }
  }

  /** The linear maps that were made, in order. */
  List<Linear> maps() {
    return List.copyOf(maps);
  }

  /** The tensors below a module. */
  Parts under(String module) {
    return new Parts(weights, prefix + module + ".", maps);
  }

  /** The tensors below a module if the file's names begin with it; models are also saved without their heads, and without it. */
  Parts base(String module) {
    boolean named = weights.tensors().stream().anyMatch(tensor -> tensor.name().startsWith(prefix + module + "."));
    return named ? under(module) : this;
  }

  Linear linear(String module, int inputs, int outputs, Bias bias) {
    return linear(module, Matrix.of(tensor(module + ".weight").requireShape(outputs, inputs)), bias, 0, outputs, outputs);
  }

  /** Neighbouring outputs of a map [rows, inputs] that serves several purposes. */
  Linear rows(String module, int inputs, int rows, int from, int outputs, Bias bias) {
    return rowsAtIntervals(module, inputs, rows, from, outputs, outputs, outputs, bias);
  }

  /** Outputs of a map [rows, inputs] that serves several purposes in turns: output o is row {@code from + o / run * stride + o % run}. */
  Linear rowsAtIntervals(String module, int inputs, int rows, int from, int run, int stride, int outputs, Bias bias) {
    Tensor tensor = tensor(module + ".weight").requireShape(rows, inputs);
    return linear(module, Matrix.rowsAtIntervals(tensor, from, run, stride, outputs), bias, from, run, stride);
  }

  /** Neighbouring outputs of a map that is stored [inputs, columns]. */
  Linear columns(String module, int inputs, int columns, int from, int outputs, Bias bias) {
    Tensor tensor = tensor(module + ".weight").requireShape(inputs, columns);
    return linear(module, Matrix.columns(tensor, from, outputs), bias, from, outputs, outputs);
  }

  private Linear linear(String module, Matrix matrix, Bias bias, int from, int run, int stride) {
    return switch (bias) {
      case ADDED -> remember(Linear.of(matrix, biases(module, matrix, from, run, stride)));
      case NONE -> {
        if (weights.find(prefix + module + ".bias").isPresent()) {
          throw new ModelException(ErrorCode.MODEL_UNSUPPORTED,
              "%s: tensor %s.bias: expected no bias, as the configuration has none, found one"
              .formatted(weights.path(), prefix + module));
        }
        yield remember(Linear.of(matrix));
      }
    };
  }

  private float[] biases(String module, Matrix matrix, int from, int run, int stride) {
    Tensor tensor = tensor(module + ".bias");
    long rows = matrix.lines();
    float[] all = values(tensor.requireShape(rows), (int) rows), result = new float[matrix.outputs()];
    for (int i = 0; i < result.length; i++) result[i] = all[from + i / run * stride + i % run];
    return result;
  }

  private Linear remember(Linear map) {
    maps.add(map);
    return map;
  }

  /** A map of a matrix that a caller has cut out of a tensor, with a bias [outputs]. */
  Linear linear(Matrix matrix, float[] bias) {
    return remember(Linear.of(matrix, bias));
  }

  /** A map of a matrix that a caller has cut out of a tensor, without bias. */
  Linear linear(Matrix matrix) {
    return remember(Linear.of(matrix));
  }

  /** The head to the vocabulary: its own tensor, or that of the embeddings where both are tied or the file holds but one. */
  Linear head(String module, Embedding embedding, boolean tied) {
    if (tied) return remember(Linear.of(Matrix.of(embedding.tensor())));
    return linear(module, embedding.width(), embedding.vocabulary(), Bias.NONE);
  }

  Embedding embedding(String module, int vocabulary, int width) {
    return embedding(module, vocabulary, width, 1f);
  }

  Embedding embedding(String module, int vocabulary, int width, float scale) {
    return new Embedding(tensor(module + ".weight").requireShape(vocabulary, width), vocabulary, width, scale, NO_POSITIONS);
  }

  /** Embeddings with learned positions. */
  Embedding embedding(String module, int vocabulary, int width, String positionsModule, int positions) {
    Tensor tensor = tensor(positionsModule + ".weight").requireShape(positions, width);
    return new Embedding(tensor(module + ".weight").requireShape(vocabulary, width), vocabulary, width, 1f,
        values(tensor, positions * width));
  }

  /** All values of a module's weight [rows, width]. */
  float[] rows(String module, int rows, int width) {
    return values(tensor(module + ".weight").requireShape(rows, width), Math.multiplyExact(rows, width));
  }

  Norm rmsNorm(String module, int width, float epsilon) {
    return new Norm.RootMeanSquare(vector(module + ".weight", width), epsilon);
  }

  /** A norm whose stored weight is the difference from {@code offset}. */
  Norm rmsNorm(String module, int width, float epsilon, float offset) {
    float[] weight = vector(module + ".weight", width);
    for (int i = 0; i < width; i++) weight[i] += offset;
    return new Norm.RootMeanSquare(weight, epsilon);
  }

  Norm layerNorm(String module, int width, float epsilon) {
    return new Norm.Layer(vector(module + ".weight", width), vector(module + ".bias", width), epsilon);
  }

  /** All values of a tensor of one dimension. */
  float[] vector(String name, int width) {
    return values(tensor(name).requireShape(width), width);
  }

  /** All values of a tensor of two dimensions. */
  float[] matrix(String name, int rows, int columns) {
    return values(tensor(name).requireShape(rows, columns), Math.multiplyExact(rows, columns));
  }

  /** All values of a tensor whose dimensions other than the last are 1. */
  float[] onlyRow(String name, int width) {
    Tensor tensor = tensor(name);
    long[] shape = new long[tensor.shape().length];
    Arrays.fill(shape, 1);
    shape[shape.length - 1] = width;
    return values(tensor.requireShape(shape), width);
  }

  Tensor tensor(String name) {
    return weights.tensor(prefix + name);
  }

  /** The first of some tensors that there is. */
  Optional<Tensor> first(String... names) {
    return Arrays.stream(names).map(this::find).flatMap(Optional::stream).findFirst();
  }

  Optional<Tensor> find(String name) {
    return weights.find(prefix + name);
  }

  private static float[] values(Tensor tensor, int count) {
    float[] values = new float[count];
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, count, values, 0);
    return values;
  }
}
