package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.CreateArray;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GetStructField;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.LambdaFunction;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.OuterReference;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import scala.Option;

/**
 * Moves the calls of a projection into an {@link AiGenerate} below it, while the query is analyzed: later rules then see a column, which
 * they may copy and move as they like. Equal calls of a projection become one; calls inside calls become nodes one above the other.
 *
 * <p>A call in a branch of IF, CASE or COALESCE gets a NULL text on the rows that do not take the branch, so nothing is generated for them.
 */
final class ExtractAiCalls extends Rule<LogicalPlan> {

  private final SparkSession session;

  ExtractAiCalls(SparkSession session) {
    this.session = session;
  }

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return plan.resolveOperatorsUp(Catalyst.everywhere(node ->
        node instanceof Project project && holdsCall(project) ? extract(project) : node));
  }

  private static boolean holdsCall(Project project) {
    return project.resolved()
        && Catalyst.<NamedExpression>list(project.projectList()).stream().anyMatch(named -> holdsCall((Expression) named));
  }

  static boolean holdsCall(Expression expression) {
    return Catalyst.exists(expression, part -> part instanceof AiFunctionCall);
  }

  private LogicalPlan extract(Project project) {
    // The session's own settings: while Spark resolves a view, the current ones are those that the view was made under.
    String defaultModel = ScriptoriumConf.of(session.sessionState().conf()).defaultModel();
    List<Expression> columns = new ArrayList<>();
    for (NamedExpression named : Catalyst.<NamedExpression>list(project.projectList())) columns.add((Expression) named);
    LogicalPlan child = project.child();
    while (columns.stream().anyMatch(ExtractAiCalls::holdsCall)) {
      var layer = new Layer(defaultModel);
      columns.replaceAll(column -> layer.replace(column, Optional.empty()));
      child = layer.over(child);
    }
    var named = columns.stream().map(column -> (NamedExpression) column).toList();
    return new Project(Catalyst.<NamedExpression>seq(named), child);
  }

  /** The calls of one node: those whose arguments and conditions hold no further call. */
  private static final class Layer {
    private final String defaultModel;
    private final LinkedHashMap<Expression, Result> results = new LinkedHashMap<>();

    Layer(String defaultModel) {
      this.defaultModel = defaultModel;
    }

    LogicalPlan over(LogicalPlan child) {
      var calls = results.values().stream().map(result -> (Expression) result.call()).toList();
      var attributes = results.values().stream().map(Result::attribute).toList();
      return new AiGenerate(Catalyst.seq(calls), Catalyst.seq(attributes), child);
    }

    Expression replace(Expression expression, Optional<Expression> condition) {
      if (!holdsCall(expression)) return expression;
      if (expression instanceof LambdaFunction lambda) {
        Catalyst.visit(lambda, part -> {
          if (part instanceof AiFunctionCall call)
            throw AiErrors.position(call, "a lambda function", "explode the array, compute it in a SELECT and collect it again");
        });
      }
      if (expression instanceof AiFunctionCall call) {
        boolean isInnermost = Catalyst.<Expression>list(call.children()).stream().noneMatch(ExtractAiCalls::holdsCall);
        if (isInnermost) return condition.filter(ExtractAiCalls::holdsCall).isPresent() ? call : result(call, condition);
      }
      var children = Catalyst.<Expression>list(expression.children());
      var conditions = Branches.conditions(expression, condition);
      var replaced = new ArrayList<Expression>();
      for (int i = 0; i < children.size(); i++) replaced.add(replace(children.get(i), conditions.get(i)));
      return expression.withNewChildren(Catalyst.seq(replaced));
    }

    private Expression result(AiFunctionCall call, Optional<Expression> condition) {
      var arguments = new ArrayList<Expression>(Catalyst.<Expression>list(call.children()));
      boolean hasOptions = arguments.size() > 1 && AiFunction.isOptions(arguments.getLast());
      Optional<Expression> options = hasOptions ? Optional.of(arguments.removeLast()) : Optional.empty();
      check(call, arguments);
      var specification = CallOptions.specification(call, options, defaultModel);
      checkTemplate(call, specification, arguments.getFirst());
      if (condition.isPresent()) {
        var text = arguments.getFirst();
        arguments.set(0, new If(condition.get(), text, Literal.create(null, text.dataType())));
      }
      var key = new AiCall(specification, Catalyst.seq(arguments));
      var result = results.computeIfAbsent(key.canonicalized(), absent -> new Result(key, resultAttribute(call)));
      return switch (call.function().onError()) {
        case FAILS -> new GetStructField(result.attribute(), ResultStruct.TEXT, Option.apply("text"));
        case RETURNS -> result.attribute();
      };
    }

    /** Its name is none that a user gives a column, so that no rule takes an alias of it for redundant. */
    private static Attribute resultAttribute(AiFunctionCall call) {
      return Catalyst.attribute("_" + call.function().sqlName() + "_result", ResultStruct.TYPE);
    }

    private static void check(AiFunctionCall call, List<Expression> arguments) {
      String name = call.function().sqlName();
      if (call.function().kind() == AiFunction.Kind.GENERATE && arguments.size() > 1 || arguments.size() > 2) {
        throw AiErrors.arguments("%s: expected %s with the options as a map, found %s; write map('max_new_tokens', '64')"
            .formatted(name, call.function().signature(), arguments.getLast().dataType().sql()), call);
      }
      for (Expression argument : arguments) {
        if (Catalyst.exists(argument, part -> part instanceof OuterReference))
          throw AiErrors.position(call, "a correlated subquery on columns of the outer query", "compute it in the outer SELECT");
      }
      if (arguments.size() == 2 && arguments.get(1).foldable() && arguments.get(1).eval(null) instanceof Integer words && words < 0)
        throw AiErrors.arguments("%s: max_words: expected 0 (no limit) or more, found %d".formatted(name, words), call);
    }
  }

  private static void checkTemplate(AiFunctionCall call, CallSpecification specification, Expression prompt) {
    String name = call.function().sqlName();
    if (specification.template().isEmpty()) {
      if (prompt.dataType() instanceof ArrayType)
        throw AiErrors.arguments("%s: an array of values needs the option 'prompt_template'".formatted(name), call);
      return;
    }
    int places = PromptTemplate.parse(specification.template()).places();
    int values = prompt instanceof CreateArray array ? array.children().size() : prompt.dataType() instanceof ArrayType ? places : 1;
    if (places > values) {
      throw AiErrors.arguments("%s: option 'prompt_template' holds {{%d}}, but the prompt has %d value%s; places count from {{0}}"
          .formatted(name, places - 1, values, values == 1 ? "" : "s"), call);
    }
  }

  private record Result(AiCall call, Attribute attribute) {}
}
