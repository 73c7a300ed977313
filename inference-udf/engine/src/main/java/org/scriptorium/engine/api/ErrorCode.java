package org.scriptorium.engine.api;

import java.util.Locale;

/**
 * What went wrong, in words that programs can match. Codes of a row appear as {@code error_code} in its result; codes of a
 * model or a job stop it.
 */
public enum ErrorCode {
  /** Row: the prompt leaves no token of the model's context, or reaches {@code max_length}, where it is not to be cut, or can't be so far. */
  PROMPT_TOO_LONG,
  /** Row: the text is not well-formed UTF-8, or holds an unpaired surrogate. */
  MALFORMED_TEXT,
  /** Row: the chat template raised an error or exceeded its bound of work on this row's messages. */
  TEMPLATE_ERROR,
  /** Row: the model's logits held a NaN, or no finite value. */
  NON_FINITE_LOGITS,
  /** Row: alone it needs more key/value cache than the engine's whole budget. */
  CACHE_TOO_SMALL,
  /** Row: the model's answer has not the form that was asked for. */
  MALFORMED_ANSWER,
  /** Row: its task was cancelled, or the engine was closed. */
  CANCELLED,
  /** Row: an unexpected failure inside the engine; the message names the exception. */
  INTERNAL,
  /** Request or job: a parameter outside its domain. */
  INVALID_PARAMETER,
  /** Model: nothing is there. */
  MODEL_NOT_FOUND,
  /** Model: it is there but can't be read (permission, not a file, not mappable). */
  MODEL_UNREADABLE,
  /** Model: truncated, damaged, or not of a format that is read here. */
  MODEL_CORRUPT,
  /** Model: the file's bytes are not those that the driver checked. */
  MODEL_CHANGED,
  /** Model: an architecture or storage type that is not supported. */
  MODEL_UNSUPPORTED,
  /** Model: a configuration value that is not supported, and would change the result if it were ignored. */
  UNSUPPORTED_CONFIGURATION,
  /** Model: a tensor that the architecture needs is not in the file. */
  MISSING_TENSOR,
  /** Model: a tensor has another shape than the configuration says. */
  SHAPE_MISMATCH,
  /** Machine: the JVM or processor lacks what the chosen kernels need. */
  KERNELS_UNAVAILABLE;

  /** The code as results and reports spell it, such as {@code prompt_too_long}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
