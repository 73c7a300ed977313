package org.scriptorium.engine.architecture;

import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.weights.Tensor;
import org.scriptorium.engine.weights.Weights;

/** Makes blocks of a model's tensors, checks their shapes, and remembers the linear maps among them. One model's own. */
public final class Parts {
  private final Weights weights;
  private final List<Linear> maps = new ArrayList<>();

  public Parts(Weights weights) {
    this.weights = weights;
  }

  /** The linear maps that were made, in order. */
  public List<Linear> maps() {
    return List.copyOf(maps);
  }

  Linear linear(String name, int inputs, int outputs) {
    weights.tensor(name).requireShape(outputs, inputs);
    var map = new Linear(name, inputs, outputs);
    maps.add(map);
    return map;
  }

  Embedding embedding(String name, int vocabulary, int width) {
    Tensor tensor = weights.tensor(name);
    tensor.requireShape(vocabulary, width);
    return new Embedding(tensor, vocabulary, width);
  }

  Norm rmsNorm(String name, int width, float epsilon) {
    return new Norm(vector(name, width), epsilon);
  }

  float[] vector(String name, int width) {
    Tensor tensor = weights.tensor(name);
    tensor.requireShape(width);
    float[] values = new float[width];
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, width, values, 0);
    return values;
  }

  /** Refuses a tensor that the family would have to use and does not. */
  void refuse(String name, String what) {
    if (weights.find(name).isPresent()) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: tensor %s (%s) is not supported".formatted(weights.path(), name, what));
    }
  }
}
