package org.scriptorium.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** The questions that a task asks of every document: those of the job file, or of a file that it names. */
final class Questions {
  /** The output's column that tells them apart. */
  static final String COLUMN = "question";
  private static final ObjectMapper JSON = new ObjectMapper();

  private Questions() {}

  static boolean hasSeveral(JobFile job) {
    return job.tasks().stream().anyMatch(task -> !task.arguments().questions().isEmpty());
  }

  /**
   * In their order; none where the tasks have no such questions. A single one is a file's path: one question alone has a key of its own.
   */
  static List<String> of(SparkSession spark, JobFile job) {
    List<String> questions = job.tasks().getFirst().arguments().questions();
    return questions.size() == 1 ? read(spark, questions.getFirst()) : questions;
  }

  private static List<String> read(SparkSession spark, String file) {
    List<String> questions = new ArrayList<>();
    try {
      Path path = new Path(file);
      String content;
      try (var in = path.getFileSystem(spark.sparkContext().hadoopConfiguration()).open(path)) {
        content = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      List<String> lines = content.lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).isBlank()) continue;
        questions.add(file.endsWith(".jsonl") ? question(file, i + 1, lines.get(i)) : lines.get(i).strip());
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new JobException(JobException.Kind.FAILED, ("questions: %s can't be read: %s; expected several questions, or a file with one a"
          + " line (.jsonl: objects with a question)").formatted(file, Failures.sentence(e)), e);
    }
    if (questions.isEmpty()) throw JobException.failed("questions: %s holds no question; write one a line", file);
    return List.copyOf(questions);
  }

  private static String question(String file, int line, String json) {
    try {
      JsonNode question = JSON.readTree(json).path(COLUMN);
      if (question.isTextual() && !question.asText().isBlank()) return question.asText();
    } catch (JsonProcessingException e) {
      // It is said below.
    }
    throw JobException.failed("questions: line %d of %s: expected an object with a text \"question\"", line, file);
  }
}
