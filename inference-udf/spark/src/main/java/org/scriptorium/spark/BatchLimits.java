package org.scriptorium.spark;

import java.io.Serializable;

/**
 * Bounds of what a task holds between its input and its output.
 *
 * @param batchRows rows of an Arrow batch
 * @param rowsInFlight rows read and not yet handed on
 * @param bytesInFlight their bytes, with the texts that the engine has
 */
record BatchLimits(int batchRows, int rowsInFlight, long bytesInFlight) implements Serializable {

  /** A batch holds a share of the bytes, so that several are on their way even when rows are long. */
  long batchBytes() {
    return Math.max(bytesInFlight / 8, 1);
  }
}
