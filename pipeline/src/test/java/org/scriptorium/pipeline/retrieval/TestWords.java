package org.scriptorium.pipeline.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestWords {

  @Test
  void caseAccentsAndWidthsAreFolded() {
    assertThat(Words.of("Über die ＡＰＴ-Quellen: naïve café, straße!"))
        .containsExactly("uber", "die", "apt", "quellen", "naive", "cafe", "strasse");
    assertThat(Words.of("version 2.3.1 of foo_bar")).contains("2.3.1").startsWith("version");
  }

  @Test
  void scriptsWithoutSpacesBecomePairs() {
    assertThat(Words.of("図書館は")).containsExactly("図書", "書館", "館は");
    assertThat(Words.of("图书馆 opens")).containsExactly("图书", "书馆", "opens");
    assertThat(Words.of("𠮷野家")).containsExactly("𠮷野", "野家");
    assertThat(Words.of("本")).containsExactly("本");
  }

  @Test
  void inflectedFormsHaveOneBeginning() {
    assertThat(Words.prefixesOf("install installs installing Installation")).containsExactly("insta");
    assertThat(Words.prefixesOf("Paket Pakete Paketverwaltung")).containsExactly("paket");
    assertThat(Words.prefixesOf("図書館は")).containsExactly("図書", "書館", "館は");
  }

  @Test
  void questionsAreBounded() {
    String long600 = IntStream.range(0, 600).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
    assertThat(Words.of(long600)).hasSize(300);
    assertThat(Words.allPrefixesOf(long600)).hasSize(600);
    assertThat(Words.of("")).isEmpty();
    assertThat(Words.of(" ?!")).isEmpty();
  }
}
