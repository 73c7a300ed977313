package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.CaseWhen;
import org.apache.spark.sql.catalyst.expressions.Coalesce;
import org.apache.spark.sql.catalyst.expressions.EqualNullSafe;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.IsNull;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Not;

/** On which rows the children of a conditional expression are wanted. */
final class Branches {
  private Branches() {}

  /**
   * For each child of {@code expression} the condition under which its value is used, or empty for always. Conditions that are not
   * deterministic are left out: asked twice, they would answer twice.
   *
   * @param outer the condition of {@code expression} itself
   */
  static List<Optional<Expression>> conditions(Expression expression, Optional<Expression> outer) {
    var children = Catalyst.<Expression>list(expression.children());
    return switch (expression) {
      case If branch -> List.of(outer, both(outer, branch.predicate()), both(outer, isNotTrue(branch.predicate())));
      case CaseWhen cases -> ofCases(children, outer);
      case Coalesce first -> ofFirst(children, outer);
      default -> Collections.nCopies(children.size(), outer);
    };
  }

  /** Conditions and values take turns; a last child without a partner is ELSE. */
  private static List<Optional<Expression>> ofCases(List<Expression> children, Optional<Expression> outer) {
    var conditions = new ArrayList<Optional<Expression>>();
    var reached = outer;
    for (int i = 0; i < children.size(); i++) {
      boolean isValue = i % 2 == 1;
      conditions.add(isValue ? both(reached, children.get(i - 1)) : reached);
      if (isValue) reached = both(reached, isNotTrue(children.get(i - 1)));
    }
    return conditions;
  }

  private static List<Optional<Expression>> ofFirst(List<Expression> children, Optional<Expression> outer) {
    var conditions = new ArrayList<Optional<Expression>>();
    var reached = outer;
    for (Expression child : children) {
      conditions.add(reached);
      reached = both(reached, new IsNull(child));
    }
    return conditions;
  }

  private static Expression isNotTrue(Expression predicate) {
    return new Not(new EqualNullSafe(predicate, Literal.TrueLiteral()));
  }

  private static Optional<Expression> both(Optional<Expression> outer, Expression condition) {
    boolean isUsable = condition.deterministic() || ExtractAiCalls.holdsCall(condition);
    if (!isUsable) return outer;
    return Optional.of(outer.<Expression>map(first -> new And(first, condition)).orElse(condition));
  }
}
