package org.scriptorium.engine;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.Alternative;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Parameters;
import org.scriptorium.engine.batch.BeamOptions;
import org.scriptorium.engine.batch.Ending;
import org.scriptorium.engine.batch.GeneratedTokens;
import org.scriptorium.engine.batch.Recipe;
import org.scriptorium.engine.batch.Scheduler;
import org.scriptorium.engine.batch.Sequence;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.sampler.Sampler;
import org.scriptorium.engine.sampler.TextFrame;
import org.scriptorium.engine.tokenizer.Detokenizer;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Fingerprint;

/**
 * Generates from token ids with the arguments of Hugging Face's {@code generate}, over the defaults of a model's folder, through the
 * scheduler: all that is submitted runs together.
 */
final class GenerationReplay implements AutoCloseable {
  /** Where neither arguments nor file say. */
  private static final int DEFAULT_NEW_TOKENS = 20;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final LanguageModel model;
  private final Configuration file;
  private final Machine machine;
  private final PackedWeights packed;
  private final Scheduler scheduler;
  private int submitted;

  GenerationReplay(Path folder, String kernels, int bits, EngineOptions options) {
    model = LanguageModel.open(folder);
    file = Configuration.read(folder.resolve("generation_config.json"));
    machine = new Machine(Providers.open(kernels, bits), options.threads(), "generation");
    packed = PackedWeights.bind(model.maps(), model.weights(), machine, options.packedDirectory(), Fingerprint.sha256(folder));
    scheduler = new Scheduler(model.transformer(), machine, packed::requireWhole, options, "generation");
  }

  /** A generation on its way. */
  record Running(Sequence sequence, CompletableFuture<Completion> completion) {

    /** Generated tokens of each text, and the scores of beams. */
    List<Text> texts() {
      Completion found = completion.join();
      if (!found.errorCode().isEmpty()) throw new AssertionError(found.error());
      int[] tokens = GeneratedTokens.of(sequence);
      if (found.alternatives().isEmpty()) return List.of(new Text(tokens, 0, tokens.length));
      return found.alternatives().stream().map(each -> new Text(each == found.alternatives().getFirst() ? tokens : ids(each), each.score(),
          each.tokens())).toList();
    }

    private static int[] ids(Alternative alternative) {
      // A text may end with its first token.
      return Arrays.stream(alternative.text().split(" ")).filter(number -> !number.isEmpty()).mapToInt(Integer::parseInt).toArray();
    }
  }

  /**
   * One text.
   *
   * @param tokens without the end token, where it is not the best
   * @param count with the end token
   */
  record Text(int[] tokens, double score, int count) {}

  /**
   * Submits a prompt, which an encoder reads where the model has one.
   *
   * @param padding tokens before the decoder's first, which lengths count
   */
  Running submit(int[] input, int padding, JsonNode arguments) {
    int[] prompt = begin(input);
    GenerationConfig config = model.defaults().under(config(arguments, padding)).consistent();
    int room = config.room(prompt.length);
    int[] ends = ends(arguments).stream().mapToInt(id -> id).sorted().toArray();
    var sampler = new Sampler(config, 1, model.decoder().vocabulary(), new TextFrame(input, prompt.length + room, ends));
    var recipe = new Recipe(new Ending(room, ends, List.of()), BeamOptions.of(config, model.beamRule()), sampler, Numbers::new, Optional.empty());
    var completion = new CompletableFuture<Completion>();
    // Equal keys would follow one another.
    var sequence = new Sequence(prompt == input ? new int[0] : input, prompt, recipe, "replay", "generation " + submitted++, completion::complete);
    scheduler.submit(sequence);
    return new Running(sequence, completion);
  }

  /** What the decoder begins with. */
  int[] begin(int[] input) {
    return model.encoderDecoder().isPresent() ? new int[] {model.startToken()} : input;
  }

  private GenerationConfig config(JsonNode arguments, int padding) {
    TreeMap<String, Object> values = MAPPER.convertValue(arguments, new TypeReference<>() {});
    values.remove("pad_token_id");
    if (!values.containsKey("max_new_tokens") && !values.containsKey("max_length")) {
      if (file.has("max_length")) values.put("max_length", file.integer("max_length"));
      else values.put("max_new_tokens", file.integer("max_new_tokens", DEFAULT_NEW_TOKENS));
    }
    for (String length : List.of("max_length", "min_length")) values.computeIfPresent(length, (name, value) -> Math.max(0, (int) value - padding));
    return GenerationConfig.of(values);
  }

  private List<Integer> ends(JsonNode arguments) {
    var named = arguments.has("eos_token_id") ? config(arguments, 0).value(Parameters.EOS_TOKEN_ID)
        : IntStream.of(file.integers("eos_token_id")).boxed().toList();
    return named;
  }

  /** What rows that end early are filled with: beams take an end token for padding of id 0, which counts as none. */
  int filling(JsonNode arguments) {
    List<Integer> ends = ends(arguments);
    int padding = arguments.has("pad_token_id") ? arguments.get("pad_token_id").intValue() : file.integer("pad_token_id", -1);
    boolean isNone = padding < 0 || padding == 0 && arguments.path("num_beams").asInt(1) > 1;
    return isNone && !ends.isEmpty() ? ends.getFirst() : padding;
  }

  @Override
  public void close() {
    scheduler.close();
    machine.close();
    packed.close();
    model.close();
  }

  /** Tells tokens by their numbers. */
  private static final class Numbers implements Detokenizer {
    @Override
    public String append(int token) {
      return token + " ";
    }

    @Override
    public String finish() {
      return "";
    }
  }
}
