package org.scriptorium.engine.api;

/** One turn of a dialogue. {@code role} is {@code system}, {@code user}, {@code assistant} or what the template knows. */
public record Message(String role, SourcedText content) {}
