package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Parameters;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** The scheduler through the engine's door, on a model of random weights. */
@Timeout(180)
class TestScheduler {
  /** Of the tiny model's cache: two layers, two heads, keys and values of 32 tokens by 16 floats. */
  private static final int BLOCK_BYTES = 2 * 2 * 2 * 32 * 16 * 4;
  private static final String BEGINNING = "the library holds the letters of a city and the people who wrote them, each with a number. ";

  @TempDir private static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    model = TinyModel.write(folder, 1);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 2, 64", "1, 256, 1, 64", "64, 1, 1, 64", "64, 7, 2, 64", "64, 256, 2, 64", "3, 7, 1, 64", "64, 256, 2, 12", "5, 40, 2, 9"})
  void textsDependOnTheirRequestsAlone(int batch, int stepTokens, int threads, int blocks) {
    List<Completion> alone = new ArrayList<>();
    try (Generator generator = open(options().withBatch(1, 512))) {
      for (Request request : requests()) alone.addAll(Hearing.all(generator, List.of(request)));
    }
    var options = options().withBatch(batch, stepTokens).withThreads(threads).withCacheBytes((long) blocks * BLOCK_BYTES);
    try (Generator generator = open(options)) {
      var together = new ArrayList<>(Hearing.all(generator, requests()));
      assertThat(texts(together)).isEqualTo(texts(alone));
      // A second time, from whatever the prefix cache holds by now, and in another order.
      var shuffled = new ArrayList<>(requests());
      Collections.reverse(shuffled);
      var again = new ArrayList<>(Hearing.all(generator, shuffled));
      Collections.reverse(again);
      assertThat(texts(again)).isEqualTo(texts(alone));
    }
  }

  @Test
  void sequenceBeyondTheWholeCacheIsRefusedAndOthersAreNot() {
    try (Generator generator = open(options().withCacheBytes(3 * BLOCK_BYTES))) {
      // 3 blocks of 32 hold 96 positions; the last token is never fed back.
      var fits = raw("!".repeat(57), GenerationConfig.DEFAULT.withMaxNewTokens(40));
      var tooLong = raw("!".repeat(58), GenerationConfig.DEFAULT.withMaxNewTokens(40));
      var completions = Hearing.all(generator, List.of(fits, tooLong, fits));
      assertThat(completions.get(1)).extracting(Completion::finishReason, Completion::errorCode, Completion::error).containsExactly(
          FinishReason.ERROR, "cache_too_small", "97 tokens need 4 cache blocks, the engine has 3; give spark.scriptorium.engine.cache-memory more");
      assertThat(completions.getFirst().errorCode()).isEmpty();
      assertThat(completions.getLast().text()).isEqualTo(completions.getFirst().text());
    }
    try (Generator generator = open(options().withCacheBytes(BLOCK_BYTES - 1))) {
      assertThat(Hearing.all(generator, List.of(raw("a", GenerationConfig.DEFAULT))).getFirst().errorCode()).isEqualTo("cache_too_small");
    }
  }

  @Test
  void laterPromptTakesOverTheSameBeginning() {
    var request = chat(BEGINNING.repeat(2) + "who came?", GenerationConfig.DEFAULT.withMaxNewTokens(20));
    Completion fresh;
    try (Generator generator = open(options())) {
      fresh = Hearing.all(generator, List.of(request)).getFirst();
      assertThat(fresh.cachedTokens()).isZero();
    }
    try (Generator generator = open(options())) {
      var other = Hearing.all(generator, List.of(chat(BEGINNING.repeat(2) + "what is there?", GenerationConfig.DEFAULT.withMaxNewTokens(5)))).getFirst();
      var second = Hearing.all(generator, List.of(request)).getFirst();
      assertThat(second.cachedTokens()).isGreaterThanOrEqualTo(64).isLessThan(Math.min(second.promptTokens(), other.promptTokens()));
      assertThat(second.text()).isEqualTo(fresh.text());
      // The last token of a prompt is computed always: its logits are wanted.
      var third = Hearing.all(generator, List.of(request)).getFirst();
      assertThat(third.cachedTokens()).isBetween(second.promptTokens() / 32 * 32 - 32, second.promptTokens() - 1);
      assertThat(third.text()).isEqualTo(fresh.text());
      assertThat(third.requestKey()).isEqualTo(fresh.requestKey()).hasSize(64);
    }
  }

  @Test
  void promptsOfOneBatchShareTheirBeginning() {
    var requests = new ArrayList<Request>();
    for (int i = 0; i < 8; i++) requests.add(chat(BEGINNING.repeat(2) + "number " + i, GenerationConfig.DEFAULT.withMaxNewTokens(10)));
    try (Generator generator = open(options())) {
      var completions = Hearing.all(generator, requests);
      assertThat(completions.stream().filter(completion -> completion.cachedTokens() >= 64)).hasSizeGreaterThanOrEqualTo(7);
    }
  }

  @Test
  void cancellingEndsRunningAndWaitingOnes() throws InterruptedException {
    try (Generator generator = open(options().withBatch(1, 64))) {
      var started = new CountDownLatch(1);
      var cancelled = new CountDownLatch(1);
      var running = new Hearing() {
        @Override
        public void text(String piece) {
          started.countDown();
          await(cancelled);
          super.text(piece);
        }
      };
      Hearing waiting = new Hearing(), last = new Hearing();
      Generator.Ticket runningTicket = generator.submit(chat("run", endless()), running);
      started.await();
      Generator.Ticket waitingTicket = generator.submit(chat("wait", endless()), waiting);
      generator.submit(chat("last", GenerationConfig.DEFAULT.withMaxNewTokens(3)), last);
      runningTicket.cancel();
      waitingTicket.cancel();
      cancelled.countDown();
      assertThat(running.completion()).extracting(Completion::errorCode, Completion::error, Completion::text)
          .containsExactly("cancelled", "the request was cancelled", "");
      assertThat(waiting.completion().errorCode()).isEqualTo("cancelled");
      assertThat(waiting.text()).isEmpty();
      assertThat(last.completion().errorCode()).isEmpty();
      runningTicket.cancel();
      assertThat(running.completions()).isEqualTo(1);
    }
  }

  /** It waits on what the thread that runs the steps waits on when it has nothing to do. */
  @Test
  void listenerThatParksLosesNoRequest() throws InterruptedException {
    try (Generator generator = open(options())) {
      var next = new Hearing();
      var parks = new Hearing() {
        @Override
        public void completed(Completion value) {
          var other = new Thread(() -> generator.submit(chat("next", GenerationConfig.DEFAULT.withMaxNewTokens(3)), next));
          other.start();
          try {
            other.join();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          LockSupport.parkNanos(1_000_000_000L);
          super.completed(value);
        }
      };
      Generator.Ticket ticket = generator.submit(chat("parks", endless()), parks);
      ticket.cancel();
      assertThat(parks.completion().errorCode()).isEqualTo("cancelled");
      assertThat(next.completion().errorCode()).isEmpty();
    }
  }

  @Test
  void closingTellsEveryListenerOnce() {
    var hearings = new ArrayList<Hearing>();
    Generator generator = open(options().withBatch(4, 64));
    for (int i = 0; i < 60; i++) {
      var hearing = new Hearing();
      hearings.add(hearing);
      generator.submit(chat("row " + i, endless()), hearing);
    }
    generator.close();
    generator.close();
    assertThat(hearings).allSatisfy(hearing -> assertThat(hearing.completions()).isEqualTo(1));
    assertThat(hearings.getLast().completion()).extracting(Completion::errorCode, Completion::error)
        .containsExactly("cancelled", "the engine was closed");
    var late = new Hearing();
    generator.submit(chat("late", GenerationConfig.DEFAULT), late);
    assertThat(late.completion().errorCode()).isEqualTo("cancelled");
  }

  @Test
  void closingWhileOthersSubmitTellsEveryListenerOnce() throws Exception {
    for (int round = 0; round < 5; round++) {
      Generator generator = open(options().withBatch(4, 64));
      try (var threads = Executors.newFixedThreadPool(3)) {
        var results = new ArrayList<Future<List<Hearing>>>();
        for (int thread = 0; thread < 3; thread++) {
          results.add(threads.submit(() -> {
            var hearings = new ArrayList<Hearing>();
            for (int i = 0; i < 200; i++) {
              hearings.add(new Hearing());
              generator.submit(chat("row " + i, GenerationConfig.DEFAULT.withMaxNewTokens(5)), hearings.getLast());
            }
            return hearings;
          }));
        }
        Thread.sleep(10 * round);
        generator.close();
        for (var result : results) {
          for (Hearing hearing : result.get()) {
            assertThat(hearing.completion().errorCode()).isIn("", "cancelled");
            assertThat(hearing.completions()).isEqualTo(1);
          }
        }
      }
    }
  }

  @Test
  void interruptedThreadClosesWhole() {
    Generator generator = open(options());
    var hearing = new Hearing();
    generator.submit(chat("long", endless()), hearing);
    Thread.currentThread().interrupt();
    generator.close();
    assertThat(Thread.interrupted()).as("the interruption is kept").isTrue();
    assertThat(hearing.completions()).isEqualTo(1);
    assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("tiny-"));
  }

  @Test
  void manyThreadsSubmitAndEachGetsItsOwn() throws Exception {
    try (Generator generator = open(options().withBatch(8, 64)); var threads = Executors.newFixedThreadPool(6)) {
      var expected = texts(Hearing.all(generator, requests()));
      var results = new ArrayList<Future<List<Completion>>>();
      for (int i = 0; i < 6; i++) results.add(threads.submit(() -> Hearing.all(generator, requests())));
      for (var result : results) assertThat(texts(result.get())).isEqualTo(expected);
    }
  }

  @Test
  void listenerThatThrowsEndsItsOwnRequestOnly() {
    try (Generator generator = open(options())) {
      var throwsAtText = new Hearing() {
        @Override
        public void text(String piece) {
          throw new IllegalArgumentException("no room for text");
        }
      };
      var throwsAtTextAnError = new Hearing() {
        @Override
        public void text(String piece) {
          throw new AssertionError("no text expected");
        }
      };
      var throwsAtTheEnd = new Hearing() {
        @Override
        public void completed(Completion value) {
          super.completed(value);
          throw new AssertionError("no end expected");
        }
      };
      var request = chat("one and two", GenerationConfig.DEFAULT.withMaxNewTokens(30));
      var calm = new Hearing();
      for (Hearing hearing : List.of(throwsAtText, throwsAtTextAnError, throwsAtTheEnd, calm)) generator.submit(request, hearing);
      assertThat(throwsAtText.completion()).extracting(Completion::errorCode, Completion::error)
          .containsExactly("internal", "the request's listener failed: java.lang.IllegalArgumentException: no room for text");
      assertThat(throwsAtTextAnError.completion().errorCode()).isEqualTo("internal");
      assertThat(calm.completion().text()).isNotEmpty().isEqualTo(throwsAtTheEnd.completion().text());
      assertThat(texts(Hearing.all(generator, List.of(request)))).isEqualTo(texts(List.of(calm.completion())));
      assertThat(List.of(throwsAtText, throwsAtTextAnError, throwsAtTheEnd, calm)).extracting(Hearing::completions).containsOnly(1);
    }
  }

  @Test
  void listenerCanNotCloseTheEngine() {
    try (Generator generator = open(options())) {
      var thrown = new ArrayList<Throwable>();
      var closing = new Hearing() {
        @Override
        public void completed(Completion value) {
          try {
            generator.close();
          } catch (IllegalStateException e) {
            thrown.add(e);
          }
          super.completed(value);
        }
      };
      generator.submit(chat("close", GenerationConfig.DEFAULT.withMaxNewTokens(2)), closing);
      assertThat(closing.completion().errorCode()).isEmpty();
      assertThat(thrown).singleElement().satisfies(e -> assertThat(e)
          .hasMessage("a listener can't close the engine that calls it; close it elsewhere"));
      assertThat(Hearing.all(generator, List.of(chat("still open", GenerationConfig.DEFAULT.withMaxNewTokens(2)))).getFirst().errorCode()).isEmpty();
    }
  }

  @Test
  void textEndsBeforeAStopString() {
    try (Generator generator = open(options())) {
      String whole = Hearing.all(generator, List.of(chat("stop", endless()))).getFirst().text();
      for (int at : new int[] {0, 7, 40, whole.length() - 4}) {
        String stop = whole.substring(at, at + 3);
        var hearing = new Hearing();
        generator.submit(chat("stop", endless().with(Parameters.STOP_STRINGS, List.of("never there", stop))), hearing);
        assertThat(hearing.completion().text()).as("before \"%s\"", stop).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(hearing.completion().finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(hearing.text()).isEqualTo(hearing.completion().text());
      }
    }
  }

  @Test
  void piecesOfTextAddUpToTheText() {
    try (Generator generator = open(options())) {
      for (Request request : requests()) {
        var hearing = new Hearing();
        generator.submit(request, hearing);
        assertThat(hearing.completion().text()).isEqualTo(hearing.text());
      }
    }
  }

  @Test
  void atLeastSoManyTokensAsAskedFor() {
    try (Generator generator = open(options())) {
      int early = 0;
      for (int i = 0; i < 20; i++) {
        Completion free = Hearing.all(generator, List.of(chat("row " + i, GenerationConfig.DEFAULT.withMaxNewTokens(60)))).getFirst();
        if (free.finishReason() != FinishReason.STOP) continue;
        early++;
        int least = free.completionTokens() + 5;
        Completion held = Hearing.all(generator, List.of(chat("row " + i, minimum(least, 80)))).getFirst();
        assertThat(held.completionTokens()).isGreaterThanOrEqualTo(least);
        assertThat(held.text()).startsWith(free.text());
      }
      assertThat(early).as("texts that end by themselves").isPositive();
    }
  }

  @Test
  void promptMayFillTheContextButOneToken() {
    try (Generator generator = open(options())) {
      var completions = Hearing.all(generator, List.of(raw("!".repeat(TinyModel.CONTEXT - 1), minimum(0, 10)), raw("!".repeat(TinyModel.CONTEXT), minimum(0, 10)),
          raw("!".repeat(TinyModel.CONTEXT - 4), minimum(10, 10))));
      assertThat(completions.get(0)).extracting(Completion::errorCode, Completion::promptTokens, Completion::completionTokens)
          .containsExactly("", TinyModel.CONTEXT - 1, 1);
      assertThat(completions.get(1)).extracting(Completion::errorCode, Completion::error).containsExactly("prompt_too_long",
          "the prompt has 512 tokens, the context has room for 511; shorten it, or set truncation to head, middle or tail");
      assertThat(completions.get(2)).extracting(Completion::errorCode, Completion::finishReason, Completion::completionTokens)
          .containsExactly("", FinishReason.LENGTH, 4);
    }
  }

  @Test
  void badTextIsItsOwnRowsError() {
    try (Generator generator = open(options())) {
      var config = GenerationConfig.DEFAULT.withMaxNewTokens(4);
      var completions = Hearing.all(generator, List.of(raw("", config), raw("a\ud83d", config), raw("\ude00b", config), chat("x\ude00\ud83d", config),
          chat("whole \ud83d\ude00", config)));
      assertThat(completions).extracting(Completion::errorCode).containsExactly("invalid_parameter", "malformed_text", "malformed_text",
          "malformed_text", "");
      assertThat(completions.get(0).error()).isEqualTo("the prompt is empty");
      assertThat(completions.get(3).error()).isEqualTo("the text holds an unpaired surrogate at character 1; decode it anew from its source");
    }
  }

  @Test
  void batchesStayFullWithPromptsLongerThanTheirTexts() {
    // Lengths as those of package descriptions, longest first as a job submits them; none begins like another.
    var random = new Random32("full batches");
    var requests = new ArrayList<Request>();
    for (int i = 0; i < 1000; i++) {
      var text = new StringBuilder();
      int length = 90 + 160 * (1000 - i) * (1000 - i) / (1000 * 1000);
      for (int at = 0; at < length; at++) text.append((char) ('!' + random.below(60)));
      int tokens = 20 + random.below(29);
      requests.add(raw(text.toString(), minimum(tokens, tokens)));
    }
    var options = EngineOptions.forMachine(2, 1L << 30, folder);
    try (Generator generator = open(options)) {
      var completions = Hearing.all(generator, requests);
      assertThat(completions.stream().mapToInt(Completion::promptTokens).average().orElseThrow()).as("%s", random).isBetween(120.0, 160.0);
      assertThat(generator.statistics().utilization()).as("%s", random).isBetween(0.9, 1.0);
    }
  }

  @Test
  void moreRowsThanAnArrayHoldsAreRefusedWhenTheEngineOpens() {
    assertThatThrownBy(() -> open(options().withBatch(40_000_000, 1))).isInstanceOf(ModelException.class)
        .hasMessageStartingWith("max batch or step tokens: 40000000 rows of ").hasMessageEndingWith("; allow fewer rows");
  }

  private static Generator open(EngineOptions options) {
    return Engine.open(model, "tiny", Optional.empty(), options);
  }

  private static EngineOptions options() {
    return new EngineOptions(2, 64L * BLOCK_BYTES, 16, 128, "auto", 0, "float32", folder);
  }

  /** Long and short ones, greedy and sampled, with a common beginning and without. None needs more than 9 blocks of cache. */
  private static List<Request> requests() {
    var requests = new ArrayList<Request>();
    for (int i = 0; i < 16; i++) {
      GenerationConfig config = GenerationConfig.DEFAULT.withMaxNewTokens(3 + i * 5 % 40);
      if (i % 3 == 1) config = config.over(GenerationConfig.of(Map.of("temperature", 0.9, "top_k", i % 2 == 0 ? 0 : 20, "top_p", 0.95, "min_p", 0.01,
          "seed", i % 4)));
      if (i % 5 == 4) config = penalized(config);
      String text = i % 2 == 0 ? BEGINNING.repeat(1 + i % 3) + i : "row " + i + " of the list".repeat(i % 7);
      requests.add(i % 4 == 3 ? raw(text, config) : chat(text, config));
    }
    return requests;
  }

  private static Request chat(String text, GenerationConfig config) {
    return new Request(Prompt.user(SourcedText.row(text)), config);
  }

  private static Request raw(String text, GenerationConfig config) {
    return new Request(new Prompt.Raw(SourcedText.row(text)), config);
  }

  private static GenerationConfig endless() {
    return minimum(200, 200);
  }

  private static GenerationConfig minimum(int least, int most) {
    return GenerationConfig.of(Map.of("max_new_tokens", most, "min_new_tokens", least));
  }

  private static GenerationConfig penalized(GenerationConfig config) {
    return config.over(GenerationConfig.of(Map.of("min_new_tokens", 2, "repetition_penalty", 1.3, "presence_penalty", 0.1, "frequency_penalty", 0.2)));
  }

  /** All that has to be the same, whatever the neighbours. */
  private static List<String> texts(List<Completion> completions) {
    return completions.stream().map(completion -> "%s|%s|%s|%d|%d|%s".formatted(completion.text(), completion.finishReason(), completion.error(),
        completion.promptTokens(), completion.completionTokens(), completion.requestKey())).toList();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
