/**
 * From a row of logits to the next token: processors change scores in place, warpers choose candidates, a draw picks one.
 *
 * <p>Everything is a function of the logits, the tokens so far and the row's seed: no state is kept between steps, so that a
 * sequence can be paused, moved and repeated, and always gives the same text.
 */
package org.scriptorium.engine.sampler;
