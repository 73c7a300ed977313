package org.scriptorium.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import org.scriptorium.engine.BatchMeasurement;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.catalog.Catalog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Batched generation without Spark, measured: one JSON line a batch. */
@Command(name = "bench", description = "Measures batched generation without Spark; prints one JSON line for each batch size.")
final class BenchCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Console console;

  @Mixin private Verbosity verbosity;

  @Option(names = "--model", paramLabel = "M", defaultValue = Models.DEFAULT, description = "Catalog name, .gguf file or model folder (default: ${DEFAULT-VALUE}).")
  private String model;

  @Option(names = "--prompt-tokens", paramLabel = "P", defaultValue = "256", description = "Tokens of each prompt (default: ${DEFAULT-VALUE}).")
  private int promptTokens;

  @Option(names = "--generate", paramLabel = "G", defaultValue = "64", description = "Tokens generated for each prompt (default: ${DEFAULT-VALUE}).")
  private int generate;

  @Option(names = "--batch", paramLabel = "B", split = ",", defaultValue = "1,8,32,64", description = "Batch sizes (default: ${DEFAULT-VALUE}).")
  private List<Integer> batches;

  @Option(names = "--threads", paramLabel = "T", defaultValue = "0", description = "Compute threads; 0 is all processors (default).")
  private int threads;

  @Option(names = "--kernels", paramLabel = "K", defaultValue = "auto", description = "auto, vector or scalar (default: ${DEFAULT-VALUE}).")
  private String kernels;

  @Option(names = "--vector-bits", paramLabel = "V", defaultValue = "0", description = "256 or 512; 0 is the processor's preferred width (default).")
  private int vectorBits;

  @Option(names = "--step-tokens", paramLabel = "S", defaultValue = "512", description = "Most tokens of a step (default: ${DEFAULT-VALUE}).")
  private int stepTokens;

  @Option(names = "--cache-type", paramLabel = "C", defaultValue = "float16",
      description = "How keys and values are kept: float16 or float32 (default: ${DEFAULT-VALUE}).")
  private String cacheType;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    int workers = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    var options = new EngineOptions(workers, 1, 1, stepTokens, kernels, vectorBits, cacheType, Catalog.cacheDirectory().resolve("packed"));
    try (var measurement = new BatchMeasurement(Models.locate(model), options)) {
      for (int batch : batches) {
        // The compiler needs some thousand turns of each loop before it is done.
        measurement.run(batch, promptTokens, Math.min(generate, 16));
        var result = measurement.run(batch, promptTokens, generate);
        console.out().println(JSON.writeValueAsString(line(measurement, result, workers)));
        console.out().flush();
      }
    }
    return 0;
  }

  private LinkedHashMap<String, Object> line(BatchMeasurement measurement, BatchMeasurement.Result result, int workers) throws IOException {
    var line = new LinkedHashMap<String, Object>();
    line.put("engine", "scriptorium");
    line.put("type", measurement.storageTypes());
    line.put("kernels", measurement.kernels());
    line.put("cache", cacheType);
    line.put("threads", workers);
    line.put("prompt", result.promptTokens());
    line.put("generate", result.generated());
    line.put("batch", result.batch());
    line.put("prefill_tps", tenths(result.prefillRate()));
    line.put("decode_tps", tenths(result.decodeRate()));
    line.put("total_tps", tenths(result.totalRate()));
    line.put("peak_rss_mib", peakResidentMebibytes());
    return line;
  }

  private static double tenths(double value) {
    return Math.round(value * 10) / 10.0;
  }

  /** From the kernel's accounts; 0 where there are none. */
  private static long peakResidentMebibytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) return 0;
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
    }
    return 0;
  }
}
