package org.scriptorium.pipeline.retrieval;

import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.repeat;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What a build or a search has to know of the model of its vectors, found by asking it.
 *
 * @param name as the job named it
 * @param key equal for models of equal bytes
 * @param dimensions of a vector
 * @param window the most tokens of a text that count, special tokens left out
 */
public record EmbeddingModel(String name, String key, int dimensions, int window) {
  private static final String WORD = "a ";
  /** More words than models read. */
  private static final int MANY = 8192;

  /** Opens the model, on the driver as in its tasks. */
  public static EmbeddingModel of(SparkSession spark, String name) {
    Column options = options(name);
    Row asked = spark.range(1).select(call_function("try_ai_embed", lit(WORD), options),
        call_function("try_ai_embed", repeat(lit(WORD), lit(MANY)), options),
        call_function("ai_count_tokens", lit(name), lit(WORD))).head();
    Row one = asked.getStruct(0), many = asked.getStruct(1);
    for (Row each : new Row[] {one, many}) {
      String code = each.getAs("error_code");
      if (!code.isEmpty()) throw new IndexException("%s: the model can't embed: %s", name, each.<String>getAs("error"));
    }
    int special = one.<Integer>getAs("prompt_tokens") - asked.getInt(2);
    return new EmbeddingModel(name, one.getAs("request_key"), one.getList(one.fieldIndex("embedding")).size(),
        many.<Integer>getAs("prompt_tokens") - special);
  }

  /** The last argument of the functions. */
  Column options() {
    return options(name);
  }

  /** The last argument of a function that only tells which request it would make. */
  Column keyOptions() {
    return map(lit("model"), lit(name), lit("key_only"), lit("true"));
  }

  private static Column options(String name) {
    return map(lit("model"), lit(name));
  }
}
