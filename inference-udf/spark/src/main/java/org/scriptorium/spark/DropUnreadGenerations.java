package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.rules.Rule;

/** Leaves out the calls whose results nobody reads, and the whole node when none is read. */
final class DropUnreadGenerations extends Rule<LogicalPlan> {

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return plan.transformDown(Catalyst.everywhere(node -> {
      if (!(node instanceof Project project)) return node;
      if (project.child() instanceof AiGenerate generate) return narrowed(project, project, project.references(), generate);
      if (project.child() instanceof Filter filter && filter.child() instanceof AiGenerate generate)
        return narrowed(project, filter, project.references().$plus$plus(filter.references()), generate);
      return node;
    }));
  }

  private static LogicalPlan narrowed(Project project, LogicalPlan parent, AttributeSet read, AiGenerate generate) {
    List<Expression> calls = new ArrayList<>();
    List<Attribute> results = new ArrayList<>();
    for (int i = 0; i < generate.results().size(); i++) {
      if (!read.contains(generate.results().apply(i))) continue;
      calls.add(generate.calls().apply(i));
      results.add(generate.results().apply(i));
    }
    if (results.size() == generate.results().size()) return project;
    LogicalPlan child = generate.child();
    LogicalPlan narrow = results.isEmpty() ? child : new AiGenerate(Catalyst.seq(calls), Catalyst.seq(results), child);
    LogicalPlan newParent = parent.withNewChildren(Catalyst.seq(List.of(narrow)));
    return parent == project ? newParent : project.withNewChildren(Catalyst.seq(List.of(newParent)));
  }
}
