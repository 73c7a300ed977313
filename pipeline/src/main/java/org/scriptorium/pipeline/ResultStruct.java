package org.scriptorium.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Reasoning;
import org.scriptorium.pipeline.JobFile.Task;

/** The fields that the {@code try_} functions return for each row, in their order. */
final class ResultStruct {
  static final List<String> NAMES = List.of("text", "finish_reason", "error_code", "error", "prompt_tokens", "cached_tokens",
      "completion_tokens", "model", "request_key");
  private static final String REASONING = "reasoning";
  private static final String FIELDS = "fields";
  private static final String SPAN = "span";
  private static final String EMBEDDING = "embedding";

  private ResultStruct() {}

  /** The columns of a task's results: {@link #NAMES}, then the reasoning where it is asked for, then what is no text. */
  static List<String> names(Task task) {
    List<String> names = new ArrayList<>(NAMES);
    if (task.reasoning() == Reasoning.SHOWN) names.add(REASONING);
    if (task.kind() == Kind.EXTRACT) names.add(FIELDS);
    if (task.kind() == Kind.ANSWER && !task.arguments().search().hasPassages()) names.add(SPAN);
    if (task.kind() == Kind.EMBED) names.add(EMBEDDING);
    if (task.arguments().search().hasPassages()) names.addAll(RetrievalPlan.columns(task));
    return names;
  }
}
