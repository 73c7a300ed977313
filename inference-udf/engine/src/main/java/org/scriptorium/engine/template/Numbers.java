package org.scriptorium.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import org.scriptorium.engine.template.Expression.Operator;

/** Python's arithmetic on bool, int and float: ints without overflow, division that rounds down, remainders with the divisor's sign. */
final class Numbers {
  /** The order of NaN and anything. */
  static final int UNORDERED = 2;

  /** Ints may have so many bits, which is beyond anything a prompt needs and below what would take long. */
  private static final int BITS = 8192;

  private Numbers() {}

  static Object integerLiteral(String digits) {
    int radix = digits.length() < 2 ? 10 : switch (Character.toLowerCase(digits.charAt(1))) {
      case 'b' -> 2;
      case 'o' -> 8;
      case 'x' -> 16;
      default -> 10;
    };
    String plain = radix == 10 ? digits : digits.substring(2);
    if (plain.length() > 2000) throw TemplateFailure.value("an int of %d digits is not supported".formatted(plain.length()));
    return normal(new BigInteger(plain, radix));
  }

  /** The shortest form of an int: Long if it fits. */
  static Object normal(BigInteger value) {
    if (value.bitLength() > BITS) throw TemplateFailure.value("an int of more than %d bits is not supported".formatted(BITS));
    return value.bitLength() < 64 ? (Object) value.longValue() : value;
  }

  static BigInteger integer(Object value) {
    return switch (value) {
      case Long number -> BigInteger.valueOf(number);
      case BigInteger number -> number;
      case Boolean truth -> truth ? BigInteger.ONE : BigInteger.ZERO;
      default -> throw TemplateFailure.type("'%s' object cannot be interpreted as an integer".formatted(Values.typeName(value)));
    };
  }

  static double real(Object value) {
    if (value instanceof Double number) return number;
    double real = integer(value).doubleValue();
    if (Double.isInfinite(real)) throw new TemplateFailure("OverflowError", "int too large to convert to float");
    return real;
  }

  static int compare(Object left, Object right) {
    if (left instanceof Long a && right instanceof Long b) return Long.compare(a, b);
    if (!(left instanceof Double) && !(right instanceof Double)) return integer(left).compareTo(integer(right));
    if (isNaN(left) || isNaN(right)) return UNORDERED;
    if (isInfinite(left) || isInfinite(right)) return Double.compare(bounded(left), bounded(right));
    return decimal(left).compareTo(decimal(right));
  }

  private static boolean isNaN(Object value) {
    return value instanceof Double number && number.isNaN();
  }

  private static boolean isInfinite(Object value) {
    return value instanceof Double number && number.isInfinite();
  }

  private static double bounded(Object value) {
    return value instanceof Double number ? number : 0;
  }

  private static BigDecimal decimal(Object value) {
    return value instanceof Double number ? new BigDecimal(number) : new BigDecimal(integer(value));
  }

  static Object arithmetic(Operator operator, Object left, Object right) {
    if (left instanceof Double || right instanceof Double || operator == Operator.DIVIDE) return real(operator, real(left), real(right));
    if (left instanceof Long a && right instanceof Long b) {
      try {
        switch (operator) {
          case ADD -> { return Math.addExact(a, b); }
          case SUBTRACT -> { return Math.subtractExact(a, b); }
          case MULTIPLY -> { return Math.multiplyExact(a, b); }
          case DIVIDE, FLOOR_DIVIDE, REMAINDER, POWER -> { }
        }
      } catch (ArithmeticException _) {
        // Too large for a long: below with unbounded ints.
      }
    }
    return whole(operator, integer(left), integer(right));
  }

  private static Object whole(Operator operator, BigInteger left, BigInteger right) {
    return switch (operator) {
      case ADD -> normal(left.add(right));
      case SUBTRACT -> normal(left.subtract(right));
      case MULTIPLY -> normal(left.multiply(right));
      case FLOOR_DIVIDE, REMAINDER -> {
        if (right.signum() == 0) throw divisionByZero("integer division or modulo by zero");
        var parts = left.divideAndRemainder(right);
        boolean down = parts[1].signum() != 0 && parts[1].signum() != right.signum();
        if (operator == Operator.REMAINDER) yield normal(down ? parts[1].add(right) : parts[1]);
        yield normal(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
      }
      case POWER -> power(left, right);
      case DIVIDE -> throw new AssertionError();
    };
  }

  private static Object power(BigInteger base, BigInteger exponent) {
    if (exponent.signum() < 0) return real(Operator.POWER, base.doubleValue(), exponent.doubleValue());
    if (base.abs().compareTo(BigInteger.ONE) <= 0) {
      if (exponent.signum() == 0) return 1L;
      return base.signum() < 0 && !exponent.testBit(0) ? 1L : (Object) base.longValue();
    }
    if (exponent.bitLength() > 14 || (long) (base.bitLength() - 1) * exponent.intValue() > BITS)
      throw TemplateFailure.value("an int of more than %d bits is not supported".formatted(BITS));
    return normal(base.pow(exponent.intValue()));
  }

  private static Object real(Operator operator, double left, double right) {
    return switch (operator) {
      case ADD -> left + right;
      case SUBTRACT -> left - right;
      case MULTIPLY -> left * right;
      case DIVIDE -> {
        if (right == 0) throw divisionByZero("division by zero");
        yield left / right;
      }
      case FLOOR_DIVIDE -> {
        if (right == 0) throw divisionByZero("float floor division by zero");
        yield floorDivided(left, right);
      }
      case REMAINDER -> {
        if (right == 0) throw divisionByZero("float modulo");
        yield remainder(left, right);
      }
      case POWER -> {
        if (left == 0 && right < 0) throw divisionByZero("0.0 cannot be raised to a negative power");
        double power = Math.pow(left, right);
        if (Double.isInfinite(power) && !Double.isInfinite(left) && !Double.isInfinite(right))
          throw new TemplateFailure("OverflowError", "Numerical result out of range");
        yield power;
      }
    };
  }

  private static double remainder(double left, double right) {
    double remainder = left % right;
    if (remainder == 0) return Math.copySign(0, right);
    return remainder < 0 != right < 0 ? remainder + right : remainder;
  }

  private static double floorDivided(double left, double right) {
    double rest = left % right, quotient = (left - rest) / right;
    if (rest != 0 && rest < 0 != right < 0) quotient -= 1;
    if (quotient == 0) return Math.copySign(0, left / right);
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static TemplateFailure divisionByZero(String message) {
    return new TemplateFailure("ZeroDivisionError", message);
  }

  static Object negative(Object value) {
    return value instanceof Double number ? (Object) (-number) : normal(integer(value).negate());
  }

  static Object absolute(Object value) {
    return value instanceof Double number ? (Object) Math.abs(number) : normal(integer(value).abs());
  }

  /** Python's round(): to the nearest, halves to the even digit, judged by the exact binary value. */
  static Object rounded(Object value, int digits) {
    if (!(value instanceof Double number)) {
      var integer = integer(value);
      if (digits >= 0) return normal(integer);
      return normal(new BigDecimal(integer).setScale(Math.max(digits, -BITS), RoundingMode.HALF_EVEN).toBigInteger());
    }
    if (number.isNaN() || number.isInfinite() || digits > 400) return number;
    return Math.copySign(new BigDecimal(number).setScale(Math.max(digits, -400), RoundingMode.HALF_EVEN).doubleValue(), number);
  }

  /** The integer part of a float, as int() gives it. */
  static Object truncated(double value) {
    if (Double.isNaN(value)) throw TemplateFailure.value("cannot convert float NaN to integer");
    if (Double.isInfinite(value)) throw new TemplateFailure("OverflowError", "cannot convert float infinity to integer");
    return normal(new BigDecimal(value).toBigInteger());
  }

  private static BigDecimal shortest(double value) {
    // Double.toString gives two digits at least, even where one says it all.
    var single = new BigDecimal(value).round(new MathContext(1));
    return (single.doubleValue() == value ? single : new BigDecimal(Double.toString(value))).stripTrailingZeros();
  }

  /** Python's repr() of a float: the fewest digits that give the same value, exponents below -4 and from 16 on. */
  static String printed(double value) {
    if (Double.isNaN(value)) return "nan";
    if (Double.isInfinite(value)) return value > 0 ? "inf" : "-inf";
    if (value == 0) return 1 / value < 0 ? "-0.0" : "0.0";
    var decimal = shortest(Math.abs(value));
    String digits = decimal.unscaledValue().toString();
    int exponent = digits.length() - decimal.scale() - 1;
    String sign = value < 0 ? "-" : "";
    if (exponent < -4 || exponent >= 16) {
      String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
      return "%s%s%se%s%02d".formatted(sign, digits.charAt(0), fraction, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
    String plain = decimal.toPlainString();
    return sign + (plain.contains(".") ? plain : plain + ".0");
  }
}
