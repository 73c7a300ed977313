package org.scriptorium.engine.api;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The identity of a generation: SHA-256 of the model's bytes, the rendered prompt (with the knowledge of which of its characters
 * came from the row) and every parameter that can change the text. Equal keys give equal texts within a kernel provider. Likewise that
 * of what a model reads.
 */
public final class RequestKey {
  private RequestKey() {}

  /**
   * @param fingerprint SHA-256 of the model's bytes, hexadecimal
   * @param config with the model's own defaults
   * @param choices of the request
   * @param thinkMarkers by which the text is parted; empty where it is not
   * @return 64 hexadecimal digits
   */
  public static String of(String fingerprint, RenderedPrompt rendered, GenerationConfig config, List<String> choices,
      Optional<ThinkMarkers> thinkMarkers) {
    MessageDigest digest = sha256();
    add(digest, fingerprint);
    add(digest, rendered.text().text());
    for (int bound : rendered.text().rowBounds()) add(digest, bound);
    // No bound of a row is negative.
    if (rendered.frame() == RenderedPrompt.Frame.TOKENIZER) add(digest, -1);
    config.effects().forEach((name, value) -> {
      add(digest, name);
      add(digest, value);
    });
    if (!choices.isEmpty()) {
      add(digest, -choices.size());
      for (String choice : choices) add(digest, choice);
    }
    thinkMarkers.ifPresent(markers -> {
      add(digest, markers.open());
      add(digest, markers.close());
    });
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * @param fingerprint SHA-256 of the model's bytes, hexadecimal
   * @param purpose what the model is to make of the texts
   * @param parameters all that can change what it makes
   * @return 64 hexadecimal digits
   */
  public static String ofReading(String fingerprint, String purpose, List<String> texts, List<String> parameters) {
    MessageDigest digest = sha256();
    add(digest, fingerprint);
    add(digest, purpose);
    add(digest, (Object) texts);
    add(digest, (Object) parameters);
    return HexFormat.of().formatHex(digest.digest());
  }

  /** A value of a parameter: lists with their sizes, so that none looks like another. */
  private static void add(MessageDigest digest, Object value) {
    if (value instanceof List<?> list) {
      add(digest, list.size());
      for (Object element : list) add(digest, element);
    } else {
      add(digest, value.toString());
    }
  }

  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    add(digest, bytes.length);
    digest.update(bytes);
  }

  private static void add(MessageDigest digest, int value) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(value).flip());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
