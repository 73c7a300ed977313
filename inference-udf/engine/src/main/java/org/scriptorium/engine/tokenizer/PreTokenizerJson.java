package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** Reads {@code pre_tokenizer} of {@code tokenizer.json}. */
final class PreTokenizerJson {
  private static final String SUPPORTED = "Sequence, ByteLevel, Split, Metaspace, Whitespace, WhitespaceSplit, BertPreTokenizer, Digits, "
      + "Punctuation, CharDelimiterSplit, UnicodeScripts, FixedLength";
  private static final String BEHAVIORS = "Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous";

  private PreTokenizerJson() {}

  /**
   * @param spelled the words are to be spelled in GPT-2's alphabet of bytes, as the last step
   * @param asksForStart a word's way depends on its being the source's first
   */
  record Result(PreTokenizer preTokenizer, boolean spelled, boolean asksForStart) {}

  /** Leaves the spelling of bytes to the model where it is the last step. */
  static Result read(JsonSection json) {
    if (json.isAbsent()) return new Result(PreTokenizer.NONE, false, false);
    var steps = new ArrayList<JsonSection>();
    flatten(json, steps);
    PreTokenizer all = PreTokenizer.NONE;
    boolean asks = steps.stream().anyMatch(step -> step.string("type").equals("Metaspace") && prepend(step) == WordSplits.Prepend.FIRST);
    for (int i = 0; i < steps.size(); i++) {
      JsonSection step = steps.get(i);
      boolean spells = step.string("type").equals("ByteLevel"), last = i == steps.size() - 1;
      all = all.then(step(step));
      if (spells && last) return new Result(all, true, asks);
      if (spells) all = all.then(WordSplits.spelled());
    }
    return new Result(all, false, asks);
  }

  private static void flatten(JsonSection json, List<JsonSection> steps) {
    if (json.string("type").equals("Sequence")) for (JsonSection part : json.list("pretokenizers")) flatten(part, steps);
    else steps.add(json);
  }

  private static PreTokenizer step(JsonSection json) {
    return switch (json.string("type")) {
      case "ByteLevel" -> {
        PreTokenizer blank = json.bool("add_prefix_space") ? WordSplits.blankBefore() : PreTokenizer.NONE;
        yield json.bool("use_regex", true) ? blank.then(PreTokenizer.of(Splits.gpt2())) : blank;
      }
      case "Split" -> {
        Finder finder = NormalizerJson.pattern(json);
        yield behavior(json.at("behavior")).by(json.bool("invert") ? finder.inverted() : finder);
      }
      case "Metaspace" -> WordSplits.metaspace(json.character("replacement"), prepend(json), json.bool("split", true));
      case "Whitespace" -> WordSplits.wordsAndSigns();
      case "WhitespaceSplit" -> WordSplits.whiteSpace();
      case "BertPreTokenizer" -> WordSplits.bert();
      case "Digits" -> WordSplits.digits(json.bool("individual_digits") ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS);
      case "Punctuation" -> WordSplits.punctuation(json.has("behavior") ? behavior(json.at("behavior")) : SplitBehavior.ISOLATED);
      case "CharDelimiterSplit" -> WordSplits.character(json.character("delimiter"));
      case "UnicodeScripts" -> WordSplits.scripts();
      case "FixedLength" -> {
        int length = json.has("length") ? json.integer("length") : 5;
        if (length < 1) throw json.at("length").wrong("1 or more");
        yield WordSplits.fixedLength(length);
      }
      case String other -> throw json.at("type").unsupported(SUPPORTED);
    };
  }

  private static SplitBehavior behavior(JsonSection json) {
    return switch (json.node().asText()) {
      case "Removed" -> SplitBehavior.REMOVED;
      case "Isolated" -> SplitBehavior.ISOLATED;
      case "MergedWithPrevious" -> SplitBehavior.MERGED_WITH_PREVIOUS;
      case "MergedWithNext" -> SplitBehavior.MERGED_WITH_NEXT;
      case "Contiguous" -> SplitBehavior.CONTIGUOUS;
      case String other -> throw json.unsupported(BEHAVIORS);
    };
  }

  /** {@code prepend_scheme}, and {@code add_prefix_space}, which older files have instead. */
  static WordSplits.Prepend prepend(JsonSection json) {
    boolean never = json.has("add_prefix_space") && !json.bool("add_prefix_space");
    if (never && json.has("prepend_scheme") && !json.string("prepend_scheme").equals("never")) {
      throw json.at("prepend_scheme").wrong("\"never\", as add_prefix_space is false");
    }
    return switch (json.string("prepend_scheme", never ? "never" : "always")) {
      case "always" -> WordSplits.Prepend.ALWAYS;
      case "first" -> WordSplits.Prepend.FIRST;
      case "never" -> WordSplits.Prepend.NEVER;
      case String other -> throw json.at("prepend_scheme").unsupported("always, first, never");
    };
  }
}
