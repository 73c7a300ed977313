package org.scriptorium.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.api.SourcedText;

/** Vocabularies of the fixtures as converters to GGUF write them, against the ids of the libraries that they come from. */
class TestGgufVocabulariesFixture {

  @ParameterizedTest
  @ValueSource(strings = {"llama2", "gemma"})
  void scoredPairsAreSentencePieces(String name) {
    Path folder = Fixtures.shipped().resolve(name);
    var model = SentencePieceModel.read(folder.resolve("tokenizer.model"));
    encodesAsSentencePiece(Tokenizers.gguf("llama", vocabulary(model)), model, folder);
  }

  /** What llama.cpp adds where a file does not say: by the kind of vocabulary, and by the split of byte-level ones. */
  @Test
  void textsAreFramedByDefaultAsLlamaCppFramesThem() {
    var none = Vocabulary.Flags.NONE;
    var begin = new Vocabulary.Flags(none.addBegin(), none.addEnd(), none.addSeparator(), none.spacePrefix(), none.tidyBlanks(),
        Optional.of(SmallVocabulary.START), none.end(), none.unknown(), none.separator(), none.classification(), none.characterMap());
    for (String split : List.of("llama-bpe", "tekken", "gpt-2", "qwen2", "")) {
      Vocabulary small = SmallVocabulary.vocabulary(split);
      Tokenizer tokenizer = Tokenizers.gguf("gpt2",
          new Vocabulary(small.where(), small.tokens(), small.types(), small.merges(), split, small.scores(), begin));
      var text = SourcedText.trusted("the library");
      int[] framed = tokenizer.inputIds(text);
      assertThat(framed).as(split).isEqualTo(tokenizer.encodeInput(text).ids()).endsWith(tokenizer.encode(text));
      assertThat(framed[0] == SmallVocabulary.START).as(split).isEqualTo(List.of("llama-bpe", "tekken").contains(split));
    }
    var model = SentencePieceModel.read(Fixtures.shipped().resolve("llama2/tokenizer.model"));
    Vocabulary pieces = vocabulary(model);
    var named = new Vocabulary(pieces.where(), pieces.tokens(), pieces.types(), pieces.merges(), "", pieces.scores(), begin);
    Tokenizer scored = Tokenizers.gguf("llama", named);
    assertThat(scored.inputIds(SourcedText.row("a"))).startsWith(SmallVocabulary.START).endsWith(scored.encode(SourcedText.row("a")))
        .hasSize(1 + scored.encode(SourcedText.row("a")).length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "unigram-bytefallback"})
  void unigramsAreSentencePieces(String name) {
    Path folder = ReferenceFixtures.require("tokenizers/" + name);
    var model = SentencePieceModel.read(folder.resolve("spiece.model"));
    Tokenizer tokenizer = Tokenizers.gguf("t5", vocabulary(model));
    encodesAsSentencePiece(tokenizer, model, folder);
    assertThat(tokenizer.encodeInput(SourcedText.row("")).tokens()).containsExactly("</s>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "bert-cased"})
  void wordPiecesAreBerts(String name) {
    Path shipped = Fixtures.shipped().resolve(name);
    Path folder = Files.exists(shipped) ? shipped : ReferenceFixtures.require("tokenizers/" + name);
    JsonNode pieces = Fixtures.json(folder.resolve("tokenizer.json")).at("/model/vocab");
    var tokens = new String[pieces.size()];
    var types = new int[pieces.size()];
    Arrays.fill(types, TokenType.NORMAL.number());
    pieces.properties().forEach(piece -> {
      String token = piece.getKey();
      int id = piece.getValue().intValue();
      boolean markup = token.matches("\\[(PAD|UNK|CLS|SEP|MASK)]");
      if (markup) types[id] = TokenType.CONTROL.number();
      tokens[id] = markup ? token : token.startsWith("##") ? token.substring(2) : "\u2581" + token;
    });
    Tokenizer tokenizer = Tokenizers.gguf("bert", new Vocabulary("bert.gguf", tokens, types, new String[0], ""));
    assertThat(Fixtures.json(folder.resolve("tokenizer_expected.json")).get("cases")).allSatisfy(example -> {
      Encoding found = tokenizer.encodeInput(SourcedText.trusted(example.get("text").textValue()));
      assertThat(found.ids()).containsExactly(Fixtures.ints(example.get("ids")));
      assertThat(found.typeIds()).containsExactly(Fixtures.ints(example.get("type_ids")));
    });
  }

  /** But for texts that spell what a model's authors defined: the library finds it anywhere, this tokenizer only outside of rows. */
  private static void encodesAsSentencePiece(Tokenizer tokenizer, SentencePieceModel model, Path folder) {
    List<String> defined = IntStream.range(0, model.pieces().length).filter(id -> model.types()[id] == TokenType.USER_DEFINED)
        .mapToObj(id -> model.pieces()[id]).filter(piece -> !TokenizerJson.isHarmless(piece)).toList();
    var texts = new ArrayList<JsonNode>();
    for (JsonNode example : Fixtures.json(folder.resolve("tokenizer_expected.json")).get("cases")) {
      if (defined.stream().noneMatch(example.get("text").textValue()::contains)) texts.add(example);
    }
    assertThat(texts).hasSizeGreaterThan(60).allSatisfy(example -> {
      int[] ids = tokenizer.encode(SourcedText.row(example.get("text").textValue()));
      assertThat(ids).containsExactly(Fixtures.ints(example.get("sentencepiece_ids")));
    });
  }

  private static Vocabulary vocabulary(SentencePieceModel model) {
    int[] types = Arrays.stream(model.types()).mapToInt(TokenType::number).toArray();
    var none = Vocabulary.Flags.NONE;
    var flags = new Vocabulary.Flags(none.addBegin(), none.addEnd(), none.addSeparator(), Optional.of(model.prefix()), Optional.of(model.tidy()),
        none.begin(), Optional.of(Arrays.asList(model.pieces()).indexOf("</s>")), none.unknown(), none.separator(), none.classification(),
        model.characterMap());
    return new Vocabulary("pieces.gguf", model.pieces(), types, new String[0], "", model.scores(), flags);
  }
}
