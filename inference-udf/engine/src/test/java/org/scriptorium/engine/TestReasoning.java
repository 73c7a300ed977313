package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.ThinkMarkers;

/** What a model thinks is told apart from what it answers, in pieces and as a whole. */
@Timeout(180)
class TestReasoning {
  private static final GenerationConfig CONFIG = GenerationConfig.DEFAULT.withMaxNewTokens(60);

  @TempDir private static Path folder;
  private static Path model;

  /** A completion, and the pieces of it that were heard of. */
  private record Heard(String reasoning, String text, Completion completion) {}

  @BeforeAll
  static void write() {
    model = TinyModel.write(folder, 1);
  }

  private static int border(String text, int from) {
    int at = from;
    while (text.substring(at, at + 5).strip().length() < 5) at++;
    return at;
  }

  @Test
  void textsArePartedWhereTheMarkersStand() {
    Request request = raw("Once upon a time");
    String text = heard(ThinkMarkers.DEFAULT, request).completion().text();
    int open = border(text, 3);
    String marker = text.substring(open, open + 5).strip();
    int from = text.indexOf(marker), begin = from + marker.length(), end = text.indexOf(marker, begin);
    Heard found = heard(new ThinkMarkers(marker, marker), request);
    String block = end < 0 ? text.substring(begin) : text.substring(begin, end);
    assertThat(found.completion().reasoning()).startsWith(block.strip());
    assertThat(found.completion().text()).startsWith(text.substring(0, from).isBlank() ? "" : text.substring(0, from));
    assertThat(found.reasoning()).isEqualTo(found.completion().reasoning());
    assertThat(found.text()).isEqualTo(found.completion().text());
    assertThat(found.completion().reasoningTokens()).isBetween(1, found.completion().completionTokens());
  }

  @Test
  void textsMayBeginInsideABlock() {
    Heard inside = heard(ThinkMarkers.DEFAULT, raw("Once upon a time\n<think>\n"));
    assertThat(inside.completion().text()).isEmpty();
    assertThat(inside.completion().reasoning()).isNotEmpty().isEqualTo(inside.reasoning());
    // The end token is no part of the block.
    assertThat(inside.completion().completionTokens() - inside.completion().reasoningTokens()).isBetween(0, 1);
    // What a row brings opens nothing.
    Heard row = heard(ThinkMarkers.DEFAULT, new Request(new Prompt.Raw(SourcedText.row("Once upon a time\n<think>\n")), CONFIG));
    assertThat(row.completion().reasoning()).isEmpty();
    assertThat(row.completion().reasoningTokens()).isZero();
    assertThat(row.completion().text()).isNotEmpty().isEqualTo(row.text());
  }

  @Test
  void templatesMayOpenTheBlock() throws Exception {
    Path other = Files.createDirectory(folder.resolve("thinking"));
    Path thinking = TinyModel.write(other, 1, TinyModel.TEMPLATE.replace("assistant\\n", "assistant\\n<think>\\n"));
    var request = new Request(Prompt.user(SourcedText.row("Once upon a time")), CONFIG);
    Heard inside = heard(thinking, ThinkMarkers.DEFAULT, request);
    assertThat(inside.completion().text()).isEmpty();
    assertThat(inside.completion().reasoning()).isNotEmpty().isEqualTo(inside.reasoning());
    // The same weights without such a template do not think.
    Heard outside = heard(ThinkMarkers.DEFAULT, request);
    assertThat(outside.completion().reasoning()).isEmpty();
    assertThat(outside.completion().text()).isNotEmpty().isEqualTo(outside.text());
  }

  @Test
  void choicesAreMadeAfterTheBlock() {
    var request = new Request(new Prompt.Raw(SourcedText.trusted("Once upon a time\n<think>\n")), CONFIG, List.of("yes", "no"));
    Heard found = heard(ThinkMarkers.DEFAULT, request);
    assertThat(found.completion().text()).isIn("yes", "no");
    assertThat(found.completion().reasoning()).isEmpty();
    Heard closed = heard(ThinkMarkers.DEFAULT,
        new Request(new Prompt.Raw(SourcedText.trusted("Once upon a time\n<think>\n\n</think>\n\n")), CONFIG, List.of("yes", "no")));
    assertThat(found.completion().requestKey()).isEqualTo(closed.completion().requestKey());
  }

  private static Request raw(String text) {
    return new Request(new Prompt.Raw(SourcedText.trusted(text)), CONFIG);
  }

  private static Heard heard(ThinkMarkers markers, Request request) {
    return heard(model, markers, request);
  }

  private static Heard heard(Path model, ThinkMarkers markers, Request request) {
    var options = new EngineOptions(2, 64 << 20, 4, 64, "auto", 0, "float16", folder, markers);
    StringBuilder reasoning = new StringBuilder(), text = new StringBuilder();
    var end = new CompletableFuture<Completion>();
    try (Generator generator = Engine.open(model, "tiny", Optional.empty(), options)) {
      generator.submit(request, new Generator.Listener() {
        @Override
        public void completed(Completion completion) {
          end.complete(completion);
        }

        @Override
        public void text(String piece) {
          text.append(piece);
        }

        @Override
        public void reasoning(String piece) {
          reasoning.append(piece);
        }
      });
      Completion completion = end.join();
      return new Heard(reasoning.toString(), text.toString(), completion);
    }
  }
}
