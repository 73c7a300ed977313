package org.scriptorium.jobs;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * What a command talks to: results go to {@code out}, all else to {@code error}. Both are UTF-8 whatever the locale.
 *
 * @param kind whether lines may be rewritten while they are shown
 */
record Console(InputStream in, PrintStream out, PrintStream error, Kind kind) {

  enum Kind {
    TERMINAL,
    FILE
  }

  static Console system() {
    var console = System.console();
    return new Console(
        System.in,
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        console != null && console.isTerminal() ? Kind.TERMINAL : Kind.FILE);
  }

  PrintWriter writer() {
    return new PrintWriter(out, true);
  }

  PrintWriter errorWriter() {
    return new PrintWriter(error, true);
  }
}
