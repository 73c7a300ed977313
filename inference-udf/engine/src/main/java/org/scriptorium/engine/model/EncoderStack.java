package org.scriptorium.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Rows;

/**
 * Layers in which every position of a sequence sees the whole sequence (Vaswani et al. 2017, arXiv:1706.03762; Devlin et al. 2018,
 * arXiv:1810.04805): an encoder, alone or before a decoder.
 *
 * @param types [types, width] added to each token's embedding by the text it belongs to; empty where a model knows one text
 * @param embeddingNorm of what goes into the first layer
 * @param layers whose attention sees {@link Window#WHOLE}
 * @param norm of what comes out of the last layer
 */
public record EncoderStack(Embedding embedding, float[] types, Norm embeddingNorm, List<DecoderLayer> layers, Norm norm) {
  public EncoderStack {
    layers = List.copyOf(layers);
  }

  /** Width of a position's state. */
  public int width() {
    return embedding.width();
  }

  /**
   * Binds the stack to a machine, with memory for steps of its own.
   *
   * @param maxRows most tokens of a step, and so of a sequence
   */
  public Execution bind(Machine machine, int maxRows) {
    return new Execution(this, machine, maxRows);
  }

  /** One layer's keys and values are of no use once the next begins: a block has room for one. They stay in float32. */
  private CacheShape cacheShape() {
    AttentionBlock attention = layers.getFirst().attention();
    return new CacheShape(layers.size(), 1, attention.cachedHeads(), attention.cachedWidth(), CacheType.FLOAT32);
  }

  /**
   * A stack that runs steps of whole sequences, which share the passes over the weights. Owner of its working memory; for one thread at
   * a time.
   */
  public static final class Execution implements AutoCloseable {
    private final EncoderStack stack;
    private final Machine machine;
    private final Step step;
    private final Workspace workspace;
    private final BlockPool pool;
    private final List<SequenceCache> caches = new ArrayList<>();
    private final List<Runnable> layers;
    private int sequences;

    private Execution(EncoderStack stack, Machine machine, int maxRows) {
      this.stack = stack;
      this.machine = machine;
      step = new Step(maxRows, maxRows);
      workspace = new Workspace(step, stack.width(), stack.width());
      CacheShape shape = stack.cacheShape();
      pool = new BlockPool(shape, Long.MAX_VALUE);
      layers = IntStream.range(0, stack.layers().size()).mapToObj(layer -> stack.layers().get(layer).bind(machine, workspace, shape, layer))
          .toList();
    }

    /** Begins a step without sequences. */
    public void clear() {
      step.clear();
      for (int i = 0; i < sequences; i++) caches.get(i).release();
      sequences = 0;
    }

    /** Tokens that still fit into the step. */
    public int room() {
      return step.maxRows() - step.rows();
    }

    /**
     * Adds a whole sequence.
     *
     * @param tokens at least 1, at most {@link #room}
     * @param types of the tokens; empty where all are 0
     * @param wanted whether a position's state is an output; the last layer computes no others
     * @return index of the sequence's first output
     */
    public int add(int[] tokens, int[] types, IntPredicate wanted) {
      SequenceCache cache = cache();
      for (int i = 0; i < tokens.length; i += Attention.BLOCK) cache.append(pool.take());
      int first = step.outputs();
      for (int position = 0; position < tokens.length; position++) {
        step.ofType(types.length == 0 ? 0 : types[position]);
        if (wanted.test(position)) step.addOutput(tokens[position], position, cache);
        else step.add(tokens[position], position, cache);
      }
      return first;
    }

    private SequenceCache cache() {
      if (caches.size() == sequences) caches.add(new SequenceCache());
      return caches.get(sequences++);
    }

    /** Runs the step's sequences; {@link #states} then holds the outputs. */
    public void run() {
      workspace.begin();
      machine.run(this::embed, step.rows());
      for (Runnable layer : layers) layer.run();
      machine.run(this::finish, step.outputs());
    }

    private void embed(int row, int worker) {
      Rows rows = machine.kernels().rows();
      int width = stack.width(), at = row * width;
      stack.embedding().read(rows, step.token(row), step.position(row), workspace.hidden, at);
      if (stack.types().length > 0) rows.add(workspace.hidden, at, 1f, stack.types(), step.type(row) * width, width);
      stack.embeddingNorm().apply(rows, workspace.hidden, at, workspace.hidden, at);
      workspace.turn(row);
    }

    private void finish(int output, int worker) {
      int width = stack.width();
      stack.norm().apply(machine.kernels().rows(), workspace.hidden, workspace.outputRow(output) * width, workspace.outputs, output * width);
    }

    /** Outputs of the step's sequences. */
    public int outputs() {
      return step.outputs();
    }

    /** [outputs, width] states of the wanted positions, in the order they were added; overwritten by the next step. */
    public float[] states() {
      return workspace.outputs;
    }

    @Override
    public void close() {
      pool.close();
    }
  }
}
