package org.scriptorium.engine.model;

/**
 * The rows that go through a model together: each is one token of one sequence at one position. Reused from step to step; one
 * scheduler's own.
 *
 * <p>Rows of one sequence come in ascending positions; the cache of each holds all positions before its first row.
 */
public final class Step {
  /** Most rows of a run: enough for attention's tiles, few enough to divide a prompt among threads. */
  private static final int RUN = 12;

  private final int[] tokens;
  private final int[] positions;
  private final int[] types;
  private final SequenceCache[] caches;
  private final int[] outputRows;
  private final boolean[] wantsLogits;
  /** First row of each run of neighbouring positions of one sequence, and behind them the end. */
  private final int[] runs;
  private int rows;
  private int outputs;
  private int runCount;
  private int type;

  /**
   * @param maxRows most rows of a step
   * @param maxOutputs most rows after which a token follows
   */
  public Step(int maxRows, int maxOutputs) {
    tokens = new int[maxRows];
    positions = new int[maxRows];
    types = new int[maxRows];
    caches = new SequenceCache[maxRows];
    outputRows = new int[maxOutputs];
    wantsLogits = new boolean[maxOutputs];
    runs = new int[maxRows + 1];
  }

  public void clear() {
    java.util.Arrays.fill(caches, 0, rows, null);
    rows = 0;
    outputs = 0;
    runCount = 0;
    type = 0;
  }

  /** Which of an input's texts the rows belong to that are added from now on; 0 after {@link #clear}. */
  public void ofType(int value) {
    type = value;
  }

  /** Adds a row after which no token is wanted. The cache has room for the position. */
  public void add(int token, int position, SequenceCache cache) {
    boolean continues = rows > 0 && caches[rows - 1] == cache && positions[rows - 1] == position - 1 && rows - runs[runCount - 1] < RUN;
    if (!continues) runs[runCount++] = rows;
    tokens[rows] = token;
    positions[rows] = position;
    types[rows] = type;
    cache.reach(position);
    caches[rows++] = cache;
    runs[runCount] = rows;
  }

  /** Adds a row whose logits are wanted; returns their index among the step's outputs. */
  public int addOutput(int token, int position, SequenceCache cache) {
    return addOutput(token, position, cache, true);
  }

  /** Adds a row of which only the greatest logit's index is wanted; returns its index among the step's outputs. */
  public int addChoice(int token, int position, SequenceCache cache) {
    return addOutput(token, position, cache, false);
  }

  private int addOutput(int token, int position, SequenceCache cache, boolean logits) {
    outputRows[outputs] = rows;
    wantsLogits[outputs] = logits;
    add(token, position, cache);
    return outputs++;
  }

  public int rows() {
    return rows;
  }

  public int outputs() {
    return outputs;
  }

  public int maxRows() {
    return tokens.length;
  }

  public int maxOutputs() {
    return outputRows.length;
  }

  /** Runs of neighbouring positions of one sequence. */
  int runs() {
    return runCount;
  }

  /** First row of a run; that of {@link #runs} is the end of the last. */
  int run(int index) {
    return runs[index];
  }

  int token(int row) {
    return tokens[row];
  }

  int position(int row) {
    return positions[row];
  }

  int type(int row) {
    return types[row];
  }

  SequenceCache cache(int row) {
    return caches[row];
  }

  int outputRow(int output) {
    return outputRows[output];
  }

  boolean wantsLogits(int output) {
    return wantsLogits[output];
  }
}
