package org.scriptorium.engine.template;

import static org.scriptorium.engine.template.Token.Kind.FLOAT;
import static org.scriptorium.engine.template.Token.Kind.INTEGER;
import static org.scriptorium.engine.template.Token.Kind.NAME;
import static org.scriptorium.engine.template.Token.Kind.STRING;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.Expression.Operator;
import org.scriptorium.engine.template.Expression.Relation;

/** Reads expressions, from the loosest binding to the tightest, with Jinja2's precedences. */
final class ExpressionParser {
  private static final Map<String, Relation> RELATIONS = Map.of(
      "==", Relation.EQUAL, "!=", Relation.NOT_EQUAL, "<", Relation.LESS, "<=", Relation.LESS_OR_EQUAL,
      ">", Relation.GREATER, ">=", Relation.GREATER_OR_EQUAL);

  private final TokenStream stream;
  private final PostfixParser postfix;

  /** @param names what parsed names are told to, for macros that ask which names their bodies use */
  ExpressionParser(TokenStream stream, Consumer<String> names) {
    this.stream = stream;
    this.postfix = new PostfixParser(stream, this, names);
  }

  PostfixParser postfix() {
    return postfix;
  }

  /** An expression, or several with commas between them: a tuple. */
  Expression tuple() {
    return tuple(this::expression, false);
  }

  /** The same without {@code a if b}: what loops and conditions take, whose own {@code if} follows. */
  Expression tupleWithoutConditional() {
    return tuple(this::disjunction, false);
  }

  Expression tuple(Supplier<Expression> item, boolean inParentheses) {
    int position = stream.current().position();
    var items = new ArrayList<Expression>();
    boolean comma = false;
    while (true) {
      if (!items.isEmpty() && !comma) break;
      if (endsTuple()) break;
      items.add(item.get());
      comma = stream.skipOperator(",");
    }
    if (items.size() == 1 && !comma) return items.getFirst();
    if (items.isEmpty() && !inParentheses) throw stream.unexpected("an expression");
    return new Expression.Items(items, Sequence.Kind.TUPLE, position);
  }

  private boolean endsTuple() {
    return switch (stream.current().kind()) {
      case PRINT_END, BLOCK_END, END -> true;
      case OPERATOR -> stream.isOperator(")");
      case NAME -> stream.isName("in") || stream.isName("recursive");
      case DATA, PRINT_BEGIN, BLOCK_BEGIN, STRING, INTEGER, FLOAT -> false;
    };
  }

  Expression expression() {
    stream.enter();
    int unknown = postfix.unknown();
    Expression value = disjunction();
    while (stream.isName("if")) {
      int position = stream.next().position();
      Expression test = disjunction();
      Optional<Expression> otherwise = stream.skipName("else") ? Optional.of(expression()) : Optional.empty();
      value = new Expression.Conditional(test, value, otherwise, position);
      postfix.forgive(unknown);
    }
    stream.leave();
    return value;
  }

  private Expression disjunction() {
    Expression left = conjunction();
    int length = 0;
    for (; stream.isName("or"); length++) {
      stream.enter();
      stream.next();
      left = new Expression.Or(left, conjunction(), left.position());
    }
    for (int i = 0; i < length; i++) stream.leave();
    return left;
  }

  private Expression conjunction() {
    Expression left = negation();
    int length = 0;
    for (; stream.isName("and"); length++) {
      stream.enter();
      stream.next();
      left = new Expression.And(left, negation(), left.position());
    }
    for (int i = 0; i < length; i++) stream.leave();
    return left;
  }

  private Expression negation() {
    if (!stream.isName("not")) return comparison();
    int position = stream.next().position();
    stream.enter();
    var negated = new Expression.Not(negation(), position);
    stream.leave();
    return negated;
  }

  private Expression comparison() {
    Expression first = sum();
    int position = stream.current().position();
    var links = new ArrayList<Expression.Link>();
    for (var relation = relation(); relation.isPresent(); relation = relation()) links.add(new Expression.Link(relation.get(), sum()));
    return links.isEmpty() ? first : new Expression.Comparison(first, links, position);
  }

  private Optional<Relation> relation() {
    if (stream.is(Token.Kind.OPERATOR)
        && RELATIONS.containsKey(stream.current().text())) return Optional.of(RELATIONS.get(stream.next().text()));
    if (stream.skipName("in")) return Optional.of(Relation.IN);
    if (stream.isName("not") && stream.following().isName("in")) {
      stream.next();
      stream.next();
      return Optional.of(Relation.NOT_IN);
    }
    return Optional.empty();
  }

  private Expression sum() {
    return binary(this::concatenation, List.of(Operator.ADD, Operator.SUBTRACT));
  }

  private Expression concatenation() {
    Expression first = product();
    if (!stream.isOperator("~")) return first;
    int position = stream.current().position();
    var parts = new ArrayList<>(List.of(first));
    while (stream.skipOperator("~")) parts.add(product());
    return new Expression.Concatenation(parts, position);
  }

  private Expression product() {
    return binary(this::power, List.of(Operator.MULTIPLY, Operator.DIVIDE, Operator.FLOOR_DIVIDE, Operator.REMAINDER));
  }

  /** Unlike Python's, this power binds to the left and looser than a sign. */
  private Expression power() {
    return binary(() -> signed(true), List.of(Operator.POWER));
  }

  private Expression binary(Supplier<Expression> operand, List<Operator> operators) {
    Expression left = operand.get();
    int length = 0;
    while (true) {
      var operator = operators.stream().filter(known -> stream.isOperator(known.symbol())).findFirst();
      if (operator.isEmpty()) break;
      // A chain binds to the left: each further operand puts the first ones a level deeper.
      stream.enter();
      length++;
      int position = stream.next().position();
      left = new Expression.Binary(operator.get(), left, operand.get(), position);
    }
    for (int i = 0; i < length; i++) stream.leave();
    return left;
  }

  private Expression signed(boolean filters) {
    Expression value;
    if (stream.isOperator("-") || stream.isOperator("+")) {
      Token sign = stream.next();
      stream.enter();
      var kind = sign.text().equals("-") ? Expression.SignKind.MINUS : Expression.SignKind.PLUS;
      value = new Expression.Sign(signed(false), kind, sign.position());
      stream.leave();
    } else value = primary();
    value = postfix.postfix(value);
    return filters ? postfix.filters(value) : value;
  }

  Expression primary() {
    Token token = stream.current();
    if (token.kind() == NAME) return postfix.name();
    if (token.kind() == STRING) return strings();
    if (token.kind() == INTEGER || token.kind() == FLOAT) {
      stream.next();
      return new Expression.Literal(token.kind() == INTEGER ? Numbers.integerLiteral(token.text())
          : Double.valueOf(token.text()), token.position());
    }
    if (stream.isOperator("(")) return parenthesized();
    if (stream.isOperator("[")) return list();
    if (stream.isOperator("{")) return dict();
    throw stream.unexpected("an expression");
  }

  private Expression strings() {
    int position = stream.current().position();
    var text = new StringBuilder();
    while (stream.is(STRING)) text.append(stream.next().text());
    return new Expression.Literal(SourcedText.trusted(text.toString()), position);
  }

  private Expression parenthesized() {
    stream.next();
    stream.enter();
    Expression inner = tuple(this::expression, true);
    stream.leave();
    stream.expectOperator(")");
    return inner;
  }

  private Expression list() {
    int position = stream.next().position();
    var items = new ArrayList<Expression>();
    while (!stream.isOperator("]")) {
      if (!items.isEmpty()) stream.expectOperator(",");
      if (stream.isOperator("]")) break;
      items.add(expression());
    }
    stream.expectOperator("]");
    return new Expression.Items(items, Sequence.Kind.LIST, position);
  }

  private Expression dict() {
    int position = stream.next().position();
    var keys = new ArrayList<Expression>();
    var values = new ArrayList<Expression>();
    while (!stream.isOperator("}")) {
      if (!keys.isEmpty()) stream.expectOperator(",");
      if (stream.isOperator("}")) break;
      keys.add(expression());
      stream.expectOperator(":");
      values.add(expression());
    }
    stream.expectOperator("}");
    return new Expression.Pairs(keys, values, position);
  }
}
