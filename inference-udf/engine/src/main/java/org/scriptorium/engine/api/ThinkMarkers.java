package org.scriptorium.engine.api;

/**
 * What stands around the text that a reasoning model writes before it answers (Guo et al. 2025, DeepSeek-R1).
 *
 * @param open begins a block; a chat template may have written it already, so that a text begins inside
 * @param close ends it
 */
public record ThinkMarkers(String open, String close) {
  /** Those of DeepSeek R1 and its distillations, Qwen 3 and most others. */
  public static final ThinkMarkers DEFAULT = new ThinkMarkers("<think>", "</think>");

  public ThinkMarkers {
    if (open.isBlank() || close.isBlank()) throw invalid("two texts", "'%s' and '%s'".formatted(open, close));
  }

  /** Reads two markers with a blank between them. */
  public static ThinkMarkers parse(String text) {
    String[] markers = text.strip().split("\\s+");
    if (markers.length != 2) throw invalid("two with a blank between them", "'%s'".formatted(text));
    return new ThinkMarkers(markers[0], markers[1]);
  }

  private static ModelException invalid(String expected, String found) {
    return new ModelException(ErrorCode.INVALID_PARAMETER, "think markers: expected %s, found %s".formatted(expected, found));
  }
}
