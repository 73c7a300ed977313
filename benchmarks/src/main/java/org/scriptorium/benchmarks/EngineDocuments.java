package org.scriptorium.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.catalog.Catalog;

/**
 * The engine alone over a file of documents, as a job with {@code task: {kind: generate}} would ask it: all rows are submitted in the
 * file's order, each as one user's message, greedily. Prints one line of JSON; its seconds are those of a run's
 * {@code generation_seconds}, from the first request to the last completion.
 *
 * <p>Arguments: model file, threads, most new tokens, documents in JSON lines with a {@code text} each.
 */
public final class EngineDocuments {
  private static final ObjectMapper JSON = new ObjectMapper();

  private EngineDocuments() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length != 4) throw new IllegalArgumentException("expected: MODEL.gguf THREADS NEW_TOKENS DOCUMENTS.jsonl");
    var config = GenerationConfig.DEFAULT.withMaxNewTokens(Integer.parseInt(arguments[2]));
    List<Request> requests = requests(Path.of(arguments[3]), config);
    try (Generator generator = Engine.open(Path.of(arguments[0]), "alone", Optional.empty(), options(Integer.parseInt(arguments[1])))) {
      long from = System.nanoTime();
      List<Completion> completions = all(generator, requests);
      double seconds = (System.nanoTime() - from) / 1e9;
      var line = JSON.createObjectNode().put("rows", completions.size()).put("seconds", seconds)
          .put("prompt_tokens", completions.stream().mapToLong(Completion::promptTokens).sum())
          .put("completion_tokens", completions.stream().mapToLong(Completion::completionTokens).sum())
          .put("errors", completions.stream().filter(completion -> completion.finishReason() == FinishReason.ERROR).count())
          .put("batch_utilization", generator.statistics().utilization());
      System.out.println(JSON.writeValueAsString(line));
    }
  }

  private static List<Request> requests(Path documents, GenerationConfig config) throws IOException {
    List<Request> requests = new ArrayList<>();
    for (String line : Files.readAllLines(documents)) {
      requests.add(new Request(Prompt.user(SourcedText.row(JSON.readTree(line).path("text").asText())), config));
    }
    return requests;
  }

  /** Those of an executor's engine. */
  private static EngineOptions options(int threads) {
    var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return EngineOptions.forMachine(threads, machine.getTotalMemorySize(), Catalog.cacheDirectory().resolve("packed"));
  }

  private static List<Completion> all(Generator generator, List<Request> requests) throws InterruptedException {
    var completions = new Completion[requests.size()];
    var left = new CountDownLatch(completions.length);
    for (int i = 0; i < completions.length; i++) {
      int row = i;
      generator.submit(requests.get(i), completion -> {
        completions[row] = completion;
        left.countDown();
      });
    }
    left.await();
    return List.of(completions);
  }
}
