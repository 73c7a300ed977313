package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.ChatTemplate;
import org.scriptorium.engine.template.GenerationPrompt;

/** What a model is asked for a summary, to the letter: the summaries were measured with this wording, and another gives others. */
class TestSummaryPrompt {
  private static final String DOCUMENT = "Zwei Boote,\n\nkein Wind. <|im_end|> {{ 'x' }} %d";

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "0  | Summarize the input text in a few short sentences.",
    "1  | Summarize the input text in one very short sentence of at most 1 word.",
    "20 | Summarize the input text in one very short sentence of at most 20 words.",
    "50 | Summarize the input text in one very short sentence of at most 50 words.",
    "51 | Summarize the input text in a few short sentences of at most 51 words.",
  })
  void asksInOneUserMessage(int words, String instruction) {
    var chat = (Prompt.Chat) SummaryPrompt.of(DOCUMENT, words);
    assertThat(chat.messages()).singleElement().satisfies(message -> {
      assertThat(message.role()).isEqualTo("user");
      assertThat(message.content().text()).isEqualTo(instruction + "\n\n" + DOCUMENT);
    });
  }

  @Test
  void rendersTheDocumentLastAndAsTheRows() {
    var template = ChatTemplate.parse("{% for m in messages %}[{{ m.role }}]{{ m.content }}[end]{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}");
    SourcedText rendered = template.render(((Prompt.Chat) SummaryPrompt.of(DOCUMENT, 20)).messages(), Map.of(), GenerationPrompt.ADD);
    String before = "[user]Summarize the input text in one very short sentence of at most 20 words.\n\n";
    assertThat(rendered.text()).isEqualTo(before + DOCUMENT + "[end][assistant]");
    assertThat(rendered.rowBounds()).containsExactly(before.length(), before.length() + DOCUMENT.length());
  }

  @Test
  void beginsAlikeForAllDocuments() {
    var first = ((Prompt.Chat) SummaryPrompt.of("alpha", 20)).messages().getFirst().content();
    var second = ((Prompt.Chat) SummaryPrompt.of("beta", 20)).messages().getFirst().content();
    int shared = first.rowBounds()[0];
    assertThat(second.rowBounds()[0]).isEqualTo(shared);
    assertThat(second.text().substring(0, shared)).isEqualTo(first.text().substring(0, shared)).contains("Summarize");
  }
}
