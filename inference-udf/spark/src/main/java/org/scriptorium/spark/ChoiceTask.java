package org.scriptorium.spark;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.scriptorium.engine.api.Request;

/**
 * Lets the model choose one of the labels: it can generate no other text, so a row that succeeds always has one.
 *
 * @param labels of a call
 * @param instruction what is asked, by the labels
 */
record ChoiceTask(Function<Constants, List<String>> labels, Function<List<String>, String> instruction) implements AiTask {
  private static final int FEWEST_LABELS = 2;
  private static final int MOST_LABELS = 20;

  /** The parameter of functions whose calls bring the labels. */
  static final String LABELS = "labels";

  /** One of the call's own labels. */
  static ChoiceTask ofLabels(Function<List<String>, String> instruction) {
    return new ChoiceTask(constants -> constants.texts(LABELS), instruction);
  }

  /** One of labels that are always the same. */
  static ChoiceTask of(List<String> labels, String instruction) {
    return new ChoiceTask(constants -> labels, given -> instruction);
  }

  @Override
  public Blank blank() {
    return Blank.NULL;
  }

  @Override
  public Optional<String> complaint(Constants constants) {
    List<String> given = labels.apply(constants);
    if (given.size() < FEWEST_LABELS || given.size() > MOST_LABELS)
      return Optional.of("labels: expected %d to %d texts, found %d".formatted(FEWEST_LABELS, MOST_LABELS, given.size()));
    Set<String> seen = new HashSet<>();
    return given.stream().filter(label -> !seen.add(label)).findFirst()
        .map(label -> "labels: expected each label once, found '%s' twice".formatted(label));
  }

  @Override
  public Rows prepare(CallPlan call) {
    List<String> given = labels.apply(call.specification().constants());
    String asked = instruction.apply(given);
    return row -> new Step.Ask(new Request(Instruction.over(asked, row.text("text")), call.specification().config(), given));
  }
}
