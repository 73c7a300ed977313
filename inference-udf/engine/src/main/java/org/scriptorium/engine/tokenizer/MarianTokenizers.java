package org.scriptorium.engine.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.scriptorium.engine.tokenizer.PostProcessor.Piece;

/**
 * Makes tokenizers of Marian's folders: one SentencePiece model a side, one vocabulary of pieces for both. The target's model turns ids
 * into text whatever the side, as the reference has it.
 */
final class MarianTokenizers {
  private MarianTokenizers() {}

  static boolean isFolder(Path folder) {
    return Stream.of("source.spm", "target.spm", "vocab.json").allMatch(name -> Files.exists(folder.resolve(name)));
  }

  /** @param side {@code source.spm} or {@code target.spm} */
  static Tokenizer tokenizer(Path folder, String side) {
    var model = SentencePieceModel.read(folder.resolve(side));
    var target = SentencePieceModel.read(folder.resolve("target.spm"));
    Map<String, Integer> vocabulary = ModelJson.vocabulary(JsonSection.read(folder.resolve("vocab.json")));
    var settings = Files.exists(folder.resolve("tokenizer_config.json")) ? JsonSection.read(folder.resolve("tokenizer_config.json"))
        : JsonSection.parse(folder.toString(), "{}");
    if (settings.bool("separate_vocabs", false)) throw settings.at("separate_vocabs").unsupported("false");
    List<String> special = Stream.of("eos_token", "unk_token", "pad_token").map(name -> SpecialNames.of(settings, name, fallback(name)))
        .filter(vocabulary::containsKey).distinct().toList();
    String end = SpecialNames.of(settings, "eos_token", fallback("eos_token"));
    String unknown = SpecialNames.of(settings, "unk_token", fallback("unk_token"));
    if (!vocabulary.containsKey(unknown)) throw settings.at("unk_token").wrong("a token of vocab.json");
    if (!vocabulary.containsKey(end)) throw settings.at("eos_token").wrong("a token of vocab.json");
    var tokens = new String[vocabulary.values().stream().mapToInt(id -> id + 1).max().orElse(0)];
    vocabulary.forEach((token, id) -> tokens[id] = token);
    var markup = new boolean[tokens.length];
    special.forEach(token -> markup[vocabulary.get(token)] = true);
    var added = new ArrayList<AddedTokens.Token>();
    vocabulary.forEach((token, id) -> {
      if (markup[id]) added.add(new AddedTokens.Token(token, id, false));
    });
    Piece last = new Piece.Added(new int[] {vocabulary.get(end)}, new String[] {end}, 0);
    Piece first = new Piece.Text(0, 0), second = new Piece.Text(1, 0);
    PostProcessor template = PostProcessor.template(List.of(first, last), List.of(first, second, last));
    var decoder = new TokenizerParts.Decoder(SentencePieceDecoding.marian(target, Set.copyOf(special)),
        token -> token.replace('\u2581', ' '), false);
    var pieces = new PipelineTokenizer(new TokenizerParts(tokens, tokens, markup, added, List.of(),
        SentencePieceTokenizers.normalizer(model), PreTokenizer.NONE, false, models(model, vocabulary, vocabulary.get(unknown)),
        template, decoder));
    return new MarianTokenizer(pieces, vocabulary, vocabulary.get(unknown));
  }

  private static String fallback(String name) {
    return switch (name) {
      case "eos_token" -> "</s>";
      case "unk_token" -> "<unk>";
      default -> "<pad>";
    };
  }

  private static TokenizerParts.Models models(SentencePieceModel model, Map<String, Integer> vocabulary, int unknown) {
    Model pieces = SentencePieceTokenizers.models(model).over(id -> true);
    return new TokenizerParts.Models() {
      @Override
      public Model over(IntPredicate allowed) {
        return new Renumbered(model, pieces, vocabulary, allowed, unknown);
      }

      @Override
      public boolean reaches(IntPredicate tokens) {
        return true;
      }
    };
  }

  /** A SentencePiece model whose pieces have the ids of another vocabulary; the text of unknown pieces is looked up too. */
  private static final class Renumbered implements Model {
    private final Model pieces;
    private final int[] ids;
    private final boolean[] isUnknown;
    private final Map<String, Integer> vocabulary;
    private final IntPredicate allowed;
    private final int unknown;

    private Renumbered(SentencePieceModel model, Model pieces, Map<String, Integer> vocabulary, IntPredicate allowed, int unknown) {
      this.pieces = pieces;
      this.vocabulary = vocabulary;
      this.allowed = allowed;
      this.unknown = unknown;
      ids = Arrays.stream(model.pieces()).mapToInt(this::id).toArray();
      isUnknown = new boolean[ids.length];
      for (int i = 0; i < ids.length; i++) isUnknown[i] = model.types()[i] == TokenType.UNKNOWN;
    }

    private int id(String piece) {
      Integer id = vocabulary.get(piece);
      return id != null && allowed.test(id) ? id : unknown;
    }

    @Override
    public void encode(byte[] text, int from, int to, Tokens target) {
      var found = new Tokens((to - from) / 3, Tokens.Positions.TRUE);
      pieces.encode(text, from, to, found);
      int[] numbers = found.ids(), starts = found.starts(), ends = found.ends();
      for (int i = 0; i < numbers.length; i++) {
        int id = isUnknown[numbers[i]] ? id(Utf8.decode(text, from + starts[i], from + ends[i])) : ids[numbers[i]];
        target.append(id, starts[i], ends[i]);
      }
    }
  }
}
