package org.scriptorium.engine.sampler;

/**
 * What is known of a text before its first token is chosen.
 *
 * @param source ids of what it is made from: the prompt, or what an encoder read
 * @param maxLength tokens at most, those that it begins with included
 * @param endTokens those that end it, ascending
 */
public record TextFrame(int[] source, int maxLength, int[] endTokens) {}
