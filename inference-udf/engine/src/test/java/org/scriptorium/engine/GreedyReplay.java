package org.scriptorium.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.sampler.Sampler;
import org.scriptorium.engine.sampler.Scratch;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Fingerprint;

/**
 * Generates greedily from token ids, with the arguments that Hugging Face's {@code generate} has for it. Where no argument changes logits, the
 * head chooses.
 */
final class GreedyReplay implements AutoCloseable {
  private static final int DEFAULT_NEW_TOKENS = 20;

  private final LanguageModel model;
  private final Configuration defaults;
  private final Machine machine;
  private final PackedWeights packed;
  private final Scratch scratch = new Scratch();

  GreedyReplay(Path folder, String kernels, int bits, Path packedDirectory) {
    model = LanguageModel.open(folder);
    defaults = Configuration.read(folder.resolve("generation_config.json"));
    machine = new Machine(Providers.open(kernels, bits), 1, "greedy");
    packed = PackedWeights.bind(model.maps(), model.weights(), machine, packedDirectory, Fingerprint.sha256(folder));
  }

  /**
   * Prompt and generated tokens, the end token included.
   *
   * @param padding tokens before the prompt, which lengths count
   */
  int[] generate(int[] prompt, int padding, JsonNode arguments) {
    int start = prompt.length + padding;
    int most = arguments.has("max_new_tokens") ? arguments.get("max_new_tokens").intValue()
        : arguments.has("max_length") ? arguments.get("max_length").intValue() - start : DEFAULT_NEW_TOKENS;
    int least = arguments.has("min_new_tokens") ? arguments.get("min_new_tokens").intValue()
        : arguments.has("min_length") ? Math.max(0, arguments.get("min_length").intValue() - start) : 0;
    float penalty = arguments.has("repetition_penalty") ? arguments.get("repetition_penalty").floatValue() : 1;
    var config = new GenerationConfig(most, Math.min(least, most), 0, 0, 1, 0, penalty, 0, 0, List.of(), 0, Truncation.NONE);
    int[] ends = ends(arguments), tokens = Arrays.copyOf(prompt, prompt.length + most);
    Decoder decoder = model.decoder();
    var sampler = new Sampler(config, 0, decoder.vocabulary(), ends);
    var step = new Step(prompt.length, 1);
    CacheShape shape = decoder.cacheShape(CacheType.FLOAT32);
    Decoder.Execution execution = decoder.bind(machine, step, shape);
    boolean plain = penalty == 1 && least == 0;
    var cache = new SequenceCache();
    int length = prompt.length;
    try (var pool = new BlockPool(shape, 1L << 30)) {
      for (int next = 0; length < tokens.length; ) {
        step.clear();
        for (; next < length; next++) {
          while (cache.capacity() <= next) cache.append(pool.take());
          if (next < length - 1) step.add(tokens[next], next, cache);
          else if (plain) step.addChoice(tokens[next], next, cache);
          else step.addOutput(tokens[next], next, cache);
        }
        execution.run();
        int token = plain ? execution.argmax(0) : sampler.sample(execution.logits(), 0, tokens, prompt.length, length, scratch);
        tokens[length++] = token;
        if (IntStream.of(ends).anyMatch(end -> end == token)) break;
      }
    }
    return Arrays.copyOf(tokens, length);
  }

  private int[] ends(JsonNode arguments) {
    JsonNode named = arguments.path("eos_token_id");
    if (named.isMissingNode()) return model.endTokens();
    return named.isArray() ? ReferenceModel.integers(named) : new int[] {named.intValue()};
  }

  /** What rows that end early are filled with. */
  int padding(JsonNode arguments) {
    return arguments.has("pad_token_id") ? arguments.get("pad_token_id").intValue() : defaults.integer("pad_token_id", 0);
  }

  @Override
  public void close() {
    machine.close();
    packed.close();
    model.close();
  }
}
