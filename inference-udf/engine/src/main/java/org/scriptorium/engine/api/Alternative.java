package org.scriptorium.engine.api;

/**
 * One of several texts for the same request.
 *
 * @param text without special tokens
 * @param score sum of the logarithms of its tokens' probabilities, as the processors left them, divided by their number to the power of
 *     {@code length_penalty}
 * @param tokens generated, the end token included
 */
public record Alternative(String text, double score, int tokens) {}
