package org.scriptorium.engine.batch;

import org.scriptorium.engine.api.BeamRule;
import org.scriptorium.engine.api.EarlyStopping;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Parameters;

/**
 * How beams are searched.
 *
 * @param beams hypotheses that grow side by side, 1 where there is no search
 * @param lengthPenalty a score is divided by a text's length to this power
 * @param returned texts that are told, at most {@code beams}
 */
public record BeamOptions(int beams, EarlyStopping earlyStopping, double lengthPenalty, int returned, BeamRule rule) {
  public static BeamOptions of(GenerationConfig config, BeamRule rule) {
    return new BeamOptions(config.numBeams(), config.value(Parameters.EARLY_STOPPING), config.value(Parameters.LENGTH_PENALTY),
        config.value(Parameters.NUM_RETURN_SEQUENCES), rule);
  }
}
