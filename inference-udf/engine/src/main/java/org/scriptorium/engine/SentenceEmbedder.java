package org.scriptorium.engine;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.Reading;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.tokenizer.Encoding;
import org.scriptorium.engine.weights.SentenceFiles;
import org.scriptorium.engine.weights.SentenceFiles.Letters;
import org.scriptorium.engine.weights.SentenceFiles.Pooling;
import org.scriptorium.engine.weights.SentenceFiles.Scaling;

/**
 * Vectors of texts as the sentence-transformers library makes them. Sums run over the tokens in ascending order, in float64, so that a
 * vector's bits depend on its text alone.
 */
final class SentenceEmbedder extends ModelReader implements Embedder {
  private final SentenceFiles files;
  private final int width;

  SentenceEmbedder(EncoderModel model, SentenceFiles files) {
    super(model);
    this.files = files;
    width = model.encoder().stack().width();
  }

  @Override
  public int dimensions() {
    return width * files.poolings().size();
  }

  @Override
  public int maxTokens() {
    return files.maxTokens();
  }

  @Override
  public List<Reading<float[]>> embed(List<String> texts) {
    return model.read(texts, this::plan);
  }

  @Override
  public Ticket submit(List<String> texts, Consumer<List<Reading<float[]>>> listener) {
    return model.submit(texts, this::plan, listener);
  }

  private EncoderModel.Plan<float[]> plan(String text) {
    WellFormed.require(text);
    // The library strips and lowers prompt and text as one.
    String ends = files.prompt().isEmpty() ? text.strip() : text.stripTrailing();
    SourcedText source = SourcedText.trusted(letters(files.prompt())).plus(SourcedText.row(letters(ends)));
    Encoding encoding = model.fitted(model.tokenizer().encodeInput(source), files.maxTokens(), Truncation.TAIL);
    return new EncoderModel.Plan<>(List.of(encoding), wanted(encoding.size()), states -> vector(states.getFirst()));
  }

  private String letters(String text) {
    return files.letters() == Letters.LOWER_CASE ? text.toLowerCase(Locale.ROOT) : text;
  }

  /** The first or the last position, where nothing else is pooled. */
  private IntPredicate wanted(int size) {
    if (files.poolings().equals(List.of(Pooling.CLS))) return position -> position == 0;
    if (files.poolings().equals(List.of(Pooling.LAST))) return position -> position == size - 1;
    return position -> true;
  }

  private float[] vector(float[] states) {
    var values = new double[dimensions()];
    int rows = states.length / width;
    for (int i = 0; i < files.poolings().size(); i++) {
      for (int lane = 0; lane < width; lane++) values[i * width + lane] = pool(files.poolings().get(i), states, rows, lane);
    }
    double squares = 0;
    for (double value : values) squares += value * value;
    // Of a vector without length the library divides by this instead.
    double length = files.scaling() == Scaling.UNIT ? Math.max(Math.sqrt(squares), 1e-12) : 1;
    var vector = new float[values.length];
    for (int i = 0; i < vector.length; i++) vector[i] = (float) (values[i] / length);
    return vector;
  }

  private double pool(Pooling pooling, float[] states, int rows, int lane) {
    double result = pooling == Pooling.MAX ? Double.NEGATIVE_INFINITY : 0;
    for (int row = 0; row < rows; row++) {
      double state = states[row * width + lane];
      result = switch (pooling) {
        case CLS -> row == 0 ? state : result;
        case LAST -> state;
        case MAX -> Math.max(result, state);
        case MEAN, MEAN_ROOT -> result + state;
        case WEIGHTED_MEAN -> result + (row + 1) * state;
      };
    }
    return switch (pooling) {
      case CLS, LAST, MAX -> result;
      case MEAN -> result / rows;
      case MEAN_ROOT -> result / Math.sqrt(rows);
      case WEIGHTED_MEAN -> result / (rows * (rows + 1L) / 2);
    };
  }
}
