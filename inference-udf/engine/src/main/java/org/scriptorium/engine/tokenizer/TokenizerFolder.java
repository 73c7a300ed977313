package org.scriptorium.engine.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.tokenizer.PostProcessor.Piece;

/** Finds the tokenizer of a model folder. */
final class TokenizerFolder {
  /** Tokenizers whose ids are not those of the SentencePiece model. */
  private static final Set<String> SHIFTED = Set.of("XLMRobertaTokenizer", "CamembertTokenizer", "MBartTokenizer", "MBart50Tokenizer",
      "NllbTokenizer", "M2M100Tokenizer", "BarthezTokenizer", "PegasusTokenizer", "XGLMTokenizer");

  private TokenizerFolder() {}

  static Tokenizer open(Path folder) {
    if (has(folder, "tokenizer.json")) return TokenizerJson.read(JsonSection.read(folder.resolve("tokenizer.json")));
    if (MarianTokenizers.isFolder(folder)) return MarianTokenizers.tokenizer(folder, "source.spm");
    for (String name : List.of("tokenizer.model", "spiece.model")) if (has(folder, name)) return sentencePiece(folder, name);
    boolean pairs = has(folder, "vocab.json") && has(folder, "merges.txt");
    if (pairs || has(folder, "vocab.txt")) return VocabularyFiles.open(folder, settings(folder));
    if (has(folder, "vocab.pkl") || has(folder, "vocab.bin")) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, ("%s: its tokenizer is Python's pickled objects, which may run code; expected "
          + "tokenizer.json or vocabulary files of text. Convert it with the library that wrote it.").formatted(folder));
    }
    throw new ModelException(ErrorCode.MODEL_NOT_FOUND, ("%s: has no tokenizer; expected tokenizer.json, tokenizer.model, spiece.model, "
        + "source.spm and target.spm with vocab.json, vocab.json with merges.txt, or vocab.txt. Fetch the model again.").formatted(folder));
  }

  private static boolean has(Path folder, String name) {
    return Files.exists(folder.resolve(name));
  }

  /** {@code tokenizer_config.json}; empty where there is none. */
  static JsonSection settings(Path folder) {
    Path file = folder.resolve("tokenizer_config.json");
    return Files.exists(file) ? JsonSection.read(file) : JsonSection.parse(file.toString(), "{}");
  }

  /** The tokens that {@code tokenizer_config.json} adds to the vocabulary. */
  static List<SentencePieceTokenizers.Extra> extras(JsonSection settings) {
    var extras = new ArrayList<SentencePieceTokenizers.Extra>();
    JsonSection added = settings.at("added_tokens_decoder");
    if (added.isAbsent()) return extras;
    added.node().fieldNames().forEachRemaining(id -> {
      JsonSection token = added.at(id);
      if (!id.matches("\\d{1,9}")) throw token.wrong("an id as its name");
      extras.add(new SentencePieceTokenizers.Extra(Integer.parseInt(id), token.string("content"), token.bool("special", false),
          token.bool("lstrip", false), token.bool("rstrip", false)));
    });
    return extras;
  }

  private static Tokenizer sentencePiece(Path folder, String name) {
    JsonSection settings = settings(folder);
    String kind = settings.string("tokenizer_class", "").replaceFirst("Fast$", "");
    if (SHIFTED.contains(kind)) {
      throw settings.at("tokenizer_class").unsupported("LlamaTokenizer, GemmaTokenizer, T5Tokenizer without tokenizer.json");
    }
    var model = SentencePieceModel.read(folder.resolve(name));
    var extras = new ArrayList<>(extras(settings));
    if (extras.isEmpty() && kind.equals("T5Tokenizer")) {
      int count = settings.has("extra_ids") ? settings.integer("extra_ids") : 100, last = model.pieces().length + count - 1;
      for (int i = 0; i < count; i++) extras.add(new SentencePieceTokenizers.Extra(last - i, "<extra_id_" + i + ">", true, false, false));
    }
    boolean begins = settings.bool("add_bos_token", kind.equals("LlamaTokenizer") || kind.equals("GemmaTokenizer"));
    boolean ends = settings.bool("add_eos_token", kind.equals("T5Tokenizer"));
    List<Piece> first = markup(settings, model, "bos_token", "<s>", begins), last = markup(settings, model, "eos_token", "</s>", ends);
    return SentencePieceTokenizers.tokenizer(model, extras, template(first, last, kind.equals("T5Tokenizer") ? 0 : 1));
  }

  private static List<Piece> markup(JsonSection settings, SentencePieceModel model, String name, String otherwise, boolean wanted) {
    if (!wanted) return List.of();
    String token = SpecialNames.of(settings, name, otherwise);
    int id = List.of(model.pieces()).indexOf(token);
    if (id < 0) throw settings.at(name).wrong("a piece of " + model.where());
    return List.of(new Piece.Added(new int[] {id}, new String[] {token}, 0));
  }

  /** Every text between the same tokens. */
  static PostProcessor template(List<Piece> first, List<Piece> last, int secondType) {
    List<Piece> single = joined(List.of(first, List.of(new Piece.Text(0, 0)), last));
    return PostProcessor.template(single,
        joined(List.of(single, typed(first, secondType), List.of(new Piece.Text(1, secondType)), typed(last, secondType))));
  }

  static List<Piece> typed(List<Piece> pieces, int typeId) {
    return pieces.stream().map(piece -> switch (piece) {
      case Piece.Added added -> (Piece) new Piece.Added(added.ids(), added.tokens(), typeId);
      case Piece.Text text -> text;
    }).toList();
  }

  static List<Piece> joined(List<List<Piece>> parts) {
    return parts.stream().flatMap(List::stream).toList();
  }
}
