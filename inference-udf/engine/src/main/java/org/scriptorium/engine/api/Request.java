package org.scriptorium.engine.api;

/** One row to generate for. */
public record Request(Prompt prompt, GenerationConfig config) {}
