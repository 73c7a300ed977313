package org.scriptorium.engine.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Fetches a file over HTTP into a partial file, and continues the partial file of an earlier, broken attempt. */
final class HttpDownload {
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration SILENCE = Duration.ofSeconds(60);
  /** Attempts in a row that bring no byte; one that brings some starts the count again. */
  private static final int FRUITLESS_ATTEMPTS = 3;

  private final PullProgress progress;

  HttpDownload(PullProgress progress) {
    this.progress = progress;
  }

  /**
   * Brings {@code part} to {@code bytes} bytes.
   *
   * @throws SourceException if the server refuses, can't be reached, or goes on breaking off; what arrived stays
   * @throws IOException if {@code part} can't be written
   */
  void fetch(URI uri, long bytes, Path part) throws IOException, SourceException {
    try (var client = HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NORMAL).build()) {
      int fruitless = 0;
      long have = size(part);
      while (have != bytes) {
        if (have > bytes) Files.delete(part);
        long before = Math.min(size(part), bytes);
        var failure = attempt(client, uri, bytes, part, before);
        have = size(part);
        if (have == bytes) break;
        fruitless = have > before ? 0 : fruitless + 1;
        if (fruitless == FRUITLESS_ATTEMPTS) throw new SourceException("%s after %d of %d bytes".formatted(failure, have, bytes));
      }
    }
  }

  private static long size(Path part) throws IOException {
    return Files.exists(part) ? Files.size(part) : 0;
  }

  /** One request; says why it ended early, if it did. */
  private String attempt(HttpClient client, URI uri, long bytes, Path part, long from) throws IOException, SourceException {
    var request = HttpRequest.newBuilder(uri).timeout(SILENCE).header("Accept-Encoding", "identity");
    if (from > 0) request.header("Range", "bytes=" + from + "-");
    HttpResponse<InputStream> response;
    try {
      response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException exception) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (IOException exception) {
      return "no connection to %s: %s".formatted(uri.getHost(), said(exception));
    }
    try (var body = response.body()) {
      switch (response.statusCode()) {
        case 200 -> {
          return append(body, part, 0, bytes);
        }
        case 206 -> {
          if (startOf(response) != from) return restart(part, "the server continued elsewhere");
          return append(body, part, from, bytes);
        }
        case 416 -> {
          return restart(part, "the server does not continue");
        }
        default -> {
          if (response.statusCode() >= 500) return "the server answered HTTP " + response.statusCode();
          throw new SourceException("the server answered HTTP " + response.statusCode());
        }
      }
    }
  }

  private static String restart(Path part, String reason) throws IOException {
    Files.deleteIfExists(part);
    return reason;
  }

  private static long startOf(HttpResponse<?> response) {
    var range = response.headers().firstValue("Content-Range").orElse("");
    int space = range.indexOf(' '), dash = range.indexOf('-');
    try {
      return space < 0 || dash < space ? -1 : Long.parseLong(range.substring(space + 1, dash).strip());
    } catch (NumberFormatException exception) {
      return -1;
    }
  }

  private String append(InputStream body, Path part, long from, long bytes) throws IOException, SourceException {
    var options = from == 0
        ? new StandardOpenOption[] {StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING}
        : new StandardOpenOption[] {StandardOpenOption.WRITE, StandardOpenOption.APPEND};
    var buffer = new byte[1 << 16];
    long have = from;
    try (var output = Files.newOutputStream(part, options);
        var watch = new Watch(body)) {
      for (int read; (read = watch.read(buffer)) >= 0; ) {
        if (have + read > bytes) {
          throw new SourceException("the server sends more than the expected %d bytes".formatted(bytes));
        }
        output.write(buffer, 0, read);
        have += read;
        progress.arrived(have, bytes);
      }
    } catch (BrokenConnection exception) {
      return exception.getMessage();
    } finally {
      // More than the whole is another file: nothing of it is worth continuing.
      if (have >= bytes && Files.size(part) > bytes) Files.delete(part);
    }
    return "the connection ended";
  }

  private static String said(IOException exception) {
    return exception.getMessage() == null ? exception.getClass().getSimpleName() : exception.getMessage();
  }

  /** The body failed, not the disk. */
  private static final class BrokenConnection extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenConnection(String message) {
      super(message);
    }
  }

  /** Reads a body, and closes it when nothing has come for {@link #SILENCE}: the client itself would wait for ever. */
  private static final class Watch implements AutoCloseable {
    private final InputStream body;
    private final AtomicLong lastByte = new AtomicLong(System.nanoTime());
    private final Thread guard;

    Watch(InputStream body) {
      this.body = body;
      this.guard = Thread.ofVirtual().start(this::guard);
    }

    int read(byte[] buffer) throws BrokenConnection {
      try {
        int read = body.read(buffer);
        lastByte.set(System.nanoTime());
        return read;
      } catch (IOException exception) {
        throw new BrokenConnection("the connection broke: " + said(exception));
      }
    }

    private void guard() {
      try {
        while (System.nanoTime() - lastByte.get() < SILENCE.toNanos()) Thread.sleep(Duration.ofSeconds(1));
        body.close();
      } catch (InterruptedException | IOException exception) {
        // The download ended first, or the body was closed already: nothing is left to guard.
        return;
      }
    }

    @Override
    public void close() {
      guard.interrupt();
    }
  }
}
