package org.scriptorium.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import org.scriptorium.pipeline.YamlNode.Mapping;
import org.scriptorium.pipeline.YamlNode.Scalar;
import org.scriptorium.pipeline.YamlNode.Sequence;

/** Puts {@code --set KEY=VALUE} into a job file's tree. Keys are dotted; numbers count a list's values from 0. */
final class JobOverrides {
  private JobOverrides() {}

  /** Changes {@code root} in place. */
  static void apply(Mapping root, List<String> overrides) {
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals < 1) throw JobException.wrongUse("--set %s: expected KEY=VALUE, such as write.mode=append", override);
      String key = override.substring(0, equals).strip();
      set(root, key, List.of(key.split("\\.", -1)), YamlTree.parseOverride(key, override.substring(equals + 1)));
    }
  }

  private static void set(YamlNode parent, String key, List<String> path, YamlNode value) {
    String step = path.getFirst();
    List<String> rest = path.subList(1, path.size());
    switch (parent) {
      case Mapping mapping -> {
        if (step.isEmpty()) throw JobException.wrongUse("--set %s: expected a dotted key, such as write.mode", key);
        YamlNode next = mapping.values().get(step);
        if (rest.isEmpty()) mapping.values().put(step, value);
        else if (next == null || next instanceof Scalar scalar && scalar.value() == null) {
          Mapping created = new Mapping(new LinkedHashMap<>(), value.place());
          mapping.values().put(step, created);
          set(created, key, rest, value);
        } else set(next, key, rest, value);
      }
      case Sequence sequence -> {
        int index = step.matches("\\d{1,6}") ? Integer.parseInt(step) : -1;
        if (index < 0 || index >= sequence.values().size()) {
          throw JobException.wrongUse("--set %s: %s: expected a number from 0 to %d", key, step, sequence.values().size() - 1);
        }
        if (rest.isEmpty()) sequence.values().set(index, value);
        else set(sequence.values().get(index), key, rest, value);
      }
      case Scalar scalar -> throw JobException.wrongUse("--set %s: nothing can lie under %s", key, scalar.described());
    }
  }
}
