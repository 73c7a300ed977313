package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions come and go in one process; models go with them. */
class TestLifecycle {
  @Test
  @Timeout(120)
  void modelsCloseWithTheirSessionAndOpenWithTheNext() throws Exception {
    for (int i = 0; i < 2; i++) {
      PlanModels models;
      try (var session = new PlanSession("local[2]")) {
        models = session.models;
        assertThat(PlanSession.column(session.sql("SELECT ai_gen('hello')"))).containsExactly("<hello>");
        assertThat(PlanSession.column(session.spark.newSession().sql("SELECT ai_gen('again')"))).containsExactly("<again>");
        assertThat(models.opened.get()).isEqualTo(1);
        session.spark.stop();
        assertThat(models.generators).singleElement().satisfies(generator -> assertThat(generator.isClosed()).isTrue());
      }
    }
  }
}
