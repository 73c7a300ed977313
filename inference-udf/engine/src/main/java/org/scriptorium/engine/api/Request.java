package org.scriptorium.engine.api;

import java.util.List;

/**
 * One row to generate for.
 *
 * @param choices texts of which the model chooses one, whose tokens alone it may generate; empty leaves it free. The completion's text is
 *     then the choice as it stands here. The choice is made token by token: the first token is the likeliest of those that any choice
 *     begins with, and so on, so that a choice is as likely as the tokens that tell it from the others.
 */
public record Request(Prompt prompt, GenerationConfig config, List<String> choices) {
  public Request {
    choices = List.copyOf(choices);
  }

  /** A free text. */
  public Request(Prompt prompt, GenerationConfig config) {
    this(prompt, config, List.of());
  }
}
