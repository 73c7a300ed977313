package org.scriptorium.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.Spliterators;
import java.util.stream.StreamSupport;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Leaves out, when a task is repeated, what an attempt before it has committed, so that the loss of an executor costs a piece and not a
 * partition. First attempts do not look.
 *
 * @param folder of the pieces
 */
record RemainingRows(SerializableConfiguration hadoop, String folder) implements MapPartitionsFunction<Row, Row> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public Iterator<Row> call(Iterator<Row> rows) throws IOException {
    TaskContext task = TaskContext.get();
    if (task.attemptNumber() + task.stageAttemptNumber() == 0) return rows;
    Set<String> committed = committed();
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(rows, 0), false)
        .filter(row -> !committed.contains(row.<String>getAs(Pieces.KEY))).iterator();
  }

  private Set<String> committed() throws IOException {
    Set<String> keys = new HashSet<>();
    Path pieces = new Path(folder);
    FileSystem files = pieces.getFileSystem(hadoop.value());
    FileStatus[] found;
    try {
      found = files.listStatus(pieces, file -> !file.getName().matches("[._].*"));
    } catch (FileNotFoundException e) {
      return keys;
    }
    for (FileStatus piece : found) {
      try (var reader = new BufferedReader(new InputStreamReader(files.open(piece.getPath()), StandardCharsets.UTF_8))) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          JsonNode result = JSON.readTree(line);
          if (result.path(Pieces.RESULT).path("error_code").asText().isEmpty()) keys.add(result.path(Pieces.KEY).asText());
        }
      }
    }
    return keys;
  }
}
