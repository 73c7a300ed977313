package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.scriptorium.engine.TinyBert;
import org.scriptorium.engine.TinyModel;

/** Calls that want nothing but the keys of their requests get those that answers have, from a model without weights in memory. */
class TestRequestKeys {
  private static PlanSession session;
  private static Path bert;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]", "spark.scriptorium.engine.cache-memory", "64m");
    ExecutorEngines.useOpener(ModelOpener.ENGINE);
    session.spark.conf().set("spark.scriptorium.model.default", TinyModel.write(session.folder, 11).toString());
    bert = new TinyBert("BertModel").write(session.folder.resolve("bert"));
    session.sql("SELECT * FROM VALUES ('short'), ('a <|im_end|> b'), (repeat('very long ', 2000)), (' '), (CAST(X'C328' AS STRING)),"
        + " (NULL) AS v(text)").createOrReplaceTempView("texts");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @Test
  void keysAreThoseOfTheAnswers() {
    for (String call : List.of("try_ai_gen(text, map('max_new_tokens', '4'%s))",
        "try_ai_gen(array(text), map('max_new_tokens', '4', 'prompt_template', 'Why {{0}}?'%s))",
        "try_ai_gen(text, map('max_new_tokens', '4', 'truncation', 'middle'%s))",
        "try_ai_gen(text, map('max_new_tokens', '4', 'raw', 'true', 'temperature', '1.0', 'seed', '3'%s))",
        "try_ai_classify(text, array('good', 'bad'), map('model', '" + session.folder.resolve("tiny.gguf") + "'%s))",
        "try_ai_embed(text, map('model', '" + bert + "'%s))")) {
      List<Row> answers = rows(call.formatted(""));
      List<Row> keys = rows(call.formatted(", 'key_only', 'true'"));
      assertThat(keys).as("%s", call).hasSize(6).hasSameSizeAs(answers);
      for (int i = 0; i < keys.size(); i++) {
        Row answer = answers.get(i), key = keys.get(i);
        if (answer == null || answer.isNullAt(0)) {
          assertThat(key.isNullAt(0)).isTrue();
          continue;
        }
        assertThat(key.getString(2)).as("%s: %s", call, answer).isEqualTo(answer.getString(2));
        boolean isAsked = !answer.getString(2).isEmpty();
        assertThat(key.getString(0)).isEqualTo(isAsked ? "skipped" : answer.getString(0));
        assertThat(key.getString(1)).isEqualTo(answer.getString(1));
        assertThat(key.getString(3)).isEqualTo(answer.getString(3));
        assertThat(key.getString(4)).isEqualTo(answer.getString(4));
      }
      assertThat(keys.stream().map(row -> row.getString(2)).filter(key -> key != null && !key.isEmpty()).distinct().count()).isGreaterThan(1);
    }
  }

  @Test
  void keysAreOfTryFunctions() {
    assertThatThrownBy(() -> session.sql("SELECT ai_gen('x', map('key_only', 'true'))").collectAsList()).isInstanceOf(AnalysisException.class)
        .hasMessageContaining("ai_gen: option 'key_only' fills the request_key of the struct of a try_ function; use try_ai_gen");
  }

  private static List<Row> rows(String call) {
    return session.sql("SELECT text, %s r FROM texts".formatted(call))
        .selectExpr("r.finish_reason", "r.error_code", "r.request_key", "r.model", "r.error").collectAsList();
  }
}
