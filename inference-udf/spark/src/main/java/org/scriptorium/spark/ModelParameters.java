package org.scriptorium.spark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/** The struct of parameters that {@code ai_query} takes beside the map of options: the same names, and OpenAI's where they differ. */
final class ModelParameters {
  static final String NAME = "modelParameters";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> OTHER_NAMES =
      Map.of("max_tokens", "max_new_tokens", "max_completion_tokens", "max_new_tokens", "stop_sequences", "stop");

  private ModelParameters() {}

  /** @throws org.apache.spark.sql.AnalysisException if it is no constant struct of strings, numbers and lists of strings */
  static Map<String, String> read(AiFunctionCall call, Expression parameters) {
    if (!(parameters.dataType() instanceof StructType type) || !parameters.foldable()) {
      throw AiErrors.arguments("%s: %s: expected a constant struct, found %s; write named_struct('max_tokens', 64)"
          .formatted(call.sqlName(), NAME, parameters.sql()), call);
    }
    var options = new LinkedHashMap<String, String>();
    if (!(parameters.eval(InternalRow.empty()) instanceof InternalRow row)) return options;
    for (int i = 0; i < type.size(); i++) {
      var field = type.fields()[i];
      if (row.isNullAt(i))
        throw AiErrors.arguments("%s: %s: '%s' is NULL; leave it out".formatted(call.sqlName(), NAME, field.name()), call);
      options.put(OTHER_NAMES.getOrDefault(field.name(), field.name()), text(row.get(i, field.dataType()), field.dataType()));
    }
    return options;
  }

  private static String text(Object value, DataType type) {
    if (value instanceof ArrayData array && type instanceof ArrayType list && list.elementType() instanceof StringType) {
      var texts = JSON.createArrayNode();
      for (int i = 0; i < array.numElements(); i++) texts.add(String.valueOf(array.get(i, DataTypes.StringType)));
      return texts.toString();
    }
    return value instanceof Decimal number ? number.toJavaBigDecimal().toPlainString() : value.toString();
  }
}
