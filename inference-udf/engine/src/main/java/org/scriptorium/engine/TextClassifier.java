package org.scriptorium.engine;

import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.Classifier;
import org.scriptorium.engine.api.Reading;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.TextPair;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.tokenizer.Encoding;
import org.scriptorium.engine.weights.Configuration;

/** Labels of texts, with scores as Hugging Face's text classification gives them. */
final class TextClassifier extends ModelReader implements Classifier {
  private final List<String> labels;
  private final Function<float[], double[]> scores;

  TextClassifier(EncoderModel model, Configuration configuration) {
    super(model);
    labels = configuration.labels();
    scores = switch (problem(configuration)) {
      case "regression" -> Probabilities::unchanged;
      case "multi_label_classification" -> Probabilities::sigmoid;
      default -> Probabilities::softmax;
    };
  }

  /** What the configuration says, or one label's own probability, or one label of several. */
  private String problem(Configuration configuration) {
    String type = configuration.string("problem_type", labels.size() == 1 ? "multi_label_classification" : "single_label_classification");
    return switch (type) {
      case "regression", "multi_label_classification" -> type;
      case "single_label_classification" -> labels.size() == 1 ? "multi_label_classification" : type;
      default -> throw configuration.unsupported("problem_type", "regression, single_label_classification, multi_label_classification");
    };
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  @Override
  public List<Reading<List<Label>>> classify(List<TextPair> texts, Truncation truncation) {
    return model.read(texts, text -> plan(text, truncation));
  }

  @Override
  public Ticket submit(List<TextPair> texts, Truncation truncation, Consumer<List<Reading<List<Label>>>> listener) {
    return model.submit(texts, text -> plan(text, truncation), listener);
  }

  private EncoderModel.Plan<List<Label>> plan(TextPair text, Truncation truncation) {
    WellFormed.require(text.first());
    text.second().ifPresent(WellFormed::require);
    SourcedText first = SourcedText.row(text.first());
    Encoding encoding = text.second().map(second -> model.tokenizer().encodePair(first, SourcedText.row(second)))
        .orElseGet(() -> model.tokenizer().encodeInput(first));
    Encoding fitted = model.fitted(encoding, model.encoder().contextLength(), truncation);
    return new EncoderModel.Plan<>(List.of(fitted), position -> position == 0, values -> labels(scores.apply(values.getFirst())));
  }

  /** The best first; equal ones in the model's order. */
  private List<Label> labels(double[] found) {
    return IntStream.range(0, found.length).mapToObj(i -> new Label(labels.get(i), (float) found[i]))
        .sorted(Comparator.comparingDouble((Label label) -> -label.score())).toList();
  }
}
