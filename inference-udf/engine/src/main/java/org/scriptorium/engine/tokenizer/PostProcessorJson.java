package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.tokenizer.PostProcessor.Piece;

/** Reads {@code post_processor} of {@code tokenizer.json}. */
final class PostProcessorJson {
  private static final String SUPPORTED = "Sequence, TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel";

  private PostProcessorJson() {}

  static PostProcessor read(JsonSection json) {
    if (json.isAbsent()) return PostProcessor.NONE;
    return switch (json.string("type")) {
      case "Sequence" -> {
        PostProcessor all = PostProcessor.NONE;
        int templates = 0;
        for (JsonSection part : json.list("processors")) {
          all = all.then(read(part));
          if (!part.string("type").equals("ByteLevel") && ++templates > 1) {
            throw part.at("type").unsupported("ByteLevel, as there is a template before it");
          }
        }
        yield all;
      }
      case "TemplateProcessing" -> PostProcessor.template(pieces(json, "single", false), pieces(json, "pair", true));
      case "BertProcessing" -> {
        Piece start = added(json, "cls", 0), end = added(json, "sep", 0), last = added(json, "sep", 1), text = new Piece.Text(0, 0);
        yield PostProcessor.template(List.of(start, text, end), List.of(start, text, end, new Piece.Text(1, 1), last));
      }
      case "RobertaProcessing" -> {
        Piece start = added(json, "cls", 0), end = added(json, "sep", 0);
        PostProcessor template = PostProcessor.template(List.of(start, new Piece.Text(0, 0), end),
            List.of(start, new Piece.Text(0, 0), end, end, new Piece.Text(1, 0), end));
        yield json.bool("trim_offsets") ? PostProcessor.trimmed(json.bool("add_prefix_space")).then(template) : template;
      }
      case "ByteLevel" -> json.bool("trim_offsets") ? PostProcessor.trimmed(json.bool("add_prefix_space")) : PostProcessor.NONE;
      case String other -> throw json.at("type").unsupported(SUPPORTED);
    };
  }

  private static Piece added(JsonSection json, String name, int typeId) {
    List<JsonSection> pair = json.list(name);
    if (pair.size() != 2 || !pair.get(0).isText() || !pair.get(1).node().canConvertToInt()) throw json.at(name).wrong("a token and its id");
    return new Piece.Added(new int[] {pair.get(1).node().intValue()}, new String[] {pair.get(0).node().textValue()}, typeId);
  }

  private static List<Piece> pieces(JsonSection json, String name, boolean isPair) {
    var pieces = new ArrayList<Piece>();
    for (JsonSection part : json.list(name)) {
      if (part.has("Sequence")) {
        JsonSection text = part.at("Sequence");
        String id = text.string("id");
        if (!id.equals("A") && !(id.equals("B") && isPair)) throw text.at("id").wrong(isPair ? "A or B" : "A");
        pieces.add(new Piece.Text(id.equals("A") ? 0 : 1, text.integer("type_id")));
        continue;
      }
      JsonSection special = part.at("SpecialToken");
      if (special.isAbsent()) throw part.unsupported("{\"Sequence\": …}, {\"SpecialToken\": …}");
      JsonSection token = json.at("special_tokens").at(special.string("id"));
      if (token.isAbsent()) throw special.at("id").wrong("one of special_tokens");
      int[] ids = token.list("ids").stream().mapToInt(id -> id.node().intValue()).toArray();
      String[] tokens = token.list("tokens").stream().map(text -> text.node().asText()).toArray(String[]::new);
      if (ids.length != tokens.length) throw token.wrong("as many ids as tokens");
      pieces.add(new Piece.Added(ids, tokens, special.integer("type_id")));
    }
    return pieces;
  }
}
