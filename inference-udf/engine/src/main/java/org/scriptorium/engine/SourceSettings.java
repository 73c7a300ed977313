package org.scriptorium.engine;

import java.util.HashMap;
import java.util.Map;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Metadata;
import org.scriptorium.engine.weights.ModelFolder;

/**
 * How a model that reads a source with an encoder is asked.
 *
 * @param start the token that the decoder begins with; -1 where none is named
 * @param prefixes what goes before a source, by task
 */
record SourceSettings(int start, Map<String, String> prefixes) {
  private static final String START = "decoder_start_token_id", BEGIN = "bos_token_id", TASKS = "task_specific_params", PREFIX = "prefix";

  /** As the reference finds them: the decoder's start, else the token that begins texts, each from the defaults of generation first. */
  static SourceSettings of(ModelFolder folder) {
    Configuration configuration = folder.configuration(), generation = folder.generation();
    int start = -1;
    for (String name : new String[] {START, BEGIN}) {
      Configuration holder = generation.has(name) ? generation : configuration;
      if (start < 0 && holder.has(name)) start = holder.integer(name);
    }
    var prefixes = new HashMap<String, String>();
    configuration.section(TASKS).ifPresent(tasks -> tasks.keys().forEach(task -> {
      boolean hasPrefix = tasks.isObject(task) && tasks.section(task).orElseThrow().has(PREFIX);
      if (hasPrefix) prefixes.put(task, tasks.section(task).orElseThrow().string(PREFIX));
    }));
    return new SourceSettings(start, prefixes);
  }

  static SourceSettings of(Metadata metadata, String architecture) {
    String key = architecture + "." + START;
    return new SourceSettings(metadata.has(key) ? metadata.integer(key) : -1, Map.of());
  }
}
