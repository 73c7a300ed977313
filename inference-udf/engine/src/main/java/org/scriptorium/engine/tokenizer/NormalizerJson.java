package org.scriptorium.engine.tokenizer;

import java.util.Base64;

/** Reads {@code normalizer} of {@code tokenizer.json}. */
final class NormalizerJson {
  private static final String SUPPORTED = "Sequence, BertNormalizer, Strip, StripAccents, NFC, NFD, NFKC, NFKD, Lowercase, Nmt, "
      + "Precompiled, Replace, Prepend, ByteLevel";

  private NormalizerJson() {}

  static Normalizer read(JsonSection json) {
    if (json.isAbsent()) return Normalizer.NONE;
    return switch (json.string("type")) {
      case "Sequence" -> {
        Normalizer all = Normalizer.NONE;
        for (JsonSection part : json.list("normalizers")) all = all == Normalizer.NONE ? read(part) : all.then(read(part));
        yield all;
      }
      case "BertNormalizer" -> {
        boolean lower = json.bool("lowercase");
        yield Normalizers.bert(json.bool("clean_text"), json.bool("handle_chinese_chars"), json.bool("strip_accents", lower), lower);
      }
      case "Strip" -> Normalizers.strip(json.bool("strip_left"), json.bool("strip_right"));
      case "StripAccents" -> Normalizers.stripAccents();
      case "NFC" -> UnicodeForm.NFC;
      case "NFD" -> UnicodeForm.NFD;
      case "NFKC" -> UnicodeForm.NFKC;
      case "NFKD" -> UnicodeForm.NFKD;
      case "Lowercase" -> Normalizers.lowercase();
      case "Nmt" -> Normalizers.nmt();
      case "Precompiled" -> precompiled(json);
      case "Replace" -> Normalizers.replace(pattern(json), json.string("content"));
      case "Prepend" -> Normalizers.prepend(json.string("prepend"));
      case "ByteLevel" -> Normalizers.byteLevel();
      case String other -> throw json.at("type").unsupported(SUPPORTED);
    };
  }

  private static Normalizer precompiled(JsonSection json) {
    JsonSection map = json.at("precompiled_charsmap");
    // An absent map, as converters write it for models without rules, changes nothing.
    if (map.isAbsent() || json.string("precompiled_charsmap").isEmpty()) return Normalizer.NONE;
    try {
      return new CharacterMap(Base64.getDecoder().decode(json.string("precompiled_charsmap")), map.where() + ": " + map.key());
    } catch (IllegalArgumentException e) {
      throw map.wrong("base 64");
    }
  }

  /** {@code pattern} of a part: {@code {"String": …}} or {@code {"Regex": …}}. */
  static Finder pattern(JsonSection json) {
    JsonSection pattern = json.at("pattern");
    if (pattern.has("String")) return Finder.literal(pattern.string("String"));
    if (!pattern.has("Regex")) throw pattern.unsupported("{\"String\": …}, {\"Regex\": …}");
    return KnownPatterns.finder(pattern.string("Regex"), pattern.where() + ": " + pattern.key());
  }
}
