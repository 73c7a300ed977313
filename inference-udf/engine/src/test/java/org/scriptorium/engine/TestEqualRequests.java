package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.EngineStatistics;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Requests that equal one on its way follow it, each to an end of its own; and what the engine counts of its steps. */
@Timeout(180)
class TestEqualRequests {
  private static final int BLOCK_BYTES = 2 * 2 * 2 * 32 * 16 * 4;
  private static final Request GREEDY = chat("who wrote the letters?", config(0f));
  private static final Request SAMPLED = chat("who wrote the letters?", config(0.9f));
  private static final Request OTHER = chat("another one", config(0f));

  @TempDir private static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    model = TinyModel.write(folder, 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isComputedOnceAndHeardOfWhole(boolean isSampled) {
    Request request = isSampled ? SAMPLED : GREEDY;
    Completion alone = alone(request);
    try (Generator generator = open(4)) {
      var first = new Held();
      generator.submit(request, first);
      first.awaitText();
      // These come late: a piece of the text is out already.
      List<Hearing> followers = List.of(new Hearing(), new Hearing(), new Hearing());
      for (Hearing follower : followers) generator.submit(request, follower);
      var other = new Hearing();
      generator.submit(OTHER, other);
      first.letGo();
      assertThat(first.completion()).isEqualTo(alone);
      assertThat(followers).allSatisfy(follower -> {
        assertThat(follower.completion()).isEqualTo(alone.shared());
        assertThat(follower.text()).isEqualTo(alone.text());
        assertThat(follower.completions()).isEqualTo(1);
      });
      assertThat(first.completion().isShared()).isFalse();
      assertThat(followers.getFirst().completion().isShared()).isTrue();
      assertThat(other.completion().text()).isNotEqualTo(alone.text());
      var statistics = generator.statistics();
      assertThat(statistics.completionTokens()).isEqualTo(alone.completionTokens() + other.completion().completionTokens());
      assertThat(statistics.promptTokens()).isEqualTo(alone.promptTokens() + other.completion().promptTokens() - other.completion().cachedTokens());
      // One that comes after the end is computed anew.
      assertThat(Hearing.all(generator, List.of(request)).getFirst().isShared()).isFalse();
    }
  }

  @Test
  void cancellingTheFirstLeavesTheOthers() {
    Completion alone = alone(GREEDY);
    try (Generator generator = open(4)) {
      var first = new Held();
      Hearing second = new Hearing(), third = new Hearing();
      Generator.Ticket ticket = generator.submit(GREEDY, first);
      first.awaitText();
      generator.submit(GREEDY, second);
      generator.submit(GREEDY, third);
      ticket.cancel();
      first.letGo();
      assertThat(first.completion()).extracting(Completion::errorCode, Completion::error, Completion::text)
          .containsExactly("cancelled", "the request was cancelled", "");
      assertThat(second.completion()).as("it was computed for the next one").isEqualTo(alone);
      assertThat(second.text()).isEqualTo(alone.text());
      assertThat(third.completion()).isEqualTo(alone.shared());
      assertThat(generator.statistics().completionTokens()).isEqualTo(alone.completionTokens());
    }
  }

  @Test
  void cancellingAFollowerEndsItAlone() {
    Completion alone = alone(GREEDY);
    try (Generator generator = open(4)) {
      var first = new Held();
      Hearing second = new Hearing(), third = new Hearing();
      generator.submit(GREEDY, first);
      first.awaitText();
      Generator.Ticket ticket = generator.submit(GREEDY, second);
      generator.submit(GREEDY, third);
      ticket.cancel();
      first.letGo();
      assertThat(second.completion().errorCode()).isEqualTo("cancelled");
      assertThat(first.completion()).isEqualTo(alone);
      assertThat(third.completion()).isEqualTo(alone.shared());
      assertThat(List.of(first, second, third)).extracting(Hearing::completions).containsOnly(1);
    }
  }

  @Test
  void cancellingAllEndsTheGeneration() {
    try (Generator generator = open(4)) {
      var first = new Held();
      var second = new Hearing();
      List<Generator.Ticket> tickets = new ArrayList<>();
      tickets.add(generator.submit(chat("endless", endless()), first));
      first.awaitText();
      tickets.add(generator.submit(chat("endless", endless()), second));
      tickets.forEach(Generator.Ticket::cancel);
      first.letGo();
      assertThat(List.of(first.completion(), second.completion())).extracting(Completion::errorCode).containsOnly("cancelled");
      // The cancelled generation is over: an equal request is computed from its beginning.
      var third = Hearing.all(generator, List.of(chat("endless", endless()))).getFirst();
      assertThat(third.errorCode()).isEmpty();
      assertThat(third.isShared()).isFalse();
      assertThat(generator.statistics().completionTokens()).isBetween(third.completionTokens() + 1L, third.completionTokens() + 5L);
    }
  }

  @Test
  void whoWaitsIsFollowedToo() {
    Completion alone = alone(GREEDY);
    try (Generator generator = open(1)) {
      var running = new Held();
      Hearing first = new Hearing(), second = new Hearing(), third = new Hearing();
      generator.submit(OTHER, running);
      running.awaitText();
      Generator.Ticket ticket = generator.submit(GREEDY, first);
      generator.submit(GREEDY, second);
      generator.submit(GREEDY, third);
      ticket.cancel();
      running.letGo();
      assertThat(first.completion().errorCode()).isEqualTo("cancelled");
      assertThat(second.completion()).usingRecursiveComparison().ignoringFields("cachedTokens").isEqualTo(alone);
      assertThat(second.completion().isShared()).isFalse();
      assertThat(third.completion()).isEqualTo(alone.shared());
    }
  }

  @Test
  void closingTellsEachOnce() {
    Generator generator = open(1);
    Hearing running = new Hearing(), follower = new Hearing(), waiting = new Hearing(), waitingFollower = new Hearing();
    generator.submit(chat("endless", endless()), running);
    generator.submit(chat("endless", endless()), follower);
    generator.submit(chat("waits", endless()), waiting);
    generator.submit(chat("waits", endless()), waitingFollower);
    generator.close();
    assertThat(List.of(running, follower, waiting, waitingFollower)).allSatisfy(hearing -> {
      assertThat(hearing.completion()).extracting(Completion::errorCode, Completion::error).containsExactly("cancelled", "the engine was closed");
      assertThat(hearing.completions()).isEqualTo(1);
    });
  }

  @Test
  void failuresAreEachOnesOwnAndNotShared() {
    try (Generator generator = Engine.open(model, "tiny", Optional.empty(), options(1).withCacheBytes(3 * BLOCK_BYTES))) {
      var running = new Held();
      generator.submit(OTHER, running);
      running.awaitText();
      var tooLong = new Request(new Prompt.Raw(SourcedText.row("!".repeat(90))), GenerationConfig.DEFAULT.withMaxNewTokens(40));
      Hearing first = new Hearing(), second = new Hearing();
      generator.submit(tooLong, first);
      generator.submit(tooLong, second);
      running.letGo();
      assertThat(List.of(first.completion(), second.completion())).allSatisfy(completion -> {
        assertThat(completion.errorCode()).isEqualTo("cache_too_small");
        assertThat(completion.isShared()).isFalse();
      });
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "4, 0.25"})
  void slotsAreCountedWhileAnyRequestIsThere(int batch, double utilization) throws InterruptedException {
    try (Generator generator = open(batch)) {
      assertThat(generator.statistics()).isEqualTo(EngineStatistics.NONE);
      Completion completion = Hearing.all(generator, List.of(OTHER)).getFirst();
      EngineStatistics alone = generator.statistics();
      // The prompt fits into one step, which gives the first token.
      assertThat(alone).isEqualTo(new EngineStatistics(completion.completionTokens(), completion.completionTokens(),
          (long) batch * completion.completionTokens(), completion.promptTokens(), completion.completionTokens()));
      assertThat(alone.utilization()).isEqualTo(utilization);
      Thread.sleep(50);
      assertThat(generator.statistics()).as("idle time has no steps").isEqualTo(alone);
      var first = new Held();
      generator.submit(chat("one", endless()), first);
      // Steps wait until all are there, however slow this thread is.
      first.awaitText();
      List<Hearing> others = List.of(new Hearing(), new Hearing(), new Hearing());
      for (int i = 0; i < others.size(); i++) generator.submit(chat("number " + i, endless()), others.get(i));
      first.letGo();
      first.completion();
      others.forEach(Hearing::completion);
      EngineStatistics later = generator.statistics().since(alone);
      assertThat(later.completionTokens()).isEqualTo(4 * 200);
      // All but the steps to the first one's first text, and as many at the end, are full.
      assertThat(later.utilization()).isBetween(0.9, 1.0);
      assertThat(later.plus(alone)).isEqualTo(generator.statistics());
    }
  }

  /** Stops the engine at its first piece of text until it is let go. */
  private static final class Held extends Hearing {
    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    @Override
    public void text(String piece) {
      super.text(piece);
      started.countDown();
      await(released);
    }

    void awaitText() {
      await(started);
    }

    void letGo() {
      released.countDown();
    }

    private static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static Completion alone(Request request) {
    try (Generator generator = open(1)) {
      return Hearing.all(generator, List.of(request)).getFirst();
    }
  }

  private static Generator open(int batch) {
    return Engine.open(model, "tiny", Optional.empty(), options(batch));
  }

  private static EngineOptions options(int batch) {
    return new EngineOptions(2, 64L * BLOCK_BYTES, batch, 128, "auto", 0, "float32", folder);
  }

  private static Request chat(String text, GenerationConfig config) {
    return new Request(Prompt.user(SourcedText.row(text)), config);
  }

  /** Exactly 40 tokens. */
  private static GenerationConfig config(float temperature) {
    return GenerationConfig.of(Map.of("max_new_tokens", 40, "min_new_tokens", 40, "temperature", temperature));
  }

  private static GenerationConfig endless() {
    return GenerationConfig.of(Map.of("max_new_tokens", 200, "min_new_tokens", 200));
  }
}
