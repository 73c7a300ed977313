package org.scriptorium.engine.api;

/**
 * What an engine has done since it opened. A step takes one row of each running sequence, or a chunk of its prompt, through the
 * model; there are steps only while any request is there.
 *
 * @param steps that were computed
 * @param slotsUsed over the steps, sum of the running sequences that had at least one row in the step
 * @param slotsOffered over the steps, sum of the most sequences that may run together
 * @param promptTokens rows of prompts that went through the model; what the prefix cache had is not among them
 * @param completionTokens tokens that were chosen
 */
public record EngineStatistics(long steps, long slotsUsed, long slotsOffered, long promptTokens, long completionTokens) {
  public static final EngineStatistics NONE = new EngineStatistics(0, 0, 0, 0, 0);

  /** Share of the batch's slots that did useful work, from 0 to 1; 0 before the first step. */
  public double utilization() {
    return slotsOffered == 0 ? 0 : (double) slotsUsed / slotsOffered;
  }

  public EngineStatistics plus(EngineStatistics other) {
    return new EngineStatistics(steps + other.steps, slotsUsed + other.slotsUsed, slotsOffered + other.slotsOffered,
        promptTokens + other.promptTokens, completionTokens + other.completionTokens);
  }

  /** What was done after {@code earlier}. */
  public EngineStatistics since(EngineStatistics earlier) {
    return new EngineStatistics(steps - earlier.steps, slotsUsed - earlier.slotsUsed, slotsOffered - earlier.slotsOffered,
        promptTokens - earlier.promptTokens, completionTokens - earlier.completionTokens);
  }
}
