package org.scriptorium.pipeline.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

class TestPromptPassages {
  private static final Seq<Row> PASSAGES =
      CollectionConverters.asScala(List.of(passage("a", 10, "One. Two."), passage("b", 3, "\uD83E\uDD50 three. Four.")))
      .toSeq();

  private static Row passage(String id, int start, String text) {
    return RowFactory.create(id, start, start + text.codePointCount(0, text.length()), 0.5f, text);
  }

  private static List<Row> seen(int end) {
    return CollectionConverters.asJava(PromptPassages.seen(PASSAGES, end));
  }

  @Test
  void partsAreThePromptsPassages() {
    Row row = PromptPassages.parts(PASSAGES);
    String[] parts = (String[]) row.get(0);
    assertThat(String.join("", parts)).isEqualTo("[1] One. Two.\n\n[2] \uD83E\uDD50 three. Four.");
    assertThat(row.getString(1)).isEqualTo("1111").hasSize(parts.length);
  }

  @Test
  void cutPassagesKeepTheirPlaces() {
    assertThat(seen(100)).isEqualTo(CollectionConverters.asJava(PASSAGES));
    String prompt = "[1] One. Two.\n\n[2] \uD83E\uDD50 three.";
    assertThat(seen(prompt.codePointCount(0, prompt.length()))).containsExactly(CollectionConverters.asJava(PASSAGES).getFirst(),
        RowFactory.create("b", 3, 11, 0.5f, "\uD83E\uDD50 three."));
    assertThat(seen("[1] One. ".length())).containsExactly(RowFactory.create("a", 10, 14, 0.5f, "One."));
    assertThat(seen("[1] One. Two.\n\n[2] ".length())).hasSize(1);
    assertThat(seen(0)).isEmpty();
  }
}
