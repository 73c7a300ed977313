package org.scriptorium.engine.architecture;

import java.util.List;
import java.util.TreeSet;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.weights.GgufFile;

/** The table of families. */
public final class Families {
  private static final List<Family> ALL = List.of(new Llama());

  private Families() {}

  /** The family that a GGUF file's {@code general.architecture} names. */
  public static Family of(GgufFile weights) {
    String architecture = weights.metadata().string("general.architecture");
    return ALL.stream().filter(family -> family.ggufArchitectures().contains(architecture)).findFirst()
        .orElseThrow(() -> new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: general.architecture is \"%s\"; supported are %s"
            .formatted(weights.path(), architecture, supported())));
  }

  private static String supported() {
    var names = new TreeSet<String>();
    for (Family family : ALL) names.addAll(family.ggufArchitectures());
    return String.join(", ", names);
  }
}
