package org.scriptorium.pipeline.retrieval;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.is_valid_utf8;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.try_element_at;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.pipeline.text.TextParts;

/**
 * The plan from documents to passages with vectors. Texts are parted on their structure; the model's own tokenizer says how many parts
 * make a passage; each passage is embedded with its headings. Passages are rows of their own, so that those of one long document are
 * spread over all tasks.
 *
 * @param model that embeds
 * @param chunkTokens the most tokens of a passage
 * @param headingTokens the most tokens of the headings before it
 * @param partitions tasks that share the rows
 */
record ChunkPlan(EmbeddingModel model, int chunkTokens, int headingTokens, int partitions) {
  private static final StructType PARTED =
      StructType.fromDDL("shard int, id string, fingerprint string, text string, parts array<string>, borders string");
  private static final StructType CHUNK = StructType.fromDDL("shard int, id string, fingerprint string, start int, end int,"
      + " headings string, text string, code string, error string");

  /**
   * Passages of documents: each with what is embedded of it, {@code passage}, and the {@link PassageVectors#KEY} of that, which is empty
   * where there is nothing to embed. A document without passages has a row all the same, one that can't be used a row that says why.
   *
   * @param documents of {@code shard, id, fingerprint, text, problem}
   */
  Dataset<Row> passages(Dataset<Row> documents) {
    Column malformed = not(is_valid_utf8(col("text")));
    Column code = when(col("problem").isNotNull().or(malformed), lit(ErrorCode.MALFORMED_TEXT.code())).otherwise(lit(""));
    Column error = when(col("problem").isNotNull(), col("problem")).when(malformed, lit("the text is not well-formed UTF-8"))
        .otherwise(lit(""));
    Dataset<Row> checked = documents.select(col("shard"), col("id"), col("fingerprint"), col("text"), code.as("code"), error.as("error"));
    Dataset<Row> usable = checked.where(col("code").equalTo("")).repartition(partitions);
    Dataset<Row> packed = usable.map((MapFunction<Row, Row>) ChunkPlan::parted, Encoders.row(PARTED))
        .select(col("shard"), col("id"), col("fingerprint"), col("text"), call_function("try_ai_pack", col("parts"), col("borders"),
            lit(chunkTokens), lit(0), model.options()).as("packed"));
    Dataset<Row> chunks = packed.flatMap((FlatMapFunction<Row, Row>) ChunkPlan::chunks, Encoders.row(CHUNK)).repartition(partitions);
    Dataset<Row> headed = chunks.withColumn("headed", call_function("try_ai_pack", array(col("headings")), lit("0"),
        lit(Math.max(headingTokens, 16)), lit(0), model.options()));
    Column heading = headingTokens == 0 ? lit("")
        : coalesce(try_element_at(col("headed").getField("pieces"), lit(1)).getField("text"), lit(""));
    Column passage = when(heading.equalTo("").or(col("text").isNull()), coalesce(col("text"), lit("")))
        .otherwise(concat_ws("\n", heading, col("text")));
    Column key = call_function("try_ai_embed", col("passage"), model.keyOptions()).getField("request_key");
    return headed.withColumn("passage", passage).withColumn(PassageVectors.KEY, key).drop("headed")
        .unionByName(checked.where(not(col("code").equalTo(""))).drop("text"), true);
  }

  /** Has what is to be embedded of passages embedded, equal ones once. */
  Dataset<Row> vectors(Dataset<Row> passages, PassageVectors vectors) throws IOException {
    Dataset<Row> distinct = passages.where(col(PassageVectors.KEY).notEqual("")).select(PassageVectors.KEY, "passage")
        .dropDuplicates(PassageVectors.KEY);
    return vectors.of(distinct, call_function("try_ai_embed", col("passage"), model.options()));
  }

  /** The rows that enter shards: {@link #passages} with their {@link #vectors}. */
  static Dataset<Row> entering(Dataset<Row> passages, Dataset<Row> vectors) {
    Column found = col(PassageVectors.EMBEDDED), key = col(PassageVectors.KEY);
    Column isLost = key.notEqual("").and(found.isNull());
    Column code = when(col("code").notEqual(""), col("code")).when(isLost, lit(ErrorCode.INTERNAL.code()))
        .otherwise(coalesce(found.getField("error_code"), lit("")));
    Column error = when(col("code").notEqual(""), col("error"))
        .when(isLost, lit("the vector of a passage could not be read back; run the job again")).otherwise(coalesce(found.getField("error"), lit("")));
    return passages.join(vectors.withColumnRenamed(PassageVectors.KEY, "_embedded"), key.equalTo(col("_embedded")), "left")
        .select(col("shard"), col("id"), col("fingerprint"), col("start"), col("end"), col("headings"), col("text"), code.as("code"),
            error.as("error"), found.getField("embedding").as("vector"));
  }

  private static Row parted(Row row) {
    String text = row.getString(3);
    TextParts.Parted parted = TextParts.parted(text);
    return RowFactory.create(row.getInt(0), row.getString(1), row.getString(2), text, parted.parts().toArray(String[]::new),
        parted.borders());
  }

  /** A row for each piece of a document; one without a piece where there is none. */
  private static Iterator<Row> chunks(Row row) {
    Row packed = row.getStruct(4);
    String text = row.getString(3), code = packed.getAs("error_code");
    boolean isPacked = code.isEmpty() && !packed.isNullAt(packed.fieldIndex("pieces"));
    List<Row> pieces = isPacked ? packed.getList(packed.fieldIndex("pieces")) : List.of();
    if (pieces.isEmpty()) {
      Row none = RowFactory.create(row.getInt(0), row.getString(1), row.getString(2), null, null, "", null, code, packed.getAs("error"));
      return List.of(none).iterator();
    }
    Outline outline = Outline.of(text);
    List<Row> chunks = new ArrayList<>();
    int characters = 0, position = 0;
    for (Row piece : pieces) {
      int start = piece.getAs("start"), end = piece.getAs("end");
      position = text.offsetByCodePoints(position, start - characters);
      characters = start;
      chunks.add(RowFactory.create(row.getInt(0), row.getString(1), row.getString(2), start, end, outline.above(position),
          piece.getAs("text"), "", ""));
    }
    return chunks.iterator();
  }
}
