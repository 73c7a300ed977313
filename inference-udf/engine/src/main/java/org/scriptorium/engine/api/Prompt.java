package org.scriptorium.engine.api;

import java.util.List;

/**
 * What a model is asked. The parts of its texts that came from a row may be cut when the job allows truncation; the rest,
 * the instruction, never is.
 */
public sealed interface Prompt {

  /** Messages that go through the model's chat template; where the model has none, their contents joined by blank lines. */
  record Chat(List<Message> messages) implements Prompt {
    public Chat {
      messages = List.copyOf(messages);
    }
  }

  /** A text that goes to the tokenizer as it stands. */
  record Raw(SourcedText text) implements Prompt {}

  /** One user message. */
  static Prompt user(SourcedText content) {
    return new Chat(List.of(new Message("user", content)));
  }
}
