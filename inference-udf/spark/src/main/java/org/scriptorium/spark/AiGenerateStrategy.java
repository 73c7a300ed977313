package org.scriptorium.spark;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.SparkStrategy;
import scala.collection.immutable.Seq;

/** Plans {@link AiGenerate}, after checking on the driver all that can be checked there: settings, model, context, kernels. */
final class AiGenerateStrategy extends SparkStrategy {
  private static final long serialVersionUID = 1L;

  /** Where programs find which kernels the driver chose. */
  static final String KERNELS_PROPERTY = "scriptorium.kernels";

  private static final ConcurrentHashMap<String, Boolean> WATCHED = new ConcurrentHashMap<>();

  private final transient SparkSession session;

  AiGenerateStrategy(SparkSession session) {
    this.session = session;
  }

  @Override
  public Seq<SparkPlan> apply(LogicalPlan plan) {
    if (!(plan instanceof AiGenerate generate)) return Catalyst.seq(List.of());
    var conf = ScriptoriumConf.of(session.sessionState().conf());
    var settings = conf.engine();
    var models = new DriverModels(settings.directory(), session.sessionState().newHadoopConf());
    var references = Catalyst.<Expression>list(generate.calls()).stream()
        .map(call -> models.resolve(((AiCall) call).specification()))
        .toList();
    session.sparkContext().setLocalProperty(KERNELS_PROPERTY, settings.kernels());
    closeEnginesWith(session.sparkContext());
    var limits = new BatchLimits(conf.batchRows(), conf.rowsInFlight(), conf.bytesInFlight());
    return Catalyst.seq(List.of(new AiGenerateExec(
        generate.calls(), generate.results(), new GenerationPlan(references, settings, limits), planLater(generate.child()))));
  }

  /** In local mode the driver's process is the executor's, and outlives the session. */
  private static void closeEnginesWith(SparkContext context) {
    if (WATCHED.putIfAbsent(context.applicationId(), true) != null) return;
    context.addSparkListener(new SparkListener() {
      @Override
      public void onApplicationEnd(SparkListenerApplicationEnd end) {
        WATCHED.remove(context.applicationId());
        ExecutorEngines.closeAll();
      }
    });
  }
}
