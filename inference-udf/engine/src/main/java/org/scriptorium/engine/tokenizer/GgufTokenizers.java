package org.scriptorium.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.tokenizer.PostProcessor.Piece;

/** Makes tokenizers of GGUF's metadata, as llama.cpp understands them. */
final class GgufTokenizers {
  private static final String SIGN = "\u2581";

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
        bytes ? split : split.then(WordSplits.spelled()), false, bytes ? models.overBytes() : models,
        template(vocabulary, PreTokenizers.begins(vocabulary.preTokenizer()), false, 0),
        new TokenizerParts.Decoder(Decoding.byteLevel(), UnaryOperator.identity(), true)));
  }

  /** Byte-pair encoding by scores, as SentencePiece has it. */
  static Tokenizer scoredPairs(Vocabulary vocabulary) {
    var model = sentencePiece(vocabulary, SentencePieceModel.Kind.BPE, true, false);
    return SentencePieceTokenizers.tokenizer(model, defined(vocabulary), template(vocabulary, true, false, 0));
  }

  static Tokenizer unigram(Vocabulary vocabulary) {
    var model = sentencePiece(vocabulary, SentencePieceModel.Kind.UNIGRAM, false, false);
    return SentencePieceTokenizers.tokenizer(model, defined(vocabulary), template(vocabulary, false, true, 0));
  }

  /** What the authors of a model defined as text: llama.cpp finds it before normalization, as it does markup. */
  private static List<SentencePieceTokenizers.Extra> defined(Vocabulary vocabulary) {
    TokenType[] types = types(vocabulary);
    return IntStream.range(0, types.length).filter(id -> types[id] == TokenType.USER_DEFINED)
        .mapToObj(id -> new SentencePieceTokenizers.Extra(id, vocabulary.tokens()[id], false, false, false)).toList();
  }

  private static SentencePieceModel sentencePiece(Vocabulary vocabulary, SentencePieceModel.Kind kind, boolean prefix, boolean tidy) {
    TokenType[] types = types(vocabulary);
    if (vocabulary.scores().length != types.length) {
      throw corrupt(vocabulary, "tokenizer.ggml.scores: expected %d values, one a token, found %d"
          .formatted(types.length, vocabulary.scores().length));
    }
    var flags = vocabulary.flags();
    flags.unknown().filter(id -> id >= 0 && id < types.length).ifPresent(id -> types[id] = TokenType.UNKNOWN);
    if (!List.of(types).contains(TokenType.UNKNOWN)) {
      throw corrupt(vocabulary, "tokenizer.ggml.unknown_token_id: expected a token for unknown characters, found none");
    }
    boolean bytes = List.of(types).contains(TokenType.BYTE);
    // Text merges to blanks that the authors defined, as in llama.cpp, and to nothing else of theirs.
    for (int id = 0; id < types.length; id++) {
      boolean blank = types[id] == TokenType.USER_DEFINED && TokenizerJson.isHarmless(vocabulary.tokens()[id]);
      if (blank) types[id] = TokenType.NORMAL;
      else if (types[id] == TokenType.USER_DEFINED || types[id] == TokenType.UNUSED) types[id] = TokenType.CONTROL;
    }
    return new SentencePieceModel(vocabulary.where(), kind, vocabulary.tokens(), vocabulary.scores(), types, bytes, " \u2047 ",
        flags.characterMap(), flags.spacePrefix().orElse(prefix), flags.tidyBlanks().orElse(tidy), true);
  }

  /**
   * BERT's WordPiece, whose vocabulary GGUF writes with U+2581 before tokens that begin a word. A vocabulary with capitals is of a model
   * that tells them apart.
   */
  static Tokenizer wordPiece(Vocabulary vocabulary) {
    TokenType[] types = types(vocabulary);
    var tokens = new String[types.length];
    var special = new boolean[types.length];
    Map<String, Integer> ids = HashMap.newHashMap(types.length);
    var found = new ArrayList<AddedTokens.Token>();
    boolean cased = false;
    for (int id = 0; id < types.length; id++) {
      String token = vocabulary.tokens()[id];
      boolean markup = types[id] != TokenType.NORMAL || token.startsWith("[") && token.endsWith("]") && token.length() > 2;
      tokens[id] = markup ? token : token.startsWith(SIGN) ? token.substring(1) : "##" + token;
      special[id] = types[id] == TokenType.CONTROL || types[id] == TokenType.UNKNOWN;
      if (special[id]) found.add(new AddedTokens.Token(token, id, false));
      else cased |= token.chars().anyMatch(Character::isUpperCase) && !markup;
      ids.putIfAbsent(tokens[id], id);
    }
    int unknown = vocabulary.flags().unknown().orElseGet(() -> ids.getOrDefault("[UNK]", -1));
    if (unknown < 0 || unknown >= tokens.length) throw corrupt(vocabulary, "tokenizer.ggml.unknown_token_id: expected a token, found none");
    special[unknown] = true;
    var models = ModelJson.wordPieces(ids, "##", unknown, tokens[unknown], 100);
    return new PipelineTokenizer(new TokenizerParts(tokens, tokens, special, found, List.of(), Normalizers.bert(true, true, !cased, !cased),
        WordSplits.bert(), false, models, template(vocabulary, true, true, 1), new TokenizerParts.Decoder(Decodings.wordPiece("##", true),
            token -> token.startsWith("##") ? token.substring(2) : " " + token, false)));
  }

  /** The tokens before and after every text. */
  private static PostProcessor template(Vocabulary vocabulary, boolean begins, boolean ends, int secondType) {
    var flags = vocabulary.flags();
    List<Piece> first = List.of(), last = List.of();
    if (flags.addBegin().orElse(begins)) first = markup(vocabulary, flags.classification().or(flags::begin), "[CLS]", "bos_token_id");
    if (flags.addEnd().or(flags::addSeparator).orElse(ends)) {
      last = markup(vocabulary, flags.separator().or(flags::end), "[SEP]", "eos_token_id");
    }
    if (secondType == 0) return TokenizerFolder.template(first, last, 0);
    List<Piece> single = TokenizerFolder.joined(List.of(first, List.of(new Piece.Text(0, 0)), last));
    return PostProcessor.template(single,
        TokenizerFolder.joined(List.of(single, List.of(new Piece.Text(1, 1)), TokenizerFolder.typed(last, 1))));
  }

  private static List<Piece> markup(Vocabulary vocabulary, Optional<Integer> given, String otherwise, String key) {
    int id = given.orElseGet(() -> List.of(vocabulary.tokens()).indexOf(otherwise));
    // A file that asks for a token and names none, as converters wrote them, gets none.
    if (id < 0) return List.of();
    if (id >= vocabulary.size()) {
      throw corrupt(vocabulary, "tokenizer.ggml.%s: expected less than %d, found %d".formatted(key, vocabulary.size(), id));
    }
    return List.of(new Piece.Added(new int[] {id}, new String[] {vocabulary.tokens()[id]}, 0));
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
