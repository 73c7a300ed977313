package org.scriptorium.engine.kernel.vector;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Rows;

/** Kernels over {@code jdk.incubator.vector}, of the width that this copy of the package was loaded for. */
public final class VectorKernels implements Kernels {
  private final Matmul matmul = new VectorMatmul();
  private final Rows rows = new VectorRows();

  @Override
  public String name() {
    return "vector-" + Lanes.BITS;
  }

  @Override
  public String layout() {
    return PanelLayout.NAME;
  }

  @Override
  public Matmul matmul() {
    return matmul;
  }

  @Override
  public Rows rows() {
    return rows;
  }

  @Override
  public Attention attention(CacheType type) {
    return new VectorAttention(switch (type) {
      case FLOAT32 -> new FloatBlocks();
      case FLOAT16 -> new HalfBlocks();
    });
  }
}
