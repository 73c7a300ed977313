package org.scriptorium.pipeline;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.spark.sql.AnalysisException;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.pipeline.retrieval.IndexException;

/** Finds the sentence in a failure that tells a user what happened. */
final class Failures {
  private static final Pattern CLASS_NAME = Pattern.compile("^(?:[a-z][\\w]*\\.)+(\\w+?)(?:Exception|Error)?: ");
  private static final Pattern ERROR_CLASS = Pattern.compile("^\\[[A-Z0-9_.]+] ");
  private static final Pattern SQL_STATE = Pattern.compile("\\s*SQLSTATE: \\w+\\s*$");

  private Failures() {}

  /** The failure as a {@link JobException}; one that is already is returned as it is. */
  static JobException explain(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) if (each instanceof JobException job) return job;
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof IndexException) return new JobException(JobException.Kind.FAILED, each.getMessage(), failure);
    }
    return new JobException(JobException.Kind.FAILED, sentence(failure), failure);
  }

  /** The first line of the message nearest the root that says something; a model's own message before all others. */
  static String sentence(Throwable failure) {
    Throwable best = failure;
    Throwable model = null;
    Throwable analysis = null;
    int depth = 0;
    for (Throwable each = failure; each != null && depth < 50; each = each.getCause(), depth++) {
      if (each instanceof ModelException) model = each;
      if (each instanceof AnalysisException) analysis = each;
      if (each.getMessage() != null && !each.getMessage().isBlank()) best = each;
    }
    if (model != null) return model.getMessage();
    if (analysis != null && analysis.getMessage() != null) best = analysis;
    return describe(best);
  }

  private static String describe(Throwable failure) {
    String message = Optional.ofNullable(failure.getMessage()).orElse("").lines().filter(line -> !line.isBlank()).findFirst().orElse("");
    message = CLASS_NAME.matcher(message).replaceFirst("$1: ");
    message = SQL_STATE.matcher(ERROR_CLASS.matcher(message).replaceFirst("")).replaceFirst("");
    String name = failure.getClass().getSimpleName().replaceFirst("(Exception|Error)$", "");
    boolean bare = failure instanceof RuntimeException && !(failure instanceof IllegalArgumentException)
        && failure.getClass().getName().startsWith("java.");
    if (message.isBlank()) return words(name);
    // A file's name alone, as some file errors give it, does not tell what went wrong.
    boolean onlyName = failure instanceof java.nio.file.FileSystemException && !message.contains(":");
    return bare || onlyName ? words(name) + ": " + message : message;
  }

  private static String words(String name) {
    return name.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
  }
}
