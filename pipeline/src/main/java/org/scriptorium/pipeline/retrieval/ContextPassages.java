package org.scriptorium.pipeline.retrieval;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.char_length;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.udf;
import static org.apache.spark.sql.functions.when;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataType;
import org.scriptorium.pipeline.text.TextParts;

/** Passages of a text that stands beside its question, in place of those that an index finds. All have the score 1. */
public final class ContextPassages {
  /** Small enough for a citation to say something, large enough to be understood. */
  private static final int TOKENS = 64;
  private static final UserDefinedFunction PARTED = udf((UDF1<String, Row>) ContextPassages::parted,
      DataType.fromDDL("parts array<string>, borders string"));

  private ContextPassages() {}

  /**
   * Parts each context on its structure, so that answers can name a part of it.
   *
   * @param rows of {@code key, id, question, context}, well-formed
   * @param model whose tokens count
   * @return {@code key, question, passages} in their order, and {@code error_code, error}
   */
  public static Dataset<Row> parted(Dataset<Row> rows, String model) {
    Dataset<Row> packed = rows.withColumn("parted", PARTED.apply(col("context"))).withColumn("packed", call_function("try_ai_pack",
        col("parted.parts"), col("parted.borders"), lit(TOKENS), lit(0), map(lit("model"), lit(model))));
    Column pieces = transform(col("packed.pieces"),
        piece -> passage(piece.getField("start"), piece.getField("end"), piece.getField("text")));
    return packed.select(col("key"), col("question"), coalesce(pieces.cast(Retrieval.PASSAGES), none()).as("passages"),
        coalesce(col("packed.error_code"), lit("")).as("error_code"), coalesce(col("packed.error"), lit("")).as("error"));
  }

  /** Each context as one passage, for models that read texts of any length. Rows are as of {@link #parted}. */
  public static Dataset<Row> whole(Dataset<Row> rows) {
    Column context = col("context");
    Column whole = array(passage(lit(0), char_length(context), context)).cast(Retrieval.PASSAGES);
    return rows.select(col("key"), col("question"), when(isBlank(context), none()).otherwise(whole).as("passages"),
        lit("").as("error_code"), lit("").as("error"));
  }

  /** True of a text that models are not asked about: of blanks alone, those of other scripts and the unbreakable among them. */
  public static Column isBlank(Column text) {
    return text.rlike("\\A[\\p{Z}\\x09-\\x0D\\x1C-\\x1F]*\\z");
  }

  private static Column passage(Column start, Column end, Column text) {
    return struct(col("id"), start.as("start"), end.as("end"), lit(1f).as("score"), text.as("text"));
  }

  private static Column none() {
    return array().cast(Retrieval.PASSAGES);
  }

  private static Row parted(String text) {
    TextParts.Parted parted = TextParts.parted(text);
    return RowFactory.create(parted.parts().toArray(String[]::new), parted.borders());
  }
}
