package org.scriptorium.pipeline;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** The local disk under the scheme {@code strict}, through Hadoop's own code: as on HDFS, no rename takes another file's place. */
public final class StrictDisk extends RawLocalFileSystem {
  @Override
  public URI getUri() {
    return URI.create("strict:///");
  }

  @Override
  public String getScheme() {
    return "strict";
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return !exists(to) && super.rename(from, to);
  }
}
