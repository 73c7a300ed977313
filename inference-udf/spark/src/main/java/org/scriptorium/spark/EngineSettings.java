package org.scriptorium.spark;

import com.sun.management.OperatingSystemMXBean;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.JavaUtils;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ThinkMarkers;
import org.scriptorium.engine.catalog.Catalog;

/**
 * How executors run their engines, as the driver decided it; each executor turns it into its own options.
 *
 * @param threads 0 for the executor's cores
 * @param cacheMemory bytes, or a share of the machine's memory
 * @param kernels {@code vector} or {@code scalar}, never {@code auto}
 * @param cacheType {@code float16} or {@code float32}
 * @param cacheDirectory empty for the executor's default
 * @param thinkMarkers as {@link ThinkMarkers#parse} reads them
 */
record EngineSettings(
    int threads, int maxBatch, int stepTokens, String cacheMemory, String kernels, int vectorBits, String cacheType, String cacheDirectory,
    String thinkMarkers)
    implements Serializable {

  EngineOptions options(SparkConf process) {
    var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    int chosen = threads > 0 ? threads : executorCores(process);
    return new EngineOptions(chosen, memoryBytes(cacheMemory, machine.getTotalMemorySize()), maxBatch, stepTokens, kernels, vectorBits, cacheType,
        directory().resolve("packed"), ThinkMarkers.parse(thinkMarkers));
  }

  /** Where this machine keeps models and packed weights. */
  Path directory() {
    return cacheDirectory.isEmpty() ? Catalog.cacheDirectory() : Path.of(cacheDirectory);
  }

  /** {@code 2g} and the like are bytes; a number below 1 is a share of {@code machineBytes}. */
  static long memoryBytes(String value, long machineBytes) {
    if (!value.contains(".")) return JavaUtils.byteStringAsBytes(value);
    double share = Double.parseDouble(value);
    if (!(share > 0 && share < 1)) throw new NumberFormatException(value);
    return Math.max((long) (share * machineBytes), 1);
  }

  /** In local mode the threads of the master, else the executor's configured cores, else the machine's; never more than the machine's. */
  static int executorCores(SparkConf process) {
    int machine = Runtime.getRuntime().availableProcessors();
    String master = process.get("spark.master", "");
    if (master.equals("local")) return 1;
    if (master.startsWith("local[")) {
      String count = master.substring("local[".length()).split("[,\\]]", 2)[0];
      return count.equals("*") ? machine : Math.min(Integer.parseInt(count), machine);
    }
    return Math.min(process.getInt("spark.executor.cores", machine), machine);
  }
}
