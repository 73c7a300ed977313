package org.scriptorium.engine.model;

import java.util.List;
import org.scriptorium.engine.kernel.Attention;

/**
 * A decoder-only language model: embeddings, layers, a last norm, a head.
 *
 * @param head to the vocabulary; a tied one reads the embeddings' tensor
 * @param contextLength in tokens
 */
public record Decoder(Embedding embedding, List<DecoderLayer> layers, Norm norm, Linear head, Rotary rotary, int contextLength) {
  public Decoder {
    layers = List.copyOf(layers);
  }

  public int vocabulary() {
    return head.outputs();
  }

  public CacheShape cacheShape() {
    AttentionShape shape = layers.getFirst().attention().shape();
    return new CacheShape(layers.size(), shape.keyHeads(), shape.width());
  }

  /** Binds the model to a machine and to the memory of one scheduler. */
  public Execution bind(Machine machine, Step step) {
    return new Execution(this, machine, step);
  }

  /** A model that runs steps; one scheduler's own, not for several threads. */
  public static final class Execution {
    private final Decoder decoder;
    private final Machine machine;
    private final Workspace workspace;
    private final List<Runnable> layers;
    private final int headPanels;

    private Execution(Decoder decoder, Machine machine, Step step) {
      this.decoder = decoder;
      this.machine = machine;
      DecoderLayer first = decoder.layers().getFirst();
      int pairs = decoder.rotary().pairs();
      workspace = new Workspace(step, decoder.embedding().width(), first.attention().shape(), first.feedForward().width(), pairs,
          decoder.vocabulary());
      CacheShape cache = decoder.cacheShape();
      layers = java.util.stream.IntStream.range(0, decoder.layers().size())
          .mapToObj(layer -> decoder.layers().get(layer).bind(machine, workspace, cache, layer)).toList();
      headPanels = decoder.head().panels(machine.kernels().matmul());
    }

    /**
     * Runs the step: the cache of each row then holds its key and value, and {@link #logits} the outputs'.
     */
    public void run() {
      Step step = workspace.step;
      machine.run(this::embed, step.rows());
      for (Runnable layer : layers) layer.run();
      if (step.outputs() == 0) return;
      machine.run(this::finish, step.outputs());
      machine.run(this::score, headPanels);
    }

    /** [outputs, vocabulary] logits of the last step, row by output; overwritten by the next. */
    public float[] logits() {
      return workspace.logits;
    }

    /** Index of the greatest logit of an output; -1 if one is NaN or the greatest is not finite. */
    public int argmax(int output) {
      return machine.kernels().rows().argmax(workspace.logits, output * decoder.vocabulary(), decoder.vocabulary());
    }

    private void embed(int row, int worker) {
      Step step = workspace.step;
      int width = decoder.embedding().width(), pairs = decoder.rotary().pairs();
      decoder.embedding().read(step.token(row), workspace.hidden, row * width);
      decoder.rotary().angles(step.position(row), workspace.cosines, workspace.sines, row * pairs);
      assert step.position(row) < step.cache(row).blocks() * Attention.BLOCK;
    }

    private void finish(int output, int worker) {
      decoder.norm().apply(machine, workspace.hidden, workspace.step.outputRow(output), workspace.outputs, output);
    }

    private void score(int panel, int worker) {
      decoder.head().multiply(machine.kernels().matmul(), panel, workspace.step.outputs(), workspace.outputs, workspace.logits,
          org.scriptorium.engine.kernel.Matmul.Store.SET, machine.scratch(worker));
    }
  }
}
