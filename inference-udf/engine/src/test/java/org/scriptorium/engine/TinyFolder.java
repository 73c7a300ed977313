package org.scriptorium.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Random;

/** Writes a Hugging Face folder of a Llama with one layer and random weights, right or with something changed. */
public final class TinyFolder {
  private final FolderWriter writer = new FolderWriter();
  private int unreadable = -1;

  public TinyFolder() {
    set("model_type", "\"llama\"").set("hidden_size", "16").set("intermediate_size", "24").set("num_hidden_layers", "1")
        .set("num_attention_heads", "4").set("num_key_value_heads", "2").set("max_position_embeddings", "64").set("vocab_size", "32")
        .set("rms_norm_eps", "1e-5").set("tie_word_embeddings", "false");
    tensor("model.embed_tokens.weight", 32, 16).tensor("model.norm.weight", 16).tensor("lm_head.weight", 32, 16);
    layer(0);
  }

  private void layer(int index) {
    String layer = "model.layers." + index + ".";
    tensor(layer + "input_layernorm.weight", 16).tensor(layer + "post_attention_layernorm.weight", 16);
    tensor(layer + "self_attn.q_proj.weight", 16, 16).tensor(layer + "self_attn.k_proj.weight", 8, 16);
    tensor(layer + "self_attn.v_proj.weight", 8, 16).tensor(layer + "self_attn.o_proj.weight", 16, 16);
    tensor(layer + "mlp.gate_proj.weight", 24, 16).tensor(layer + "mlp.up_proj.weight", 24, 16)
        .tensor(layer + "mlp.down_proj.weight", 16, 24);
  }

  /** Sets a key of the configuration to a JSON value. */
  public TinyFolder set(String key, String value) {
    writer.set(key, value);
    return this;
  }

  /** Adds a second layer. */
  public TinyFolder deeper() {
    layer(1);
    return set("num_hidden_layers", "2");
  }

  /** Makes no number of a token's embedding. */
  public TinyFolder unreadable(int token) {
    unreadable = token;
    return this;
  }

  public TinyFolder without(String key) {
    writer.without(key);
    return this;
  }

  /** Adds a tensor, or gives one another shape. */
  public TinyFolder tensor(String name, long... shape) {
    writer.tensor(name, shape);
    return this;
  }

  public TinyFolder withoutTensor(String name) {
    writer.withoutTensor(name);
    return this;
  }

  public Path write(Path folder) {
    var random = new Random(1);
    return writer.write(folder, (name, shape) -> {
      byte[] values = values(shape, random);
      if (unreadable >= 0 && name.equals("model.embed_tokens.weight")) {
        int row = 4 * (int) shape[1];
        ByteBuffer.wrap(values, unreadable * row, row).order(ByteOrder.LITTLE_ENDIAN).putFloat(Float.NaN);
      }
      return values;
    });
  }

  private static byte[] values(long[] shape, Random random) {
    int count = FolderWriter.count(shape);
    var buffer = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) buffer.putFloat((float) random.nextGaussian());
    return buffer.array();
  }
}
