package org.scriptorium.engine.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Decimal numbers as serde_json reads them for Hugging Face's {@code tokenizers}: the digits as an integer of 64 bits, then one division or
 * multiplication by a power of ten. The result may be off by a unit in the last place, which decides between ways of equal probability.
 */
final class Reals {
  private static final BigInteger LIMIT = BigInteger.ONE.shiftLeft(64);
  private static final int GREATEST_POWER = 308;

  private Reals() {}

  /** The value of a number that was read as a {@link BigDecimal}; integers are exact. */
  static double of(JsonNode number) {
    if (!number.isBigDecimal()) return number.doubleValue();
    BigDecimal decimal = number.decimalValue();
    BigInteger digits = decimal.unscaledValue().abs();
    int exponent = -decimal.scale();
    // Digits that do not fit are left out.
    for (; digits.compareTo(LIMIT) >= 0; exponent++) digits = digits.divide(BigInteger.TEN);
    double value = digits.doubleValue();
    if (exponent >= 0) return signed(decimal, value * power(exponent));
    for (; exponent < -GREATEST_POWER && value != 0; exponent += GREATEST_POWER) value /= power(GREATEST_POWER);
    return signed(decimal, value / power(-exponent));
  }

  private static double signed(BigDecimal decimal, double value) {
    return decimal.signum() < 0 ? -value : value;
  }

  private static double power(int exponent) {
    return Double.parseDouble("1e" + exponent);
  }
}
