package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.scriptorium.engine.api.Classifier;
import org.scriptorium.engine.api.Classifier.Label;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.RequestKey;
import org.scriptorium.engine.api.TextPair;

/**
 * Lets the model choose one of the labels: it can generate no other text, so a row that succeeds always has one. A model that classifies
 * chooses among those of its own labels that the call names.
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

  /** Models that classify have labels of their own, of which the call names some. */
  private static Step classified(String text, List<String> given, CallPlan call) {
    String model = call.model().name();
    var truncation = call.specification().config().truncation();
    var parameters = new ArrayList<>(given);
    parameters.add(truncation.code());
    String key = RequestKey.ofReading(call.model().fingerprint(), "classify", List.of(text), parameters);
    return new Step.Read(key, (reader, listener) -> ((Classifier) reader).submit(List.of(TextPair.of(text)), truncation,
        Readings.answering(model, listener, (found, tokens) -> best(found.getFirst(), given, tokens, model, key))));
  }

  /** The given label that the model scores highest, in the call's spelling. */
  private static Answer best(List<Label> scored, List<String> given, int tokens, String model, String key) {
    List<String> known = scored.stream().map(Label::name).toList();
    for (String label : given) {
      if (known.stream().noneMatch(label::equalsIgnoreCase)) return Answer.failed(ErrorCode.INVALID_PARAMETER,
          "labels: expected labels of %s, which are %s, found '%s'".formatted(model, String.join(", ", known.stream().sorted().toList()), label), model);
    }
    String best = known.stream().flatMap(name -> given.stream().filter(name::equalsIgnoreCase)).findFirst().orElseThrow();
    return Answer.of(Readings.completion(best, FinishReason.STOP, tokens, model, key));
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
  public Set<Kind> kinds() {
    return Set.of(Kind.values());
  }

  @Override
  public OpenModel.Use use() {
    return OpenModel.Use.CLASSIFY;
  }

  @Override
  public Rows prepare(CallPlan call) {
    List<String> given = labels.apply(call.specification().constants());
    if (call.model().kind() == Kind.ENCODER) return row -> classified(row.text("text"), given, call);
    String asked = instruction.apply(given);
    return row -> new Step.Ask(new Request(Instruction.over(asked, row.text("text")), call.specification().config(), given));
  }
}
