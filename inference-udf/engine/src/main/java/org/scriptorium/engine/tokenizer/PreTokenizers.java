package org.scriptorium.engine.tokenizer;

import static org.scriptorium.engine.tokenizer.CodePoints.LETTER;
import static org.scriptorium.engine.tokenizer.CodePoints.MARK;
import static org.scriptorium.engine.tokenizer.CodePoints.NEWLINE;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.tokenizer.Splits.Contractions;

/**
 * How byte-level vocabularies split text before merging, by the value of GGUF's {@code tokenizer.ggml.pre}. Which model writes
 * which name is fixed by llama.cpp; where its adapted patterns differ from the model's own {@code tokenizer.json}, the latter rules.
 */
final class PreTokenizers {
  static final String KEY = "tokenizer.ggml.pre";

  /** Llama 3's split goes with a begin token, wherever it is used. */
  private static final List<String> LLAMA3 =
      List.of("llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano");
  private static final Map<String, Rule> RULES = rules();

  private PreTokenizers() {}

  /** @param wholeWords a word that is a token as it stands is not merged ({@code ignore_merges} of tokenizer.json) */
  record Rule(Splitter splitter, boolean wholeWords) {}

  /** The rule of a name; the empty name stands for a file without the key. */
  static Rule named(String name, String where) {
    var rule = RULES.get(name.isEmpty() ? "default" : name);
    if (rule != null) return rule;
    throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
        "%s: %s is \"%s\"; supported are %s. Choose a model whose tokenizer is among these."
            .formatted(where, KEY, name, String.join(", ", RULES.keySet())));
  }

  /** True if texts begin with a token of their own where a file does not say whether they do. */
  static boolean begins(String name) {
    return LLAMA3.contains(name) || name.equals("tekken");
  }

  static Iterable<String> names() {
    return RULES.keySet();
  }

  private static Map<String, Rule> rules() {
    var rules = new TreeMap<String, Rule>();
    Splitter gpt2 = Splits.gpt2();
    add(rules, gpt2, false, "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4", "a.x-4.0", "gigachat",
        "mellum", "modern-bert", "roberta-bpe", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code");
    add(rules, Splits.numbers(1).then(gpt2), false,
        "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2");
    Splitter llama3 = Splits.gpt4(Contractions.ANY_CASE, LETTER, 3, NEWLINE);
    add(rules, llama3, true, LLAMA3.toArray(String[]::new));
    add(rules, llama3, false, "dbrx", "smaug-bpe", "glm4", "chatglm-bpe");
    add(rules, Splits.gpt4(Contractions.ANY_CASE, LETTER, 1, NEWLINE), false, "qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez",
        "kormo", "f2llmv2", "solar-open", "grok-2", "bailingmoe", "bailingmoe2", "llada-moe");
    add(rules, Splits.gpt4(Contractions.ANY_CASE, LETTER | MARK, 1, NEWLINE), false, "qwen35");
    add(rules, Splits.gpt4(Contractions.ANY_CASE, LETTER, 1, 0), false, "seed-coder");
    add(rules, Splits.gpt4(Contractions.NONE, LETTER, 1, NEWLINE), false, "ufakzeka");
    add(rules, Splits.numbers(3).then(llama3), true, "minicpm5");
    add(rules, Splits.numbers(3).then(Splits.hanAndKana()).then(Splits.deepSeekWords()), false,
        "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4");
    add(rules, Splits.gpt4o(Contractions.ANY_CASE, 3), false, "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
    add(rules, Splits.gpt4o(Contractions.NONE, 1), true, "tekken");
    add(rules, Splits.punctuation("$+<=>^~|").then(gpt2).then(Splits.numbers()).then(Splits.asciiTriples()), false, "default");
    add(rules, Splits.punctuation("$+<=>^~|`").then(gpt2).then(Splits.asciiTriples()), false, "falcon");
    return rules;
  }

  private static void add(Map<String, Rule> rules, Splitter splitter, boolean wholeWords, String... names) {
    for (String name : names) rules.put(name, new Rule(splitter, wholeWords));
  }
}
