package org.scriptorium.engine.kernel.scalar;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Rows;

/** Plain Java with double accumulation: the oracle of every other provider, and what runs where there is no vector unit. */
public final class ScalarKernels implements Kernels {
  private final Matmul matmul = new ScalarMatmul();
  private final Rows rows = new ScalarRows();

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public String layout() {
    return "scalar-1";
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
    return new ScalarAttention(type);
  }
}
