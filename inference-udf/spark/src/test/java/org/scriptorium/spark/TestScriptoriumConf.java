package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ModelException;

class TestScriptoriumConf {
  private static final String BEGIN = "<!-- options:begin -->", END = "<!-- options:end -->";

  @Test
  void documentationShowsTheTable() throws Exception {
    String root = System.getProperty("scriptorium.root");
    assumeThat(root).as("-Dscriptorium.root=DIR names the repository").isNotNull();
    var readme = Path.of(root, "README.md");
    var file = Files.exists(readme) && Files.readString(readme).contains(BEGIN) ? readme : Path.of(root, "docs", "options.md");
    String text = Files.readString(file);
    String found = text.substring(text.indexOf(BEGIN) + BEGIN.length(), text.indexOf(END)).strip();
    assertThat(found).as("%s between its markers is ScriptoriumConf.markdown()", file).isEqualTo(ScriptoriumConf.markdown().strip());
  }

  @Test
  void everyKeyHasAValidDefaultAndASentence() {
    for (var key : ScriptoriumConf.keys()) {
      assertThat(key.name()).matches("spark\\.scriptorium\\.[a-z]+\\.[a-z-]+");
      assertThat(key.meaning()).endsWith(".");
      assertThat(ScriptoriumConf.of(Map.of(key.name(), key.defaultValue()))).isNotNull();
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "spark.scriptorium.engine.thread| 2| unknown configuration key KEY; did you mean spark.scriptorium.engine.threads?",
    "spark.scriptorium.engine.threads| -1| KEY: expected a whole number, at least 0, found '-1'",
    "spark.scriptorium.batch.rows| many| KEY: expected a whole number, at least 1, found 'many'",
    "spark.scriptorium.engine.cache-memory| 1.5| KEY: expected bytes such as 2g, or a share above 0 and below 1 such as 0.125, found '1.5'",
    "spark.scriptorium.engine.kernels| cuda| KEY: expected auto, vector or scalar, found 'cuda'",
    "spark.scriptorium.engine.vector-bits| 128| KEY: expected 0, 256 or 512, found '128'",
    "spark.scriptorium.batch.bytes-in-flight| 0| KEY: expected bytes such as 64m, found '0'",
  })
  void wrongSettingsAreRefused(String key, String value, String message) {
    assertThatThrownBy(() -> ScriptoriumConf.of(Map.of(key, value))).isInstanceOf(ModelException.class)
        .hasMessage(message.replace("KEY", key));
  }

  @Test
  void settingsBecomeEngineOptions() {
    var conf = ScriptoriumConf.of(Map.of(
        "spark.scriptorium.engine.threads", "3", "spark.scriptorium.engine.cache-memory", "2g",
        "spark.scriptorium.engine.kernels", "scalar", "spark.scriptorium.engine.max-batch", "7",
        "spark.scriptorium.engine.step-tokens", "100", "spark.scriptorium.model.cache-dir", "/models",
        "spark.sql.adaptive.enabled", "true"));
    var options = conf.engine().options(new SparkConf(false));
    assertThat(options.threads()).isEqualTo(3);
    assertThat(options.cacheBytes()).isEqualTo(2L << 30);
    assertThat(options.kernels()).isEqualTo("scalar");
    assertThat(options.maxBatch()).isEqualTo(7);
    assertThat(options.stepTokens()).isEqualTo(100);
    assertThat(options.packedDirectory()).isEqualTo(Path.of("/models/packed"));
    assertThat(EngineSettings.memoryBytes("0.25", 1000)).isEqualTo(250);
  }

  @ParameterizedTest
  @CsvSource({"local,1", "local[1],1", "'local[1,4]',1", "spark://host:7077,1"})
  void threadsAreTheExecutorsCores(String master, int cores) {
    var process = new SparkConf(false).set("spark.master", master).set("spark.executor.cores", "1");
    assertThat(EngineSettings.executorCores(process)).isEqualTo(cores);
  }

  @Test
  void autoIsWhatThisJvmHas() {
    assertThat(VectorModule.resolve("auto")).isEqualTo("vector");
    assertThat(VectorModule.resolve("scalar")).isEqualTo("scalar");
  }
}
