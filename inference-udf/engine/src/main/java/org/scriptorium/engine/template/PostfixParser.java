package org.scriptorium.engine.template;

import static org.scriptorium.engine.template.Token.Kind.INTEGER;
import static org.scriptorium.engine.template.Token.Kind.NAME;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads what follows a value: attributes, items, calls, filters and tests; and names. */
final class PostfixParser {
  private final TokenStream stream;
  private final ExpressionParser expressions;
  private final Consumer<String> names;
  private final List<TemplateFailure> unknown = new ArrayList<>();

  PostfixParser(TokenStream stream, ExpressionParser expressions, Consumer<String> names) {
    this.stream = stream;
    this.expressions = expressions;
    this.names = names;
  }

  /** How many unknown filters and tests were met. */
  int unknown() {
    return unknown.size();
  }

  /** Forgets those met since there were so many: inside a condition they are an error only when they are reached. */
  void forgive(int count) {
    unknown.subList(count, unknown.size()).clear();
  }

  void refuseUnknown() {
    if (!unknown.isEmpty()) throw unknown.getFirst();
  }

  Expression name() {
    Token token = stream.next();
    return switch (token.text()) {
      case "true", "True" -> new Expression.Literal(Boolean.TRUE, token.position());
      case "false", "False" -> new Expression.Literal(Boolean.FALSE, token.position());
      case "none", "None" -> new Expression.Literal(null, token.position());
      default -> {
        names.accept(token.text());
        yield new Expression.Name(token.text(), token.position());
      }
    };
  }

  Expression postfix(Expression value) {
    int length = 0;
    while (stream.isOperator(".") || stream.isOperator("[") || stream.isOperator("(")) {
      stream.enter();
      length++;
      value = stream.isOperator("(") ? call(value) : stream.isOperator(".") ? attribute(value) : item(value);
    }
    for (int i = 0; i < length; i++) stream.leave();
    return value;
  }

  Expression filters(Expression value) {
    int length = 0;
    while (stream.isOperator("|") || stream.isOperator("(") || stream.isName("is")) {
      stream.enter();
      length++;
      if (stream.skipOperator("|")) value = new Expression.Filtered(value, filter());
      else value = stream.isOperator("(") ? call(value) : test(value);
    }
    for (int i = 0; i < length; i++) stream.leave();
    return value;
  }

  /** One or more filters with bars between them, as {@code {% filter %}} and {@code {% set %}} take them. */
  List<Expression.FilterUse> filterChain() {
    var chain = new ArrayList<>(List.of(filter()));
    while (stream.skipOperator("|")) chain.add(filter());
    return chain;
  }

  private Expression.FilterUse filter() {
    int position = stream.current().position();
    String name = dottedName();
    if (!Filters.isKnown(name)) unknown.add(TemplateFailure.syntax(position, "No filter named '%s'.".formatted(name)));
    return new Expression.FilterUse(name, stream.isOperator("(") ? arguments() : Expression.CallArguments.NONE, position);
  }

  private String dottedName() {
    var name = new StringBuilder(stream.expect(NAME).text());
    while (stream.isOperator(".")) {
      stream.next();
      name.append('.').append(stream.expect(NAME).text());
    }
    return name.toString();
  }

  private Expression test(Expression value) {
    stream.expectName("is");
    boolean negated = stream.skipName("not");
    int position = stream.current().position();
    String name = dottedName();
    if (!Tests.isKnown(name)) unknown.add(TemplateFailure.syntax(position, "No test named '%s'.".formatted(name)));
    var arguments = Expression.CallArguments.NONE;
    if (stream.isOperator("(")) arguments = arguments();
    else if (startsArgument()) {
      if (stream.isName("is")) throw TemplateFailure.syntax(stream.current().position(), "You cannot chain multiple tests with is");
      Expression argument = postfix(expressions.primary());
      arguments = new Expression.CallArguments(List.of(argument), List.of(), Optional.empty(), Optional.empty());
    }
    Expression tested = new Expression.Tested(value, name, arguments, position);
    return negated ? new Expression.Not(tested, position) : tested;
  }

  private boolean startsArgument() {
    return switch (stream.current().kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME -> !stream.isName("else") && !stream.isName("or") && !stream.isName("and");
      case OPERATOR -> stream.isOperator("[") || stream.isOperator("{");
      case DATA, PRINT_BEGIN, PRINT_END, BLOCK_BEGIN, BLOCK_END, END -> false;
    };
  }

  private Expression attribute(Expression owner) {
    stream.next();
    Token token = stream.next();
    if (token.kind() == NAME) return new Expression.Attribute(owner, token.text(), token.position());
    if (token.kind() == INTEGER)
      return new Expression.Item(owner, new Expression.Literal(Numbers.integerLiteral(token.text()), token.position()), token.position());
    throw TemplateFailure.syntax(token.position(), "expected name or number, found %s".formatted(token.described()));
  }

  private Expression item(Expression owner) {
    int position = stream.next().position();
    var first = stream.isOperator(":") ? Optional.<Expression>empty() : Optional.of(expressions.expression());
    if (stream.isOperator(":")) {
      stream.next();
      var to = sliceBound();
      var step = stream.skipOperator(":") ? sliceBound() : Optional.<Expression>empty();
      stream.expectOperator("]");
      return new Expression.Slice(owner, first, to, step, position);
    }
    var indices = new ArrayList<>(List.of(first.get()));
    boolean several = stream.isOperator(",");
    while (stream.skipOperator(",")) if (!stream.isOperator("]")) indices.add(expressions.expression());
    stream.expectOperator("]");
    Expression index = several ? new Expression.Items(indices, Sequence.Kind.TUPLE, position) : indices.getFirst();
    return new Expression.Item(owner, index, position);
  }

  private Optional<Expression> sliceBound() {
    return stream.isOperator(":") || stream.isOperator("]") ? Optional.empty() : Optional.of(expressions.expression());
  }

  private Expression call(Expression function) {
    int position = stream.current().position();
    return new Expression.Call(function, arguments(), position);
  }

  private Expression.CallArguments arguments() {
    stream.expectOperator("(");
    var positional = new ArrayList<Expression>();
    var named = new ArrayList<Expression.Named>();
    Optional<Expression> spread = Optional.empty();
    Optional<Expression> spreadNamed = Optional.empty();
    for (boolean first = true; !stream.isOperator(")"); first = false) {
      if (!first) stream.expectOperator(",");
      if (stream.isOperator(")")) break;
      int position = stream.current().position();
      boolean ordered = spreadNamed.isEmpty();
      if (stream.skipOperator("**")) spreadNamed = Optional.of(expressions.expression());
      else if (stream.skipOperator("*")) {
        ordered &= spread.isEmpty();
        spread = Optional.of(expressions.expression());
      } else if (stream.is(NAME) && stream.following().isOperator("=")) {
        String name = stream.next().text();
        stream.next();
        named.add(new Expression.Named(name, expressions.expression()));
      } else {
        ordered &= named.isEmpty() && spread.isEmpty();
        positional.add(expressions.expression());
      }
      if (!ordered) throw TemplateFailure.syntax(position, "invalid syntax for function call expression");
    }
    stream.expectOperator(")");
    return new Expression.CallArguments(positional, named, spread, spreadNamed);
  }
}
