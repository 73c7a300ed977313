package org.scriptorium.spark;

import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.EngineStatistics;
import org.scriptorium.engine.api.Generator;

/** A model that is open in this process: one that writes, or one that reads. */
sealed interface OpenModel {

  String name();

  int countTokens(String text);

  EngineStatistics statistics();

  void close();

  /** Generates texts. */
  record Writer(Generator generator) implements OpenModel {
    @Override
    public String name() {
      return generator.model().name();
    }

    @Override
    public int countTokens(String text) {
      return generator.countTokens(text);
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

  /** Turns texts into vectors. */
  record Reader(Embedder embedder) implements OpenModel {
    @Override
    public String name() {
      return embedder.model().name();
    }

    @Override
    public int countTokens(String text) {
      return embedder.countTokens(text);
    }

    @Override
    public EngineStatistics statistics() {
      return EngineStatistics.NONE;
    }

    @Override
    public void close() {
      embedder.close();
    }
  }

  /** The generator of a call that the driver found to be for models that write. */
  default Generator generator() {
    return switch (this) {
      case Writer writer -> writer.generator;
      case Reader reader -> throw new IllegalStateException(reader.name() + " reads texts and writes none");
    };
  }

  /** The embedder of a call that the driver found to be for models that read. */
  default Embedder embedder() {
    return switch (this) {
      case Reader reader -> reader.embedder;
      case Writer writer -> throw new IllegalStateException(writer.name() + " writes texts and makes no vectors");
    };
  }
}
