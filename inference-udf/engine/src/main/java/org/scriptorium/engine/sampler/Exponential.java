package org.scriptorium.engine.sampler;

/**
 * The exponential function for weights of tokens, of our own so that every platform gives the same bits; it uses no fused
 * multiply-add and no table.
 */
final class Exponential {
  private static final double LOG2_E = 1.4426950408889634;
  /** ln 2 in two parts; the first has 21 trailing zero bits, so that its product with an exponent is exact. */
  private static final double LN2_HIGH = 0x1.62e42fefa0000p-1;
  private static final double LN2_LOW = 0x1.cf79abc9e3b39p-40;
  /** Added to a double of moderate size, this leaves the nearest integer in the lowest bits of the sum. */
  private static final double ROUNDER = 0x1.8p52;
  private static final double SMALLEST = -708;

  private Exponential() {}

  /** e to the power x for x up to 0, within two units in the last place; 0 below -708. */
  static double of(double x) {
    if (!(x >= SMALLEST)) return 0;
    double shifted = x * LOG2_E + ROUNDER;
    double exponent = shifted - ROUNDER;
    double r = x - exponent * LN2_HIGH - exponent * LN2_LOW;
    // Taylor's series: |r| is at most ln 2 / 2, where the first term left out is below 2^-57.
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    return p * Double.longBitsToDouble((Double.doubleToRawLongBits(shifted) + 1023) << 52);
  }
}
