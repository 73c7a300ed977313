package org.scriptorium.engine.template;

/** Whether a rendered dialogue ends with the opening of the assistant's next turn. */
public enum GenerationPrompt {
  ADD,
  OMIT
}
