package org.scriptorium.engine.architecture;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.scriptorium.engine.api.BeamRule;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AdaptiveEmbedding;
import org.scriptorium.engine.model.AdaptiveSoftmax;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Matrix;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.PlainFeedForward;
import org.scriptorium.engine.model.RecurrentMemory;
import org.scriptorium.engine.model.RecurrentMemory.Reach;
import org.scriptorium.engine.model.RelativeAttention;
import org.scriptorium.engine.model.RelativeSines;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Tensor;

/**
 * Transformer-XL: a memory of earlier segments, positions as distances, and a vocabulary in clusters (Dai et al. 2019, arXiv:1901.02860).
 * The reference is Hugging Face transformers 4.35.2, the last that has it.
 */
final class TransformerXl implements Family {
  private static final int MOST_WIDTH = 1 << 20, MOST_HEADS = 1 << 14;
  private static final double LONGEST_WAVE = 10_000;
  private static final Map<String, String> KEYS = Map.of("hidden_size", "d_model", "num_hidden_layers", "n_layer", "num_attention_heads",
      "n_head", "vocab_size", "n_token");

  @Override
  public Set<String> modelTypes() {
    return Set.of("transfo-xl");
  }

  @Override
  public Map<String, String> otherKeys() {
    return KEYS;
  }

  @Override
  public BeamRule beamRule() {
    return BeamRule.TRANSFORMERS_4;
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    if (configuration.integer("attn_type", 0) != 0) throw configuration.unsupported("attn_type", "0");
    if (configuration.integer("sample_softmax", -1) > 0) throw configuration.unsupported("sample_softmax", "-1");
    RecurrentMemory memory = memory(configuration);
    Parts base = parts.under("transformer");
    Vocabulary vocabulary = Vocabulary.of(configuration);
    var layers = LlamaKin.layers(configuration, index -> layer(configuration, base, base.under("layers." + index), memory));
    return new Decoder(vocabulary.embedding(base.under("word_emb")), layers, new Norm.None(vocabulary.width),
        vocabulary.head(configuration, base.under("word_emb"), parts.under("crit")), Integer.MAX_VALUE);
  }

  private static DecoderLayer layer(Configuration configuration, Parts base, Parts layer, RecurrentMemory memory) {
    int width = LlamaKin.width(configuration), inner = configuration.size("d_inner", MOST_WIDTH);
    float epsilon = (float) configuration.real("layer_norm_epsilon", 1e-5);
    Norm attentionNorm = layer.layerNorm("dec_attn.layer_norm", width, epsilon),
        feedForwardNorm = layer.layerNorm("pos_ff.layer_norm", width, epsilon);
    var feedForward = new PlainFeedForward(layer.linear("pos_ff.CoreNet.0", width, inner, Bias.ADDED),
        layer.linear("pos_ff.CoreNet.3", inner, width, Bias.ADDED), Activation.RELU);
    if (!configuration.bool("pre_lnorm", false)) {
      return new DecoderLayer.PostNorm(attention(configuration, base, layer.under("dec_attn"), new Norm.None(width), memory), attentionNorm,
          feedForward, feedForwardNorm);
    }
    return new DecoderLayer.PreNorm(attentionNorm, attention(configuration, base, layer.under("dec_attn"), attentionNorm, memory),
        feedForwardNorm, feedForward);
  }

  private static RelativeAttention attention(Configuration configuration, Parts base, Parts parts, Norm memoryNorm,
      RecurrentMemory memory) {
    int width = LlamaKin.width(configuration), heads = configuration.size("num_attention_heads", MOST_HEADS);
    var shape = new AttentionShape(heads, heads, configuration.size("d_head", MOST_WIDTH));
    int all = shape.queryWidth();
    Parts biases = configuration.bool("untie_r", true) ? parts : base;
    return new RelativeAttention(shape, parts.rows("qkv_net", width, 3 * all, 0, all, Bias.NONE),
        parts.rows("qkv_net", width, 3 * all, all, all, Bias.NONE), parts.rows("qkv_net", width, 3 * all, 2 * all, all, Bias.NONE),
        parts.linear("r_net", width, all, Bias.NONE), parts.linear("o_net", all, width, Bias.NONE),
        biases.matrix("r_w_bias", heads, shape.width()), biases.matrix("r_r_bias", heads, shape.width()), sines(configuration, base, width),
        memory, memoryNorm);
  }

  private static RelativeSines sines(Configuration configuration, Parts base, int width) {
    configuration.require(width % 2 == 0, "hidden_size", "an even number");
    // Files hold the frequencies as the reference computed them.
    float[] frequencies = new float[width / 2];
    if (base.find("pos_emb.inv_freq").isPresent()) frequencies = base.vector("pos_emb.inv_freq", width / 2);
    else for (int i = 0; i < frequencies.length; i++) frequencies[i] = 1 / (float) Math.pow(LONGEST_WAVE, 2f * i / width);
    int clamp = configuration.integer("clamp_len", 1000);
    return new RelativeSines(frequencies, clamp > 0 && clamp < Integer.MAX_VALUE ? clamp + 1 : Integer.MAX_VALUE);
  }

  private static RecurrentMemory memory(Configuration configuration) {
    int length = configuration.integer("mem_len", 1600);
    if (length < 1) throw configuration.unsupported("mem_len", "1 or more, as a model without memory is none of this family's");
    return new RecurrentMemory(length, configuration.bool("same_length", true) ? Reach.POSITION : Reach.SEGMENT);
  }

  /**
   * How the vocabulary is cut.
   *
   * @param ends of the clusters; the last is the vocabulary's size
   * @param embedded width of the first cluster's embeddings
   * @param divisor of the width from one cluster to the next; where it is 1, all are one table
   */
  private record Vocabulary(int[] ends, int width, int embedded, int divisor) {

    static Vocabulary of(Configuration configuration) {
      int size = configuration.size("vocab_size"), divisor = configuration.integer("div_val", 4);
      configuration.require(divisor >= 1, "div_val", "at least 1");
      int[] cutoffs = configuration.integers("cutoffs"), ends = Arrays.copyOf(cutoffs, cutoffs.length + 1);
      ends[cutoffs.length] = size;
      for (int i = 0; i < ends.length; i++) {
        configuration.require(ends[i] > (i == 0 ? 0 : ends[i - 1]), "cutoffs",
            "ascending numbers of tokens below vocab_size, %d".formatted(size));
      }
      int embedded = configuration.size("d_embed", MOST_WIDTH);
      configuration.require(embedded >= Math.pow(divisor, cutoffs.length), "d_embed", "at least div_val to the number of cutoffs");
      return new Vocabulary(ends, LlamaKin.width(configuration), embedded, divisor);
    }

    int from(int cluster) {
      return cluster == 0 ? 0 : ends[cluster - 1];
    }

    int width(int cluster) {
      int result = embedded;
      for (int i = 0; i < cluster; i++) result /= divisor;
      return result;
    }

    private boolean isOneTable() {
      return divisor == 1;
    }

    /** Where all clusters are one table, of the model's width, nothing maps them. */
    private boolean isProjected() {
      return !isOneTable() || embedded != width;
    }

    AdaptiveEmbedding embedding(Parts parts) {
      var clusters = new ArrayList<AdaptiveEmbedding.Cluster>();
      for (int i = 0; i < (isOneTable() ? 1 : ends.length); i++) {
        Optional<Linear> projection = Optional.empty();
        if (isProjected()) projection = Optional.of(parts.linear(Matrix.of(projection(parts, "emb_projs." + i, i))));
        clusters.add(new AdaptiveEmbedding.Cluster(from(i), table(parts, "emb_layers.%d.weight".formatted(i), i), projection));
      }
      return new AdaptiveEmbedding(clusters, width, (float) Math.sqrt(width));
    }

    private Tensor table(Parts parts, String name, int cluster) {
      int tokens = isOneTable() ? ends[ends.length - 1] : ends[cluster] - from(cluster);
      return parts.tensor(name).requireShape(tokens, width(cluster));
    }

    private Tensor projection(Parts parts, String name, int cluster) {
      return parts.tensor(name).requireShape(width, width(cluster));
    }

    /** Scores by the embeddings' tables where they are tied, each cluster's projection by its own setting. */
    AdaptiveSoftmax head(Configuration configuration, Parts embeddings, Parts parts) {
      boolean tied = configuration.bool("tie_word_embeddings", true);
      List<Boolean> tiedProjections = tiedProjections(configuration);
      var clusters = new ArrayList<AdaptiveSoftmax.Cluster>();
      for (int i = 0; i < ends.length; i++) {
        int table = isOneTable() ? 0 : i, first = isOneTable() ? from(i) : 0, tokens = ends[i] - from(i);
        Tensor weight = tied ? table(embeddings, "emb_layers.%d.weight".formatted(table), table)
            : table(parts, "out_layers.%d.weight".formatted(table), table);
        float[] bias = parts.vector("out_layers.%d.bias".formatted(table), Math.toIntExact(weight.shape()[0]));
        Optional<Linear> projection = Optional.empty();
        if (isProjected()) {
          Tensor matrix = tiedProjections.get(i) ? projection(embeddings, "emb_projs." + table, i) : projection(parts, "out_projs." + i, i);
          projection = Optional.of(parts.linear(Matrix.columns(matrix, 0, width(i))));
        }
        clusters.add(new AdaptiveSoftmax.Cluster(from(i), projection, 
            parts.linear(Matrix.rowsAtIntervals(weight, first, tokens, tokens, tokens),
                Arrays.copyOfRange(bias, first, first + tokens))));
      }
      return new AdaptiveSoftmax(clusters, entries(parts));
    }

    private Optional<Linear> entries(Parts parts) {
      int further = ends.length - 1;
      if (further == 0) return Optional.empty();
      Tensor weight = parts.tensor("cluster_weight").requireShape(further, embedded);
      return Optional.of(parts.linear(Matrix.of(weight), parts.vector("cluster_bias", further)));
    }

    /** {@code tie_projs}, which files have; else what {@code proj_share_all_but_first} says of all clusters but the first. */
    private List<Boolean> tiedProjections(Configuration configuration) {
      if (configuration.has("tie_projs")) {
        List<Boolean> found = configuration.bools("tie_projs");
        configuration.require(found.size() == ends.length, "tie_projs", "one for each cluster, %d".formatted(ends.length));
        return found;
      }
      boolean shared = configuration.bool("proj_share_all_but_first", true);
      var result = new ArrayList<Boolean>();
      for (int i = 0; i < ends.length; i++) result.add(i > 0 && shared);
      return result;
    }
  }
}
