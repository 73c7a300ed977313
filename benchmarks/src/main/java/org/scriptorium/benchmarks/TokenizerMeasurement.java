package org.scriptorium.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;

/**
 * How fast a tokenizer encodes, on one thread: one JSON line with megabytes of UTF-8 a second, and with the number of ids and a checksum
 * over them, which {@code tokenizers_peer.py} prints too.
 */
public final class TokenizerMeasurement {
  private TokenizerMeasurement() {}

  /** @param arguments a model folder, a file of texts with a zero byte after each, and the number of rounds, of which the median counts */
  public static void main(String[] arguments) throws IOException {
    Tokenizer tokenizer = Tokenizers.folder(Path.of(arguments[0]));
    String all = Files.readString(Path.of(arguments[1]), StandardCharsets.UTF_8);
    List<SourcedText> texts = Stream.of(all.split("\0")).map(SourcedText::row).toList();
    long bytes = texts.stream().mapToLong(text -> text.text().getBytes(StandardCharsets.UTF_8).length).sum();
    int rounds = Integer.parseInt(arguments[2]);
    long ids = 0, sum = 0;
    for (SourcedText text : texts) {
      int[] found = tokenizer.encode(text);
      for (int i = 0; i < found.length; i++) sum += (long) found[i] * (i + 1);
      ids += found.length;
    }
    var speeds = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime(), count = 0;
      for (SourcedText text : texts) count += tokenizer.encode(text).length;
      speeds[round] = bytes * 1e3 / (System.nanoTime() - start);
      if (count != ids) throw new IllegalStateException("round " + round + ": expected " + ids + " ids, found " + count);
    }
    Arrays.sort(speeds);
    System.out.println(String.format(Locale.ROOT,
        "{\"engine\": \"scriptorium\", \"tokenizer\": \"%s\", \"megabytes_per_second\": %.2f, \"best\": %.2f, \"ids\": %d, \"checksum\": %d}",
        Path.of(arguments[0]).getFileName(), speeds[rounds / 2], speeds[rounds - 1], ids, sum));
  }
}
