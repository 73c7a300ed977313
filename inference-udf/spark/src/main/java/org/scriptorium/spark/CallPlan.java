package org.scriptorium.spark;

import java.io.Serializable;

/**
 * One call of an operator, as its tasks run it.
 *
 * @param textColumn where the argument batch has the text or the template's values
 * @param wordsColumn where it has the wanted number of words; -1 where the call does not say
 */
record CallPlan(CallSpecification specification, ModelReference model, int textColumn, int wordsColumn) implements Serializable {}
