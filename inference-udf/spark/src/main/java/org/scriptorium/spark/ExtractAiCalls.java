package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.CreateArray;
import org.apache.spark.sql.catalyst.expressions.Expression;
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
import org.apache.spark.sql.types.StringType;

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
    var conf = ScriptoriumConf.of(session.sessionState().conf());
    List<Expression> columns = new ArrayList<>();
    for (NamedExpression named : Catalyst.<NamedExpression>list(project.projectList())) columns.add((Expression) named);
    LogicalPlan child = project.child();
    while (columns.stream().anyMatch(ExtractAiCalls::holdsCall)) {
      var layer = new Layer(conf);
      columns.replaceAll(column -> layer.replace(column, Optional.empty()));
      child = layer.over(child);
    }
    var named = columns.stream().map(column -> (NamedExpression) column).toList();
    return new Project(Catalyst.<NamedExpression>seq(named), child);
  }

  /** The calls of one node: those whose arguments and conditions hold no further call. */
  private static final class Layer {
    private final ScriptoriumConf conf;
    private final LinkedHashMap<Expression, Result> results = new LinkedHashMap<>();

    Layer(ScriptoriumConf conf) {
      this.conf = conf;
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
      var bound = CallArguments.of(call);
      check(call, bound.rows());
      var arguments = new ArrayList<>(bound.rows().values());
      var specification = CallOptions.specification(call, bound, conf.model(call.function().task().defaultModel()));
      checkTemplate(call, specification, arguments.getFirst());
      if (condition.isPresent()) {
        // Without its text a row is not asked. Of the others too none may be computed for a row that is not to have it: it might fail.
        for (int i = 0; i < arguments.size(); i++) {
          var argument = arguments.get(i);
          if (i == 0 || !argument.foldable()) {
            arguments.set(i, new If(condition.get(), argument, Literal.create(null, argument.dataType())));
          }
        }
      }
      var key = new AiCall(specification, Catalyst.seq(arguments));
      var result = results.computeIfAbsent(key.canonicalized(), absent -> new Result(key, resultAttribute(key)));
      return switch (call.onError()) {
        case FAILS -> call.function().task().expression(result.attribute(), specification.constants());
        case RETURNS -> result.attribute();
      };
    }

    /** Its name is none that a user gives a column, so that no rule takes an alias of it for redundant. */
    private static Attribute resultAttribute(AiCall call) {
      return Catalyst.attribute("_" + call.prettyName() + "_result", call.dataType());
    }

    private static void check(AiFunctionCall call, Map<String, Expression> arguments) {
      for (Expression argument : arguments.values()) {
        if (Catalyst.exists(argument, part -> part instanceof OuterReference))
          throw AiErrors.position(call, "a correlated subquery on columns of the outer query", "compute it in the outer SELECT");
      }
      var complaint = call.function().task().complaint(arguments);
      if (complaint.isPresent()) throw AiErrors.arguments(call.sqlName() + ": " + complaint.get(), call);
    }
  }

  private static void checkTemplate(AiFunctionCall call, CallSpecification specification, Expression prompt) {
    if (specification.template().isEmpty()) {
      boolean isArray = prompt.dataType() instanceof ArrayType array && array.elementType() instanceof StringType;
      if (isArray && call.function().options().contains("prompt_template"))
        throw AiErrors.arguments("%s: an array of values needs the option 'prompt_template'".formatted(call.sqlName()), call);
      return;
    }
    int places = PromptTemplate.parse(specification.template()).places();
    int values = prompt instanceof CreateArray array ? array.children().size() : prompt.dataType() instanceof ArrayType ? places : 1;
    if (places > values) {
      throw AiErrors.arguments("%s: option 'prompt_template' holds {{%d}}, but the prompt has %d value%s; places count from {{0}}"
          .formatted(call.sqlName(), places - 1, values, values == 1 ? "" : "s"), call);
    }
  }

  private record Result(AiCall call, Attribute attribute) {}
}
