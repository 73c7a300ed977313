package org.scriptorium.pipeline.retrieval;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.UUID;

/**
 * The shards that this process has open, shared by its tasks. Shards of other machines are copied to a temporary folder of the process
 * first, once for each generation of a shard; those longest unused are closed when there are many.
 */
final class OpenShards {
  private static final int MOST = 64;
  private static final LinkedHashMap<String, Shard> OPEN = new LinkedHashMap<>(16, 0.75f, true);
  private static Path copies;

  private OpenShards() {}

  /** A shard for the caller, who closes it. */
  static Shard.Use use(ShardFolder folder) throws IOException {
    synchronized (OPEN) {
      Shard known = OPEN.get(folder.path());
      if (known != null) return known.use();
      var local = folder.local();
      Shard opened = local.isPresent() ? Shard.open(local.get()) : Shard.openOwned(copy(folder));
      OPEN.put(folder.path(), opened);
      if (OPEN.size() > MOST) OPEN.pollFirstEntry().getValue().release();
      return opened.use();
    }
  }

  private static Path copy(ShardFolder folder) throws IOException {
    if (copies == null) {
      copies = Files.createTempDirectory("scriptorium-shards-");
      Path made = copies;
      Runtime.getRuntime().addShutdownHook(new Thread(() -> ShardFolder.delete(made)));
    }
    Path target = copies.resolve(UUID.nameUUIDFromBytes(folder.path().getBytes(StandardCharsets.UTF_8)).toString());
    if (!Files.exists(target)) folder.download(target);
    return target;
  }
}
