package org.scriptorium.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.Request;

/** Asks for a JSON object of strings and reads it into a struct; an answer that holds no object is the row's error. */
final class ExtractionTask implements AiTask {
  private static final int MOST_FIELDS = 20;

  @Override
  public Optional<Value> value(Constants constants) {
    var type = new StructType();
    for (String field : constants.texts("fields")) type = type.add(field, DataTypes.StringType, true);
    return Optional.of(new Value("fields", type));
  }

  @Override
  public Blank blank() {
    return Blank.NULL;
  }

  @Override
  public Optional<String> complaint(Constants constants) {
    List<String> fields = constants.texts("fields");
    if (fields.isEmpty() || fields.size() > MOST_FIELDS)
      return Optional.of("fields: expected 1 to %d names, found %d".formatted(MOST_FIELDS, fields.size()));
    Set<String> seen = new HashSet<>();
    return fields.stream().filter(field -> !seen.add(field.toLowerCase(Locale.ROOT))).findFirst()
        .map(field -> "fields: expected each name once, found '%s' twice".formatted(field));
  }

  @Override
  public Rows prepare(CallPlan call) {
    List<String> fields = call.specification().constants().texts("fields");
    String instruction = instruction(fields);
    return row -> new Step.Ask(new Request(Instruction.over(instruction, row.text("text")), call.specification().config()),
        completion -> read(completion, fields));
  }

  private static String instruction(List<String> fields) {
    String keys = fields.stream().map(field -> "\"" + field + "\"").collect(Collectors.joining(", "));
    return "Extract these values from the input text: " + String.join(", ", fields) + ". Answer with one JSON object that has the keys "
        + keys + ". Each value is a string copied from the text, or null where the text has none.";
  }

  private static Answer read(Completion completion, List<String> fields) {
    Optional<ObjectNode> object = JsonAnswer.object(completion.text());
    if (object.isEmpty()) return Answer.malformed(completion, "expected a JSON object in the model's answer, found none");
    var values = new ArrayList<Object>();
    for (String field : fields) values.add(JsonAnswer.text(find(object.get(), field)).map(UTF8String::fromString).orElse(null));
    return new Answer(completion, new GenericInternalRow(values.toArray()));
  }

  /** By its name, else by its name without regard to case and to what joins its words. */
  private static JsonNode find(ObjectNode object, String field) {
    if (object.has(field)) return object.get(field);
    for (var entry : object.properties()) if (plain(entry.getKey()).equals(plain(field))) return entry.getValue();
    return MissingNode.getInstance();
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', ' ').replace('-', ' ').strip();
  }
}
