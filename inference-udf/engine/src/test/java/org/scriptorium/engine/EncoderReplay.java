package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.Encoder;
import org.scriptorium.engine.model.EncoderStack;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.weights.Fingerprint;

/** Runs given token sequences through an encoder and its head, in steps of any composition. */
final class EncoderReplay implements AutoCloseable {
  private static final int MAX_ROWS = 160;

  private final LanguageModel model;
  private final Machine machine;
  private final PackedWeights packed;

  /** @param types of the tokens; empty where all are 0 */
  record Input(int[] ids, int[] types) {}

  /** States [tokens, width] and, where the model has a head, its values for each token. */
  record Output(float[] states, float[] values) {}

  EncoderReplay(Path file, String kernels, int bits, int threads, Path packedDirectory) {
    model = LanguageModel.open(file);
    machine = new Machine(Providers.open(kernels, bits), threads, "replay");
    packed = PackedWeights.bind(model.maps(), model.weights(), machine, packedDirectory, Fingerprint.sha256(file));
  }

  Encoder encoder() {
    return model.encoder();
  }

  /** The first {@code layers} layers of the stack. */
  EncoderStack first(int layers) {
    EncoderStack stack = encoder().stack();
    return new EncoderStack(stack.embedding(), stack.types(), stack.embeddingNorm(), stack.layers().subList(0, layers),
        new Norm.None(stack.width()));
  }

  /** The stack with its positions counted from {@code first}, as where a batch's rows are padded on the left. */
  EncoderStack from(int first) {
    EncoderStack stack = encoder().stack();
    Embedding words = stack.embedding();
    float[] positions = Arrays.copyOfRange(words.positions(), first * words.width(), words.positions().length);
    return new EncoderStack(new Embedding(words.tensor(), words.vocabulary(), words.width(), words.scale(), positions), stack.types(),
        stack.embeddingNorm(), stack.layers(), stack.norm());
  }

  /** All positions of all inputs, as many inputs a step as fit, in their order. */
  List<Output> run(EncoderStack stack, List<Input> inputs) {
    var outputs = new ArrayList<Output>();
    var head = encoder().head().bind(machine);
    try (var execution = stack.bind(machine, MAX_ROWS)) {
      for (int next = 0; next < inputs.size();) {
        execution.clear();
        var lengths = new ArrayList<Integer>();
        for (; next < inputs.size() && inputs.get(next).ids().length <= execution.room(); next++) {
          execution.add(inputs.get(next).ids(), inputs.get(next).types(), position -> true);
          lengths.add(inputs.get(next).ids().length);
        }
        execution.run();
        int width = stack.width(), count = encoder().head().outputs(), at = 0;
        float[] values = count == 0 ? new float[0] : head.run(execution.states(), execution.outputs());
        for (int length : lengths) {
          outputs.add(new Output(Arrays.copyOfRange(execution.states(), at * width, (at + length) * width),
              Arrays.copyOfRange(values, at * count, (at + length) * count)));
          at += length;
        }
      }
    }
    return outputs;
  }

  /** States of the first positions alone, which is all that the last layer computes then. */
  List<float[]> firstPositions(List<Input> inputs) {
    var outputs = new ArrayList<float[]>();
    int width = encoder().stack().width();
    try (var execution = encoder().stack().bind(machine, MAX_ROWS)) {
      for (int next = 0; next < inputs.size();) {
        execution.clear();
        for (; next < inputs.size() && inputs.get(next).ids().length <= execution.room(); next++) {
          execution.add(inputs.get(next).ids(), inputs.get(next).types(), position -> position == 0);
        }
        execution.run();
        for (int i = 0; i < execution.outputs(); i++) outputs.add(Arrays.copyOfRange(execution.states(), i * width, (i + 1) * width));
      }
    }
    return outputs;
  }

  @Override
  public void close() {
    machine.close();
    packed.close();
    model.close();
  }
}
