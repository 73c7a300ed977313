package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.MaskFiller;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Reading;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.tokenizer.Encoding;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;

/** Words for masks, as Hugging Face's mask filling gives them. Of all markup a text may hold the mask alone. */
final class WordGuesser extends ModelReader implements MaskFiller {
  private final String mask;
  private final int maskId;

  WordGuesser(EncoderModel model, String mask) {
    super(model);
    this.mask = mask;
    int[] ids = model.tokenizer().encode(SourcedText.trusted(mask));
    if (ids.length != 1 || !model.tokenizer().isSpecial(ids[0])) throw new ModelException(ErrorCode.MODEL_CORRUPT,
        "%s: mask_token: expected a special token, found \"%s\"; without one no word can be left open".formatted(model.path(), mask));
    maskId = ids[0];
  }

  @Override
  public String mask() {
    return mask;
  }

  @Override
  public List<Reading<List<List<Guess>>>> fill(List<String> texts, int topK) {
    if (topK < 1) throw new ModelException(ErrorCode.INVALID_PARAMETER, "top_k: expected at least 1, found " + topK);
    return model.read(texts, text -> plan(text, topK));
  }

  private EncoderModel.Plan<List<List<Guess>>> plan(String text, int topK) {
    WellFormed.require(text);
    Encoding encoding = model.fitted(model.tokenizer().encodeInput(source(text)), model.encoder().contextLength(), Truncation.NONE);
    int[] ids = encoding.ids(), masks = IntStream.range(0, ids.length).filter(i -> ids[i] == maskId).toArray();
    if (masks.length == 0) throw new ModelException(ErrorCode.INVALID_PARAMETER, "the text holds no mask, %s".formatted(mask));
    return new EncoderModel.Plan<>(List.of(encoding), position -> ids[position] == maskId, values -> guesses(ids, masks, values.getFirst(), topK));
  }

  private SourcedText source(String text) {
    var source = new SourcedText.Builder();
    int from = 0;
    for (int at = text.indexOf(mask); at >= 0; at = text.indexOf(mask, from)) {
      source.row(text.substring(from, at)).trusted(mask);
      from = at + mask.length();
    }
    return source.row(text.substring(from)).build();
  }

  private List<List<Guess>> guesses(int[] ids, int[] masks, float[] values, int topK) {
    int vocabulary = model.encoder().head().outputs();
    var result = new ArrayList<List<Guess>>();
    for (int i = 0; i < masks.length; i++) {
      double[] scores = Probabilities.softmax(Arrays.copyOfRange(values, i * vocabulary, (i + 1) * vocabulary));
      int place = masks[i];
      result.add(Arrays.stream(best(scores, topK)).mapToObj(token -> guess(ids, place, token, scores[token],
          masks.length == 1 ? SpecialTokens.SKIP : SpecialTokens.KEEP)).toList());
    }
    return result;
  }

  /** Indices of the greatest scores, the first of equals first. */
  private static int[] best(double[] scores, int count) {
    var best = new int[Math.min(count, scores.length)];
    int held = 0;
    for (int i = 0; i < scores.length; i++) {
      int place = held;
      while (place > 0 && scores[best[place - 1]] < scores[i]) place--;
      if (place == best.length) continue;
      System.arraycopy(best, place, best, place + 1, Math.min(held, best.length - 1) - place);
      best[place] = i;
      held = Math.min(held + 1, best.length);
    }
    return best;
  }

  /** With several masks the others stay in the text, and so does all markup. */
  private Guess guess(int[] ids, int place, int token, double score, SpecialTokens special) {
    int[] filled = ids.clone();
    filled[place] = token;
    return new Guess(token, model.tokenizer().decode(new int[] {token}, SpecialTokens.KEEP), (float) score,
        model.tokenizer().decode(filled, special));
  }
}
