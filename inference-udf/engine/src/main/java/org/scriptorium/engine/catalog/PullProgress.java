package org.scriptorium.engine.catalog;

/** Hears how far a pull is; called on the pulling thread, often. */
public interface PullProgress {
  /** Says nothing. */
  PullProgress SILENT = new PullProgress() {};

  /** A sentence on what happens now: which source, a wait for another process, a source that failed. */
  default void says(String sentence) {}

  /** Bytes that have arrived, of {@code total}. */
  default void arrived(long bytes, long total) {}
}
