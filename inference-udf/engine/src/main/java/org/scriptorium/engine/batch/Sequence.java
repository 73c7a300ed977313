package org.scriptorium.engine.batch;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.Alternative;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.sampler.Sampler;
import org.scriptorium.engine.sampler.Scratch;

/**
 * One generation on its way through the scheduler: its tokens, its cache, its text so far, and those who hear of it: its own request,
 * and equal ones that follow it. All but {@link #cancel} is the scheduler's own.
 */
public final class Sequence implements Generator.Ticket, Row {
  private static final int[] NO_SOURCE = {};

  private final Audience.Member request;
  private final Audience audience;
  private final String model;
  private final String requestKey;
  private final int promptLength;
  private final int maxTokens;
  private final Recipe recipe;
  private final Sampler sampler;
  private final GeneratedText text;
  private final SequenceCache cache = new SequenceCache();
  private final int[] source;
  private final SequenceCache sourceCache = new SequenceCache();
  private final Optional<Beams> beams;
  /** What the beams found, once their search is over. */
  private List<Alternative> alternatives = List.of();

  /** Prompt, then generated tokens. */
  private int[] tokens;
  private int length;
  /** Tokens whose keys and values the cache holds. */
  private int computed;
  private int cached;
  /** Blocks that are promised but not taken. */
  private int promised;
  private long arrival;
  /** Index among the running step's outputs, or -1. */
  private int output = -1;
  private int sampled;

  /** Of a decoder alone. */
  public Sequence(int[] prompt, Recipe recipe, String model, String requestKey, Generator.Listener listener) {
    this(NO_SOURCE, prompt, recipe, model, requestKey, listener);
  }

  /**
   * @param source what an encoder reads before the decoder's first token; empty where the model has none
   * @param prompt what the decoder begins with
   */
  public Sequence(int[] source, int[] prompt, Recipe recipe, String model, String requestKey, Generator.Listener listener) {
    this.source = source;
    cache.over(sourceCache);
    this.recipe = recipe;
    sampler = recipe.sampler();
    this.model = model;
    this.requestKey = requestKey;
    request = new Audience.Member(listener);
    audience = new Audience(request);
    promptLength = prompt.length;
    maxTokens = promptLength + recipe.ending().room();
    tokens = prompt;
    length = promptLength;
    text = recipe.text(new ThinkFilter.Sink() {
      @Override
      public void answer(String piece) {
        audience.text(piece, Sequence.this::failure);
      }

      @Override
      public void reasoning(String piece) {
        audience.reasoning(piece, Sequence.this::failure);
      }
    });
    beams = recipe.beams().beams() > 1 ? Optional.of(new Beams(this, prompt, cache, recipe)) : Optional.empty();
  }

  /** Ends the request that the sequence was made for after the running step, wherever it is heard of by then; from any thread. */
  @Override
  public void cancel() {
    request.cancel();
  }

  /** Lets an equal request hear of this generation instead of one of its own. */
  void lead(Sequence follower) {
    audience.join(follower.audience, text.reasoning(), text.answer(), this::failure);
  }

  /** Lets go whoever cancelled; true if nobody is left, so that the sequence is over. */
  boolean dismissCancelled() {
    audience.dismissCancelled(this::failure);
    return audience.isEmpty();
  }

  String requestKey() {
    return requestKey;
  }

  int promptLength() {
    return promptLength;
  }

  int[] source() {
    return source;
  }

  /** What the decoder's layers see of the source. */
  SequenceCache sourceCache() {
    return sourceCache;
  }

  /** Tokens that the model reads before it writes. */
  int inputLength() {
    return source.length > 0 ? source.length : promptLength;
  }

  int[] tokens() {
    return tokens;
  }

  int length() {
    return length;
  }

  int computed() {
    return computed;
  }

  void computed(int count) {
    computed = count;
  }

  SequenceCache cache() {
    return cache;
  }

  /** Most positions that the cache will hold: the last token is never fed back. */
  int positions() {
    return maxTokens - 1;
  }

  int promised() {
    return promised;
  }

  void promised(int blocks) {
    promised = blocks;
  }

  void cached(int count) {
    cached = count;
    computed = count;
  }

  long arrival() {
    return arrival;
  }

  void arrival(long number) {
    arrival = number;
  }

  int output() {
    return output;
  }

  void output(int index) {
    output = index;
  }

  /** Rows that it may have in a step. */
  int width() {
    return beams.isPresent() ? beams.get().most() : 1;
  }

  /** Adds the rows of a position after which its next token is to be chosen, one or one a beam, to the step and to {@code rows}. */
  void addTo(Step step, Admission admission, int position, List<Row> rows) {
    if (beams.isPresent()) {
      beams.get().addTo(step, admission, position, rows);
    } else {
      admission.grow(this, cache, position + 1);
      output = sampler.isArgmax() ? step.addChoice(tokens[position], position, cache) : step.addOutput(tokens[position], position, cache);
      rows.add(this);
    }
    computed = position + 1;
  }

  /** Adds rows of positions after which no token is chosen. */
  void addTo(Step step, Admission admission, int from, int to) {
    if (beams.isPresent()) {
      beams.get().addTo(step, admission, from, to);
    } else {
      admission.grow(this, cache, to);
      for (int position = from; position < to; position++) step.add(tokens[position], position, cache);
    }
  }

  /** Rows that a position has: one, or those of the beams that grow. */
  int growing() {
    return beams.isPresent() ? beams.get().growing() : 1;
  }

  /** True if what its caches hold is turned as long sequences are. */
  boolean isLong() {
    return beams.isPresent() ? beams.get().areLong() : cache.isLong();
  }

  /** From here on it is turned as long sequences are; only while nothing is cached. */
  void becomeLong() {
    cache.becomeLong();
  }

  /** Gives up what its caches hold, which is to be computed anew as that of a long sequence. */
  void restart(Admission admission) {
    if (beams.isPresent()) {
      beams.get().restart(admission);
    } else {
      admission.drop(this, cache);
      cache.becomeLong();
    }
    computed = 0;
  }

  /** The rows that were added last are a segment of their own, as is each token that follows a prompt. */
  void beginSegment() {
    if (beams.isPresent()) beams.get().beginSegment(computed - 1);
    else cache.beginSegment(computed - 1);
  }

  @Override
  public void choose(Decoder.Execution execution, int vocabulary, Scratch scratch) {
    sampled = sampler.isArgmax() ? execution.argmax(output)
        : sampler.sample(execution.logits(), output * vocabulary, tokens, promptLength, length, scratch);
  }

  /** False if the logits of a row were no numbers. */
  boolean isFinite() {
    return beams.isPresent() ? beams.get().areFinite() : sampled != Sampler.NON_FINITE;
  }

  void releaseCaches() {
    if (beams.isPresent()) beams.get().release();
    else cache.release();
    sourceCache.release();
  }

  /**
   * Takes what was chosen after its rows.
   *
   * @return true if the sequence ended with it, and all who hear of it were told
   */
  boolean advance(Admission admission) {
    if (beams.isEmpty()) return accept(sampled);
    if (!beams.get().advance(admission, length)) {
      length++;
      return audience.isEmpty();
    }
    return tell(beams.get().results());
  }

  /** Beams are told of when all is known of them: the text is that of the best. */
  private boolean tell(List<BeamSearch.Hypothesis> results) {
    if (results.isEmpty()) {
      fail(ErrorCode.NON_FINITE_LOGITS, "no token may follow %d tokens by the request's rules".formatted(length));
      return true;
    }
    alternatives = results.stream().map(each -> new Alternative(text(each.tokens()), each.score(), each.tokens().length)).toList();
    length = promptLength;
    for (int token : results.getFirst().tokens()) if (accept(token)) return true;
    throw new IllegalStateException("a beam's text has no end");
  }

  private String text(int[] generated) {
    GeneratedText other = recipe.text(ThinkFilter.Sink.NONE);
    for (int token : generated) if (!recipe.ending().isEnd(token)) other.append(token);
    other.finish();
    return other.answer();
  }

  /** True while prompt tokens are left to compute besides the one that gives the first token. */
  boolean isPrefilling() {
    return computed < length - 1 || length == promptLength;
  }

  private boolean accept(int token) {
    if (length == tokens.length) tokens = Arrays.copyOf(tokens, Math.min(maxTokens, tokens.length + Math.max(64, tokens.length / 4)));
    tokens[length++] = token;
    if (recipe.ending().isEnd(token)) return finish(FinishReason.STOP);
    text.append(token);
    if (text.stopped()) return finish(FinishReason.STOP);
    if (audience.isEmpty()) return true;
    return length >= maxTokens && finish(FinishReason.LENGTH);
  }

  private boolean finish(FinishReason reason) {
    text.finish();
    audience.completed(new Completion(text.answer(), reason, "", "", inputLength(), cached, length - promptLength, model, requestKey,
        text.reasoning(), text.reasoningTokens(), alternatives));
    return true;
  }

  /** Ends the sequence with an error for all who have not heard of an end yet. */
  void fail(ErrorCode code, String message) {
    audience.failed(failure(code, message));
  }

  private Completion failure(ErrorCode code, String message) {
    return Completion.failed(code, message, inputLength(), model, requestKey);
  }

  /** Tokens that two prompts begin with alike. */
  static int common(Sequence one, Sequence other) {
    int differs = Arrays.mismatch(one.tokens, 0, one.promptLength, other.tokens, 0, other.promptLength);
    return differs < 0 ? one.promptLength : differs;
  }
}
