package org.scriptorium.engine.batch;

import java.util.Optional;
import java.util.function.Supplier;
import org.scriptorium.engine.sampler.Sampler;
import org.scriptorium.engine.tokenizer.Detokenizer;

/**
 * How a sequence's text is made.
 *
 * @param sampler chooses its tokens, or scores those of beams
 * @param detokenizers makes one for each text
 * @param thinking how the text is parted; empty where the model does not think
 */
public record Recipe(Ending ending, BeamOptions beams, Sampler sampler, Supplier<Detokenizer> detokenizers,
    Optional<Thinking> thinking) {

  /** A text that is to be, told piece by piece. */
  GeneratedText text(ThinkFilter.Sink sink) {
    return new GeneratedText(detokenizers.get(), ending.stopStrings(), thinking, sink);
  }
}
