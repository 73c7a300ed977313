package org.scriptorium.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.scriptorium.engine.weights.SafetensorsWriter;

/** Writes a Hugging Face folder: a configuration of JSON values, and float32 tensors of given shapes. */
final class FolderWriter {
  private final Map<String, String> configuration = new LinkedHashMap<>();
  private final Map<String, long[]> tensors = new LinkedHashMap<>();

  /** Little-endian float32 values of a tensor. */
  @FunctionalInterface
  interface Values {
    byte[] of(String name, long[] shape);
  }

  void set(String key, String value) {
    configuration.put(key, value);
  }

  void without(String key) {
    configuration.remove(key);
  }

  void tensor(String name, long... shape) {
    tensors.put(name, shape);
  }

  void withoutTensor(String name) {
    tensors.remove(name);
  }

  static int count(long[] shape) {
    int count = 1;
    for (long size : shape) count *= (int) size;
    return count;
  }

  /** @param values asked for in the order of the tensors */
  Path write(Path folder, Values values) {
    try {
      Files.createDirectories(folder);
      var text = new StringBuilder();
      configuration.forEach((key, value) -> text.append(text.isEmpty() ? "{" : ", ").append('"').append(key).append("\": ").append(value));
      Files.writeString(folder.resolve("config.json"), text + "}");
      var writer = new SafetensorsWriter();
      tensors.forEach((name, shape) -> writer.tensor(name, "F32", values.of(name, shape), shape));
      writer.write(folder.resolve("model.safetensors"));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
