package org.scriptorium.pipeline;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Search;
import org.scriptorium.pipeline.JobFile.Style;
import org.scriptorium.pipeline.retrieval.SearchSettings.Mode;

/** Reads the keys of tasks that build or ask an index. */
final class SearchReader {
  private static final int TOP = 5;
  /** Fewer have no room for a sentence. */
  private static final int LEAST_TOKENS = 16;

  private SearchReader() {}

  static Search read(YamlSection section, Optional<Kind> kind) {
    Optional<String> index = section.name("index"), context = section.name("context");
    OptionalInt top = section.integer("top", 1), passageTokens = section.integer("passage-tokens", LEAST_TOKENS);
    Optional<Mode> mode = section.choice("mode", Mode.class, List.of());
    Optional<Style> style = section.choice("style", Style.class, List.of());
    OptionalInt shards = section.integer("shards", 1), chunkTokens = section.integer("chunk-tokens", LEAST_TOKENS);
    for (String key : List.of("index", "top", "mode")) TaskReader.only(section, kind, key, Kind.RETRIEVE, Kind.ANSWER);
    for (String key : List.of("context", "passage-tokens", "style")) TaskReader.only(section, kind, key, Kind.ANSWER);
    for (String key : List.of("shards", "chunk-tokens")) TaskReader.only(section, kind, key, Kind.INDEX);
    if (kind.filter(Kind.ANSWER::equals).isPresent() && index.isEmpty()) {
      for (String key : List.of("top", "mode")) {
        if (section.has(key)) section.complain(key, "only answers from an index have it; name one by index");
      }
      for (String key : List.of("passage-tokens", "style")) {
        if (section.has(key) && context.isEmpty()) section.complain(key, "only answers from an index or a context have it; name one");
      }
    }
    if (index.isPresent() && context.isPresent()) section.complain("context", "expected either index or context, found both");
    return new Search(index, context, top.orElse(TOP), mode.orElse(Mode.HYBRID), shards, chunkTokens, passageTokens,
        style.orElse(Style.WRITE));
  }
}
