package org.scriptorium.spark;

import java.io.Serializable;
import java.util.List;

/**
 * One call of an operator, as its tasks run it.
 *
 * @param columns where the argument batch has the row arguments of the specification
 */
record CallPlan(CallSpecification specification, ModelReference model, List<Integer> columns) implements Serializable {
  CallPlan {
    columns = List.copyOf(columns);
  }
}
