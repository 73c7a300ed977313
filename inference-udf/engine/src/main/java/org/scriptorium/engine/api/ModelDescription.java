package org.scriptorium.engine.api;

import java.util.List;
import java.util.Map;

/**
 * What is known of an open model.
 *
 * @param name as the user named it, or the file's
 * @param fingerprint SHA-256 (hexadecimal) of the model's bytes
 * @param architecture such as {@code llama}
 * @param contextLength in tokens
 * @param bytes of its weights as stored
 * @param kind what its output is made from, and so what it may be asked
 * @param prefixes what the model was trained to see before a text, by task as its configuration names them
 *     ({@code task_specific_params}): {@code summarization}, {@code translation_en_to_de}; the empty
 *     name has what it wants before any text ({@code prefix}); empty for most models
 * @param gives what its head makes of a text
 * @param labels of a model that gives labels, in its order; empty for others
 */
public record ModelDescription(
    String name, String fingerprint, String architecture, int contextLength, int vocabularySize, long bytes, Kind kind,
    Map<String, String> prefixes, Gives gives, List<String> labels) {

  /** What a model does with a text. */
  public enum Kind {
    /** Continues it; a task is an instruction in words. */
    DECODER,
    /** Turns it into another; a task is what the model was trained for, or a prefix that names one. */
    ENCODER_DECODER,
    /** Reads it, and generates nothing. */
    ENCODER
  }

  public ModelDescription {
    prefixes = Map.copyOf(prefixes);
    labels = List.copyOf(labels);
  }

  /** A decoder. */
  public ModelDescription(String name, String fingerprint, String architecture, int contextLength, int vocabularySize, long bytes) {
    this(name, fingerprint, architecture, contextLength, vocabularySize, bytes, Kind.DECODER, Map.of(), Gives.TEXTS, List.of());
  }
}
