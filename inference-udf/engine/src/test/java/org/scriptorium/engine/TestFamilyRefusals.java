package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.SourcedText;

/** Folders whose models can't be run as they say: each is refused with a message that names the key or tensor. */
class TestFamilyRefusals {
  @TempDir private Path folder;

  @Test
  void aWholeFolderOpensWithoutTokenizer() {
    try (var model = LanguageModel.open(new TinyFolder().set("eos_token_id", "[7, 3, 7]").write(folder))) {
      assertThat(model.decoder().vocabulary()).isEqualTo(32);
      assertThat(model.decoder().contextLength()).isEqualTo(64);
      assertThat(model.endTokens()).containsExactly(3, 7);
      assertThat(model.storageTypes()).isEqualTo("F32");
      assertThat(model.describe("tiny", "f").architecture()).isEqualTo("llama");
      assertThatThrownBy(() -> model.render(new Prompt.Raw(SourcedText.trusted("a")))).isInstanceOf(ModelException.class)
          .hasMessageStartingWith("%s: has no tokenizer; expected tokenizer.json, tokenizer.model, ", folder);
    }
  }

  @Test
  void generationDefaultsSayWhatEndsATextWhereTheyAreThere() throws java.io.IOException {
    Path model = new TinyFolder().set("eos_token_id", "7").write(folder);
    java.nio.file.Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": [5, 6]}");
    try (var opened = LanguageModel.open(model)) {
      assertThat(opened.endTokens()).containsExactly(5, 6);
    }
  }

  @Test
  void unknownFamilies() {
    assertRefused(new TinyFolder().set("model_type", "\"llamma\""), ErrorCode.MODEL_UNSUPPORTED,
        "config.json: model_type is \"llamma\"; supported are ");
    assertThatThrownBy(() -> LanguageModel.open(folder)).hasMessageContaining("bert, deepseek_v3, ").hasMessageContaining("gpt_neox, llama, m");
    assertRefused(new TinyFolder().without("model_type"), ErrorCode.MODEL_CORRUPT,
        "config.json: model_type: expected a string, found no such key; the configuration is incomplete");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
      rope_scaling        | {"type": "ntk", "factor": 2} | rope_scaling.type is "ntk"; supported is default, linear, dynamic, llama3, yarn. Convert the model or choose another
      rope_parameters     | {"rope_type": "longrope"}        | rope_parameters.rope_type is "longrope"; supported is default, linear, dynamic, llama3, yarn. Convert the model or choose another
      partial_rotary_factor | 0.5                            | partial_rotary_factor is 0.5; supported is 1. Convert the model or choose another
      quantization_config | {"quant_method": "fp8"}          | quantization_config is {"quant_method":"fp8"}; supported is none, as quantized models are read from GGUF. Convert the model or choose another
      """)
  void optionsThatWouldChangeTheResult(String key, String value, String problem) {
    assertRefused(new TinyFolder().set(key, value), ErrorCode.UNSUPPORTED_CONFIGURATION, "config.json: " + problem);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
      gemma3_text | final_logit_softcapping    | 30.0            | final_logit_softcapping is 30.0; supported is null
      gemma3_text | attn_logit_softcapping     | 50.0            | attn_logit_softcapping is 50.0; supported is null
      gemma3_text | use_bidirectional_attention | true           | use_bidirectional_attention is true; supported is false
      gpt2        | add_cross_attention        | true            | add_cross_attention is true; supported is false
      openai-gpt  | afn                        | "tanh"          | afn is "tanh"; supported is one of gelu, relu, silu, swish
      deepseek_v3 | scoring_func               | "softmax"       | scoring_func is "softmax"; supported is sigmoid
      deepseek_v3 | topk_method                | "greedy"        | topk_method is "greedy"; supported is noaux_tc
      transfo-xl  | attn_type                  | 1               | attn_type is 1; supported is 0
      transfo-xl  | sample_softmax             | 100             | sample_softmax is 100; supported is -1
      transfo-xl  | mem_len                    | 0               | mem_len is 0; supported is 1 or more, as a model without memory is none of this family's
      ernie4_5_moe | use_bias                  | true            | use_bias is true; supported is false
      phi3        | rope_scaling               | {"type": "ntk"} | rope_scaling.type is "ntk"; supported is default, longrope, su, yarn
      qwen2       | layer_types                | ["chunked_attention"] | layer_types is ["chunked_attention"]; supported is sliding_attention, full_attention
      qwen2       | layer_types                | ["sliding_attention"] | layer_types is ["sliding_attention"]; supported is full_attention where no sliding_window is used
      marian      | normalize_before           | true            | normalize_before is true; supported is false
      marian      | normalize_embedding        | true            | normalize_embedding is true; supported is false
      marian      | static_position_embeddings | false           | static_position_embeddings is false; supported is true
      bart        | add_final_layer_norm       | true            | add_final_layer_norm is true; supported is false
      bart        | static_position_embeddings | true            | static_position_embeddings is true; supported is false
      bart        | normalize_embedding        | false           | normalize_embedding is false; supported is true
      t5          | architectures              | ["T5EncoderModel"] | architectures is ["T5EncoderModel"]; supported is T5ForConditionalGeneration
      mistral     | hidden_act                 | "mish"          | hidden_act is "mish"; supported is one of gelu, gelu_accurate, gelu_fast, gelu_new, gelu_python, gelu_python_tanh, gelu_pytorch_tanh, quick_gelu, relu, sigmoid, silu, swish, tanh
      """)
  void optionsOfFamilies(String type, String key, String value, String problem) {
    var tiny = new TinyFolder().set("model_type", "\"" + type + "\"").set(key, value);
    if (type.equals("qwen2")) for (String map : new String[] {"q", "k",
        "v"}) tiny.tensor("model.layers.0.self_attn.%s_proj.bias".formatted(map), map.equals("q") ? 16 : 8);
    assertRefused(tiny, ErrorCode.UNSUPPORTED_CONFIGURATION, "config.json: " + problem + ". Convert the model or choose another");
  }

  @Test
  void tensorsThatAreMissingOrOfAnotherShape() {
    String query = "model.layers.0.self_attn.q_proj.weight";
    assertRefused(new TinyFolder().withoutTensor(query), ErrorCode.MISSING_TENSOR, ": " + query
        + ": expected a tensor of this name, found none among 11 (nearest: model.layers.0.self_attn.k_proj.weight, model.layers.0.self_attn.o_proj.weight, "
        + "model.layers.0.self_attn.v_proj.weight); the file may be of another architecture, or a part of a model only");
    assertThatThrownBy(() -> LanguageModel.open(new TinyFolder().tensor(query, 16, 8).write(folder)).close())
        .isInstanceOf(ModelException.class)
        .hasMessage(query + ": expected [16, 16], found [16, 8]; check the sizes in the file's metadata, or convert the model again");
    assertRefused(new TinyFolder().withoutTensor("lm_head.weight"), ErrorCode.MISSING_TENSOR,
        ": lm_head.weight: expected a tensor of this name, found "
        + "none among 11; the file may be of another architecture, or a part of a model only");
    assertRefused(new TinyFolder().tensor("model.layers.0.self_attn.q_proj.bias", 16), ErrorCode.MODEL_UNSUPPORTED,
        ": tensor model.layers.0.self_attn.q_proj.bias: expected no bias, as the configuration has none, found one");
    assertRefused(new TinyFolder().set("attention_bias", "true"), ErrorCode.MISSING_TENSOR,
        ": model.layers.0.self_attn.q_proj.bias: expected a tensor of "
        + "this name, found none among 12");
  }

  @Test
  void sizesThatContradictEachOther() {
    assertRefused(new TinyFolder().set("num_key_value_heads", "3"), ErrorCode.MODEL_CORRUPT,
        "config.json: num_key_value_heads: expected a divisor of 4, found 3; the configuration is wrong");
    assertRefused(new TinyFolder().set("num_attention_heads", "5").set("num_key_value_heads", "5"), ErrorCode.MODEL_CORRUPT,
        "config.json: num_attention_heads: expected a divisor of hidden_size, 16, found 5; the configuration is wrong");
    assertRefused(new TinyFolder().set("head_dim", "3"), ErrorCode.MODEL_CORRUPT,
        "config.json: head_dim: expected an even width of the rotated part of heads, which is 3, found 3; the configuration is wrong");
    assertRefused(new TinyFolder().set("hidden_size", "\"wide\""), ErrorCode.MODEL_CORRUPT,
        "config.json: hidden_size: expected an integer, found \"wide\"; the configuration is wrong");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
      architectures           | ["BertForTokenClassification"] | architectures is ["BertForTokenClassification"]; supported is one of BertForMaskedLM, BertForPreTraining, BertForQuestionAnswering, BertForSequenceClassification, BertModel.
      position_embedding_type | "relative_key"                 | position_embedding_type is "relative_key"; supported is absolute.
      is_decoder              | true                           | is_decoder is true; supported is false.
      add_cross_attention     | true                           | add_cross_attention is true; supported is false.
      hidden_act              | "mish"                         | hidden_act is "mish"; supported is one of gelu,
      """)
  void optionsOfEncodersThatWouldChangeTheResult(String key, String value, String problem) {
    Path written = new TinyBert("BertModel").set(key, value).write(folder);
    assertThatThrownBy(() -> LanguageModel.open(written)).isInstanceOf(ModelException.class)
        .hasMessageStartingWith("%s/config.json: %s", written, problem)
        .extracting(e -> ((ModelException) e).code()).isEqualTo(ErrorCode.UNSUPPORTED_CONFIGURATION);
  }

  @Test
  void headsOfEncodersThatAreNotThere() {
    Path untied = new TinyBert("BertForMaskedLM").set("tie_word_embeddings", "false").write(folder.resolve("untied"));
    assertThatThrownBy(() -> LanguageModel.open(untied)).isInstanceOf(ModelException.class)
        .hasMessageStartingWith("%s: cls.predictions.decoder.weight: expected a tensor of this name, found none", untied);
    Path bare = new TinyBert("BertForSequenceClassification").withoutTensor("bert.pooler.dense.weight").write(folder.resolve("bare"));
    assertThatThrownBy(() -> LanguageModel.open(bare)).isInstanceOf(ModelException.class)
        .hasMessageStartingWith("%s: bert.pooler.dense.weight: expected a tensor of this name, found none", bare);
    Path labels = new TinyBert("BertForSequenceClassification").set("id2label", "{\"0\": \"yes\"}").write(folder.resolve("labels"));
    assertThatThrownBy(() -> LanguageModel.open(labels)).isInstanceOf(ModelException.class)
        .hasMessageContaining("classifier.weight").hasMessageContaining("expected [1, 24]");
    Path ends = new TinyBert("BertForQuestionAnswering").set("id2label", "{\"0\": \"yes\"}").write(folder.resolve("ends"));
    assertThatThrownBy(() -> LanguageModel.open(ends)).isInstanceOf(ModelException.class)
        .hasMessageContaining("id2label: expected 2 labels, as an answer has two ends");
  }

  private void assertRefused(TinyFolder tiny, ErrorCode code, String problem) {
    Path written = tiny.write(folder);
    String place = problem.startsWith("config.json") ? written + "/" : written.toString();
    assertThatThrownBy(() -> LanguageModel.open(written).close()).isInstanceOf(ModelException.class).hasMessageStartingWith(place + problem)
        .extracting(e -> ((ModelException) e).code()).isEqualTo(code);
  }
}
