package org.scriptorium.engine.architecture;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Dense;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.Encoder;
import org.scriptorium.engine.model.EncoderHead;
import org.scriptorium.engine.model.EncoderHead.Kind;
import org.scriptorium.engine.model.EncoderStack;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Matrix;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.PlainFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Tensor;

/**
 * BERT: an encoder with learned positions and token types, norms after each block, and one of several heads (Devlin et al. 2018,
 * arXiv:1810.04805).
 */
final class Bert implements Family {
  /** Heads by the classes that {@code architectures} names. */
  private static final Map<String, Kind> HEADS = Map.of("BertModel", Kind.POOLED, "BertForSequenceClassification", Kind.LABELS,
      "BertForQuestionAnswering", Kind.SPANS, "BertForMaskedLM", Kind.VOCABULARY, "BertForPreTraining", Kind.VOCABULARY);

  @Override
  public Set<String> modelTypes() {
    return Set.of("bert");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("bert", new GgufNames(
        Map.of("hidden_size", "embedding_length", "num_hidden_layers", "block_count", "num_attention_heads", "attention.head_count",
            "intermediate_size", "feed_forward_length", "layer_norm_eps", "attention.layer_norm_epsilon", "max_position_embeddings",
            "context_length"),
        Map.ofEntries(Map.entry("embeddings.word_embeddings", "token_embd"), Map.entry("embeddings.position_embeddings", "position_embd"),
            Map.entry("embeddings.token_type_embeddings", "token_types"), Map.entry("embeddings.LayerNorm", "token_embd_norm"),
            Map.entry("attention.self.query", "attn_q"), Map.entry("attention.self.key", "attn_k"),
            Map.entry("attention.self.value", "attn_v"), Map.entry("attention.output.dense", "attn_output"),
            Map.entry("attention.output.LayerNorm", "attn_output_norm"), Map.entry("intermediate.dense", "ffn_up"),
            Map.entry("output.dense", "ffn_down"), Map.entry("output.LayerNorm", "layer_output_norm")),
        Map.of("architectures", List.of("BertModel"))));
  }

  @Override
  public Encoder build(Configuration configuration, Parts parts) {
    refuseOthers(configuration);
    Kind kind = kind(configuration);
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    int positions = configuration.size("max_position_embeddings");
    float epsilon = (float) configuration.real("layer_norm_eps", 1e-12);
    AttentionShape shape = Gpt2.shape(configuration);
    Activation activation = Activations.of(configuration, "hidden_act", "gelu");
    Parts base = parts.base("bert"), embeddings = base.under("embeddings");
    Embedding words = embeddings.embedding("word_embeddings", configuration.size("vocab_size"), width, "position_embeddings", positions);
    var layers = LlamaKin.layers(configuration, index -> layer(base.under("encoder.layer." + index), width, inner, shape, activation, epsilon));
    var stack = new EncoderStack(words, types(configuration, embeddings, width), norm(embeddings, "LayerNorm", width, epsilon), layers,
        new Norm.None(width));
    EncoderHead head = switch (kind) {
      case POOLED -> pooled(base, width);
      case STATES -> new EncoderHead(kind, List.of());
      case LABELS -> new EncoderHead(kind, List.of(pooler(base, width),
          Dense.of(parts.linear("classifier", width, configuration.labels().size(), Bias.ADDED))));
      case SPANS -> new EncoderHead(kind, List.of(Dense.of(parts.linear("qa_outputs", width, 2, Bias.ADDED))));
      case VOCABULARY -> vocabulary(configuration, parts.under("cls.predictions"), words, activation, epsilon);
    };
    return new Encoder(stack, head, positions);
  }

  private static void refuseOthers(Configuration configuration) {
    if (configuration.bool("is_decoder", false)) throw configuration.unsupported("is_decoder", "false");
    if (configuration.bool("add_cross_attention", false)) throw configuration.unsupported("add_cross_attention", "false");
    boolean absolute = configuration.string("position_embedding_type", "absolute").equals("absolute");
    if (!absolute) throw configuration.unsupported("position_embedding_type", "absolute");
  }

  private static Kind kind(Configuration configuration) {
    List<String> names = configuration.has("architectures") ? configuration.strings("architectures") : List.of();
    if (names.isEmpty()) return Kind.POOLED;
    Kind kind = HEADS.get(names.getFirst());
    if (kind == null) throw configuration.unsupported("architectures", "one of " + String.join(", ", new TreeSet<>(HEADS.keySet())));
    if (kind == Kind.SPANS) configuration.require(configuration.labels().size() == 2, "id2label", "2 labels, as an answer has two ends");
    return kind;
  }

  private static float[] types(Configuration configuration, Parts embeddings, int width) {
    Tensor tensor = embeddings.tensor("token_type_embeddings.weight");
    int count = configuration.has("type_vocab_size") ? configuration.size("type_vocab_size") : Math.toIntExact(tensor.shape()[0]);
    return embeddings.rows("token_type_embeddings", count, width);
  }

  private static DecoderLayer layer(Parts parts, int width, int inner, AttentionShape shape, Activation activation, float epsilon) {
    Parts attention = parts.under("attention"), self = attention.under("self");
    var block = SelfAttention.plain(shape, self.linear("query", width, width, Bias.ADDED), self.linear("key", width, width, Bias.ADDED),
        self.linear("value", width, width, Bias.ADDED), attention.linear("output.dense", width, width, Bias.ADDED), Rotary.NONE)
        .withWindow(Window.WHOLE);
    var feedForward = new PlainFeedForward(parts.linear("intermediate.dense", width, inner, Bias.ADDED),
        parts.linear("output.dense", inner, width, Bias.ADDED), activation);
    return new DecoderLayer.PostNorm(block, norm(attention, "output.LayerNorm", width, epsilon), feedForward,
        norm(parts, "output.LayerNorm", width, epsilon));
  }

  /** Weight and bias under their names, or under those that the first release gave them. */
  private static Norm norm(Parts parts, String module, int width, float epsilon) {
    if (parts.find(module + ".gamma").isEmpty()) return parts.layerNorm(module, width, epsilon);
    return new Norm.Layer(parts.vector(module + ".gamma", width), parts.vector(module + ".beta", width), epsilon);
  }

  /** Models whose states alone are of use are also saved without the pooler. */
  private static EncoderHead pooled(Parts base, int width) {
    if (base.find("pooler.dense.weight").isEmpty()) return new EncoderHead(Kind.STATES, List.of());
    return new EncoderHead(Kind.POOLED, List.of(pooler(base, width)));
  }

  private static Dense pooler(Parts base, int width) {
    return Dense.of(base.linear("pooler.dense", width, width, Bias.ADDED), Activation.TANH);
  }

  /** The map to the vocabulary has tensors of its own where the file holds them; otherwise its weight is the embeddings'. */
  private static EncoderHead vocabulary(Configuration configuration, Parts parts, Embedding words, Activation activation, float epsilon) {
    int width = words.width(), count = words.vocabulary();
    Parts transform = parts.under("transform");
    var dense = new Dense(transform.linear("dense", width, width, Bias.ADDED), Optional.of(activation),
        norm(transform, "LayerNorm", width, epsilon));
    boolean tied = configuration.bool("tie_word_embeddings", true) && parts.find("decoder.weight").isEmpty();
    Tensor weight = tied ? words.tensor() : parts.tensor("decoder.weight").requireShape(count, width);
    String bias = parts.find("decoder.bias").isPresent() ? "decoder.bias" : "bias";
    Linear decoder = parts.linear(Matrix.of(weight), parts.vector(bias, count));
    return new EncoderHead(Kind.VOCABULARY, List.of(dense, Dense.of(decoder)));
  }
}
