package org.scriptorium.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Rows;

/**
 * What a model makes of its encoder's states.
 *
 * @param stages one after the other, each on the values of the one before; none where a model's states are its result
 */
public record EncoderHead(Kind kind, List<Dense> stages) {
  public EncoderHead {
    stages = List.copyOf(stages);
  }

  /** What a head's values are. */
  public enum Kind {
    /** Nothing but the states. */
    STATES,
    /** One vector for a sequence, of its first position. */
    POOLED,
    /** One value for each label of a sequence, of its first position. */
    LABELS,
    /** Two values for each position: that an answer begins there, and that it ends there. */
    SPANS,
    /** One value for each entry of the vocabulary, for a position whose token is masked. */
    VOCABULARY
  }

  /** Values that the head gives for a state. */
  public int outputs() {
    return stages.isEmpty() ? 0 : stages.getLast().map().outputs();
  }

  /** Binds the head to a machine, with memory of its own. */
  public Execution bind(Machine machine) {
    return new Execution(this, machine);
  }

  /** A head that runs; for one thread at a time. */
  public static final class Execution {
    private final Machine machine;
    private final List<Stage> stages = new ArrayList<>();

    private Execution(EncoderHead head, Machine machine) {
      this.machine = machine;
      for (Dense stage : head.stages()) stages.add(new Stage(stage));
    }

    /**
     * [rows, outputs] values of as many states; overwritten by the next call.
     *
     * @param states [rows, width]
     */
    public float[] run(float[] states, int rows) {
      float[] values = states;
      for (Stage stage : stages) values = stage.run(values, rows);
      return values;
    }

    private final class Stage {
      private final Dense dense;
      private final Optional<Rows.InPlace> function;
      private float[] target = {};

      private Stage(Dense dense) {
        this.dense = dense;
        function = dense.activation().map(machine.kernels().rows()::activation);
      }

      private float[] run(float[] source, int rows) {
        Kernels kernels = machine.kernels();
        int width = dense.map().outputs();
        if (target.length < (long) rows * width) target = new float[Math.multiplyExact(rows, width)];
        float[] values = target;
        machine.run((panel, worker) -> dense.map().multiply(kernels, panel, rows, source, values, Store.SET, machine.scratch(worker)),
            dense.map().panels(kernels.matmul()));
        machine.run((row, worker) -> {
          function.ifPresent(each -> each.apply(values, row * width, width));
          dense.norm().apply(kernels.rows(), values, row * width, values, row * width);
        }, rows);
        return values;
      }
    }
  }
}
