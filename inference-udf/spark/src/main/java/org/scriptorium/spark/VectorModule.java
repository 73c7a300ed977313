package org.scriptorium.spark;

import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The JDK's module of vector operations, which a JVM has only when it was started with it. */
final class VectorModule {
  private static final Logger LOG = LoggerFactory.getLogger(VectorModule.class);
  private static final String NAME = "jdk.incubator.vector";

  private VectorModule() {}

  static boolean isPresent() {
    return ModuleLayer.boot().findModule(NAME).isPresent();
  }

  /** What {@code auto} means in this JVM; the driver decides, so that all executors compute the same texts. */
  static String resolve(String kernels) {
    if (!kernels.equals("auto")) return kernels;
    if (isPresent()) return "vector";
    LOG.warn("The driver's JVM lacks the module {}: the job uses the slow scalar kernels; start it with --add-modules={}", NAME, NAME);
    return "scalar";
  }

  /** Fails at once where a JVM can't run what the driver chose. */
  static void check(String kernels) {
    if (!kernels.equals("vector") || isPresent()) return;
    throw new ModelException(ErrorCode.KERNELS_UNAVAILABLE,
        "this executor's JVM lacks the module %s, which the driver's has; add --add-modules=%s to spark.executor.extraJavaOptions"
            .formatted(NAME, NAME));
  }
}
