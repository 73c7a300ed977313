package org.scriptorium.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.scriptorium.spark.ScriptoriumExtensions;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * One local session for all tests, with functions whose answers a test can foretell: they repeat their prompt. Half of a prompt is
 * cached, and all of one with "said before" in it, as of a request that was not computed. A prompt with "moody" in it fails while
 * {@link #isMoody}. One with "fails at first" in it ends its task when it is asked for the first
 * time, where tasks are repeated.
 */
final class Sessions {
  static final StructType RESULT = StructType.fromDDL("text string, finish_reason string, error_code string, error string,"
      + " prompt_tokens int, cached_tokens int, completion_tokens int, model string, request_key string");
  /** Calls since the session began. */
  static final AtomicLong CALLS = new AtomicLong();
  /** While above 0, each answer takes so many milliseconds. */
  static volatile long delay;
  static volatile boolean isMoody;
  /** Where each call leaves a line with its text, whatever becomes of the process; none where it is null. */
  static volatile Path log;

  /** Where tasks are to be repeated, a test has a process of its own with this property. */
  static final String MASTER = "scriptorium.test.master";
  private static final AtomicBoolean HAS_FAILED = new AtomicBoolean();

  private static SparkSession session;

  private Sessions() {}

  static synchronized SparkSession spark() {
    if (session != null) return session;
    session = SparkSession.builder().master(System.getProperty(MASTER, "local[2]")).appName("pipeline tests")
        .config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir") + "/warehouse")
        // Plans over a few rows take longer to compile than to run.
        .config("spark.sql.codegen.wholeStage", "false").config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.driver.host", "localhost").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate();
    session.sparkContext().setLogLevel("ERROR");
    // Accumulators travel with the functions, as the metrics of an operator do.
    LongAccumulator rows = session.sparkContext().longAccumulator("generated rows");
    LongAccumulator tokens = session.sparkContext().longAccumulator("completion tokens");
    session.udf().register("try_ai_gen", (UDF2<Object, Object, Row>) (text, options) -> counted(generate(text, options), rows, tokens),
        RESULT);
    session.udf().register("try_ai_summarize",
        (UDF3<Object, Integer, Object, Row>) (text, words, options) -> counted(generate(text, options), rows, tokens), RESULT);
    return session;
  }

  /** A session of its own with the real functions, in the same process. */
  static SparkSession onEngine(Path cacheDirectory) {
    SparkSession others = spark();
    SparkSession.clearActiveSession();
    SparkSession.clearDefaultSession();
    SparkSession own = SparkSession.builder().master("local[2]").withExtensions(new ScriptoriumExtensions())
        .config("spark.scriptorium.engine.cache-memory", "64m").config("spark.scriptorium.model.cache-dir", cacheDirectory.toString())
        .getOrCreate();
    SparkSession.setDefaultSession(others);
    return own;
  }

  private static Row counted(Row result, LongAccumulator rows, LongAccumulator tokens) {
    rows.add(1);
    tokens.add(result.getInt(6));
    return result;
  }

  @SuppressWarnings("unchecked")
  private static Row generate(Object prompt, Object optionMap) throws Exception {
    Map<String, String> options = CollectionConverters.asJava((scala.collection.Map<String, String>) optionMap);
    boolean isKeyOnly = options.containsKey("key_only");
    if (!isKeyOnly) CALLS.incrementAndGet();
    if (!isKeyOnly && delay > 0) Thread.sleep(delay);
    String model = options.getOrDefault("model", "echo");
    List<String> values = prompt instanceof Seq<?> seq ? CollectionConverters.asJava((Seq<String>) seq) : List.of((String) prompt);
    if (values.stream().allMatch(String::isBlank)) return result("", "skipped", "", "", 0, 0, model);
    String text = options.getOrDefault("prompt_template", "{{0}}");
    for (int i = 0; i < values.size(); i++) text = text.replace("{{" + i + "}}", values.get(i));
    if (text.contains("\uFFFD")) return result("", "error", "malformed_text", "malformed", 0, 0, model);
    if (text.length() > 100_000 && options.get("truncation").equals("none")) return result("", "error", "prompt_too_long", "too long",
        0, 0, model);
    String key = Integer.toHexString(text.hashCode()) + "-" + model;
    if (isKeyOnly) return result("", "skipped", "", "", 0, 0, model, key);
    if (log != null) Files.writeString(log, text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    if (isMoody && text.contains("moody")) return result("", "error", "internal", "a mood", 0, 0, model, key);
    boolean ends = System.getProperty(MASTER) != null && text.contains("fails at first") && HAS_FAILED.compareAndSet(false, true);
    if (ends) throw new IllegalStateException("a task's end");
    if (text.contains("no disk, no room")) throw new IllegalStateException("a function that fails the query");
    return result("echo " + (text.length() > 100 ? text.substring(0, 100) : text), "stop", "", "", text.length(),
        text.contains("said before") ? text.length() : text.length() / 2, model, key);
  }

  private static Row result(String text, String reason, String code, String error, int tokens, int cached, String model) {
    return result(text, reason, code, error, tokens, cached, model, "");
  }

  private static Row result(String text, String reason, String code, String error, int tokens, int cached, String model, String key) {
    return RowFactory.create(text, reason, code, error, tokens, cached, reason.equals("stop") ? 3 : 0, model, key);
  }
}
