package org.scriptorium.engine.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.BeamRule;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Transformer;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Metadata;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.Weights;

/** The table of families. */
public final class Families {
  private static final List<Family> ALL = List.of(new Llama(), new Mistral(), new Mixtral(), new Qwen2(), new Qwen3(), new Qwen3Experts(),
      new Gemma3(), new Phi3(), new Ernie(), new ErnieExperts(), new DeepSeek3(), new GptNeoX(), new Gpt2(), new OpenAiGpt(), new Bert(),
      new Marian(), new Bart(), new T5(), new TransformerXl());

  private Families() {}

  /**
   * A composed model.
   *
   * @param architecture what its file calls its family
   * @param maps the linear maps, whose weights are to be packed, in order
   * @param beamRule the rule by which the beams of the family's reference are searched
   */
  public record Composition(String architecture, Transformer transformer, List<Linear> maps, BeamRule beamRule) {}

  /** Composes the model of a GGUF file, whose {@code general.architecture} names its family. */
  public static Composition compose(GgufFile file) {
    String architecture = file.metadata().string("general.architecture"), kind = kind(file.metadata(), architecture);
    Family family = find(found -> found.ggufNames().keySet(), kind, "%s: general.architecture".formatted(file.path()));
    var view = new GgufView(architecture, file, family.ggufNames().get(kind));
    return compose(family, architecture, view.configuration(), view);
  }

  /** Some architectures are several families', told apart by what their files have. */
  private static String kind(Metadata metadata, String architecture) {
    var kinds = new ArrayList<String>();
    if (metadata.integer(architecture + ".expert_count", 0) > 0) kinds.add(architecture + GgufNames.EXPERTS);
    if (metadata.integer(architecture + ".attention.sliding_window", 0) > 0) kinds.add(architecture + GgufNames.WINDOW);
    if (!metadata.has(architecture + ".attention.key_length_mla")) kinds.add(architecture + GgufNames.WHOLE_HEADS);
    for (String kind : kinds) for (Family family : ALL) if (family.ggufNames().containsKey(kind)) return kind;
    return architecture;
  }

  /** Composes the model of a folder, whose {@code model_type} names its family. */
  public static Composition compose(ModelFolder folder) {
    Configuration configuration = folder.configuration();
    String type = configuration.string("model_type");
    Family family = find(Family::modelTypes, type, "%s: model_type".formatted(configuration.path()));
    // Weights that are quantized in ways of PyTorch libraries have other tensors under the same names.
    if (configuration.has("quantization_config")) throw configuration.unsupported("quantization_config",
        "none, as quantized models are read from GGUF");
    return compose(family, type, configuration.withNames(family.otherKeys()), folder);
  }

  private static Composition compose(Family family, String architecture, Configuration configuration, Weights weights) {
    var parts = new Parts(weights);
    return new Composition(architecture, family.build(configuration, parts), parts.maps(), family.beamRule());
  }

  /** Values of {@code model_type} that are supported. */
  static Set<String> modelTypes() {
    return names(Family::modelTypes);
  }

  /** Values of {@code general.architecture} that are supported. */
  static Set<String> ggufArchitectures() {
    return names(family -> family.ggufNames().keySet()).stream().map(GgufNames::architecture).collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> names(Function<Family, Set<String>> kind) {
    var all = new TreeSet<String>();
    for (Family family : ALL) all.addAll(kind.apply(family));
    return all;
  }

  private static Family find(Function<Family, Set<String>> names, String name, String place) {
    for (Family family : ALL) if (names.apply(family).contains(name)) return family;
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s is \"%s\"; supported are %s".formatted(place, name,
        String.join(", ", names(names))));
  }
}
