package org.scriptorium.pipeline.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.pipeline.retrieval.Evidence.Citation;

class TestEvidence {
  private static final List<String> PASSAGES = List.of("The ferry to Skarn leaves at ten past six.",
      "The bridge opens on 2 May, two months earlier than planned.", "图书馆九点开门。");

  private static Evidence of(String question, String answer) {
    return Evidence.of(question, answer, PASSAGES);
  }

  @Test
  void marksResolveToPassages() {
    Evidence evidence = of("When does the bridge open?", "It opens on 2 May [2], earlier than planned [2][1].");
    assertThat(evidence.hasAnswer()).isTrue();
    assertThat(evidence.text()).isEqualTo("It opens on 2 May [2], earlier than planned [2][1].");
    assertThat(evidence.citations()).containsExactly(new Citation(2, true), new Citation(1, true));
  }

  @Test
  void marksThatNameNoPassageAreTakenOut() {
    Evidence evidence = of("When does the ferry leave?", "At ten past six [7] [0].");
    assertThat(evidence.text()).isEqualTo("At ten past six.");
    assertThat(evidence.citations()).containsExactly(new Citation(1, false));
  }

  @Test
  void aMarkMayNameSeveral() {
    Evidence evidence = of("When does the bridge open?", "On 2 May [2, 1], earlier [7,2] than planned[8, 9].");
    assertThat(evidence.text()).isEqualTo("On 2 May [2, 1], earlier [2] than planned.");
    assertThat(evidence.citations()).containsExactly(new Citation(2, true), new Citation(1, true));
    assertThat(Evidence.of("Where was it founded?", "Paris [1, 2]", List.of("It was founded in Paris.", "Rome")).hasAnswer()).isTrue();
  }

  @Test
  void withoutMarksWordsTellThePassage() {
    assertThat(of("When does the bridge open?", "Two months earlier than planned, in May").citations())
        .containsExactly(new Citation(2, false));
    assertThat(of("图书馆几点开门", "九点").citations()).containsExactly(new Citation(3, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "no answer", "No answer.", "\"No answer\"", "no_answer", "No answer is in the passages.", "[1]",
      "Alexander Graham Bell patented the telephone in Boston.", "The bridge opens in Copenhagen, Denmark, on Wednesday afternoon."})
  void whatThePassagesDoNotHoldIsNoAnswer(String answer) {
    Evidence evidence = of("When does the bridge open?", answer);
    assertThat(evidence.hasAnswer()).isFalse();
    assertThat(evidence.text()).isEmpty();
    assertThat(evidence.citations()).isEmpty();
  }

  @Test
  void halfOfItsOwnWordsIsEnough() {
    // Own words: opens belongs to the question; months and planned stand in a passage, Copenhagen and Denmark do not.
    assertThat(of("When does the bridge open?", "months planned copenhagen denmark").hasAnswer()).isTrue();
    assertThat(of("When does the bridge open?", "months copenhagen denmark").hasAnswer()).isFalse();
    assertThat(of("Does the bridge open?", "Yes").hasAnswer()).isTrue();
    assertThat(Evidence.of("When?", "In May", List.of()).hasAnswer()).isTrue();
  }
}
