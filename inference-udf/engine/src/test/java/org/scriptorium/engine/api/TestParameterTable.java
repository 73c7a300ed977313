package org.scriptorium.engine.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TestParameterTable {
  private static final String BEGIN = "<!-- parameters:begin -->", END = "<!-- parameters:end -->";

  @Test
  void documentationShowsTheTable() throws IOException {
    Path file = Path.of(System.getProperty("scriptorium.root", "")).toAbsolutePath().resolve("docs/generation.md");
    String text = Files.readString(file);
    String found = text.substring(text.indexOf(BEGIN) + BEGIN.length(), text.indexOf(END)).strip();
    assertThat(found).as("%s between its markers is Parameters.markdown(); paste it there", file).isEqualTo(Parameters.markdown().strip());
  }

  @Test
  void everyParameterHasASentence() {
    assertThat(Parameters.ALL).extracting(Parameter::sentence).allSatisfy(sentence -> assertThat(sentence).endsWith("."));
    assertThat(Parameters.ALL).extracting(Parameter::name).doesNotHaveDuplicates().allSatisfy(name -> assertThat(name).matches("[a-z_]+"));
  }
}
