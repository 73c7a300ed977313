package org.scriptorium.pipeline;

import java.util.List;
import org.apache.hadoop.fs.Path;

/**
 * What is to become of an output.
 *
 * @param rows folder of the new files
 * @param replaced names of published files that they take the place of
 * @param pieces what becomes of results that wait to be published
 */
record Version(Path rows, List<String> replaced, Pieces pieces) {

  enum Pieces {
    STAY,
    /** They are in the new files, or of no use any more. */
    END
  }

  Version {
    replaced = List.copyOf(replaced);
  }
}
