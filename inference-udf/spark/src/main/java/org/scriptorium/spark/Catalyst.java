package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.RuntimeReplaceable;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Metadata;
import scala.Function1;
import scala.PartialFunction;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractPartialFunction;
import scala.runtime.BoxedUnit;

/** Catalyst's trees and Scala's collections as Java code reads and writes them. */
final class Catalyst {
  private Catalyst() {}

  static <T> Seq<T> seq(List<? extends T> list) {
    return CollectionConverters.<T>asScala(new ArrayList<T>(list)).toSeq();
  }

  static <T> List<T> list(scala.collection.Seq<? extends T> seq) {
    return List.copyOf(CollectionConverters.asJava(seq));
  }

  /** A function for transformations of trees: defined everywhere, the node itself where nothing changes. */
  static <T> PartialFunction<T, T> everywhere(UnaryOperator<T> change) {
    return new Everywhere<>(change);
  }

  static <T> Function1<T, BoxedUnit> procedure(Consumer<T> visitor) {
    return new AbstractFunction1<>() {
      @Override
      public BoxedUnit apply(T node) {
        visitor.accept(node);
        return BoxedUnit.UNIT;
      }
    };
  }

  static <A, R> Function1<A, R> function(Function<A, R> function) {
    return new AbstractFunction1<>() {
      @Override
      public R apply(A argument) {
        return function.apply(argument);
      }
    };
  }

  static boolean exists(Expression root, Predicate<Expression> test) {
    if (test.test(root)) return true;
    for (Expression child : list(root.children())) if (exists(child, test)) return true;
    return false;
  }

  /** The value that an expression has on every row; empty where that is NULL, or not known before the plan is optimized. */
  static Optional<Object> constant(Expression expression) {
    boolean isKnown = expression.foldable() && !exists(expression, part -> part instanceof RuntimeReplaceable);
    return isKnown ? Optional.ofNullable(expression.eval(InternalRow.empty())) : Optional.empty();
  }

  /** Visits {@code root} and all below it, parents first. */
  static void visit(Expression root, Consumer<Expression> visitor) {
    visitor.accept(root);
    for (Expression child : list(root.children())) visit(child, visitor);
  }

  static AttributeSet attributes(List<? extends NamedExpression> named) {
    return AttributeSet.apply(Catalyst.<Expression>seq(named.stream().map(one -> (Expression) one).toList()));
  }

  static boolean covers(List<Attribute> attributes, Expression expression) {
    return expression.references().subsetOf(attributes(attributes));
  }

  static AttributeReference attribute(String name, DataType type) {
    return new AttributeReference(name, type, true, Metadata.empty(), NamedExpression.newExprId(), seq(List.of()));
  }

  /** {@code alias} with another expression under the same name and id. */
  static Alias withChild(Alias alias, Expression child) {
    return new Alias(child, alias.name(), alias.exprId(), alias.qualifier(), alias.explicitMetadata(), alias.nonInheritableMetadataKeys());
  }

  static List<Expression> conjuncts(Expression condition) {
    var found = new ArrayList<Expression>();
    conjuncts(condition, found);
    return found;
  }

  private static void conjuncts(Expression condition, List<Expression> found) {
    if (condition instanceof And and) {
      conjuncts(and.left(), found);
      conjuncts(and.right(), found);
    } else {
      found.add(condition);
    }
  }

  static Expression and(List<Expression> conditions) {
    return conditions.stream().reduce(And::new).orElseThrow();
  }

  private static final class Everywhere<T> extends AbstractPartialFunction<T, T> {
    private static final long serialVersionUID = 1L;
    private final transient UnaryOperator<T> change;

    Everywhere(UnaryOperator<T> change) {
      this.change = change;
    }

    @Override
    public boolean isDefinedAt(T node) {
      return true;
    }

    @Override
    public T apply(T node) {
      return change.apply(node);
    }
  }
}
