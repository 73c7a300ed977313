package org.scriptorium.engine;

import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.EngineStatistics;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Parameters;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.batch.BeamOptions;
import org.scriptorium.engine.batch.Ending;
import org.scriptorium.engine.batch.Recipe;
import org.scriptorium.engine.batch.Scheduler;
import org.scriptorium.engine.batch.Sequence;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.sampler.Sampler;
import org.scriptorium.engine.sampler.TextFrame;

/** A model behind its scheduler. Owner of the model, the packed weights, the machine and the scheduler. */
final class BatchGenerator implements Generator {
  private final LanguageModel model;
  private final ModelDescription description;
  private final Machine machine;
  private final PackedWeights packed;
  private final Scheduler scheduler;
  private final RequestPreparation preparation;
  private boolean closed;

  BatchGenerator(LanguageModel model, ModelDescription description, Machine machine, PackedWeights packed, EngineOptions options) {
    this.model = model;
    this.description = description;
    this.machine = machine;
    this.packed = packed;
    preparation = new RequestPreparation(model, description, options.thinkMarkers());
    scheduler = new Scheduler(model.transformer(), machine, packed::requireWhole, options, description.name());
  }

  @Override
  public ModelDescription model() {
    return description;
  }

  @Override
  public Ticket submit(Request request, Listener listener) {
    try {
      Sequence sequence = sequence(preparation.prepare(request), listener);
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

  private Sequence sequence(RequestPreparation.Prepared prepared, Listener listener) {
    GenerationConfig config = prepared.config();
    int[] prompt = prepared.prompt();
    int[] named = config.value(Parameters.EOS_TOKEN_ID).stream().mapToInt(id -> id).distinct().sorted().toArray();
    var frame = new TextFrame(prepared.read(), prompt.length + prepared.room(), named.length > 0 ? named : model.endTokens());
    var sampler = new Sampler(config, Sampler.seed(prepared.key(), config), model.decoder().vocabulary(), frame,
        prepared.choices().map(ChoiceTexts::choices));
    var recipe = new Recipe(new Ending(prepared.room(), frame.endTokens(), config.stopStrings()), BeamOptions.of(config, model.beamRule()),
        sampler, model.tokenizer()::detokenizer, prepared.thinking());
    Listener hearing = prepared.choices().map(choices -> choices.over(listener)).orElse(listener);
    return preparation.isSourced() ? new Sequence(prepared.read(), prompt, recipe, description.name(), prepared.key(), hearing)
        : new Sequence(prompt, recipe, description.name(), prepared.key(), hearing);
  }

  @Override
  public EngineStatistics statistics() {
    return scheduler.statistics();
  }

  @Override
  public boolean isUsable() {
    return scheduler.isUsable();
  }

  @Override
  public int countTokens(String text) {
    return preparation.countTokens(text);
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
