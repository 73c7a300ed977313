package org.scriptorium.jobs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.ThinkMarkers;
import org.scriptorium.engine.catalog.Catalog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One prompt, no Spark; the text streams. */
@Command(name = "generate", description = "Answers one prompt; the text appears as it is generated.")
final class GenerateCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private Verbosity verbosity;

  @Option(names = "--model", paramLabel = "M", defaultValue = Models.DEFAULT,
      description = "Catalog name, .gguf file or model folder (default: ${DEFAULT-VALUE}).")
  private String model;

  @Option(names = "--max-new-tokens", paramLabel = "N", defaultValue = "256", description = "Longest answer (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens;

  @Option(names = "--temperature", paramLabel = "T", defaultValue = "0", description = "0 is greedy (default); higher is more varied.")
  private float temperature;

  @Option(names = "--top-k", paramLabel = "K", defaultValue = "0", description = "Choose among the K best tokens; 0 is all (default).")
  private int topK;

  @Option(names = "--top-p", paramLabel = "P", defaultValue = "1", description = "Choose among the best tokens of this probability; 1 is all (default).")
  private float topP;

  @Option(names = "--min-p", paramLabel = "P", defaultValue = "0", description = "Leave out tokens below this share of the best one's probability.")
  private float minP;

  @Option(names = "--repetition-penalty", paramLabel = "R", defaultValue = "1", description = "Above 1 discourages repetition (default: 1).")
  private float repetitionPenalty;

  @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "For another choice at the same prompt.")
  private long seed;

  @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be repeated.")
  private List<String> stop = new ArrayList<>();

  @Option(names = "--raw", description = "Send the prompt as it stands, markup and all, instead of through the chat template.")
  private boolean raw;

  @Option(names = "--reasoning", description = "Show on standard error what the model thinks before it answers.")
  private boolean reasoning;

  @Option(names = "--think-markers", paramLabel = "'OPEN CLOSE'",
      description = "What stands around the reasoning (default: <think> </think>, for models that know them).")
  private Optional<String> thinkMarkers = Optional.empty();

  @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: all processors).")
  private Optional<Integer> threads = Optional.empty();

  @Parameters(paramLabel = "PROMPT", description = "The prompt; - reads it from standard input.")
  private String prompt;

  GenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var config = GenerationConfig.of(Map.of("max_new_tokens", maxNewTokens, "temperature", temperature, "top_k", topK, "top_p", topP,
        "min_p", minP, "repetition_penalty", repetitionPenalty, "stop_strings", stop, "seed", seed));
    var text = prompt.equals("-") ? standardInput() : prompt;
    var request = new Request(raw ? new Prompt.Raw(SourcedText.trusted(text)) : Prompt.user(SourcedText.row(text)), config);
    var file = Models.locate(model);
    try (var generator = Engine.open(file, model, Optional.empty(), options())) {
      return report(stream(generator, request));
    }
  }

  private EngineOptions options() throws IOException {
    var packed = Catalog.cacheDirectory().resolve("packed");
    Files.createDirectories(packed);
    return EngineOptions.forMachine(threads.orElse(Runtime.getRuntime().availableProcessors()), Machine.memoryBytes(), packed)
        .withThinkMarkers(thinkMarkers.map(ThinkMarkers::parse).orElse(ThinkMarkers.DEFAULT));
  }

  private String standardInput() throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(console.in().readAllBytes())).toString();
    } catch (CharacterCodingException exception) {
      throw new ModelException(ErrorCode.MALFORMED_TEXT, "standard input: expected UTF-8, found bytes that are none", exception);
    }
  }

  /** Prints on this thread: the engine's must not wait for a terminal. */
  private Completion stream(Generator generator, Request request) throws InterruptedException {
    var events = new LinkedBlockingQueue<Event>();
    var ticket = generator.submit(request, new Generator.Listener() {
      @Override
      public void completed(Completion completion) {
        events.add(new Event.End(completion));
      }

      @Override
      public void text(String piece) {
        events.add(new Event.Piece(piece));
      }

      @Override
      public void reasoning(String piece) {
        if (reasoning) events.add(new Event.Thought(piece));
      }
    });
    boolean isThinking = false;
    try {
      while (true) {
        switch (events.take()) {
          case Event.Thought thought -> {
            isThinking = true;
            console.error().print(thought.text());
            console.error().flush();
          }
          case Event.Piece piece -> {
            if (isThinking) console.error().println();
            isThinking = false;
            console.out().print(piece.text());
            console.out().flush();
            // Nobody reads any more, as after: scriptorium generate … | head
            if (console.out().checkError()) ticket.cancel();
          }
          case Event.End end -> {
            if (isThinking) console.error().println();
            return end.completion();
          }
        }
      }
    } finally {
      ticket.cancel();
    }
  }

  private int report(Completion completion) {
    if (completion.finishReason() != FinishReason.ERROR) {
      console.out().println();
      return 0;
    }
    console.error().println("scriptorium: %s: %s".formatted(completion.errorCode(), completion.error()));
    return Failures.FAILED;
  }

  private sealed interface Event {
    record Piece(String text) implements Event {}

    record Thought(String text) implements Event {}

    record End(Completion completion) implements Event {}
  }
}
