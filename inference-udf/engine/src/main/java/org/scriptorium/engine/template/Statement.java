package org.scriptorium.engine.template;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.scriptorium.engine.api.SourcedText;

/** What writes, decides, repeats or assigns. */
sealed interface Statement {

  record Text(SourcedText text) implements Statement {}

  record Print(Expression value) implements Statement {}

  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

  record Branch(Expression test, List<Statement> body) {}

  record For(
      Target target, Expression items, Optional<Expression> filter, List<Statement> body, List<Statement> otherwise, boolean recursive,
          int position)
      implements Statement {}

  record Assign(Target target, Expression value) implements Statement {}

  record AssignBlock(Target target, List<Expression.FilterUse> filters, List<Statement> body) implements Statement {}

  record With(List<Target> targets, List<Expression> values, List<Statement> body) implements Statement {}

  record FilterBlock(List<Expression.FilterUse> filters, List<Statement> body) implements Statement {}

  record MacroDefinition(Signature signature) implements Statement {}

  record CallBlock(Expression.Call call, Signature caller) implements Statement {}

  /** Marks what the assistant wrote; here it only opens a scope. */
  record Generation(List<Statement> body) implements Statement {}

  record Break() implements Statement {}

  record Continue() implements Statement {}

  /**
   * A macro as written.
   *
   * @param defaults of the last parameters
   * @param takes which of {@code varargs}, {@code kwargs} and {@code caller} the body names
   */
  record Signature(
      String name, List<String> parameters, List<Expression> defaults, List<Statement> body, Set<String> takes, int position) {}

  /** What can stand left of {@code =}. */
  sealed interface Target {
    record Variable(String name) implements Target {}

    record Member(String namespace, String attribute, int position) implements Target {}

    record Unpacked(List<Target> targets, int position) implements Target {}
  }
}
