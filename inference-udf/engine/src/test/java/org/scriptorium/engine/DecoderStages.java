package org.scriptorium.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Matrix;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.model.PlainFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.weights.Tensor;

/** The beginnings of a decoder: models of its first layers alone, whose outputs are the states that go into the next. */
final class DecoderStages implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Decoder whole;
  private final int width;
  private final Linear identity;
  private final DecoderLayer nothing;
  private final PackedWeights packed;

  DecoderStages(RecurrentReplay replay, Path packedDirectory) {
    whole = replay.decoder();
    width = whole.embedding().width();
    identity = map("identity", width, 1f);
    Linear zeros = map("zeros", width, 0f);
    var attention = whole.layers().getFirst().attention();
    var shape = new AttentionShape(attention.cachedHeads(), attention.cachedHeads(), attention.cachedWidth());
    Linear in = map("in", shape.queryWidth(), 0f);
    Linear out = Linear.of(Matrix.of(tensor("out", width, shape.queryWidth(), 0f)));
    nothing = new DecoderLayer.PreNorm(new Norm.None(width), SelfAttention.plain(shape, in, in, in, out, Rotary.NONE), new Norm.None(width),
        new PlainFeedForward(zeros, zeros, Activation.RELU));
    packed = PackedWeights.bind(List.of(identity, zeros, in, out), replay.model().weights(), replay.machine(), packedDirectory,
        "stages-%d-%d".formatted(width, shape.queryWidth()));
  }

  private Linear map(String name, int outputs, float diagonal) {
    return Linear.of(Matrix.of(tensor(name, outputs, width, diagonal)));
  }

  private Tensor tensor(String name, int rows, int columns, float diagonal) {
    MemorySegment data = arena.allocate((long) rows * columns * Float.BYTES);
    for (int i = 0; i < Math.min(rows, columns); i++) data.setAtIndex(ValueLayout.JAVA_FLOAT, (long) i * columns + i, diagonal);
    return new Tensor(name, StorageType.F32, new long[] {rows, columns}, data);
  }

  /** A model whose outputs are the states before a layer, or after the last. */
  Decoder before(int layer) {
    var layers = new ArrayList<>(whole.layers().subList(0, layer));
    if (layers.isEmpty()) layers.add(nothing);
    return new Decoder(whole.embedding(), layers, new Norm.None(width), identity, whole.contextLength());
  }

  @Override
  public void close() {
    packed.close();
    arena.close();
  }
}
