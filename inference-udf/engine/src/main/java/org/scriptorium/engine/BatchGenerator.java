package org.scriptorium.engine;

import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.EngineStatistics;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Parameter;
import org.scriptorium.engine.api.Parameters;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.RequestKey;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.batch.BeamOptions;
import org.scriptorium.engine.batch.Ending;
import org.scriptorium.engine.batch.Recipe;
import org.scriptorium.engine.batch.Scheduler;
import org.scriptorium.engine.batch.Sequence;
import org.scriptorium.engine.batch.Thinking;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.sampler.Choices;
import org.scriptorium.engine.sampler.Sampler;
import org.scriptorium.engine.sampler.TextFrame;

/** A model behind its scheduler. Owner of the model, the packed weights, the machine and the scheduler. */
final class BatchGenerator implements Generator {
  private final LanguageModel model;
  private final ModelDescription description;
  private final Machine machine;
  private final PackedWeights packed;
  private final Scheduler scheduler;
  private final Thoughts thoughts;
  private final PromptFitter fitter;
  /** For texts that are one of a few words: nothing is thought before them. */
  private final PromptFitter choiceFitter;
  private volatile ChoiceTexts lastChoices;
  /** Whether an encoder reads the prompt, so that the decoder begins with a token of its own. */
  private final boolean isSourced;
  private boolean closed;

  BatchGenerator(LanguageModel model, ModelDescription description, Machine machine, PackedWeights packed, EngineOptions options) {
    this.model = model;
    this.description = description;
    this.machine = machine;
    this.packed = packed;
    scheduler = new Scheduler(model.transformer(), machine, packed::requireWhole, options, description.name());
    isSourced = model.encoderDecoder().isPresent();
    thoughts = new Thoughts(model, options.thinkMarkers());
    fitter = new PromptFitter(model.tokenizer(), model::render);
    choiceFitter = new PromptFitter(model.tokenizer(), prompt -> thoughts.closed(model.render(prompt)));
  }

  @Override
  public ModelDescription model() {
    return description;
  }

  @Override
  public Ticket submit(Request request, Listener listener) {
    try {
      Sequence sequence = sequence(request, listener);
      scheduler.submit(sequence);
      return sequence;
    } catch (ModelException refused) {
      return failed(listener, refused.code(), refused.getMessage());
    } catch (RuntimeException | StackOverflowError unexpected) {
      // The exception's own message might quote the document.
      return failed(listener, ErrorCode.INTERNAL, "the prompt could not be prepared: " + unexpected.getClass().getName());
    }
  }

  private Ticket failed(Listener listener, ErrorCode code, String message) {
    listener.completed(Completion.failed(code, message, 0, description.name(), ""));
    return () -> { };
  }

  private Sequence sequence(Request request, Listener listener) {
    requireWellFormed(request.prompt());
    if (!request.choices().isEmpty()) return choice(request, choices(request.choices()), listener);
    GenerationConfig config = model.defaults().under(request.config().consistent()).consistent();
    int context = description.contextLength();
    // Without truncation a prompt may use all of the context but one token; the text then ends where the context does.
    int limit = isSourced ? context : config.truncation() == Truncation.NONE ? context - 1 : Math.max(1, context - config.room(0));
    return sequence(request, config, limit, Optional.empty(), listener);
  }

  /** A text that is one of the request's choices has room to the end of the longest, and stops nowhere before its own. */
  private Sequence choice(Request request, ChoiceTexts choices, Listener listener) {
    GenerationConfig config = request.config();
    for (Parameter<?> parameter : Parameters.OF_FREE_TEXTS) config = config.without(parameter);
    config = config.withMaxNewTokens(choices.room()).consistent();
    int limit = isSourced ? description.contextLength() : Math.max(1, description.contextLength() - choices.room());
    return sequence(request, config, limit, Optional.of(choices.choices()), choices.over(listener));
  }

  private Sequence sequence(Request request, GenerationConfig config, int limit, Optional<Choices> choices, Listener listener) {
    var fitted = (choices.isPresent() ? choiceFitter : fitter).fit(request.prompt(), limit, config.truncation());
    int[] read = fitted.ids(), prompt = isSourced ? new int[] {model.startToken()} : read;
    if (read.length == 0) throw new ModelException(ErrorCode.INVALID_PARAMETER, "the prompt is empty");
    int room = Math.min(config.room(prompt.length), model.decoder().contextLength() - prompt.length);
    if (room < 1) {
      throw new ModelException(ErrorCode.PROMPT_TOO_LONG, "the prompt has %d tokens, max_length is %d; raise it, or give max_new_tokens"
          .formatted(prompt.length, config.maxLength()));
    }
    Optional<Thinking> thinking = choices.isPresent() ? Optional.empty() : thoughts.after(fitted.rendered());
    String key = RequestKey.of(description.fingerprint(), fitted.prompt(), config, request.choices(), thinking.map(Thinking::markers));
    int[] named = config.value(Parameters.EOS_TOKEN_ID).stream().mapToInt(id -> id).distinct().sorted().toArray();
    var frame = new TextFrame(read, prompt.length + room, named.length > 0 ? named : model.endTokens());
    var sampler = new Sampler(config, Sampler.seed(key, config), model.decoder().vocabulary(), frame, choices);
    var recipe = new Recipe(new Ending(room, frame.endTokens(), config.stopStrings()), BeamOptions.of(config, model.beamRule()), sampler,
        model.tokenizer()::detokenizer, thinking);
    return isSourced ? new Sequence(read, prompt, recipe, description.name(), key, listener)
        : new Sequence(prompt, recipe, description.name(), key, listener);
  }

  /** All rows of a job mostly have the same. */
  private ChoiceTexts choices(List<String> texts) {
    ChoiceTexts known = lastChoices;
    if (known != null && known.texts().equals(texts)) return known;
    var made = new ChoiceTexts(texts, model.target(), model.endTokens());
    lastChoices = made;
    return made;
  }

  private static void requireWellFormed(Prompt prompt) {
    List<SourcedText> texts = switch (prompt) {
      case Prompt.Raw raw -> List.of(raw.text());
      case Prompt.Chat chat -> chat.messages().stream().map(Message::content).toList();
    };
    for (SourcedText text : texts) WellFormed.require(text.text());
  }

  @Override
  public EngineStatistics statistics() {
    return scheduler.statistics();
  }

  @Override
  public int countTokens(String text) {
    return model.tokenizer().encode(SourcedText.row(text)).length;
  }

  @Override
  public synchronized void close() {
    if (closed) return;
    scheduler.close();
    closed = true;
    machine.close();
    packed.close();
    model.close();
  }
}
