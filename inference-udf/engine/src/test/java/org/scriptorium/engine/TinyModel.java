package org.scriptorium.engine;

import static org.scriptorium.engine.kernel.StorageType.F16;
import static org.scriptorium.engine.kernel.StorageType.F32;
import static org.scriptorium.engine.kernel.StorageType.Q4_0;
import static org.scriptorium.engine.kernel.StorageType.Q4_1;
import static org.scriptorium.engine.kernel.StorageType.Q8_0;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.GgufWriter;

/**
 * A Llama of two layers with random weights, in a file of some 100 KiB: whole in every respect (tokenizer, chat template, mixed
 * storage types, tied head), so that everything above the kernels can be tested without a download. Its text is noise.
 */
public final class TinyModel {
  public static final int LAYERS = 2;
  public static final int WIDTH = 64;
  public static final int HEADS = 4;
  public static final int KEY_VALUE_HEADS = 2;
  public static final int HEAD_WIDTH = 16;
  public static final int FEED_FORWARD = 96;
  public static final int CONTEXT = 512;
  public static final int END_OF_TEXT = 0;
  public static final int BEGIN = 1;
  public static final int END = 2;

  /** Each message between its marks, then the start of the assistant's. */
  public static final String TEMPLATE = """
      {%- for message in messages %}\
      {{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}\
      {%- endfor %}\
      {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}""";

  private TinyModel() {}

  /** Writes {@code tiny.gguf} into the folder. Equal seeds give equal bytes. */
  public static Path write(Path directory, long seed) {
    return write(directory, seed, TEMPLATE);
  }

  /** The same with another chat template. */
  public static Path write(Path directory, long seed, String template) {
    var vocabulary = TinyVocabulary.learn();
    var writer = new GgufWriter();
    metadata(writer, vocabulary, template);
    tensors(writer, vocabulary.tokens(), new Random(seed));
    return writer.write(directory.resolve("tiny.gguf"));
  }

  private static void metadata(GgufWriter writer, TinyVocabulary vocabulary, String template) {
    int size = vocabulary.tokens().size();
    int[] types = new int[size];
    Arrays.fill(types, 1);
    Arrays.fill(types, 0, TinyVocabulary.SPECIALS.size(), 3);
    writer
        .put("general.architecture", "llama")
        .put("general.type", "model")
        .put("general.name", "Tiny")
        .put("general.quantization_version", 2)
        .put("llama.block_count", LAYERS)
        .put("llama.context_length", CONTEXT)
        .put("llama.embedding_length", WIDTH)
        .put("llama.feed_forward_length", FEED_FORWARD)
        .put("llama.attention.head_count", HEADS)
        .put("llama.attention.head_count_kv", KEY_VALUE_HEADS)
        .put("llama.rope.freq_base", 10_000f)
        .put("llama.rope.dimension_count", HEAD_WIDTH)
        .put("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .put("llama.vocab_size", size)
        .put("tokenizer.ggml.add_space_prefix", false)
        .put("tokenizer.ggml.add_bos_token", false)
        .put("tokenizer.ggml.model", "gpt2")
        .put("tokenizer.ggml.pre", "smollm")
        .put("tokenizer.ggml.tokens", vocabulary.tokens())
        .put("tokenizer.ggml.token_type", types)
        .put("tokenizer.ggml.merges", vocabulary.merges())
        .put("tokenizer.ggml.bos_token_id", BEGIN)
        .put("tokenizer.ggml.eos_token_id", END)
        .put("tokenizer.ggml.unknown_token_id", END_OF_TEXT)
        .put("tokenizer.ggml.padding_token_id", END)
        .put("tokenizer.chat_template", template);
  }

  private static void tensors(GgufWriter writer, List<String> tokens, Random random) {
    writer.tensor("token_embd.weight", Q8_0, BlockWriter.write(Q8_0, embedding(tokens, random)), tokens.size(), WIDTH);
    for (int layer = 0; layer < LAYERS; layer++) {
      String prefix = "blk." + layer + ".";
      int keys = KEY_VALUE_HEADS * HEAD_WIDTH;
      norm(writer, prefix + "attn_norm.weight", random);
      matrix(writer, prefix + "attn_q.weight", layer == 0 ? Q4_1 : F16, WIDTH, WIDTH, 2, random);
      matrix(writer, prefix + "attn_k.weight", layer == 0 ? Q4_0 : Q4_1, keys, WIDTH, 2, random);
      matrix(writer, prefix + "attn_v.weight", layer == 0 ? F16 : Q4_0, keys, WIDTH, 1, random);
      matrix(writer, prefix + "attn_output.weight", layer == 0 ? F32 : Q4_1, WIDTH, WIDTH, 2, random);
      norm(writer, prefix + "ffn_norm.weight", random);
      matrix(writer, prefix + "ffn_gate.weight", Q4_1, FEED_FORWARD, WIDTH, 2, random);
      matrix(writer, prefix + "ffn_up.weight", layer == 0 ? Q4_1 : Q4_0, FEED_FORWARD, WIDTH, 1, random);
      matrix(writer, prefix + "ffn_down.weight", layer == 0 ? Q8_0 : Q4_1, WIDTH, FEED_FORWARD, 2, random);
    }
    norm(writer, "output_norm.weight", random);
  }

  /**
   * Rows small beside what the layers add, so that the tied head does not just repeat the last token. The end's row is longer, so
   * that some texts end by themselves; those of control characters and of pieces of characters are short, so that text stays legible.
   */
  private static float[] embedding(List<String> tokens, Random random) {
    float[] values = new float[tokens.size() * WIDTH];
    for (int id = 0; id < tokens.size(); id++) {
      float scale = id == END ? 0.45f : id < TinyVocabulary.SPECIALS.size() || !isLegible(tokens.get(id)) ? 0.15f : 0.4f;
      for (int i = 0; i < WIDTH; i++) values[id * WIDTH + i] = scale * (float) random.nextGaussian();
    }
    return values;
  }

  private static boolean isLegible(String token) {
    return token.chars().allMatch(character -> character < 127 || character == TinyVocabulary.SPACE);
  }

  private static void norm(GgufWriter writer, String name, Random random) {
    float[] values = new float[WIDTH];
    for (int i = 0; i < WIDTH; i++) values[i] = 1 + 0.1f * (float) random.nextGaussian();
    writer.tensor(name, F32, BlockWriter.write(F32, values), WIDTH);
  }

  private static void matrix(
      GgufWriter writer, String name, StorageType type, int outputs, int inputs, double gain, Random random) {
    float[] values = new float[outputs * inputs];
    double scale = gain / Math.sqrt(inputs);
    for (int i = 0; i < values.length; i++) values[i] = (float) (scale * random.nextGaussian());
    writer.tensor(name, type, BlockWriter.write(type, values), outputs, inputs);
  }
}
