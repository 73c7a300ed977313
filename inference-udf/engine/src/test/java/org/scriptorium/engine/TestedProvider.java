package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.kernel.Providers;

/**
 * A kernel provider as the engine's tests ask for it.
 *
 * @param bits of its vectors; 0 where it has none
 */
record TestedProvider(String kernels, int bits) {

  /** The scalar one, and the vector one in every width that this machine has. */
  static List<TestedProvider> all() {
    var all = new ArrayList<>(List.of(new TestedProvider("scalar", 0)));
    if (!Providers.hasVectorModule()) return all;
    for (int bits = 256; bits <= Providers.preferredBits(); bits *= 2) all.add(new TestedProvider("vector", bits));
    return all;
  }

  @Override
  public String toString() {
    return bits == 0 ? kernels : kernels + "-" + bits;
  }
}
