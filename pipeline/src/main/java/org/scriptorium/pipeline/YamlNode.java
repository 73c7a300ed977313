package org.scriptorium.pipeline;

import java.util.LinkedHashMap;
import java.util.List;

/** A value of a job file that remembers where it stands, so that every complaint can say so. */
sealed interface YamlNode {

  /** The place in words for people, such as {@code line 7} or {@code --set write.mode}. */
  String place();

  /** What it is, for complaints: {@code the number 5}, {@code a list}. */
  String described();

  /**
   * One value.
   *
   * @param value a String, Boolean, Long, Double, or null
   * @param written its text as it stands in the file
   * @param place see {@link #place()}
   * @param fromCommandLine given by {@code --set}, where a text needs no quotes
   */
  record Scalar(Object value, String written, String place, boolean fromCommandLine) implements YamlNode {
    @Override
    public String described() {
      return switch (value) {
        case null -> "nothing";
        case String text -> "the text \"" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "\"";
        case Boolean truth -> "the truth value " + truth;
        default -> "the number " + written;
      };
    }
  }

  /** Several values. */
  record Sequence(List<YamlNode> values, String place) implements YamlNode {
    @Override
    public String described() {
      return "a list";
    }
  }

  /** Values with keys, in the file's order. */
  record Mapping(LinkedHashMap<String, YamlNode> values, String place) implements YamlNode {
    @Override
    public String described() {
      return "a mapping";
    }
  }
}
