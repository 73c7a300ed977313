package org.scriptorium.spark;

import org.scriptorium.engine.api.EngineStatistics;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Reader;
import org.scriptorium.engine.api.RequestKeys;

/** A model that is open in this process: one that writes, one that reads, or one that only tells what requests are called. */
sealed interface OpenModel {

  /** What calls have a model do. */
  enum Use { WRITE, EMBED, ANSWER, CLASSIFY, KEY }

  String name();

  /** Tokens that the model takes at once. */
  int contextLength();

  int countTokens(String text);

  /** False once all that it is asked would fail. */
  boolean isUsable();

  EngineStatistics statistics();

  void close();

  /** Generates texts. */
  record Writing(Generator generator) implements OpenModel {
    @Override
    public String name() {
      return generator.model().name();
    }

    @Override
    public int contextLength() {
      return generator.model().contextLength();
    }

    @Override
    public int countTokens(String text) {
      return generator.countTokens(text);
    }

    @Override
    public boolean isUsable() {
      return generator.isUsable();
    }

    @Override
    public EngineStatistics statistics() {
      return generator.statistics();
    }

    @Override
    public void close() {
      generator.close();
    }
  }

  /** Reads texts, in the way that it was opened for. */
  record Reading(Reader reader) implements OpenModel {
    @Override
    public String name() {
      return reader.model().name();
    }

    @Override
    public int contextLength() {
      return reader.model().contextLength();
    }

    @Override
    public int countTokens(String text) {
      return reader.countTokens(text);
    }

    @Override
    public boolean isUsable() {
      return reader.isUsable();
    }

    @Override
    public EngineStatistics statistics() {
      return EngineStatistics.NONE;
    }

    @Override
    public void close() {
      reader.close();
    }
  }

  /** Tells what requests are called, and answers none. */
  record Keying(RequestKeys keys) implements OpenModel {
    @Override
    public String name() {
      return keys.model().name();
    }

    @Override
    public int countTokens(String text) {
      return keys.countTokens(text);
    }

    @Override
    public int contextLength() {
      return keys.model().contextLength();
    }

    @Override
    public boolean isUsable() {
      return true;
    }

    @Override
    public EngineStatistics statistics() {
      return EngineStatistics.NONE;
    }

    @Override
    public void close() {
      keys.close();
    }
  }

  /** The generator of a call that the driver found to be for models that write. */
  default Generator generator() {
    return switch (this) {
      case Writing writing -> writing.generator;
      case Reading reading -> throw new IllegalStateException(reading.name() + " reads texts and writes none");
      case Keying keying -> throw new IllegalStateException(keying.name() + " was opened for keys alone");
    };
  }

  /** The reader of a call that the driver found to be for models that read. */
  default Reader reader() {
    return switch (this) {
      case Reading reading -> reading.reader;
      case Writing writing -> throw new IllegalStateException(writing.name() + " writes texts, which its prompts ask for");
      case Keying keying -> throw new IllegalStateException(keying.name() + " was opened for keys alone");
    };
  }
}
