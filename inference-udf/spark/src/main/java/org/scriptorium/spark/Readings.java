package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Reading;

/** Makes a row's answer of what a model read for it. */
final class Readings {
  private Readings() {}

  /** Makes an answer of the values that all texts of a row have. */
  @FunctionalInterface
  interface Maker<T> {
    Answer answer(List<T> values, int tokens);
  }

  /** Hears of a row's texts and says the row's answer; the first text in error is the row's error. */
  static <T> Consumer<List<Reading<T>>> answering(String model, Consumer<Answer> listener, Maker<T> maker) {
    return readings -> listener.accept(answer(model, readings, maker));
  }

  private static <T> Answer answer(String model, List<Reading<T>> readings, Maker<T> maker) {
    var values = new ArrayList<T>();
    int tokens = 0;
    for (Reading<T> reading : readings) {
      switch (reading) {
        case Reading.Failed<T> failed -> {
          return Answer.failed(failed.code(), failed.message(), model);
        }
        case Reading.Found<T> found -> {
          values.add(found.value());
          tokens += found.tokens();
        }
      }
    }
    try {
      return maker.answer(values, tokens);
    } catch (RuntimeException e) {
      return Answer.failed(ErrorCode.INTERNAL, "what was read could not be used: " + e.getClass().getName(), model);
    }
  }

  /** What a model that reads completes: no token of it is generated. */
  static Completion completion(String text, FinishReason reason, int tokens, String model, String key) {
    return new Completion(text, reason, "", "", tokens, 0, 0, model, key);
  }
}
