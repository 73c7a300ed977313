package org.scriptorium.spark;

import java.io.Serializable;
import java.util.List;

/** What the driver decided for an {@link AiGenerateExec}: a model for each call, how engines run, how much a task holds. */
record GenerationPlan(List<ModelReference> models, EngineSettings settings, BatchLimits limits) implements Serializable {

  GenerationPlan {
    models = List.copyOf(models);
  }
}
