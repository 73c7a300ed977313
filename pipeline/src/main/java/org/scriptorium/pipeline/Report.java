package org.scriptorium.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a run did; {@code _scriptorium/report.json} holds the same. Counts are those of the rows that were written, so retried
 * and speculative tasks do not show in them. With several tasks, {@code rows} are the documents and all else counts results.
 *
 * @param path of the output
 * @param computed results that the model was asked for, those in error among them
 * @param reused results taken from an earlier run
 * @param deduplicated results taken from an equal request of the same run; {@code rows} times tasks are {@code computed}, {@code reused},
 *     {@code deduplicated} and {@code skipped} ones
 * @param skipped null, empty and blank documents
 * @param changes of the documents since the last run, where runs are incremental
 * @param errors results in error, by code
 * @param promptTokens of all prompts, those from the prefix cache included
 * @param reasoningTokens how many of the completions' tokens were reasoning, as the tasks of the run that succeeded told; empty where the
 *     job asks for no reasoning
 * @param seconds of the whole run
 * @param generationSeconds from the first request to the last completion
 * @param batchUtilization over all steps of the executors' engines, sum of the sequences that had at least one row in the step, divided
 *     by the sum of those that might have had; 0 where no engine told of its steps
 * @param peakMemoryBytes of the driver's process; in local mode that is everything; 0 where the system does not tell
 */
public record Report(
    String name,
    String model,
    String path,
    Instant started,
    Instant finished,
    long rows,
    long computed,
    long reused,
    long deduplicated,
    long skipped,
    Optional<DocumentChanges> changes,
    SortedMap<String, Long> errors,
    long promptTokens,
    long cachedTokens,
    long completionTokens,
    OptionalLong reasoningTokens,
    double seconds,
    double generationSeconds,
    double batchUtilization,
    long peakMemoryBytes,
    String kernels,
    String sparkVersion,
    String scriptoriumVersion) {

  /**
   * Documents since the last run.
   *
   * @param changed whose request or repeated columns are others, or whose last result was an error
   * @param removed whose rows were removed
   */
  public record DocumentChanges(long added, long changed, long removed) {}

  public Report {
    errors = Collections.unmodifiableSortedMap(new TreeMap<>(errors));
  }

  /** Results in error, of all codes. */
  public long errorCount() {
    return errors.values().stream().mapToLong(Long::longValue).sum();
  }

  /** The command line's exit code: 0, or 3 when some rows are in error. */
  public int exitCode() {
    return errorCount() == 0 ? 0 : 3;
  }

  /** Completion tokens a second of generation. */
  public double completionTokensPerSecond() {
    return generationSeconds > 0 ? completionTokens / generationSeconds : 0;
  }

  /** The report as UTF-8 JSON. */
  byte[] toJson() {
    var json = new ObjectMapper();
    ObjectNode node = json.createObjectNode().put("name", name).put("model", model).put("path", path).put("started", started.toString())
        .put("finished", finished.toString()).put("rows", rows).put("computed", computed).put("reused", reused)
        .put("deduplicated", deduplicated).put("skipped", skipped);
    changes.ifPresent(found -> node.put("added", found.added).put("changed", found.changed).put("removed", found.removed));
    ObjectNode codes = node.putObject("errors");
    errors.forEach(codes::put);
    node.put("prompt_tokens", promptTokens).put("cached_tokens", cachedTokens).put("completion_tokens", completionTokens);
    reasoningTokens.ifPresent(tokens -> node.put("reasoning_tokens", tokens));
    node.put("seconds", seconds).put("generation_seconds", generationSeconds)
        .put("batch_utilization", batchUtilization)
        .put("peak_memory_bytes", peakMemoryBytes).put("kernels", kernels)
        .put("spark_version", sparkVersion).put("scriptorium_version", scriptoriumVersion);
    try {
      return (json.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of numbers and strings is always JSON", e);
    }
  }

  /** A few lines for people. */
  public String summary() {
    double tokens = generationSeconds > 0 ? (promptTokens - cachedTokens + completionTokens) / generationSeconds : 0;
    String memory = peakMemoryBytes == 0 ? "" : String.format(Locale.ROOT, "%npeak memory %,.0f MiB", peakMemoryBytes / 1048576.0);
    List<String> sources = new ArrayList<>();
    if (deduplicated > 0) sources.add(String.format(Locale.ROOT, "%,d of them as equal ones", deduplicated));
    if (reused > 0) sources.add(String.format(Locale.ROOT, "%,d of them of earlier runs", reused));
    String from = sources.isEmpty() ? "" : " (" + String.join(", ", sources) + ")";
    String since = changes.map(found -> String.format(Locale.ROOT, "%ndocuments since the last run: %,d new, %,d changed, %,d removed",
        found.added, found.changed, found.removed)).orElse("");
    String utilization = batchUtilization == 0 ? "" : String.format(Locale.ROOT, "; batches %.0f %% full", 100 * batchUtilization);
    return String.format(Locale.ROOT, "%s: %,d rows in %s: %,d answered%s, %,d skipped, %s%s%n"
            + "%,d prompt tokens (%,d of them cached), %,d completion tokens; %,.0f tokens/s (%,.0f of completions)%s%s%nwritten to %s",
        name, rows, duration(Math.round(seconds)), computed + deduplicated + reused - errorCount(), from, skipped, errorText(errors), since,
        promptTokens,
        cachedTokens, completionTokens, tokens, completionTokensPerSecond(), utilization, memory, path);
  }

  static String errorText(SortedMap<String, Long> errors) {
    if (errors.isEmpty()) return "none in error";
    long sum = errors.values().stream().mapToLong(Long::longValue).sum();
    return String.format(Locale.ROOT, "%,d in error (%s)", sum,
        errors.entrySet().stream().map(entry -> String.format(Locale.ROOT, "%s %,d", entry.getKey(), entry.getValue()))
            .collect(Collectors.joining(", ")));
  }

  /** Seconds in words: {@code 42 s}, {@code 3 min 5 s}, {@code 2 h 10 min}. */
  static String duration(long seconds) {
    if (seconds < 60) return seconds + " s";
    if (seconds < 3600) return seconds / 60 + " min " + seconds % 60 + " s";
    return seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
  }
}
