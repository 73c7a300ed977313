package org.scriptorium.engine.model;

import java.util.List;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;

/**
 * A decoder-only language model: embeddings, layers, a last norm, a head.
 *
 * @param head to the vocabulary; a tied one reads the embeddings' tensor
 * @param contextLength in tokens
 */
public record Decoder(TokenEmbedding embedding, List<DecoderLayer> layers, Norm norm, TokenHead head, int contextLength) implements
    Transformer {
  public Decoder {
    layers = List.copyOf(layers);
    AttentionBlock first = layers.getFirst().attention();
    for (DecoderLayer layer : layers) {
      AttentionBlock attention = layer.attention();
      boolean same = attention.cachedHeads() == first.cachedHeads() && attention.cachedWidth() == first.cachedWidth();
      if (!same) throw new IllegalArgumentException("layers of one decoder share the shape of their cache");
    }
  }

  @Override
  public int vocabulary() {
    return head.outputs();
  }

  /**
   * First position whose keys and values a row at {@code position} needs: what lies before may be given back.
   *
   * @param segment where the row's segment begins ({@link SequenceCache#beginSegment})
   */
  public int from(int position, int segment) {
    int first = position;
    for (DecoderLayer layer : layers) first = Math.min(first, layer.attention().from(position, segment));
    return first;
  }

  /** Longest sequence, in tokens, that is turned as the short ones are ({@link Rotary}). */
  public int shortLength() {
    return layers.stream().mapToInt(layer -> layer.attention().rotary().shortLength()).min().orElseThrow();
  }

  public CacheShape cacheShape(CacheType type) {
    AttentionBlock attention = layers.getFirst().attention();
    return new CacheShape(layers.size(), attention.cachedHeads(), attention.cachedWidth(), type);
  }

  /** Binds the model to a machine, to the memory of one scheduler and to a cache of one shape. */
  public Execution bind(Machine machine, Step step, CacheShape cache) {
    return new Execution(this, machine, step, cache);
  }

  /** A model that runs steps; one scheduler's own, not for several threads. */
  public static final class Execution {
    private final Decoder decoder;
    private final Machine machine;
    private final Workspace workspace;
    private final List<Runnable> layers;
    private final TokenHead.Bound head;

    private Execution(Decoder decoder, Machine machine, Step step, CacheShape cache) {
      this.decoder = decoder;
      this.machine = machine;
      workspace = new Workspace(step, decoder.embedding().width(), decoder.vocabulary());
      layers = java.util.stream.IntStream.range(0, decoder.layers().size())
          .mapToObj(layer -> decoder.layers().get(layer).bind(machine, workspace, cache, layer)).toList();
      head = decoder.head().bind(machine, workspace);
    }

    /**
     * Runs the step: the cache of each row then holds its key and value, and {@link #logits} and {@link #argmax} the outputs'.
     */
    public void run() {
      Step step = workspace.step;
      workspace.begin();
      machine.run(this::embed, step.rows());
      for (Runnable layer : layers) layer.run();
      if (step.outputs() == 0) return;
      machine.run(this::finish, step.outputs());
      head.run();
    }

    /** [outputs, vocabulary] logits of the last step, row by output, where the step wanted them; overwritten by the next. */
    public float[] logits() {
      return head.logits();
    }

    /** Index of the greatest logit of an output, the first of equals; -1 if one is NaN or the greatest is not finite. */
    public int argmax(int output) {
      return head.argmax(output);
    }

    private void embed(int row, int worker) {
      Step step = workspace.step;
      TokenEmbedding embedding = decoder.embedding();
      embedding.read(machine, worker, step.token(row), step.position(row), workspace.hidden, row * embedding.width());
      workspace.turn(row);
      assert step.position(row) < step.cache(row).blocks() * Attention.BLOCK;
    }

    private void finish(int output, int worker) {
      int width = decoder.norm().width();
      decoder.norm().apply(machine.kernels().rows(), workspace.hidden, workspace.outputRow(output) * width, workspace.outputs,
          output * width);
    }
  }
}
