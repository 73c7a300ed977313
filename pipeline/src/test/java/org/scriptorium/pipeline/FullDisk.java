package org.scriptorium.pipeline;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.util.Progressable;

/**
 * The local file system under the scheme {@code full}, on which there is no room for a Parquet file, and folders called {@code denied}
 * can't be written.
 */
public final class FullDisk extends LocalFileSystem {
  public FullDisk() {
    super(new RawLocalFileSystem() {
      @Override
      public URI getUri() {
        return URI.create("full:///");
      }
    });
  }

  @Override
  public URI getUri() {
    return URI.create("full:///");
  }

  @Override
  public String getScheme() {
    return "full";
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    if (path.toString().contains("denied")) throw new AccessControlException("Permission denied: user=reader, access=WRITE");
    return super.mkdirs(path);
  }

  @Override
  public FSDataOutputStream create(Path path, FsPermission permission, boolean overwrite, int buffer, short replication, long block,
      Progressable progress)
      throws IOException {
    if (path.getName().endsWith(".parquet")) throw new IOException("No space left on device");
    return super.create(path, permission, overwrite, buffer, replication, block, progress);
  }

  @Override
  public FSDataOutputStream create(Path path, boolean overwrite, int buffer, short replication, long block, Progressable progress)
      throws IOException {
    return create(path, FsPermission.getFileDefault(), overwrite, buffer, replication, block, progress);
  }
}
