package org.scriptorium.engine.sampler;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The texts that a constrained generation chooses from, as a tree of their tokens: after what was generated so far only tokens that lead
 * on to a choice are allowed, and an end token where one is complete. Immutable.
 */
public final class Choices {
  private final Node root = new Node();
  private final int[] endTokens;
  private final int longest;

  private static final class Node {
    private final Map<Integer, Node> next = new HashMap<>();
    private boolean isComplete;
    /** Tokens that may follow, end tokens among them; ascending. */
    private int[] allowed = {};
  }

  /**
   * @param texts tokens of each choice, none empty, no two alike
   * @param endTokens those that end a text
   */
  public Choices(List<int[]> texts, int[] endTokens) {
    this.endTokens = endTokens.clone();
    int most = 0;
    for (int[] text : texts) {
      if (text.length == 0) throw new IllegalArgumentException("a choice has no tokens");
      Node node = root;
      for (int token : text) node = node.next.computeIfAbsent(token, absent -> new Node());
      if (node.isComplete) throw new IllegalArgumentException("two choices have the same tokens");
      node.isComplete = true;
      most = Math.max(most, text.length);
    }
    longest = most;
    close(root);
  }

  private void close(Node node) {
    int[] ends = node.isComplete ? endTokens : new int[0];
    node.allowed = IntStream.concat(node.next.keySet().stream().mapToInt(token -> token), Arrays.stream(ends)).sorted()
        .distinct().toArray();
    node.next.values().forEach(this::close);
  }

  /** Tokens of the longest choice. */
  public int longest() {
    return longest;
  }

  /** Forbids every other token. */
  LogitsProcessor processor() {
    return step -> {
      Node node = root;
      for (int i = step.promptLength; i < step.length && node != null; i++) node = node.next.get(step.tokens[i]);
      keep(step, node == null ? endTokens : node.allowed);
    };
  }

  private static void keep(Scratch step, int[] allowed) {
    int from = step.from;
    for (int token : allowed) {
      if (token < 0 || token >= step.size) continue;
      Arrays.fill(step.logits, from, step.from + token, Float.NEGATIVE_INFINITY);
      from = step.from + token + 1;
    }
    Arrays.fill(step.logits, from, step.from + step.size, Float.NEGATIVE_INFINITY);
  }
}
