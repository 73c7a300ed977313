package org.scriptorium.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Makes tokenizers of GGUF's metadata, as llama.cpp understands them. */
final class GgufTokenizers {
  private GgufTokenizers() {}

  /** Byte-level byte-pair encoding. A byte that has no token of its own is left out, as in Hugging Face's {@code tokenizers}. */
  static Tokenizer byteLevelBpe(Vocabulary vocabulary) {
    var rule = PreTokenizers.named(vocabulary.preTokenizer(), vocabulary.where());
    TokenType[] types = types(vocabulary);
    String[] tokens = vocabulary.tokens();
    var decodable = new String[tokens.length];
    var special = new boolean[tokens.length];
    Map<String, Integer> mergeable = HashMap.newHashMap(tokens.length);
    var found = new ArrayList<AddedTokens.Token>();
    for (int id = 0; id < tokens.length; id++) {
      String token = tokens[id];
      decodable[id] = token;
      switch (types[id]) {
        case NORMAL -> mergeable.putIfAbsent(token, id);
        case USER_DEFINED, CONTROL, UNKNOWN -> {
          decodable[id] = ByteAlphabet.spelled(token.getBytes(StandardCharsets.UTF_8));
          special[id] = types[id] != TokenType.USER_DEFINED;
          if (!token.isEmpty()) found.add(new AddedTokens.Token(token, id, !special[id] && TokenizerJson.isHarmless(token)));
        }
        case UNUSED -> decodable[id] = "";
        case BYTE -> throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
            "%s: tokenizer.ggml.token_type[%d] is 6, a byte token; byte-level vocabularies have 1 to 5. Convert the model again."
                .formatted(vocabulary.where(), id));
      }
    }
    var pairs = new BytePairs.Rule(new int[0], "", "", -1, false, new int[0], rule.wholeWords());
    var models = new BytePairModels(vocabulary.where(), mergeable, merges(vocabulary, mergeable), pairs, BytePairModels.Repeated.FIRST);
    PreTokenizer split = PreTokenizer.of(rule.splitter());
    boolean bytes = models.spellsBytes();
    return new PipelineTokenizer(new TokenizerParts(tokens, decodable, special, found, List.of(), Normalizer.NONE,
        bytes ? split : split.then(WordSplits.spelled()), bytes ? models.overBytes() : models, PostProcessor.NONE,
        new TokenizerParts.Decoder(Decoding.byteLevel(), UnaryOperator.identity(), true)));
  }

  static TokenType[] types(Vocabulary vocabulary) {
    var types = new TokenType[vocabulary.size()];
    Arrays.fill(types, TokenType.NORMAL);
    int[] numbers = vocabulary.types();
    if (numbers.length == 0) return types;
    if (numbers.length != types.length) {
      throw corrupt(vocabulary, "tokenizer.ggml.token_type: expected %d values, one a token, found %d"
          .formatted(types.length, numbers.length));
    }
    for (int id = 0; id < types.length; id++) {
      if (!TokenType.isNumber(numbers[id])) {
        throw corrupt(vocabulary, "tokenizer.ggml.token_type[%d]: expected 1 to 6, found %d".formatted(id, numbers[id]));
      }
      types[id] = TokenType.of(numbers[id]);
    }
    return types;
  }

  /** The merges between tokens that text may become. */
  private static List<String[]> merges(Vocabulary vocabulary, Map<String, Integer> mergeable) {
    var merges = new ArrayList<String[]>(vocabulary.merges().length);
    var all = List.of(vocabulary.tokens());
    for (int rank = 0; rank < vocabulary.merges().length; rank++) {
      String merge = vocabulary.merges()[rank];
      int blank = merge.indexOf(' ', 1);
      if (blank < 0 || blank == merge.length() - 1) {
        throw corrupt(vocabulary, "tokenizer.ggml.merges[%d]: expected two tokens and a blank between them, found \"%s\""
            .formatted(rank, merge));
      }
      String left = merge.substring(0, blank), right = merge.substring(blank + 1);
      if (mergeable.containsKey(left) && mergeable.containsKey(right) && mergeable.containsKey(left + right)) {
        merges.add(new String[] {left, right});
        continue;
      }
      // A merge from or to markup is left out; one with a token that is nowhere contradicts the vocabulary.
      for (String token : List.of(left, right, left + right)) {
        if (mergeable.containsKey(token) || all.contains(token)) continue;
        throw corrupt(vocabulary, "tokenizer.ggml.merges[%d]: \"%s\" needs the token \"%s\", which the vocabulary lacks"
            .formatted(rank, merge, token));
      }
    }
    return merges;
  }

  private static ModelException corrupt(Vocabulary vocabulary, String finding) {
    return new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %s. Fetch or convert the model again.".formatted(vocabulary.where(), finding));
  }
}
