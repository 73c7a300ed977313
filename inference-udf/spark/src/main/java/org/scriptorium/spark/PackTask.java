package org.scriptorium.spark;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelDescription;

/** Joins parts of a text into pieces that a model's context has room for; nothing is generated. */
final class PackTask implements AiTask {
  /** More tokens than a character can have. */
  static final int LEAST_TOKENS = 16;

  private static final StructType PIECE = new StructType().add("text", DataTypes.StringType, false)
      .add("start", DataTypes.IntegerType, false).add("end", DataTypes.IntegerType, false).add("tokens", DataTypes.IntegerType, false);

  @Override
  public Optional<Value> value(Constants constants) {
    return Optional.of(new Value("pieces", DataTypes.createArrayType(PIECE, false)));
  }

  @Override
  public boolean isFor(ModelDescription model) {
    return true;
  }

  @Override
  public boolean runsTheModel() {
    return false;
  }

  @Override
  public Rows prepare(CallPlan call) {
    return row -> {
      List<String> parts = row.texts("parts");
      String borders = row.text("borders");
      int most = row.number("max_tokens").orElseThrow(), reserve = row.number("reserve").orElse(0);
      if (borders.length() != parts.size() || !borders.chars().allMatch(digit -> digit >= '0' && digit <= '9')) {
        return RowRequests.failed(call, ErrorCode.INVALID_PARAMETER, "borders: expected %d digits, one for each part, found %d characters"
            .formatted(parts.size(), borders.length()));
      }
      if (most < LEAST_TOKENS)
        return RowRequests.failed(call, ErrorCode.INVALID_PARAMETER,
            "max_tokens: expected at least %d, found %d".formatted(LEAST_TOKENS, most));
      return new Step.Measure(model -> packed(model, parts, borders, most, reserve));
    };
  }

  private static Answer packed(OpenModel model, List<String> parts, String borders, int most, int reserve) {
    int budget = Math.min(most, model.contextLength() - reserve);
    if (budget < LEAST_TOKENS) {
      return Answer.failed(ErrorCode.PROMPT_TOO_LONG, "of a context of %d tokens the rest of the request takes %d, so that no piece of a text has room"
          .formatted(model.contextLength(), reserve), model.name());
    }
    Object[] pieces = Packing.pack(model::countTokens, budget, parts, borders).stream().map(piece -> new GenericInternalRow(
        new Object[] {UTF8String.fromString(piece.text()), piece.start(), piece.end(), piece.tokens()})).toArray();
    return Answer.measured(new GenericArrayData(pieces), model.name());
  }
}
