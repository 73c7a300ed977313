package org.scriptorium.engine.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.api.SourcedText;

/**
 * What Python says of values. A value is null (None), Boolean, Long or BigInteger (int), Double, SourcedText (str),
 * {@link Sequence}, {@link Dict}, {@link Namespace}, {@link Undefined} or {@link Callable}; there is nothing else that a
 * template could reach.
 */
final class Values {
  private Values() {}

  static String typeName(Object value) {
    return switch (value) {
      case null -> "NoneType";
      case Boolean _ -> "bool";
      case Long _, BigInteger _ -> "int";
      case Double _ -> "float";
      case SourcedText _ -> "str";
      case Sequence sequence -> sequence.typeName();
      case Dict _ -> "dict";
      case Namespace _ -> "Namespace";
      case Undefined _ -> "Undefined";
      case Callable callable -> callable.typeName();
      default -> throw new AssertionError("no value of a template: " + value.getClass());
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case null -> false;
      case Boolean truth -> truth;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case SourcedText text -> text.length() > 0;
      case Sequence sequence -> !sequence.isSized() || sequence.size() > 0;
      case Dict dict -> dict.size() > 0;
      case LoopState loop -> loop.length() > 0;
      case Undefined _ -> false;
      default -> true;
    };
  }

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger;
  }

  /** Numbers in Python's sense, which bool belongs to. */
  static boolean isNumber(Object value) {
    return isInteger(value) || value instanceof Double || value instanceof Boolean;
  }

  /** A value that has to be an int of a size that can count something; larger ones become the largest. */
  static int index(Object value) {
    return switch (value) {
      case Boolean truth -> truth ? 1 : 0;
      case Long number -> Math.clamp(number, -Integer.MAX_VALUE, Integer.MAX_VALUE);
      case BigInteger number -> number.signum() * Integer.MAX_VALUE;
      case Undefined undefined -> throw undefined.failure();
      case null, default -> throw TemplateFailure.type("'%s' object cannot be interpreted as an integer".formatted(typeName(value)));
    };
  }

  static boolean equal(Object left, Object right, Work work) {
    work.step();
    if (left == right) return !(left instanceof Double number && number.isNaN());
    if (isNumber(left) && isNumber(right)) return Numbers.compare(left, right) == 0;
    if (left instanceof SourcedText a && right instanceof SourcedText b) return equalTexts(a, b, work);
    if (left instanceof Undefined && right instanceof Undefined) return true;
    if (left instanceof Sequence a && right instanceof Sequence b) return equalSequences(a, b, work);
    if (left instanceof Dict a && right instanceof Dict b) return equalDicts(a, b, work);
    return left != null && left.equals(right) && !(left instanceof Sequence) && !(left instanceof Undefined);
  }

  private static boolean equalTexts(SourcedText left, SourcedText right, Work work) {
    if (left.length() != right.length()) return false;
    work.characters(left.length());
    return left.text().equals(right.text());
  }

  private static boolean equalSequences(Sequence left, Sequence right, Work work) {
    boolean comparable = left.isTuple() && right.isTuple() || left.kind() == right.kind() && left.isSized()
        && left.kind() != Sequence.Kind.VALUES;
    if (!comparable || left.size() != right.size()) return false;
    work.enter();
    boolean equal = true;
    for (int i = 0; equal && i < left.size(); i++) equal = equal(left.items().get(i), right.items().get(i), work);
    work.leave();
    return equal;
  }

  private static boolean equalDicts(Dict left, Dict right, Work work) {
    if (left.size() != right.size()) return false;
    work.enter();
    var keys = left.keys();
    var values = left.values();
    boolean equal = true;
    for (int i = 0; equal && i < keys.size(); i++)
      equal = right.has(keys.get(i), work) && equal(values.get(i), right.value(keys.get(i), null, work), work);
    work.leave();
    return equal;
  }

  /** The order of two values; fails if Python gives them none. NaN is unordered: then the result is {@link Numbers#UNORDERED}. */
  static int compare(Object left, Object right, String symbol, Work work) {
    work.step();
    if (left instanceof Undefined undefined) throw undefined.failure();
    if (right instanceof Undefined undefined) throw undefined.failure();
    if (isNumber(left) && isNumber(right)) return Numbers.compare(left, right);
    if (left instanceof SourcedText a && right instanceof SourcedText b) {
      work.characters(Math.min(a.length(), b.length()));
      return Texts.compare(a.text(), b.text());
    }
    if (left instanceof Sequence a && right instanceof Sequence b && (a.isList() && b.isList() || a.isTuple() && b.isTuple())) {
      work.enter();
      int order = compareItems(a.items(), b.items(), symbol, work);
      work.leave();
      return order;
    }
    throw TemplateFailure.type("'%s' not supported between instances of '%s' and '%s'".formatted(symbol, typeName(left), typeName(right)));
  }

  private static int compareItems(List<Object> left, List<Object> right, String symbol, Work work) {
    for (int i = 0; i < Math.min(left.size(), right.size()); i++)
      if (!equal(left.get(i), right.get(i), work)) return compare(left.get(i), right.get(i), symbol, work);
    return Integer.compare(left.size(), right.size());
  }

  static boolean contains(Object container, Object item, Work work) {
    return switch (container) {
      case SourcedText text -> {
        if (item instanceof Undefined undefined) throw undefined.failure();
        if (!(item instanceof SourcedText part)) throw TemplateFailure.type(
            "'in <string>' requires string as left operand, not %s".formatted(typeName(item)));
        work.search(text.length(), part.length());
        yield text.text().contains(part.text());
      }
      case Dict dict -> dict.has(item, work);
      case Sequence sequence -> sequence.take().stream().anyMatch(candidate -> equal(candidate, item, work));
      case Undefined _ -> false;
      case null, default -> throw TemplateFailure.type("argument of type '%s' is not iterable".formatted(typeName(container)));
    };
  }

  /** All items that a walk over the value gives. */
  static List<Object> items(Object value, Work work) {
    return switch (value) {
      case Sequence sequence -> {
        var items = sequence.take();
        work.steps(items.size());
        yield items;
      }
      case Dict dict -> {
        work.steps(dict.size());
        yield dict.keys();
      }
      case SourcedText text -> {
        work.steps(text.length());
        yield characters(text);
      }
      case Undefined _ -> List.of();
      case null, default -> throw TemplateFailure.type("'%s' object is not iterable".formatted(typeName(value)));
    };
  }

  private static List<Object> characters(SourcedText text) {
    var characters = new ArrayList<>(text.length());
    for (int i = 0, next; i < text.length(); i = next) {
      next = text.text().offsetByCodePoints(i, 1);
      characters.add(text.substring(i, next));
    }
    return characters;
  }

  static boolean isIterable(Object value) {
    return value instanceof Sequence || value instanceof Dict || value instanceof SourcedText || value instanceof Undefined
        || value instanceof LoopState;
  }

  static long length(Object value) {
    return switch (value) {
      case SourcedText text -> text.text().codePointCount(0, text.length());
      case Dict dict -> dict.size();
      case Sequence sequence when sequence.isSized() -> sequence.size();
      case LoopState loop -> loop.length();
      case Undefined _ -> 0;
      case null, default -> throw TemplateFailure.type("object of type '%s' has no len()".formatted(typeName(value)));
    };
  }
}
