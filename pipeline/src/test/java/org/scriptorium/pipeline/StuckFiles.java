package org.scriptorium.pipeline;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local file system under the scheme {@code stuck}, so that nobody takes it for one of this machine. In a process with the property
 * {@code stuck.at} it says so and waits for ever when a file of such a name is to be created.
 */
public final class StuckFiles extends LocalFileSystem {
  static final String AT = "stuck.at";

  public StuckFiles() {
    super(new RawLocalFileSystem() {
      @Override
      public URI getUri() {
        return URI.create("stuck:///");
      }
    });
  }

  @Override
  public URI getUri() {
    return URI.create("stuck:///");
  }

  @Override
  public String getScheme() {
    return "stuck";
  }

  @Override
  public FSDataOutputStream create(Path path, FsPermission permission, boolean overwrite, int buffer, short replication, long block,
      Progressable progress) throws IOException {
    if (path.getName().matches(System.getProperty(AT, ""))) {
      System.out.println("stuck");
      try {
        Thread.sleep(Long.MAX_VALUE);
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
    }
    return super.create(path, permission, overwrite, buffer, replication, block, progress);
  }

  @Override
  public FSDataOutputStream create(Path path, boolean overwrite, int buffer, short replication, long block, Progressable progress)
      throws IOException {
    return create(path, FsPermission.getFileDefault(), overwrite, buffer, replication, block, progress);
  }
}
