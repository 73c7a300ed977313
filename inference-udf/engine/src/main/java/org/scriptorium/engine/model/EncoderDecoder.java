package org.scriptorium.engine.model;

import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;

/**
 * A model that reads a source and writes a text about it: an encoder, and a decoder each of whose layers attends to the encoder's states
 * (Vaswani et al. 2017, arXiv:1706.03762).
 *
 * @param sourceLength most tokens of a source
 */
public record EncoderDecoder(EncoderStack encoder, Decoder decoder, int sourceLength) implements Transformer {
  private static final int[] ONE_TEXT = {};

  /** Of the decoder, whose tokens are the model's output. */
  @Override
  public int vocabulary() {
    return decoder.vocabulary();
  }

  /** Of what the model reads. */
  @Override
  public int contextLength() {
    return sourceLength;
  }

  /**
   * Binds the model's reading half to a machine.
   *
   * @param cache the shape of the decoder's cache
   * @param rows tokens that are read together where sources are short
   */
  public Reading bind(Machine machine, CacheShape cache, int rows) {
    return new Reading(this, machine, cache, Math.min(rows, sourceLength));
  }

  /** Reads sources, several of which share the passes over the weights. Owner of its working memory; for one thread at a time. */
  public static final class Reading implements AutoCloseable {
    private final EncoderDecoder model;
    private final Machine machine;
    private final CacheShape cache;
    private final Attention attention;
    private final List<CrossAttention> crossings;
    private final List<SequenceCache> targets = new ArrayList<>();
    private final int keyWidth;
    private int maxRows;
    private EncoderStack.Execution execution;
    private float[] keys;
    private float[] values;
    /** For each row the source that it belongs to, and where it stands in it. */
    private int[] owners;
    private int[] positions;
    private int rows;

    private Reading(EncoderDecoder model, Machine machine, CacheShape cache, int maxRows) {
      this.model = model;
      this.machine = machine;
      this.cache = cache;
      attention = machine.kernels().attention(cache.type());
      crossings = model.decoder.layers().stream().map(layer -> layer.crossing().orElseThrow()).toList();
      keyWidth = crossings.getFirst().shape().keyWidth();
      make(maxRows);
    }

    /** All or nothing: where memory does not suffice, what was there goes on. */
    private void make(int count) {
      float[] moreKeys = new float[Math.multiplyExact(count, keyWidth)], moreValues = new float[moreKeys.length];
      int[] moreOwners = new int[count], morePositions = new int[count];
      execution = model.encoder.bind(machine, count);
      maxRows = count;
      keys = moreKeys;
      values = moreValues;
      owners = moreOwners;
      positions = morePositions;
    }

    /**
     * Reads some sources, as many together as there is room for; their keys and values are then in the caches' blocks.
     *
     * @param sources the tokens of each, at least 1
     * @param caches one a source, with room for its tokens
     */
    public void read(List<int[]> sources, List<SequenceCache> caches) {
      try {
        for (int i = 0; i < sources.size(); i++) {
          int[] tokens = sources.get(i);
          if (rows + tokens.length > maxRows) run();
          if (tokens.length > maxRows) enlarge(tokens.length);
          add(tokens, caches.get(i));
        }
        run();
      } finally {
        // What fails takes its sources along, and no others.
        clear();
      }
    }

    private void enlarge(int tokens) {
      EncoderStack.Execution smaller = execution;
      make(Math.min(model.sourceLength, Math.max(tokens, 2 * maxRows)));
      smaller.close();
    }

    private void add(int[] tokens, SequenceCache target) {
      execution.add(tokens, ONE_TEXT, position -> true);
      for (int position = 0; position < tokens.length; position++) {
        owners[rows] = targets.size();
        positions[rows++] = position;
        target.reach(position);
      }
      targets.add(target);
    }

    private void run() {
      if (rows == 0) return;
      execution.run();
      for (int layer = 0; layer < crossings.size(); layer++) remember(layer);
      clear();
    }

    private void clear() {
      execution.clear();
      targets.clear();
      rows = 0;
    }

    private void remember(int layer) {
      Kernels kernels = machine.kernels();
      CrossAttention crossing = crossings.get(layer);
      float[] states = execution.states();
      int panels = crossing.key().panels(kernels.matmul());
      machine.run((task, worker) -> {
        boolean isKey = task < panels;
        Linear map = isKey ? crossing.key() : crossing.value();
        map.multiply(kernels, isKey ? task : task - panels, rows, states, isKey ? keys : values, Store.SET, machine.scratch(worker));
      }, 2 * panels);
      machine.run((row, worker) -> crossing.remember(attention, keys, values, row * keyWidth, targets.get(owners[row]), positions[row],
          cache, layer), rows);
    }

    @Override
    public void close() {
      execution.close();
    }
  }
}
