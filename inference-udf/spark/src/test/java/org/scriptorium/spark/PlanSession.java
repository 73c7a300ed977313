package org.scriptorium.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanExec;
import org.apache.spark.sql.execution.adaptive.QueryStageExec;
import org.apache.spark.sql.execution.columnar.InMemoryTableScanExec;
import org.apache.spark.sql.execution.exchange.ReusedExchangeExec;

/** A real session on two threads over {@link PlanModels}, shared by the tests of a class. */
final class PlanSession implements AutoCloseable {
  final PlanModels models = new PlanModels();
  final Path folder;
  final Path model;
  final SparkSession spark;

  PlanSession(String master, String... settings) throws IOException {
    folder = Files.createTempDirectory("scriptorium-spark-test");
    model = PlanModels.write(folder.resolve("plan.gguf"), "the model of the tests");
    var builder = SparkSession.builder().master(master).appName("scriptorium tests")
        .config("spark.sql.extensions", ScriptoriumExtensions.class.getName())
        .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toString())
        .config("spark.ui.enabled", false)
        .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", 3)
        // Generated code changes no plan, and compiling it is most of the time of a small query.
        .config("spark.sql.codegen.wholeStage", false)
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.scriptorium.model.default", model.toString())
        .config("spark.scriptorium.model.cache-dir", folder.resolve("cache").toString());
    for (int i = 0; i < settings.length; i += 2) builder.config(settings[i], settings[i + 1]);
    spark = builder.getOrCreate();
    models.reset();
  }

  void adaptive(boolean isOn) {
    spark.conf().set("spark.sql.adaptive.enabled", isOn);
    models.reset();
  }

  Dataset<Row> sql(String query) {
    return spark.sql(query);
  }

  /** The first column of all rows, in order. */
  static List<String> column(Dataset<Row> rows) {
    return rows.collectAsList().stream().map(row -> row.getString(0)).toList();
  }

  /** Operators called {@code name} in the plan that ran, reused exchanges counted once. */
  static long operators(Dataset<Row> rows, String name) {
    var found = new ArrayList<SparkPlan>();
    collect(((org.apache.spark.sql.classic.Dataset<?>) rows).queryExecution().executedPlan(), name, found);
    return found.stream().distinct().count();
  }

  private static void collect(SparkPlan plan, String name, List<SparkPlan> found) {
    if (plan.nodeName().equals(name)) found.add(plan);
    switch (plan) {
      case AdaptiveSparkPlanExec adaptive -> collect(adaptive.executedPlan(), name, found);
      case QueryStageExec stage -> collect(stage.plan(), name, found);
      case InMemoryTableScanExec scan -> { }
      case ReusedExchangeExec reused -> { }
      default -> Catalyst.<SparkPlan>list(plan.children()).forEach(child -> collect(child, name, found));
    }
  }

  /** The sum of a metric over the plan that ran. */
  static long metric(Dataset<Row> rows, String key) {
    var found = new ArrayList<SparkPlan>();
    collect(((org.apache.spark.sql.classic.Dataset<?>) rows).queryExecution().executedPlan(), "AiGenerate", found);
    return found.stream().mapToLong(plan -> ((org.apache.spark.sql.execution.metric.SQLMetric) plan.metrics().apply(key)).value()).sum();
  }

  @Override
  public void close() {
    spark.stop();
    ExecutorEngines.useOpener(ModelOpener.ENGINE);
  }
}
