package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.UnaryExecNode;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.util.SerializableConfiguration;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** The operator behind {@link AiGenerate}: streams rows through the executor's engine in Arrow batches, order kept. */
public final class AiGenerateExec extends SparkPlan implements UnaryExecNode {
  private static final long serialVersionUID = 1L;

  private final transient Seq<Expression> calls;
  private final transient Seq<Attribute> results;
  private final GenerationPlan generation;
  private final SparkPlan child;
  private transient scala.collection.immutable.Map<String, SQLMetric> metrics;

  /** Public for Spark, which copies nodes by their constructor. */
  public AiGenerateExec(Seq<Expression> calls, Seq<Attribute> results, GenerationPlan generation, SparkPlan child) {
    this.calls = calls;
    this.results = results;
    this.generation = generation;
    this.child = child;
  }

  @Override
  public String nodeName() {
    return "AiGenerate";
  }

  @Override
  public SparkPlan child() {
    return child;
  }

  @Override
  public Seq<SparkPlan> children() {
    return Catalyst.seq(List.of(child));
  }

  @Override
  public Seq<Attribute> output() {
    var output = new ArrayList<Attribute>(Catalyst.<Attribute>list(child.output()));
    output.addAll(Catalyst.list(results));
    return Catalyst.seq(output);
  }

  @Override
  public AttributeSet producedAttributes() {
    return Catalyst.attributes(Catalyst.list(results));
  }

  @Override
  public Partitioning outputPartitioning() {
    return child.outputPartitioning();
  }

  @Override
  public Seq<SortOrder> outputOrdering() {
    return child.outputOrdering();
  }

  @Override
  public synchronized scala.collection.immutable.Map<String, SQLMetric> metrics() {
    if (metrics == null) {
      metrics = scala.collection.immutable.Map.from(CollectionConverters.asScala(GenerationMetrics.create(sparkContext())));
    }
    return metrics;
  }

  @Override
  public RDD<InternalRow> doExecute() {
    var columns = new LinkedHashMap<Expression, Integer>();
    var arguments = new ArrayList<Expression>();
    var plans = new ArrayList<CallPlan>();
    var list = Catalyst.<Expression>list(calls);
    for (int i = 0; i < list.size(); i++) {
      var call = (AiCall) list.get(i);
      var indices = Catalyst.<Expression>list(call.children()).stream().map(argument -> column(argument, columns, arguments)).toList();
      plans.add(new CallPlan(call.specification(), generation.models().get(i), indices));
    }
    var hadoop = new SerializableConfiguration(session().sessionState().newHadoopConf());
    var counts = new GenerationMetrics(CollectionConverters.asJava(metrics()));
    var task = new GenerationTask(plans, Catalyst.seq(arguments), child.output(), output(), generation, counts, hadoop);
    return child.execute().toJavaRDD().mapPartitions(task, true).rdd();
  }

  /** Calls over the same column share it. An expression that is not deterministic has a column for each of its places. */
  private static int column(Expression argument, Map<Expression, Integer> columns, List<Expression> arguments) {
    Integer known = argument.deterministic() ? columns.get(argument.canonicalized()) : null;
    if (known != null) return known;
    arguments.add(argument);
    if (argument.deterministic()) columns.put(argument.canonicalized(), arguments.size() - 1);
    return arguments.size() - 1;
  }

  @Override
  public SparkPlan withNewChildInternal(SparkPlan newChild) {
    return new AiGenerateExec(calls, results, generation, newChild);
  }

  @Override
  public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> newChildren) {
    return withNewChildInternal(newChildren.head());
  }

  @Override
  public int productArity() {
    return 4;
  }

  @Override
  public Object productElement(int index) {
    return switch (index) {
      case 0 -> calls;
      case 1 -> results;
      case 2 -> generation;
      case 3 -> child;
      default -> throw new IndexOutOfBoundsException(index);
    };
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof AiGenerateExec;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AiGenerateExec that && calls.equals(that.calls) && results.equals(that.results)
        && generation.equals(that.generation) && child.equals(that.child);
  }

  @Override
  public int hashCode() {
    return List.of(calls, results, generation, child).hashCode();
  }
}
