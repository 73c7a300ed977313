package org.scriptorium.engine.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.Statement.Target;

/** Reads a template's statements. */
final class Parser {
  private static final Set<String> SPECIAL_NAMES = Set.of("varargs", "kwargs", "caller");
  private static final Set<String> RESERVED = Set.of("true", "false", "none", "True", "False", "None");
  private static final Set<String> TEMPLATE_LOADING = Set.of("block", "extends", "include", "import", "from", "autoescape");

  private final TokenStream stream;
  private final ExpressionParser expressions;
  /** For every macro around, the special names that its body uses, those of macros inside it too. */
  private final Deque<Set<String>> macros = new ArrayDeque<>();
  private int loops;

  private Parser(String source) {
    stream = new TokenStream(new Lexer(source).tokens());
    expressions = new ExpressionParser(stream, this::named);
  }

  /** @param source normalized ({@link Lexer#normalized}) */
  static List<Statement> parse(String source) {
    var parser = new Parser(source);
    var body = parser.body();
    if (!parser.stream.is(Token.Kind.END)) throw parser.unknownTag();
    parser.expressions.postfix().refuseUnknown();
    return body;
  }

  private void named(String name) {
    if (SPECIAL_NAMES.contains(name)) macros.forEach(macro -> macro.add(name));
  }

  /** Statements up to a tag that is one of the ends, or that none begins; the stream then stands at that tag's name. */
  private List<Statement> body(String... ends) {
    stream.enter();
    var body = new ArrayList<Statement>();
    while (true) {
      Token token = stream.next();
      if (token.kind() == Token.Kind.DATA) body.add(new Statement.Text(SourcedText.trusted(token.text())));
      else if (token.kind() == Token.Kind.PRINT_BEGIN) {
        body.add(new Statement.Print(expressions.tuple()));
        stream.expect(Token.Kind.PRINT_END);
      } else if (token.kind() == Token.Kind.BLOCK_BEGIN) {
        for (String end : ends) {
          if (!stream.isName(end)) continue;
          stream.leave();
          return body;
        }
        body.add(statement());
        stream.expect(Token.Kind.BLOCK_END);
      } else {
        if (ends.length > 0) throw TemplateFailure.syntax(token.position(),
            "unexpected end of template, expected '%s'".formatted(String.join("' or '", ends)));
        stream.leave();
        return body;
      }
    }
  }

  private List<Statement> bodyUntil(String end) {
    stream.expect(Token.Kind.BLOCK_END);
    var body = body(end);
    stream.next();
    return body;
  }

  private Statement statement() {
    Token tag = stream.current();
    if (tag.kind() != Token.Kind.NAME) throw stream.unexpected("the name of a tag");
    return switch (tag.text()) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> assignment();
      case "with" -> with();
      case "macro" -> macro();
      case "call" -> callBlock();
      case "filter" -> filterBlock();
      case "generation" -> {
        stream.next();
        yield new Statement.Generation(scoped("endgeneration"));
      }
      case "print" -> {
        stream.next();
        yield new Statement.Print(printed());
      }
      case "break", "continue" -> jump();
      default -> throw unknownTag();
    };
  }

  /** Several values between commas are printed one after the other, not as a tuple. */
  private Expression printed() {
    int position = stream.current().position();
    var parts = new ArrayList<Expression>();
    do parts.add(expressions.expression());
    while (stream.skipOperator(","));
    return new Expression.Concatenation(parts, position);
  }

  private TemplateFailure unknownTag() {
    Token tag = stream.current();
    return TemplateFailure.syntax(tag.position(), TEMPLATE_LOADING.contains(tag.text())
        ? "tag '%s' is not supported: a chat template stands alone".formatted(tag.text())
        : "unknown tag '%s'".formatted(tag.text()));
  }

  private Statement jump() {
    Token tag = stream.next();
    if (loops == 0) throw TemplateFailure.syntax(tag.position(), "'%s' outside loop".formatted(tag.text()));
    return tag.text().equals("break") ? new Statement.Break() : new Statement.Continue();
  }

  private Statement condition() {
    var branches = new ArrayList<Statement.Branch>();
    int unknown = expressions.postfix().unknown();
    do {
      stream.next();
      Expression test = expressions.tupleWithoutConditional();
      stream.expect(Token.Kind.BLOCK_END);
      branches.add(new Statement.Branch(test, body("elif", "else", "endif")));
    } while (stream.isName("elif"));
    var otherwise = otherwise("endif");
    expressions.postfix().forgive(unknown);
    return new Statement.If(branches, otherwise);
  }

  private List<Statement> otherwise(String end) {
    boolean otherwise = stream.next().isName("else");
    return otherwise ? bodyUntil(end) : List.of();
  }

  private Statement loop() {
    int position = stream.next().position();
    Target target = target(false);
    if (target.equals(new Target.Variable("loop")))
      throw TemplateFailure.syntax(position, "Can't assign to special loop variable in for-loop target");
    stream.expectName("in");
    Expression items = expressions.tupleWithoutConditional();
    Optional<Expression> filter = stream.skipName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    boolean recursive = stream.skipName("recursive");
    stream.expect(Token.Kind.BLOCK_END);
    loops++;
    var body = body("else", "endfor");
    loops--;
    return new Statement.For(target, items, filter, body, otherwise("endfor"), recursive, position);
  }

  private Statement assignment() {
    stream.next();
    Target target = target(true);
    if (stream.skipOperator("=")) return new Statement.Assign(target, expressions.tuple());
    List<Expression.FilterUse> filters = stream.skipOperator("|") ? expressions.postfix().filterChain() : List.of();
    return new Statement.AssignBlock(target, filters, scoped("endset"));
  }

  /** A body that is a function of its own, out of which no jump leads. */
  private List<Statement> scoped(String end) {
    int outer = loops;
    loops = 0;
    var body = bodyUntil(end);
    loops = outer;
    return body;
  }

  private Target target(boolean members) {
    int position = stream.current().position();
    stream.enter();
    var targets = new ArrayList<Target>();
    boolean comma;
    do {
      targets.add(stream.isOperator("(") ? parenthesizedTarget(members) : singleTarget(members));
      comma = stream.skipOperator(",");
    } while (comma && (stream.is(Token.Kind.NAME) && !stream.isName("in") || stream.isOperator("(")));
    stream.leave();
    return targets.size() == 1 && !comma ? targets.getFirst() : new Target.Unpacked(targets, position);
  }

  private Target parenthesizedTarget(boolean members) {
    stream.next();
    Target inner = target(members);
    stream.expectOperator(")");
    return inner;
  }

  private Target singleTarget(boolean members) {
    Token name = stream.expect(Token.Kind.NAME);
    if (RESERVED.contains(name.text())) throw TemplateFailure.syntax(name.position(), "can't assign to '%s'".formatted(name.text()));
    if (!members || !stream.skipOperator(".")) return new Target.Variable(name.text());
    named(name.text());
    return new Target.Member(name.text(), stream.expect(Token.Kind.NAME).text(), name.position());
  }

  private Statement with() {
    stream.next();
    var targets = new ArrayList<Target>();
    var values = new ArrayList<Expression>();
    while (!stream.is(Token.Kind.BLOCK_END)) {
      if (!targets.isEmpty()) stream.expectOperator(",");
      targets.add(stream.isOperator("(") ? parenthesizedTarget(false) : singleTarget(false));
      stream.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(targets, values, bodyUntil("endwith"));
  }

  private Statement macro() {
    int position = stream.next().position();
    String name = stream.expect(Token.Kind.NAME).text();
    return new Statement.MacroDefinition(signature(name, "endmacro", position));
  }

  private Statement callBlock() {
    int position = stream.next().position();
    var parameters = new ArrayList<String>();
    var defaults = new ArrayList<Expression>();
    macros.push(new HashSet<>());
    if (stream.isOperator("(")) parameters(parameters, defaults);
    if (!(expressions.expression() instanceof Expression.Call call)) throw TemplateFailure.syntax(position, "expected call");
    var body = scoped("endcall");
    return new Statement.CallBlock(call, new Statement.Signature("caller", parameters, defaults, body, macros.pop(), position));
  }

  private Statement.Signature signature(String name, String end, int position) {
    var parameters = new ArrayList<String>();
    var defaults = new ArrayList<Expression>();
    macros.push(new HashSet<>());
    parameters(parameters, defaults);
    var body = scoped(end);
    var takes = macros.pop();
    takes.removeAll(parameters);
    return new Statement.Signature(name, parameters, defaults, body, takes, position);
  }

  private void parameters(List<String> parameters, List<Expression> defaults) {
    stream.expectOperator("(");
    while (!stream.isOperator(")")) {
      if (!parameters.isEmpty()) stream.expectOperator(",");
      Token name = stream.expect(Token.Kind.NAME);
      if (parameters.contains(name.text())) throw TemplateFailure.syntax(name.position(), "duplicate argument '%s'".formatted(name.text()));
      parameters.add(name.text());
      if (stream.skipOperator("=")) defaults.add(expressions.expression());
      else if (!defaults.isEmpty()) throw TemplateFailure.syntax(name.position(), "non-default argument follows default argument");
    }
    stream.expectOperator(")");
  }

  private Statement filterBlock() {
    stream.next();
    return new Statement.FilterBlock(expressions.postfix().filterChain(), scoped("endfilter"));
  }
}
