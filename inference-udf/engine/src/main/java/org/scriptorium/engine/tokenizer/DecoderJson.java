package org.scriptorium.engine.tokenizer;

import java.util.function.UnaryOperator;
import org.scriptorium.engine.tokenizer.TokenizerParts.Decoder;

/** Reads {@code decoder} of {@code tokenizer.json}. */
final class DecoderJson {
  private static final String SUPPORTED = "Sequence, ByteLevel, WordPiece, Metaspace, BPEDecoder, ByteFallback, Fuse, Strip, Replace, CTC";

  private DecoderJson() {}

  static Decoder read(JsonSection json) {
    if (json.isAbsent()) return Decoder.of(Decoding.joined());
    return switch (json.string("type")) {
      case "Sequence" -> {
        Decoder all = Decoder.of(next -> next);
        for (JsonSection part : json.list("decoders")) all = chained(all, read(part));
        yield all;
      }
      case "ByteLevel" -> new Decoder(Decoding.byteLevel(), UnaryOperator.identity(), true);
      case "ByteFallback" -> Decoder.of(Decoding.byteFallback());
      case "Fuse" -> Decoder.of(Decoding.fused());
      case "WordPiece" -> {
        String prefix = json.string("prefix");
        yield new Decoder(Decodings.wordPiece(prefix, json.bool("cleanup")),
            token -> token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token, false);
      }
      case "Metaspace" -> {
        int sign = json.character("replacement");
        yield new Decoder(Decodings.metaspace(sign, PreTokenizerJson.prepend(json) != WordSplits.Prepend.NEVER),
            token -> token.replace(Character.toString(sign), " "), false);
      }
      case "BPEDecoder" -> {
        String suffix = json.string("suffix");
        yield new Decoder(Decodings.wordEnds(suffix), token -> token.replace(suffix, " "), false);
      }
      case "Strip" -> Decoder.of(Decodings.strip(json.character("content"), json.integer("start"), json.integer("stop")));
      case "Replace" -> replace(json);
      case "CTC" -> Decoder.of(Decodings.temporal(json.string("pad_token"), json.string("word_delimiter_token"), json.bool("cleanup")));
      case String other -> throw json.at("type").unsupported(SUPPORTED);
    };
  }

  private static Decoder replace(JsonSection json) {
    String content = json.string("content");
    if (!json.at("pattern").has("String")) return Decoder.of(Decodings.replace(NormalizerJson.pattern(json), content));
    String sought = json.at("pattern").string("String");
    return new Decoder(Decodings.replace(sought, content), token -> sought.isEmpty() ? token : token.replace(sought, content), false);
  }

  private static Decoder chained(Decoder first, Decoder second) {
    return new Decoder(first.decoding().then(second.decoding()), token -> second.piece().apply(first.piece().apply(token)),
        first.byteLevel() || second.byteLevel());
  }
}
