package org.scriptorium.engine.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README's table of families and {@link Families}: each name that one has, the other has. */
class TestFamilyTable {
  private static final Pattern NAME = Pattern.compile("`([^`]+)`");

  @Test
  void theReadmeHasEveryFamilyAndNoOther() throws IOException {
    List<String[]> rows = rows();
    assertThat(rows).as("README.md: add a row, or a name to one, between families:begin and families:end").hasSizeGreaterThan(5);
    assertThat(names(rows, 2)).as("model_type in README.md").containsExactlyInAnyOrderElementsOf(Families.modelTypes());
    assertThat(names(rows, 3)).as("general.architecture in README.md").containsExactlyInAnyOrderElementsOf(Families.ggufArchitectures());
    assertThat(rows).allSatisfy(row -> assertThat(row[4]).as(row[1]).isNotBlank());
  }

  private static List<String[]> rows() throws IOException {
    String readme = Files.readString(Path.of(System.getProperty("scriptorium.root", "")).toAbsolutePath().resolve("README.md"));
    String table = readme.substring(readme.indexOf("<!-- families:begin -->"), readme.indexOf("<!-- families:end -->"));
    return table.lines().filter(line -> line.startsWith("|")).skip(2).map(line -> line.split("\\|")).toList();
  }

  private static List<String> names(List<String[]> rows, int column) {
    return rows.stream().flatMap(row -> names(row[column])).toList();
  }

  private static Stream<String> names(String cell) {
    return NAME.matcher(cell).results().map((MatchResult result) -> result.group(1));
  }
}
