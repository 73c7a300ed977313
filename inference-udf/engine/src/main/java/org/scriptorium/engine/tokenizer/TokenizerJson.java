package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads {@code tokenizer.json} as Hugging Face's {@code tokenizers} does. Truncation and padding in it are for others. */
final class TokenizerJson {
  private TokenizerJson() {}

  /** What stands around texts is in the file's {@code post_processor} alone, whatever {@code tokenizer_config.json} adds. */
  static Tokenizer read(JsonSection json) {
    if (json.has("version") && !json.string("version").equals("1.0")) throw json.at("version").unsupported("\"1.0\"");
    Normalizer normalizer = NormalizerJson.read(json.at("normalizer"));
    var split = PreTokenizerJson.read(json.at("pre_tokenizer"));
    if (json.at("model").isAbsent()) throw json.at("model").wrong("a model");
    var model = ModelJson.read(json.at("model"), split.spelled());
    PreTokenizer preTokenizer = split.preTokenizer();
    if (split.spelled() && !model.spelled()) preTokenizer = preTokenizer.then(WordSplits.spelled());
    if (model.models() instanceof BytePairModels pairs) preTokenizer = preTokenizer.then(pairs.finerWords());
    var added = new Added(model.vocabulary(), normalizer);
    if (!json.at("added_tokens").isAbsent()) for (JsonSection token : json.list("added_tokens")) added.add(token);
    boolean tracked = split.asksForStart() && normalizer != Normalizer.NONE;
    return new PipelineTokenizer(added.parts(normalizer, preTokenizer, tracked, model.models(),
        PostProcessorJson.read(json.at("post_processor")), DecoderJson.read(json.at("decoder"))));
  }

  /** True for a token that can't be mistaken for markup: blanks that a model's authors added as text. */
  static boolean isHarmless(String text) {
    return text.replace('\u2581', ' ').isBlank();
  }

  /** The vocabulary with the tokens that were added to it. */
  static final class Added {
    private final Map<String, Integer> vocabulary;
    private final Normalizer normalizer;
    private final Map<Integer, Entry> byId = new HashMap<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final Set<String> specials = new HashSet<>();
    private int greatest = -1;

    private record Entry(String content, String shown, boolean normalized, AddedTokens.Token token) {}

    Added(Map<String, Integer> vocabulary, Normalizer normalizer) {
      this.vocabulary = vocabulary;
      this.normalizer = normalizer;
    }

    private void add(JsonSection json) {
      add(json.string("content"), json.bool("special", false), json.bool("normalized", !json.bool("special", false)),
          json.bool("single_word", false), json.bool("lstrip", false), json.bool("rstrip", false));
    }

    /** Adds a token; one that the vocabulary has keeps its id, any other gets the next. */
    void add(String content, boolean special, boolean isNormalized, boolean word, boolean left, boolean right) {
      if (content.isEmpty()) return;
      Integer known = ids.containsKey(content) ? ids.get(content) : vocabulary.get(content);
      int size = vocabulary.size(), id = known != null ? known : greatest >= size || size == 0 ? greatest + 1 : size;
      greatest = Math.max(greatest, id);
      String shown = isNormalized ? normalized(content) : content;
      boolean anywhere = !special && isHarmless(content);
      byId.put(id, new Entry(content, shown, isNormalized, new AddedTokens.Token(shown, id, anywhere, word, left, right)));
      ids.put(content, id);
      if (special) specials.add(content);
    }

    /** The token of a name, if the settings want it around texts and have one. */
    private String normalized(String content) {
      AlignedText text = normalizer.normalize(AlignedText.untracked(Utf8.encode(content, 0, content.length())));
      return text.text(0, text.size());
    }

    TokenizerParts parts(Normalizer by, PreTokenizer preTokenizer, boolean tracked, TokenizerParts.Models models,
        PostProcessor postProcessor, TokenizerParts.Decoder decoder) {
      int last = Math.max(greatest, vocabulary.values().stream().mapToInt(id -> id).max().orElse(-1));
      var tokens = new String[last + 1];
      vocabulary.forEach((token, id) -> tokens[id] = token);
      byId.forEach((id, entry) -> tokens[id] = entry.shown);
      var special = new boolean[last + 1];
      for (int id = 0; id <= last; id++) special[id] = tokens[id] != null && specials.contains(tokens[id]);
      return new TokenizerParts(tokens, tokens, special, found(false), found(true), by, preTokenizer, tracked, models, postProcessor,
          decoder);
    }

    private List<AddedTokens.Token> found(boolean inNormalized) {
      var found = new ArrayList<AddedTokens.Token>();
      for (Entry entry : byId.values()) if (entry.normalized == inNormalized && !entry.shown.isEmpty()) found.add(entry.token);
      return found;
    }
  }
}
