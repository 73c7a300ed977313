package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.sql.AnalysisException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Outside a projection a call fails in analysis, with the function, the place and what to do. */
class TestPositions {
  private static final String REMEDY = "; compute it in a SELECT below and use its column";
  private static PlanSession session;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]");
    session.sql("SELECT id, 'text' AS text FROM range(3)").createOrReplaceTempView("documents");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "SELECT id FROM documents WHERE ai_gen(text) = 'x'| a WHERE, HAVING or filter condition (Filter)",
    "SELECT x.id FROM documents x JOIN documents y ON ai_gen(x.text) = y.text| a join condition (Join)",
    "SELECT count(*) FROM documents GROUP BY ai_gen(text)| a GROUP BY or the SELECT list of an aggregation (Aggregate)",
    "SELECT max(ai_gen(text)) FROM documents| a GROUP BY or the SELECT list of an aggregation (Aggregate)",
    "SELECT id, ai_gen(max(text)) FROM documents GROUP BY id| a GROUP BY or the SELECT list of an aggregation (Aggregate)",
    "SELECT id FROM documents GROUP BY id HAVING ai_gen(max(text)) = 'x'| ",
    "SELECT id FROM documents ORDER BY ai_gen(text)| ORDER BY (Sort)",
    "SELECT id FROM documents SORT BY ai_gen(text)| ORDER BY (Sort)",
    "SELECT explode(split(ai_gen(text), ' ')) FROM documents| a generator such as explode (Generate)",
    "SELECT t FROM documents LATERAL VIEW explode(split(ai_gen(text), ' ')) v AS t| a generator such as explode (Generate)",
    "SELECT id FROM documents DISTRIBUTE BY ai_gen(text)| the operator REPARTITIONBYEXPRESSION",
    "SELECT id FROM documents WHERE id IN (SELECT id FROM documents WHERE ai_gen(text) = 'x')| a WHERE, HAVING or filter condition",
  })
  void refusesOtherPositions(String query, String place) {
    assertThatThrownBy(() -> session.sql(query))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("[SCRIPTORIUM_UNSUPPORTED_POSITION] ai_gen can't be used in " + (place == null ? "" : place))
        .hasMessageContaining(REMEDY);
  }

  @Test
  void refusesLambdasAndOuterColumns() {
    assertThatThrownBy(() -> session.sql("SELECT transform(array(text), t -> ai_gen(t)) FROM documents"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("ai_gen can't be used in a lambda function; explode the array, compute it in a SELECT and collect it again");
    assertThatThrownBy(() -> session.sql("SELECT (SELECT ai_gen(d.text)) FROM documents d"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(
            "ai_gen can't be used in a correlated subquery on columns of the outer query; compute it in the outer SELECT");
  }

  @Test
  void refusesOutsideAQuery() {
    assertThatThrownBy(() -> session.sql("SELECT * FROM VALUES (ai_gen('x')) AS v(t)").collectAsList())
        .isInstanceOf(AnalysisException.class).hasMessageContaining("ai_gen");
  }

  @Test
  void otherErrorsKeepTheirOwnMessage() {
    assertThatThrownBy(() -> session.sql("SELECT ai_gen(text), nothing FROM documents"))
        .isInstanceOf(AnalysisException.class).hasMessageContaining("`nothing`").message().doesNotContain("SCRIPTORIUM");
    assertThatThrownBy(() -> session.sql("SELECT ai_gen(nothing) FROM documents"))
        .isInstanceOf(AnalysisException.class).hasMessageContaining("`nothing`");
  }

  @Test
  void thePlaceInTheQueryIsTold() {
    assertThatThrownBy(() -> session.sql("SELECT id\nFROM documents\nWHERE id > 1 AND ai_gen(text) = 'x'"))
        .isInstanceOfSatisfying(AnalysisException.class, e ->
            org.assertj.core.api.Assertions.assertThat(e.getQueryContext()).singleElement()
                .satisfies(context -> org.assertj.core.api.Assertions.assertThat(context.fragment()).isEqualTo("ai_gen(text)")));
  }
}
