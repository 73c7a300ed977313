package org.scriptorium.engine.template;

import java.util.Arrays;
import java.util.List;

/** The evaluated arguments of one call. */
record Arguments(List<Object> positional, Dict named) {
  static final Arguments NONE = new Arguments(List.of(), new Dict());

  static Arguments of(Object... positional) {
    return new Arguments(Arrays.asList(positional), new Dict());
  }

  /** The arguments from one position on, as filters pass them to the filter or test that they are given by name. */
  Arguments from(int first) {
    return new Arguments(positional.subList(Math.min(first, positional.size()), positional.size()), named);
  }
}
