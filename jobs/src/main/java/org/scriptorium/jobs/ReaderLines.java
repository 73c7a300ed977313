package org.scriptorium.jobs;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.scriptorium.engine.Engine;

/** What {@code models inspect} says of a model that reads texts, beside what it says of all: keys and values in their order. */
final class ReaderLines {
  private ReaderLines() {}

  static Map<String, String> of(Path model) {
    var reader = Engine.describeReader(model);
    var lines = new LinkedHashMap<String, String>();
    lines.put("gives", reader.gives().name().toLowerCase(Locale.ROOT).replace('_', ' '));
    lines.put("labels", String.join(", ", reader.labels()));
    lines.put("pooling", String.join(", ", reader.pooling()));
    lines.put("vector_length", reader.scaling());
    lines.put("vector_max_tokens", Integer.toString(reader.maxTokens()));
    return lines;
  }
}
