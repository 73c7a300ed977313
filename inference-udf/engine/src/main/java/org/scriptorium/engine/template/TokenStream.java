package org.scriptorium.engine.template;

import java.util.List;

/** A place in the tokens of a template, and how deep the parser is in them. */
final class TokenStream {
  private static final int DEPTH = 200;

  private final List<Token> tokens;
  private int at;
  private int depth;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token following() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    if (token.kind() != Token.Kind.END) at++;
    return token;
  }

  boolean is(Token.Kind kind) {
    return current().kind() == kind;
  }

  boolean isName(String name) {
    return current().isName(name);
  }

  boolean isOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean skipName(String name) {
    boolean found = isName(name);
    if (found) at++;
    return found;
  }

  boolean skipOperator(String operator) {
    boolean found = isOperator(operator);
    if (found) at++;
    return found;
  }

  Token expect(Token.Kind kind) {
    if (!is(kind)) throw unexpected(new Token(kind, kind == Token.Kind.NAME ? "name" : "", 0).described());
    return next();
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) throw unexpected("'" + operator + "'");
  }

  void expectName(String name) {
    if (!skipName(name)) throw unexpected("'" + name + "'");
  }

  TemplateFailure unexpected(String expected) {
    return TemplateFailure.syntax(current().position(), "expected %s, found %s".formatted(expected, current().described()));
  }

  /** Bounds the parser's recursion; every recursive rule enters and leaves. */
  void enter() {
    if (++depth > DEPTH) throw TemplateFailure.syntax(current().position(), "the template nests deeper than %d".formatted(DEPTH));
  }

  void leave() {
    depth--;
  }
}
