package org.scriptorium.engine.api;

/** When a beam search ends before its longest texts do. */
public enum EarlyStopping {
  /** When as many texts have ended as there are beams, and the best beam, judged at its present length, is no better than the worst. */
  FALSE,
  /** When as many texts have ended as there are beams. */
  TRUE,
  /** When no beam can get better than the worst text that has ended, however long it grows. */
  NEVER
}
