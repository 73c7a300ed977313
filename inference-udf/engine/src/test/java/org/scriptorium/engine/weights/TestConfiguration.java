package org.scriptorium.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

class TestConfiguration {
  @TempDir private Path folder;

  @Test
  void readsEachKind() throws IOException {
    Configuration found = read("""
        {"count": 7, "share": 0.5, "flag": true, "name": "x", "ends": [1, 2], "end": 3, "names": ["a"], "none": null, "limit": Infinity,
         "rope_scaling": {"factor": 2}}""");
    assertThat(found.integer("count")).isEqualTo(7);
    assertThat(found.integer("absent", 5)).isEqualTo(5);
    assertThat(found.integer("none", 5)).isEqualTo(5);
    assertThat(found.real("share")).isEqualTo(0.5);
    assertThat(found.real("count")).isEqualTo(7);
    assertThat(found.bool("flag", false)).isTrue();
    assertThat(found.string("name")).isEqualTo("x");
    assertThat(found.integers("ends")).containsExactly(1, 2);
    assertThat(found.integers("end")).containsExactly(3);
    assertThat(found.integers("none")).isEmpty();
    assertThat(found.strings("names")).containsExactly("a");
    assertThat(found.has("none")).isFalse();
    assertThat(found.mentions("none")).isTrue();
    assertThat(found.mentions("absent")).isFalse();
    assertThat(found.section("rope_scaling").orElseThrow().real("factor")).isEqualTo(2);
    assertThat(found.section("none")).isEmpty();
  }

  @Test
  void namesTheKeyThatIsWrong() throws IOException {
    Configuration found = read("{\"hidden_size\": 0, \"share\": \"much\", \"big\": 3000000000, \"rope_scaling\": {\"factor\": \"2\"}, \"n\": NaN}");
    assertWrong(() -> found.size("hidden_size"), "hidden_size: expected from 1 to 1073741824, found 0; the configuration is wrong");
    assertWrong(() -> found.integer("hiden_size"),
        "hiden_size: expected an integer, found no such key (nearest: hidden_size); the configuration is incomplete");
    assertWrong(() -> found.real("share"), "share: expected a finite number, found \"much\"; the configuration is wrong");
    assertWrong(() -> found.real("n"), "n: expected a finite number, found \"NaN\"; the configuration is wrong");
    assertWrong(() -> found.integer("big"), "big: expected an integer, found 3000000000; the configuration is wrong");
    assertWrong(() -> found.section("rope_scaling").orElseThrow().real("factor"),
        "rope_scaling.factor: expected a finite number, found \"2\"; the configuration is wrong");
    assertWrong(() -> found.bool("share", true), "share: expected true or false, found \"much\"; the configuration is wrong");
    assertThat(found.unsupported("share", "\"little\"")).hasMessage(
        "%s: share is \"much\"; supported is \"little\". Convert the model or choose another", folder.resolve("config.json"));
  }

  @Test
  void knowsKeysByTheirOtherNames() throws IOException {
    Configuration found = read("{\"n_embd\": 32, \"n_layer\": 2, \"num_hidden_layers\": 3, \"n_head\": 4, \"num_attention_heads\": 4}")
        .withNames(Map.of("hidden_size", "n_embd", "num_hidden_layers", "n_layer", "num_attention_heads", "n_head", "vocab_size", "words"));
    assertThat(found.integer("hidden_size")).isEqualTo(32);
    assertThat(found.integer("num_attention_heads")).isEqualTo(4);
    assertWrong(() -> found.integer("num_hidden_layers"),
        "n_layer: expected the value of num_hidden_layers, 3, found 2; they are two names of one setting");
    assertWrong(() -> found.size("hidden_size", 16), "n_embd: expected from 1 to 16, found 32; the configuration is wrong");
    assertWrong(() -> found.size("vocab_size"), "words: expected an integer, found no such key; the configuration is incomplete");
  }

  private Configuration read(String content) throws IOException {
    return Configuration.read(Files.writeString(folder.resolve("config.json"), content));
  }

  private void assertWrong(Runnable call, String message) {
    assertThatThrownBy(call::run).isInstanceOf(ModelException.class).hasMessage("%s: " + message, folder.resolve("config.json"))
        .extracting(e -> ((ModelException) e).code()).isEqualTo(ErrorCode.MODEL_CORRUPT);
  }
}
