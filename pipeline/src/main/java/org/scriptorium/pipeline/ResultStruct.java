package org.scriptorium.pipeline;

import java.util.List;

/** The fields that the {@code try_} functions return for each row, in their order. */
final class ResultStruct {
  static final List<String> NAMES = List.of("text", "finish_reason", "error_code", "error", "prompt_tokens", "cached_tokens",
      "completion_tokens", "model", "request_key");

  private ResultStruct() {}
}
