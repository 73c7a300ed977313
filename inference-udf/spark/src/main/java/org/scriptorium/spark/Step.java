package org.scriptorium.spark;

import java.util.function.Consumer;
import java.util.function.Function;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.Reader;
import org.scriptorium.engine.api.Request;

/** What is to be done for a row. */
sealed interface Step {

  /** Nothing: NULL in, NULL out. */
  record Absent() implements Step {}

  /** Nothing: the row is answered already. */
  record Answered(Answer answer) implements Step {}

  /** The engine is asked; {@code reading} makes the answer of its completion, which is no error. */
  record Ask(Request request, Reading reading) implements Step {
    /** The generated text is the answer. */
    Ask(Request request) {
      this(request, Answer::of);
    }
  }

  /**
   * A model reads.
   *
   * @param key of what it reads and what it makes of it, as {@link org.scriptorium.engine.api.RequestKey} has it: equal keys, equal answers
   */
  record Read(String key, Submission submission) implements Step {}

  /** Hands a row's texts to a model that was opened for it; {@code listener} hears of the answer once, on any thread. */
  @FunctionalInterface
  interface Submission {
    Reader.Ticket submit(Reader reader, Consumer<Answer> listener);
  }

  /** What the open model knows without a step of the engine, such as the tokens of a text; asked in the task's thread. */
  record Measure(Function<OpenModel, Answer> answer) implements Step {}

  /** Makes a row's answer of what the engine completed; called in the task's thread. */
  @FunctionalInterface
  interface Reading {
    Answer answer(Completion completion);
  }
}
