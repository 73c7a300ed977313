package org.scriptorium.spark;

import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.EvalMode;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JsonToStructs;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.scriptorium.engine.api.Completion;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/** Reads an answer as a SQL type, by Spark's own rules: structs, arrays and maps from JSON, others as a cast does. For one thread. */
final class TypedAnswer {
  private final DataType type;
  private final Expression reader;

  TypedAnswer(DataType type) {
    this.type = type;
    var text = new BoundReference(0, DataTypes.StringType, true);
    Option<String> zone = Option.apply(SQLConf.get().sessionLocalTimeZone());
    var options = scala.collection.immutable.Map.from(CollectionConverters.asScala(Map.of("mode", "FAILFAST")));
    reader = isNested(type) ? new JsonToStructs(type, options, text, zone, false) : new Cast(text, type, zone, EvalMode.TRY());
  }

  private static boolean isNested(DataType type) {
    return type instanceof StructType || type instanceof ArrayType || type instanceof MapType;
  }

  /**
   * A type whose fields may all be NULL: an answer need not have what was asked for.
   *
   * @throws RuntimeException of Spark's parser, with the place in the text
   */
  static DataType type(String ddl) {
    return DataType.fromDDL(ddl).asNullable();
  }

  Answer read(Completion completion) {
    String text = JsonAnswer.unfenced(completion.text());
    InternalRow row = new GenericInternalRow(new Object[] {UTF8String.fromString(text)});
    Optional<Object> value;
    try {
      value = Optional.ofNullable(reader.eval(row));
    } catch (Exception e) {
      // Some are checked ones that no signature names. Spark's exception quotes the answer, which may quote the document.
      value = Optional.empty();
    }
    return value.map(found -> new Answer(completion, found))
        .orElseGet(() -> Answer.malformed(completion, "expected an answer that reads as %s, found another".formatted(type.sql())));
  }
}
