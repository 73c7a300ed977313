package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** What an encoder-decoder's encoder reads before a step, through the engine's door. */
@Timeout(180)
class TestSources {
  private static final int TEXTS = 8;

  @TempDir Path folder;

  /** A step reads sources while it has room for another token; one source goes in whole, however long it is. */
  @ParameterizedTest
  @CsvSource({"8, 8", "64, 3", "512, 1"})
  void longSourcesDoNotComeAllAtOnce(int stepTokens, int steps) {
    Path model = ReferenceFixtures.models().stream().filter(path -> path.endsWith("t5")).findFirst().orElseThrow();
    List<Request> requests = IntStream.range(0, TEXTS).mapToObj(i -> request("the river and the city, ".repeat(2) + i)).toList();
    var options = new EngineOptions(2, 64 << 20, TEXTS, stepTokens, "auto", 0, "float16", folder);
    try (Generator generator = Engine.open(model, "t5", Optional.empty(), options)) {
      int tokens = generator.countTokens("the river and the city, ".repeat(2) + 0) + 2, together = Math.min(TEXTS, (stepTokens + tokens - 1) / tokens);
      assertThat((TEXTS + together - 1) / together).as("steps for sources of %d tokens", tokens).isEqualTo(steps);
      CountDownLatch isFirst = new CountDownLatch(1), all = new CountDownLatch(1);
      var first = new Hearing() {
        @Override
        public void completed(Completion value) {
          isFirst.countDown();
          // Until the others are there, so that nothing but room parts them.
          await(all);
          super.completed(value);
        }
      };
      generator.submit(request("first"), first);
      await(isFirst);
      var others = new ArrayList<Hearing>();
      for (Request request : requests) {
        others.add(new Hearing());
        generator.submit(request, others.getLast());
      }
      all.countDown();
      List<Completion> found = others.stream().map(Hearing::completion).toList();
      assertThat(generator.statistics().steps()).isEqualTo(1 + steps);
      assertThat(found).extracting(Completion::errorCode).containsOnly("");
      for (int i = 0; i < TEXTS; i++) {
        assertThat(found.get(i).text()).isEqualTo(Hearing.all(generator, List.of(requests.get(i))).getFirst().text());
      }
    }
  }

  private static Request request(String text) {
    return new Request(new Prompt.Raw(SourcedText.row(text)), GenerationConfig.DEFAULT.withMaxNewTokens(1));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
