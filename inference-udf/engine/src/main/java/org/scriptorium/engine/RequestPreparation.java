package org.scriptorium.engine;

import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Parameter;
import org.scriptorium.engine.api.Parameters;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.RequestKey;
import org.scriptorium.engine.api.RequestKeys;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.ThinkMarkers;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.batch.Thinking;

/** What becomes of a request before it is computed: rendered, cut to fit, tokenized, with its key. Closing it closes the model. */
final class RequestPreparation implements RequestKeys {
  private final LanguageModel model;
  private final ModelDescription description;
  private final Thoughts thoughts;
  private final PromptFitter fitter;
  /** For texts that are one of a few words: nothing is thought before them. */
  private final PromptFitter choiceFitter;
  private volatile ChoiceTexts lastChoices;
  /** Whether an encoder reads the prompt, so that the decoder begins with a token of its own. */
  private final boolean isSourced;

  RequestPreparation(LanguageModel model, ModelDescription description, ThinkMarkers thinkMarkers) {
    this.model = model;
    this.description = description;
    isSourced = model.encoderDecoder().isPresent();
    thoughts = new Thoughts(model, thinkMarkers);
    fitter = new PromptFitter(model.tokenizer(), model::render);
    choiceFitter = new PromptFitter(model.tokenizer(), prompt -> thoughts.closed(model.render(prompt)));
  }

  /**
   * A request that can be computed.
   *
   * @param read tokens of the rendered prompt
   * @param prompt tokens that the decoder begins with: the same, unless an encoder reads them
   * @param room most new tokens
   * @param config with the model's own defaults
   */
  record Prepared(
      int[] read, int[] prompt, int room, GenerationConfig config, Optional<ChoiceTexts> choices, Optional<Thinking> thinking, String key) {}

  /** Whether prompts are read by an encoder. */
  boolean isSourced() {
    return isSourced;
  }

  @Override
  public ModelDescription model() {
    return description;
  }

  @Override
  public String key(Request request) {
    return prepare(request).key();
  }

  /** @throws ModelException that says why the request can't be computed */
  Prepared prepare(Request request) {
    try {
      requireWellFormed(request.prompt());
      return request.choices().isEmpty() ? free(request) : choice(request, choices(request.choices()));
    } catch (ModelException refused) {
      throw refused;
    } catch (RuntimeException | StackOverflowError unexpected) {
      // The exception's own message might quote the document.
      throw new ModelException(ErrorCode.INTERNAL, "the prompt could not be prepared: " + unexpected.getClass().getName(), unexpected);
    }
  }

  private Prepared free(Request request) {
    GenerationConfig config = model.defaults().under(request.config().consistent()).consistent();
    int context = description.contextLength();
    // Without truncation a prompt may use all of the context but one token; the text then ends where the context does.
    int limit = isSourced ? context : config.truncation() == Truncation.NONE ? context - 1 : Math.max(1, context - config.room(0));
    return prepared(request, config, limit, Optional.empty());
  }

  /** A text that is one of the request's choices has room to the end of the longest, and stops nowhere before its own. */
  private Prepared choice(Request request, ChoiceTexts choices) {
    GenerationConfig config = request.config();
    for (Parameter<?> parameter : Parameters.OF_FREE_TEXTS) config = config.without(parameter);
    config = config.withMaxNewTokens(choices.room()).consistent();
    int limit = isSourced ? description.contextLength() : Math.max(1, description.contextLength() - choices.room());
    return prepared(request, config, limit, Optional.of(choices));
  }

  private Prepared prepared(Request request, GenerationConfig config, int limit, Optional<ChoiceTexts> choices) {
    var fitted = (choices.isPresent() ? choiceFitter : fitter).fit(request.prompt(), limit, config.truncation());
    int[] read = fitted.ids(), prompt = isSourced ? new int[] {model.startToken()} : read;
    if (read.length == 0) throw new ModelException(ErrorCode.INVALID_PARAMETER, "the prompt is empty");
    KnownTokens.require(read, vocabulary(), "the prompt");
    int room = Math.min(config.room(prompt.length), model.decoder().contextLength() - prompt.length);
    if (room < 1) {
      throw new ModelException(ErrorCode.PROMPT_TOO_LONG, "the prompt has %d tokens, max_length is %d; raise it, or give max_new_tokens"
          .formatted(prompt.length, config.maxLength()));
    }
    Optional<Thinking> thinking = choices.isPresent() ? Optional.empty() : thoughts.after(fitted.rendered());
    String key = RequestKey.of(description.fingerprint(), fitted.prompt(), config, request.choices(), thinking.map(Thinking::markers));
    return new Prepared(read, prompt, room, config, choices, thinking, key);
  }

  /** Tokens that what reads the prompt has. */
  private int vocabulary() {
    return model.encoderDecoder().map(both -> both.encoder().embedding().vocabulary()).orElseGet(() -> model.decoder().embedding().vocabulary());
  }

  /** All rows of a job mostly have the same. */
  private ChoiceTexts choices(List<String> texts) {
    ChoiceTexts known = lastChoices;
    if (known != null && known.texts().equals(texts)) return known;
    var made = new ChoiceTexts(texts, model.target(), model.endTokens(), model.decoder().vocabulary());
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
  public int countTokens(String text) {
    return model.tokenizer().encode(SourcedText.row(text)).length;
  }

  @Override
  public void close() {
    model.close();
  }
}
