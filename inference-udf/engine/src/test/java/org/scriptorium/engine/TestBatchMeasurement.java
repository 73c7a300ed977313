package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** What is measured, and what is not. */
class TestBatchMeasurement {
  @TempDir private Path folder;

  @Test
  void measuresDecoders() {
    try (var measurement = new BatchMeasurement(new TinyFolder().write(folder.resolve("model")), options())) {
      BatchMeasurement.Result result = measurement.run(3, 7, 5);
      assertThat(result.batch()).isEqualTo(3);
      assertThat(result.promptTokens()).isEqualTo(7);
      assertThat(result.generated()).isEqualTo(5);
      assertThat(result.prefillRate()).isPositive();
      assertThat(result.decodeRate()).isPositive();
      assertThatThrownBy(() -> measurement.run(1, 60, 5)).isInstanceOf(ModelException.class)
          .hasMessage("prompt and generated tokens: expected at most 64, found 65");
    }
  }

  @Test
  void refusesModelsThatReadWithAnEncoder() {
    ReferenceModel model = ReferenceModel.all().stream()
        .filter(each -> each.expected().path("forward").path(0).has("decoder_input_ids")).findFirst().orElse(null);
    Assumptions.assumeTrue(model != null, "none of the fixtures is an encoder-decoder");
    try (var measurement = new BatchMeasurement(model.folder(), options())) {
      assertThatThrownBy(() -> measurement.run(1, 4, 4)).isInstanceOf(ModelException.class)
          .hasMessageStartingWith("%s: expected a decoder alone, found an encoder-decoder", model.folder())
          .extracting(e -> ((ModelException) e).code()).isEqualTo(ErrorCode.MODEL_UNSUPPORTED);
    }
  }

  private EngineOptions options() {
    return EngineOptions.forMachine(1, 64 << 20, folder.resolve("packed"));
  }
}
