package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Sends a dialogue through the model's chat template. Roles are a closed list, since a template prints them among its own markup. */
final class ChatTask implements AiTask {
  private static final List<String> ROLES = List.of("system", "developer", "user", "assistant", "tool");

  @Override
  public Optional<String> complaint(Map<String, Expression> rowArguments) {
    DataType type = rowArguments.get("messages").dataType();
    if (type instanceof NullType || type instanceof ArrayType array && isTurn(array.elementType())) return Optional.empty();
    return Optional.of("messages: expected an array of structs with the string fields role and content, found " + type.sql());
  }

  private static boolean isTurn(DataType type) {
    return type instanceof StructType struct && struct.fields().length == 2
        && Arrays.stream(struct.fields()).allMatch(field -> field.dataType() instanceof StringType)
        && Arrays.stream(struct.fieldNames()).map(String::toLowerCase).sorted().toList().equals(List.of("content", "role"));
  }

  @Override
  public Rows prepare(CallPlan call) {
    return row -> {
      var messages = new ArrayList<Message>();
      for (ArgumentBatch.Turn turn : row.turns("messages")) {
        if (!ROLES.contains(turn.role())) {
          // The role is the row's own text, which is not shown.
          return RowRequests.failed(call, ErrorCode.INVALID_PARAMETER, "messages: expected the roles %s, found another in message %d"
              .formatted(Instruction.alternatives(ROLES), messages.size()));
        }
        messages.add(new Message(turn.role(), SourcedText.row(turn.content())));
      }
      return new Step.Ask(new Request(new Prompt.Chat(messages), call.specification().config()));
    };
  }
}
