package org.scriptorium.engine.kernel.vector;

import java.util.Set;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/** The vector width of this copy of the package: 512 or 256 bits. */
final class Lanes {
  static final int PREFERRED_BITS = Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize());
  static final int BITS = bits();
  static final boolean WIDE = BITS == 512;

  static final VectorSpecies<Float> FLOATS = WIDE ? FloatVector.SPECIES_512 : FloatVector.SPECIES_256;
  static final VectorSpecies<Integer> INTEGERS = WIDE ? IntVector.SPECIES_512 : IntVector.SPECIES_256;
  /** As many shorts as {@link #FLOATS} has lanes. */
  static final VectorSpecies<Short> SHORTS = WIDE ? ShortVector.SPECIES_256 : ShortVector.SPECIES_128;
  /** As many bytes as {@link #FLOATS} has lanes. */
  static final VectorSpecies<Byte> BYTES = WIDE ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

  static final int COUNT = FLOATS.length();
  /** Whether fences between loads, which cost nothing on x86, hold the compiler to the order of the loads as written. */
  static final boolean IN_ORDER = Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"));

  private Lanes() {}

  private static int bits() {
    String loader = String.valueOf(Lanes.class.getClassLoader() == null ? "" : Lanes.class.getClassLoader().getName());
    return switch (loader) {
      case "scriptorium-vector-256" -> 256;
      case "scriptorium-vector-512" -> 512;
      default -> PREFERRED_BITS == 512 ? 512 : 256;
    };
  }
}
