package org.scriptorium.engine.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * JSON objects of models' files, read within bounds: of size, depth, and lengths of names, texts and numbers. A key that comes twice is an
 * error; NaN and Infinity are read, as Python writes them.
 */
final class JsonFiles {
  private static final long MOST_BYTES = 64 << 20;
  private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).maxNameLength(1 << 16).maxStringLength(1 << 24)
              .maxNumberLength(64).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build())
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .build();

  private JsonFiles() {}

  /** The object that a file holds. */
  static ObjectNode read(Path path) {
    return object(path, "", tree(path, "", bytes(path)));
  }

  /** The objects of an array that a file holds. */
  static List<ObjectNode> readAll(Path path) {
    var objects = new ArrayList<ObjectNode>();
    JsonNode found = tree(path, "", bytes(path));
    if (!found.isArray()) throw wrong(path, "", "a JSON array", found);
    found.forEach(element -> objects.add(object(path, "[%d]: ".formatted(objects.size()), element)));
    return objects;
  }

  private static byte[] bytes(Path path) {
    try {
      long size = Files.size(path);
      if (size > MOST_BYTES) {
        throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: expected at most %d bytes of JSON, found %d; it is no file of a model"
            .formatted(path, MOST_BYTES, size));
      }
      return Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw new ModelException(ErrorCode.MODEL_NOT_FOUND, "%s: expected a file, found nothing; fetch the whole model".formatted(path), e);
    } catch (AccessDeniedException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: no permission to read it; change the file's mode or owner".formatted(path), e);
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: can't be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  /**
   * The object that some bytes of a file hold.
   *
   * @param place where in the file, as in {@code header: }; may be empty
   */
  static ObjectNode parse(Path path, String place, byte[] content) {
    return object(path, place, tree(path, place, content));
  }

  private static ObjectNode object(Path path, String place, JsonNode found) {
    if (found instanceof ObjectNode object) return object;
    throw wrong(path, place, "a JSON object", found);
  }

  private static ModelException wrong(Path path, String place, String expected, JsonNode found) {
    return new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %sexpected %s, found %s; the file is damaged: fetch it again"
        .formatted(path, place, expected, found.isMissingNode() ? "nothing" : found.getNodeType().name().toLowerCase(Locale.ROOT)));
  }

  private static JsonNode tree(Path path, String place, byte[] content) {
    try {
      return MAPPER.readTree(content);
    } catch (JsonProcessingException e) {
      var location = e.getLocation();
      throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %sexpected JSON, found at line %d, column %d: %s; the file is damaged: fetch it again"
          .formatted(path, place, location == null ? 0 : location.getLineNr(), location == null ? 0 : location.getColumnNr(),
              e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
