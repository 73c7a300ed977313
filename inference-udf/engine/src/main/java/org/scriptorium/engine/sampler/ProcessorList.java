package org.scriptorium.engine.sampler;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.LengthDecay;
import org.scriptorium.engine.api.Parameters;

/** The processors that a configuration asks for, in the order in which Hugging Face's {@code generate} applies them. */
final class ProcessorList {
  private final GenerationConfig config;
  private final TextFrame frame;
  private final List<LogitsProcessor> list = new ArrayList<>();

  private ProcessorList(GenerationConfig config, TextFrame frame) {
    this.config = config;
    this.frame = frame;
  }

  static List<LogitsProcessor> of(GenerationConfig config, TextFrame frame, Optional<Choices> choices) {
    var made = new ProcessorList(config, frame);
    made.addPenalties();
    made.addRuns();
    made.addLeastLengths();
    choices.map(Choices::processor).ifPresent(made.list::add);
    made.addForced();
    made.addSuppressed();
    return List.copyOf(made.list);
  }

  private void addPenalties() {
    var biases = config.value(Parameters.SEQUENCE_BIAS);
    if (!biases.isEmpty()) list.add(Processors.sequenceBias(biases));
    double source = config.value(Parameters.ENCODER_REPETITION_PENALTY), repetition = config.value(Parameters.REPETITION_PENALTY);
    if (source != 1) list.add(Processors.encoderRepetitionPenalty(source, frame.source()));
    if (repetition != 1) list.add(Processors.repetitionPenalty((float) repetition));
    double presence = config.value(Parameters.PRESENCE_PENALTY), frequency = config.value(Parameters.FREQUENCY_PENALTY);
    if (presence != 0 || frequency != 0) list.add(Processors.presenceAndFrequencyPenalty((float) presence, (float) frequency));
  }

  private void addRuns() {
    int repeated = config.value(Parameters.NO_REPEAT_NGRAM_SIZE), copied = config.value(Parameters.ENCODER_NO_REPEAT_NGRAM_SIZE);
    if (repeated > 0) list.add(Processors.noRepeatNgram(repeated));
    if (copied > 0) list.add(Processors.encoderNoRepeatNgram(copied, frame.source()));
    var forbidden = config.value(Parameters.BAD_WORDS_IDS);
    if (!forbidden.isEmpty()) list.add(Processors.badWords(forbidden, frame.endTokens()));
  }

  private void addLeastLengths() {
    int length = config.value(Parameters.MIN_LENGTH), generated = config.value(Parameters.MIN_NEW_TOKENS);
    // Both are judged apart, as in the reference, but that one of new tokens takes the place of the other.
    if (length > 0 && generated == 0) list.add(Processors.minLength(length, frame.endTokens()));
    if (generated > 0) list.add(Processors.minNewTokens(generated, frame.endTokens()));
  }

  private void addForced() {
    int begin = config.value(Parameters.FORCED_BOS_TOKEN_ID);
    if (begin >= 0) list.add(Processors.forcedBegin(begin));
    var ends = config.value(Parameters.FORCED_EOS_TOKEN_ID);
    if (!ends.isEmpty()) list.add(Processors.forcedEnd(frame.maxLength(), array(ends)));
    LengthDecay decay = config.value(Parameters.EXPONENTIAL_DECAY_LENGTH_PENALTY);
    if (decay.factor() != 1) list.add(Processors.exponentialDecay(decay.start(), decay.factor(), frame.endTokens()));
  }

  private void addSuppressed() {
    var never = config.value(Parameters.SUPPRESS_TOKENS);
    if (!never.isEmpty()) list.add(Processors.suppress(array(never)));
    var first = config.value(Parameters.BEGIN_SUPPRESS_TOKENS);
    if (!first.isEmpty()) list.add(Processors.suppressAtBegin(config.value(Parameters.FORCED_BOS_TOKEN_ID) >= 0, array(first)));
  }

  private static int[] array(List<Integer> ids) {
    return ids.stream().mapToInt(id -> id).toArray();
  }
}
