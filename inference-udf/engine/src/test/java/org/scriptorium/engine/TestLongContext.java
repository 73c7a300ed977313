package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.BeamRule;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.batch.BeamOptions;
import org.scriptorium.engine.batch.Ending;
import org.scriptorium.engine.batch.Recipe;
import org.scriptorium.engine.batch.Scheduler;
import org.scriptorium.engine.batch.Sequence;
import org.scriptorium.engine.kernel.Attention;
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
import org.scriptorium.engine.sampler.TextFrame;
import org.scriptorium.engine.tokenizer.Detokenizer;
import org.scriptorium.engine.weights.Fingerprint;

/** Texts of 32 Ki tokens through windows that slide: what is held follows the window, and nothing of it shows in the results. */
class TestLongContext {
  private static final int TOKENS = 32 << 10, WINDOW = 100, CHUNK = 96, VOCABULARY = 32;
  /** What a window and a chunk touch, wherever they begin. */
  private static final int MOST_BLOCKS = (WINDOW - 1 + CHUNK + Attention.BLOCK - 2) / Attention.BLOCK + 1;

  @TempDir static Path directory;

  /** Positions are stretched from 4,096 on, as models with long contexts have them. */
  private static Path folder(String name, String type, String window) {
    return new TinyFolder().set("model_type", '"' + type + '"').set("sliding_window", window).set("max_position_embeddings", "40000")
        .set("rope_scaling", "{\"rope_type\": \"yarn\", \"factor\": 8.0, \"original_max_position_embeddings\": 4096}")
        .write(directory.resolve(name));
  }

  private static int[] text(int tokens) {
    return new SplittableRandom(5).ints(tokens, 0, VOCABULARY).toArray();
  }

  /** A model on a machine. */
  private record Opened(LanguageModel model, Machine machine, PackedWeights packed) implements AutoCloseable {

    static Opened open(Path folder) {
      LanguageModel model = LanguageModel.open(folder);
      var machine = new Machine(Providers.open("auto", 0), 2, "long");
      return new Opened(model, machine, PackedWeights.bind(model.maps(), model.weights(), machine, directory, Fingerprint.sha256(folder)));
    }

    @Override
    public void close() {
      machine.close();
      packed.close();
      model.close();
    }
  }

  @Test
  void whatNoWindowSeesAnyMoreChangesNothing() {
    try (var opened = Opened.open(folder("mistral", "mistral", Integer.toString(WINDOW)))) {
      Decoder decoder = opened.model.decoder();
      List<Long> kept = hashes(opened, decoder, Integer.MAX_VALUE), released = hashes(opened, decoder, MOST_BLOCKS);
      assertThat(kept).hasSize((TOKENS + CHUNK - 1) / CHUNK).doesNotHaveDuplicates();
      assertThat(released).isEqualTo(kept);
    }
  }

  /** Hashes of the logits behind each chunk, with a pool of so many blocks: all that is not seen is released where they are few. */
  private static List<Long> hashes(Opened opened, Decoder decoder, int blocks) {
    var result = new ArrayList<Long>();
    var step = new Step(CHUNK, 1);
    CacheShape shape = decoder.cacheShape(CacheType.FLOAT16);
    Decoder.Execution execution = decoder.bind(opened.machine, step, shape);
    var cache = new SequenceCache();
    int[] text = text(TOKENS);
    try (var pool = new BlockPool(shape, Math.min(blocks, TOKENS) * shape.blockBytes())) {
      for (int at = 0; at < TOKENS; at += CHUNK) {
        if (blocks < TOKENS) while (cache.releaseBefore(decoder.from(at, 0))) { }
        int end = Math.min(TOKENS, at + CHUNK);
        while (cache.capacity() < end) cache.append(pool.take());
        step.clear();
        for (int i = at; i < end - 1; i++) step.add(text[i], i, cache);
        step.addOutput(text[end - 1], end - 1, cache);
        execution.run();
        long hash = 0;
        for (int i = 0; i < decoder.vocabulary(); i++) hash = hash * 0x9E3779B97F4A7C15L + Float.floatToRawIntBits(execution.logits()[i]);
        result.add(hash);
      }
      assertThat(cache.blocks()).isEqualTo(TOKENS / Attention.BLOCK);
    }
    return result;
  }

  @Test
  void longTextsRunInTheMemoryOfTheirWindows() throws Exception {
    try (var opened = Opened.open(folder("batched", "mistral", Integer.toString(WINDOW)))) {
      int[] text = text(TOKENS);
      List<int[]> ample = generated(opened, text, 2 * TOKENS / Attention.BLOCK, 3);
      // Room for two and a half of them, and for some of what their prompts leave to those that begin alike.
      List<int[]> narrow = generated(opened, text, 5 * MOST_BLOCKS / 2 + 4, 3);
      assertThat(narrow).usingRecursiveComparison().isEqualTo(ample);
      assertThat(ample).allSatisfy(tokens -> assertThat(tokens).hasSize(40));
    }
  }

  @Test
  void modelsThatSeeAllAreToldWhatTheyLack() throws Exception {
    try (var opened = Opened.open(folder("whole", "llama", "null")); var scheduler = scheduler(opened, 20)) {
      Completion refused = submit(scheduler, text(1_000), new ArrayList<>()).get();
      assertThat(refused.errorCode()).isEqualTo(ErrorCode.CACHE_TOO_SMALL.code());
      assertThat(refused.error()).startsWith("1039 tokens need 33 cache blocks, the engine has 20; ");
    }
  }

  private static Scheduler scheduler(Opened opened, int blocks) {
    Decoder decoder = opened.model.decoder();
    var options = new EngineOptions(2, blocks * decoder.cacheShape(CacheType.FLOAT16).blockBytes(), 4, CHUNK, "auto", 0, "float16", directory);
    return new Scheduler(decoder, opened.machine, () -> { }, options, "long");
  }

  /** Tokens generated after some texts, each the given one from another place on, all at once. */
  private static List<int[]> generated(Opened opened, int[] text, int blocks, int texts) throws Exception {
    var heard = new ArrayList<List<Integer>>();
    var completions = new ArrayList<CompletableFuture<Completion>>();
    try (var scheduler = scheduler(opened, blocks)) {
      for (int i = 0; i < texts; i++) {
        heard.add(new ArrayList<>());
        completions.add(submit(scheduler, java.util.Arrays.copyOfRange(text, i * 1_000, text.length), heard.getLast()));
      }
      for (var completion : completions) {
        assertThat(completion.get().error()).isEmpty();
        assertThat(completion.get().finishReason()).isEqualTo(FinishReason.LENGTH);
      }
    }
    return heard.stream().map(tokens -> tokens.stream().mapToInt(Integer::intValue).toArray()).toList();
  }

  private static CompletableFuture<Completion> submit(Scheduler scheduler, int[] prompt, List<Integer> heard) {
    var completion = new CompletableFuture<Completion>();
    var detokenizer = new Detokenizer() {
      @Override
      public String append(int token) {
        heard.add(token);
        return "";
      }

      @Override
      public String finish() {
        return "";
      }
    };
    Generator.Listener listener = completion::complete;
    var sampler = new Sampler(GenerationConfig.DEFAULT, 1, VOCABULARY, new TextFrame(prompt, prompt.length + 40, new int[0]));
    var recipe = new Recipe(new Ending(40, new int[0], List.of()), BeamOptions.of(GenerationConfig.DEFAULT, BeamRule.TRANSFORMERS_5), sampler,
        () -> detokenizer, Optional.empty());
    scheduler.submit(new Sequence(prompt, recipe, "long", Integer.toString(prompt.length), listener));
    return completion;
  }
}
