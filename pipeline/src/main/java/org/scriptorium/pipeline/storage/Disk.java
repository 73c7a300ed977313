package org.scriptorium.pipeline.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Makes what was written outlast the machine's power. A local file that was closed may be still on its way to the disk, behind a rename or
 * a deletion that came after it. Other file systems keep what was closed in places of their own, and nothing is done there.
 */
public final class Disk {
  private Disk() {}

  /** Forces a file's content to the disk, or a folder's names, not what is in them. */
  public static void force(FileSystem files, Path path) throws IOException {
    if (!files.getUri().getScheme().equals("file")) return;
    forceLocal(local(path));
    if (files instanceof ChecksumFileSystem checked) {
      java.nio.file.Path checksum = local(checked.getChecksumFile(path));
      if (java.nio.file.Files.exists(checksum)) forceLocal(checksum);
    }
  }

  /** Forces a folder with all that lies under it. */
  public static void forceAll(FileSystem files, Path folder) throws IOException {
    if (!files.getUri().getScheme().equals("file")) return;
    for (FileStatus status : files.listStatus(folder)) {
      if (status.isDirectory()) forceAll(files, status.getPath());
      else force(files, status.getPath());
    }
    force(files, folder);
  }

  private static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  private static void forceLocal(java.nio.file.Path path) throws IOException {
    // Some systems can't open a folder; they keep names by themselves.
    boolean isFolder = java.nio.file.Files.isDirectory(path);
    if (isFolder && System.getProperty("os.name").startsWith("Windows")) return;
    try (FileChannel channel = FileChannel.open(path, isFolder ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
