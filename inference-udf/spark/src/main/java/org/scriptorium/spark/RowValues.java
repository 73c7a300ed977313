package org.scriptorium.spark;

import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The arguments of one row, by parameter. Moves from row to row of a batch; for one thread. */
final class RowValues {
  private final CallPlan call;
  private ArgumentBatch arguments;
  private int row;

  RowValues(CallPlan call) {
    this.call = call;
  }

  void moveTo(ArgumentBatch batch, int index) {
    arguments = batch;
    row = index;
  }

  boolean isNull(String parameter) {
    int column = column(parameter);
    return column < 0 || arguments.isNull(column, row);
  }

  /** A text that is not NULL. */
  String text(String parameter) throws CharacterCodingException {
    return arguments.texts(column(parameter), row).getFirst();
  }

  /** A text, or the elements of an array, where NULL counts as empty. */
  List<String> texts(String parameter) throws CharacterCodingException {
    return arguments.texts(column(parameter), row);
  }

  /** Empty where the call does not say, or says NULL. */
  OptionalInt number(String parameter) {
    return isNull(parameter) ? OptionalInt.empty() : OptionalInt.of(arguments.integer(column(parameter), row));
  }

  /** The turns of a dialogue. */
  List<ArgumentBatch.Turn> turns(String parameter) throws CharacterCodingException {
    return arguments.turns(column(parameter), row);
  }

  /** The first required argument that is NULL. */
  Optional<Parameter> missing() {
    return call.specification().function().parameters().stream()
        .filter(parameter -> parameter.isRequired() && !parameter.isConstant() && isNull(parameter.name())).findFirst();
  }

  /** True if a document is there and nothing in it but blanks. */
  boolean isBlank() throws CharacterCodingException {
    for (Parameter parameter : call.specification().function().parameters()) {
      if (!parameter.type().isDocument() || isNull(parameter.name())) continue;
      List<String> texts = parameter.type() == Parameter.Type.MESSAGES
          ? turns(parameter.name()).stream().map(ArgumentBatch.Turn::content).toList() : texts(parameter.name());
      if (texts.stream().allMatch(RowValues::isBlank)) return true;
    }
    return false;
  }

  private int column(String parameter) {
    int argument = call.specification().rowArguments().indexOf(parameter);
    return argument < 0 ? -1 : call.columns().get(argument);
  }

  private static boolean isBlank(String text) {
    return text.codePoints().allMatch(point -> Character.isWhitespace(point) || Character.isSpaceChar(point));
  }
}
