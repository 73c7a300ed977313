package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.vector.PanelLayout.WIDTH;

import java.lang.foreign.MemorySegment;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Packed;
import org.scriptorium.engine.kernel.Scratch;
import org.scriptorium.engine.kernel.StorageType;

/**
 * Matrix products over packed panels. A batch of rows dequantizes a panel once and passes through it in register tiles; a
 * single row dequantizes into registers.
 */
final class VectorMatmul implements Matmul {

  @Override
  public int panel() {
    return WIDTH;
  }

  @Override
  public boolean supports(StorageType type, int inputs, int outputs) {
    return inputs > 0 && outputs > 0 && inputs % type.blockElements() == 0 && (long) inputs * WIDTH * Float.BYTES < Integer.MAX_VALUE;
  }

  @Override
  public long packedBytes(StorageType type, int inputs, int outputs) {
    return (PanelLayout.panels(outputs) * PanelLayout.of(type).panelBytes(inputs) + 63) / 64 * 64;
  }

  @Override
  public void pack(StorageType type, MemorySegment weight, int inputs, int outputs, int fromPanel, int toPanel, MemorySegment packed) {
    var packer = new PanelPacker(type, inputs, outputs);
    for (int panel = fromPanel; panel < toPanel; panel++) packer.pack(weight, panel, packed);
  }

  @Override
  public void multiply(Packed weight, int fromPanel, int toPanel, int rows, float[] source, int sourceFrom, int sourceStride,
      float[] target, int targetFrom, int targetStride, Store store, Scratch scratch) {
    if (rows == 0) return;
    int inputs = weight.inputs();
    PanelLayout layout = PanelLayout.of(weight.type());
    long bytes = layout.panelBytes(inputs);
    float[] packed = rows == 1 ? null : scratch.tiles(rows * inputs);
    if (rows > 1 && !scratch.hasLaidOut(source, sourceFrom, sourceStride, inputs, rows)) {
      Tiles.pack(source, sourceFrom, sourceStride, inputs, rows, packed);
    }
    for (int panel = fromPanel; panel < toPanel; panel++) {
      int output = panel * WIDTH, count = Math.min(WIDTH, weight.outputs() - output);
      if (rows == 1) {
        SingleRow.multiply(layout, weight.data(), panel * bytes, inputs, source, sourceFrom, target, targetFrom + output, count, store);
      } else {
        float[] values = scratch.panel(Tiles.panelSize(inputs));
        PanelReader.read(layout, weight.data(), panel * bytes, inputs, values);
        Tiles.multiply(values, inputs, rows, packed, target, targetFrom + output, targetStride, count, store);
      }
    }
  }
}
