package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.scriptorium.engine.api.Classifier;
import org.scriptorium.engine.api.Classifier.Label;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Gives;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.RequestKey;
import org.scriptorium.engine.api.TextPair;

/**
 * Lets the model choose one of the labels: it can generate no other text, so a row that succeeds always has one. A model that gives labels
 * chooses among its own: those that the call names, or all.
 *
 * @param fixed labels of a function whose calls bring none; empty where calls bring them
 * @param instruction what is asked, by the labels
 */
record ChoiceTask(List<String> fixed, Function<List<String>, String> instruction) implements AiTask {
  private static final int FEWEST_LABELS = 2;
  private static final int MOST_LABELS = 20;

  /** The parameter of functions whose calls bring the labels. */
  static final String LABELS = "labels";

  /** One of the call's own labels. */
  static ChoiceTask ofLabels(Function<List<String>, String> instruction) {
    return new ChoiceTask(List.of(), instruction);
  }

  /** One of labels that are always the same. */
  static ChoiceTask of(List<String> labels, String instruction) {
    return new ChoiceTask(labels, given -> instruction);
  }

  /** What may be chosen; empty where it is all that the model has. */
  private List<String> labels(Constants constants) {
    return fixed.isEmpty() ? constants.texts(LABELS) : fixed;
  }

  @Override
  public Blank blank() {
    return Blank.NULL;
  }

  @Override
  public Optional<String> complaint(Constants constants) {
    if (!fixed.isEmpty() || !constants.has(LABELS)) return Optional.empty();
    List<String> given = constants.texts(LABELS);
    if (given.size() < FEWEST_LABELS || given.size() > MOST_LABELS)
      return Optional.of("labels: expected %d to %d texts, found %d".formatted(FEWEST_LABELS, MOST_LABELS, given.size()));
    Set<String> seen = new HashSet<>();
    return given.stream().filter(label -> !seen.add(label)).findFirst()
        .map(label -> "labels: expected each label once, found '%s' twice".formatted(label));
  }

  @Override
  public boolean isFor(ModelDescription model) {
    return model.kind() != Kind.ENCODER || model.gives() == Gives.LABELS;
  }

  @Override
  public String needs() {
    return "a model that generates texts or classifies them";
  }

  /** A call names some of the model's labels; of a function that has its own, the model's must be some. */
  @Override
  public Optional<String> complaint(Constants constants, ModelDescription model) {
    List<String> given = labels(constants);
    if (model.kind() != Kind.ENCODER) {
      return given.isEmpty() ? Optional.of("labels: expected 2 to 20 texts, found none; %s generates texts and has no labels of its own"
          .formatted(model.name())) : Optional.empty();
    }
    List<String> known = fixed.isEmpty() ? model.labels() : fixed, named = fixed.isEmpty() ? given : model.labels();
    return named.stream().filter(label -> known.stream().noneMatch(label::equalsIgnoreCase)).findFirst().map(label -> fixed.isEmpty()
        ? "labels: expected labels of %s, which are %s, found '%s'".formatted(model.name(), String.join(", ", known), label)
        : "model: expected one whose labels are among %s, found the label '%s' of %s; use ai_classify".formatted(
            String.join(", ", known), label, model.name()));
  }

  @Override
  public OpenModel.Use use() {
    return OpenModel.Use.CLASSIFY;
  }

  @Override
  public Rows prepare(CallPlan call) {
    List<String> given = labels(call.specification().constants());
    if (call.model().kind() == Kind.ENCODER) return row -> classified(row.text("text"), given, call);
    String asked = instruction.apply(given);
    return row -> new Step.Ask(new Request(Instruction.over(asked, row.text("text")), call.specification().config(), given));
  }

  private static Step classified(String text, List<String> given, CallPlan call) {
    String model = call.model().name();
    var truncation = call.specification().config().truncation();
    var parameters = new ArrayList<>(given);
    parameters.add(truncation.code());
    String key = RequestKey.ofReading(call.model().fingerprint(), "classify", List.of(text), parameters);
    return new Step.Read(key, (reader, listener) -> ((Classifier) reader).submit(List.of(TextPair.of(text)), truncation,
        Readings.answering(model, listener, (found, tokens) ->
            Answer.of(Readings.completion(best(found.getFirst(), given), FinishReason.STOP, tokens, model, key)))));
  }

  /** The label that the model scores highest, of those that may be chosen, in the call's spelling. */
  private static String best(List<Label> scored, List<String> given) {
    if (given.isEmpty()) return scored.getFirst().name();
    return scored.stream().flatMap(label -> given.stream().filter(label.name()::equalsIgnoreCase)).findFirst().orElseThrow();
  }
}
