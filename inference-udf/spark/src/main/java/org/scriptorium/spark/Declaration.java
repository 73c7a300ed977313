package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.api.GenerationConfig;

/**
 * A SQL function as it is declared: what it is called, takes and does.
 *
 * @param usage a sentence for {@code DESCRIBE FUNCTION}
 * @param parameters in the order of arguments; optional ones last
 * @param options names that the map of options may hold; without any, the function takes no map
 * @param defaults of the generation
 * @param example the arguments of a call, and what stands after it
 */
record Declaration(
    String name, String usage, List<Parameter> parameters, List<String> options, GenerationConfig defaults, AiTask task, Example example) {

  /** Such as {@code SELECT name(arguments) rest}. */
  record Example(String arguments, String rest) {}

  Declaration {
    parameters = List.copyOf(parameters);
    options = List.copyOf(options);
  }

  static Declaration of(String name, AiTask task, String usage) {
    return new Declaration(name, usage, List.of(), CallOptions.OF_TASKS, GenerationConfig.DEFAULT, task, new Example("", ""));
  }

  Declaration with(Parameter parameter) {
    var more = new ArrayList<>(parameters);
    more.add(parameter);
    return new Declaration(name, usage, more, options, defaults, task, example);
  }

  Declaration options(List<String> names) {
    return new Declaration(name, usage, parameters, names, defaults, task, example);
  }

  Declaration defaults(GenerationConfig config) {
    return new Declaration(name, usage, parameters, options, config, task, example);
  }

  Declaration example(String arguments, String rest) {
    return new Declaration(name, usage, parameters, options, defaults, task, new Example(arguments, rest));
  }
}
