package org.scriptorium.engine.template;

import java.util.List;
import java.util.Optional;

/** What has a value. Positions point into the source. */
sealed interface Expression {
  int position();

  record Literal(Object value, int position) implements Expression {}

  record Name(String name, int position) implements Expression {}

  /** A list or tuple. */
  record Items(List<Expression> items, Sequence.Kind kind, int position) implements Expression {}

  record Pairs(List<Expression> keys, List<Expression> values, int position) implements Expression {}

  record Not(Expression operand, int position) implements Expression {}

  record Sign(Expression operand, SignKind sign, int position) implements Expression {}

  enum SignKind {
    PLUS,
    MINUS
  }

  record And(Expression left, Expression right, int position) implements Expression {}

  record Or(Expression left, Expression right, int position) implements Expression {}

  record Binary(Operator operator, Expression left, Expression right, int position) implements Expression {}

  enum Operator {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/"),
    FLOOR_DIVIDE("//"),
    REMAINDER("%"),
    POWER("**");

    private final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }

    String symbol() {
      return symbol;
    }
  }

  /** Joins the printed values: {@code a ~ b}. */
  record Concatenation(List<Expression> parts, int position) implements Expression {}

  /** A chain such as {@code 0 <= x < 10}. */
  record Comparison(Expression first, List<Link> links, int position) implements Expression {}

  record Link(Relation relation, Expression operand) {}

  enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    IN,
    NOT_IN
  }

  record Conditional(Expression test, Expression value, Optional<Expression> otherwise, int position) implements Expression {}

  record Attribute(Expression owner, String name, int position) implements Expression {}

  record Item(Expression owner, Expression index, int position) implements Expression {}

  record Slice(Expression owner, Optional<Expression> from, Optional<Expression> to, Optional<Expression> step, int position)
      implements Expression {}

  record Call(Expression function, CallArguments arguments, int position) implements Expression {}

  record Filtered(Expression value, FilterUse filter) implements Expression {
    @Override
    public int position() {
      return filter.position;
    }
  }

  record Tested(Expression value, String test, CallArguments arguments, int position) implements Expression {}

  record FilterUse(String name, CallArguments arguments, int position) {}

  /** Arguments as written: plain ones, named ones, and the two that are spread. */
  record CallArguments(List<Expression> positional, List<Named> named, Optional<Expression> spread, Optional<Expression> spreadNamed) {
    static final CallArguments NONE = new CallArguments(List.of(), List.of(), Optional.empty(), Optional.empty());
  }

  record Named(String name, Expression value) {}
}
