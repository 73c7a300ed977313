package org.scriptorium.engine.api;

/**
 * What is known of an open model.
 *
 * @param name as the user named it, or the file's
 * @param fingerprint SHA-256 (hexadecimal) of the model's bytes
 * @param architecture such as {@code llama}
 * @param contextLength in tokens
 * @param bytes of its weights as stored
 */
public record ModelDescription(String name, String fingerprint, String architecture, int contextLength, int vocabularySize, long bytes) {}
