package org.scriptorium.engine.api;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The parameters of a generation. Names and meanings are those of Hugging Face's {@code GenerationConfig} (transformers 5), but for the two
 * penalties of the OpenAI API, {@code seed} and {@code truncation}, which it lacks; where it has another default the sentence says so.
 */
public final class Parameters {
  private static final List<Parameter<?>> LIST = new ArrayList<>();

  public static final Parameter<Integer> MAX_NEW_TOKENS = add("max_new_tokens", ParameterForm.INTEGER, 256, "at least 1", n -> n >= 1,
      "At most so many tokens are generated. Takes the place of max_length where both are given.");
  public static final Parameter<Integer> MIN_NEW_TOKENS = natural("min_new_tokens", "No end token before so many tokens are generated.");
  public static final Parameter<Integer> MAX_LENGTH = natural("max_length",
      "At most so many tokens, the prompt's included; 0 is no such limit.");
  public static final Parameter<Integer> MIN_LENGTH = natural("min_length",
      "No end token before there are so many tokens, the prompt's included.");
  public static final Parameter<Boolean> DO_SAMPLE = truth("do_sample",
      "Draws tokens instead of taking the best; a temperature above 0 does so too.");
  public static final Parameter<Double> TEMPERATURE = real("temperature", 0, "0 (greedy) or positive",
      x -> x >= 0 && x < Double.POSITIVE_INFINITY,
      "Scores are divided by it; 0 is greedy, and with do_sample and none given it is 1.");
  public static final Parameter<Double> TOP_H = real("top_h", 0, "from 0 to 1", Parameters::isShare,
      "The best tokens with at most this share of the entropy stay; 0 is all.");
  public static final Parameter<Integer> TOP_K = add("top_k", ParameterForm.INTEGER, 0, "0 (all) or positive", n -> n >= 0,
      "The k best tokens stay; 0 is all.");
  public static final Parameter<Double> TOP_P = real("top_p", 1, "above 0, at most 1", x -> x > 0 && x <= 1,
      "The smallest set of best tokens with at least this probability stays; 1 is all.");
  public static final Parameter<Double> MIN_P = real("min_p", 0, "from 0 to 1", Parameters::isShare,
      "Tokens with at least this share of the best one's probability stay; 0 is all.");
  public static final Parameter<Double> TYPICAL_P = real("typical_p", 1, "above 0, at most 1", x -> x > 0 && x <= 1,
      "The tokens of most expected surprise with at least this probability stay; 1 is all.");
  public static final Parameter<Double> EPSILON_CUTOFF = real("epsilon_cutoff", 0, "at least 0, below 1", x -> x >= 0 && x < 1,
      "Tokens with at least this probability stay; 0 is all.");
  public static final Parameter<Double> ETA_CUTOFF = real("eta_cutoff", 0, "at least 0, below 1", x -> x >= 0 && x < 1,
      "Tokens stay whose probability reaches a bound that falls where the distribution is flat; 0 is all.");
  public static final Parameter<Long> SEED = add("seed", ParameterForm.LONG, 0L, "a whole number", n -> true,
      "0 takes a row's seed from its request key; any other is mixed into it.");
  public static final Parameter<Integer> NUM_BEAMS = add("num_beams", ParameterForm.INTEGER, 1, "at least 1", n -> n >= 1,
      "So many texts grow side by side, and the likeliest is taken.");
  public static final Parameter<EarlyStopping> EARLY_STOPPING = add("early_stopping", ParameterForm.EARLY_STOPPING, EarlyStopping.FALSE,
      "one of true, false, never", value -> true, "Whether beams end as soon as enough texts have.");
  public static final Parameter<Double> LENGTH_PENALTY = real("length_penalty", 1, "finite", Double::isFinite,
      "A beam's score is divided by its length to this power: above 0 favours long texts.");
  public static final Parameter<Integer> NUM_RETURN_SEQUENCES = add("num_return_sequences", ParameterForm.INTEGER, 1, "at least 1",
      n -> n >= 1, "So many of the beams' texts are told, the best first.");
  public static final Parameter<Boolean> RENORMALIZE_LOGITS = truth("renormalize_logits",
      "Beams' scores are made logarithms of probabilities again after they were processed.");
  public static final Parameter<Double> REPETITION_PENALTY = penalty("repetition_penalty",
      "Scores of tokens seen in prompt or text are divided (positive) or multiplied (negative) by it; 1 is none.");
  public static final Parameter<Double> ENCODER_REPETITION_PENALTY = penalty("encoder_repetition_penalty",
      "Scores of the prompt's tokens are multiplied (positive) or divided (negative) by it; 1 is none.");
  public static final Parameter<Double> PRESENCE_PENALTY = real("presence_penalty", 0, "finite", Double::isFinite,
      "Subtracted from the scores of tokens that the generated text holds.");
  public static final Parameter<Double> FREQUENCY_PENALTY = real("frequency_penalty", 0, "finite", Double::isFinite,
      "Subtracted from a token's score once for each time the generated text holds it.");
  public static final Parameter<Integer> NO_REPEAT_NGRAM_SIZE = natural("no_repeat_ngram_size",
      "No run of so many tokens appears twice in prompt and text; 0 is no such rule.");
  public static final Parameter<Integer> ENCODER_NO_REPEAT_NGRAM_SIZE = natural("encoder_no_repeat_ngram_size",
      "No run of so many tokens of the prompt appears in the text; 0 is no such rule.");
  public static final Parameter<LengthDecay> EXPONENTIAL_DECAY_LENGTH_PENALTY = add("exponential_decay_length_penalty", ParameterForm.DECAY,
      LengthDecay.NONE, "a start of at least 0 and a finite factor", decay -> decay.start() >= 0 && Double.isFinite(decay.factor()),
      "After the first number of generated tokens end tokens' scores rise by powers of the second.");
  public static final Parameter<List<Integer>> EOS_TOKEN_ID = tokens("eos_token_id", "Tokens that end a text, instead of the model's own.");
  public static final Parameter<Integer> FORCED_BOS_TOKEN_ID = add("forced_bos_token_id", ParameterForm.INTEGER, -1,
      "a token's id, or -1 for none", n -> n >= -1, "The token after the first of a model that translates.");
  public static final Parameter<List<Integer>> FORCED_EOS_TOKEN_ID = tokens("forced_eos_token_id",
      "The last token that the limit leaves room for is one of these.");
  public static final Parameter<List<List<Integer>>> BAD_WORDS_IDS = add("bad_words_ids", ParameterForm.SEQUENCES, List.of(),
      "not empty lists of ids", lists -> lists.stream().allMatch(list -> !list.isEmpty() && areTokens(list)), "None of these sequences of tokens appears.");
  public static final Parameter<List<Integer>> SUPPRESS_TOKENS = tokens("suppress_tokens", "None of these tokens appears.");
  public static final Parameter<List<Integer>> BEGIN_SUPPRESS_TOKENS = tokens("begin_suppress_tokens",
      "No text begins with one of these tokens.");
  public static final Parameter<List<SequenceBias>> SEQUENCE_BIAS = add("sequence_bias", ParameterForm.BIASES, List.of(),
      "ids and finite numbers", biases -> biases.stream().allMatch(bias -> Double.isFinite(bias.bias()) && areTokens(bias.sequence())),
      "What each sequence of tokens adds to the score of its last one when the others have just appeared.");
  public static final Parameter<List<String>> STOP_STRINGS = add("stop_strings", ParameterForm.TEXTS, List.of(), "not empty",
      texts -> texts.stream().noneMatch(String::isEmpty), "The text ends before the first of these.");
  public static final Parameter<Truncation> TRUNCATION = add("truncation", ParameterForm.TRUNCATION, Truncation.NONE,
      "one of none, head, middle, tail", value -> true, "What may be cut from a row's text that does not fit.");

  /** All of them, in the order in which they are explained. */
  public static final List<Parameter<?>> ALL = List.copyOf(LIST);

  /** Those that decide where a text ends or which tokens it may have: without meaning where it is one of a few that are given. */
  public static final Set<Parameter<?>> OF_FREE_TEXTS = Set.of(MAX_NEW_TOKENS, MIN_NEW_TOKENS, MAX_LENGTH, MIN_LENGTH,
      EXPONENTIAL_DECAY_LENGTH_PENALTY, EOS_TOKEN_ID, FORCED_BOS_TOKEN_ID, FORCED_EOS_TOKEN_ID, BAD_WORDS_IDS, SUPPRESS_TOKENS,
      BEGIN_SUPPRESS_TOKENS, STOP_STRINGS);

  private Parameters() {}

  /** The parameter of a name. */
  public static Optional<Parameter<?>> named(String name) {
    return ALL.stream().filter(parameter -> parameter.name().equals(name)).findFirst();
  }

  /** The table of the documentation: name, default, allowed values, meaning. */
  public static String markdown() {
    var table = new StringBuilder("| parameter | default | values | meaning |\n| --- | --- | --- | --- |\n");
    for (Parameter<?> parameter : ALL) {
      table.append("| `%s` | %s | %s | %s |\n".formatted(parameter.name(), written(parameter.otherwise()),
          parameter.form().equals(parameter.domain()) ? parameter.form() : parameter.form() + ": " + parameter.domain(), parameter.sentence()));
    }
    return table.toString();
  }

  private static String written(Object value) {
    Object plain = ParameterForm.plain(value);
    boolean isNone = plain instanceof List<?> list && list.isEmpty() || value == LengthDecay.NONE;
    return isNone ? "none" : "`" + (plain instanceof Double number ? new BigDecimal(number).stripTrailingZeros().toPlainString() : plain) + "`";
  }

  private static boolean isShare(double value) {
    return value >= 0 && value <= 1;
  }

  private static boolean areTokens(List<Integer> ids) {
    return ids.stream().allMatch(id -> id >= 0);
  }

  private static Parameter<Integer> natural(String name, String sentence) {
    return add(name, ParameterForm.INTEGER, 0, "at least 0", n -> n >= 0, sentence);
  }

  private static Parameter<Boolean> truth(String name, String sentence) {
    return add(name, ParameterForm.TRUTH, false, "true or false", value -> true, sentence);
  }

  private static Parameter<Double> real(String name, double otherwise, String domain, Predicate<Double> holds, String sentence) {
    return add(name, ParameterForm.REAL, otherwise, domain, holds, sentence);
  }

  private static Parameter<Double> penalty(String name, String sentence) {
    return real(name, 1, "positive", x -> x > 0 && x < Double.POSITIVE_INFINITY, sentence);
  }

  private static Parameter<List<Integer>> tokens(String name, String sentence) {
    return add(name, ParameterForm.TOKENS, List.of(), "tokens' ids", Parameters::areTokens, sentence);
  }

  private static <T> Parameter<T> add(String name, ParameterForm<T> form, T otherwise, String domain, Predicate<T> holds, String sentence) {
    var parameter = new Parameter<>(name, form, otherwise, domain, holds, sentence);
    LIST.add(parameter);
    return parameter;
  }
}
