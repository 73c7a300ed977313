package org.scriptorium.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.pipeline.JobFile.Kind;

/**
 * Makes one result of a document's pieces' results: at once, or by a text that has to be asked again. Tokens are summed over all rounds.
 * The first piece in error, in the document's order, is the document's error.
 *
 * @param choices of a task that chooses, in the order that breaks a tie
 * @param rounds after which a document that is not one piece is in error
 * @param result of a piece and of a document
 */
record PieceAnswers(Kind kind, List<String> choices, int rounds, StructType result) implements Serializable {
  private static final String PARAGRAPHS = "\n\n";

  PieceAnswers {
    choices = List.copyOf(choices);
  }

  /** What is known of a document after a round: its result so far, and the text that is to be asked next. */
  StructType state() {
    return new StructType().add("result", result).add("next", DataTypes.StringType).add("round", DataTypes.IntegerType);
  }

  /** What a piece brings to its document. */
  StructType answer() {
    return new StructType().add("index", DataTypes.IntegerType).add("piece", TextPieces.PIECE).add("result", result);
  }

  /**
   * @param before the document's state, null before the first round
   * @param answers of the round, as {@link #answer} has them, in the document's order; none where the document has its result
   */
  Row absorb(Row before, List<Row> answers) {
    if (before != null && before.getAs("next") == null) return before;
    requireWhole(answers);
    int round = before == null ? 1 : before.<Integer>getAs("round") + 1;
    if (before == null && answers.size() == 1) return done(single(answers.getFirst()), round);
    List<Row> results = new ArrayList<>();
    if (before != null) results.add(before.getAs("result"));
    for (Row answer : answers) results.add(answer.getAs("result"));
    var sum = new Values(answers.getFirst().getAs("result"));
    for (String count : List.of("prompt_tokens", "cached_tokens", "completion_tokens"))
      sum.set(count, results.stream().mapToInt(each -> each.<Integer>getAs(count)).sum());
    for (Row answer : answers) {
      Row piece = answer.getAs("piece"), found = answer.getAs("result");
      if (!FinishReason.ERROR.code().equals(found.getAs("finish_reason"))) continue;
      return failed(sum, round, found.getAs("error_code"), "%s: %s".formatted(place(piece, round), found.<String>getAs("error")));
    }
    // Of blanks alone, as functions know them: nobody was asked.
    List<Row> asked = answers.stream().filter(answer -> !isSkipped(answer.getAs("result"))).toList();
    if (asked.isEmpty() && before == null) return done(sum.row(), round);
    return combined(sum, round, answers, asked);
  }

  private static boolean isSkipped(Row result) {
    return FinishReason.SKIPPED.code().equals(result.getAs("finish_reason"));
  }

  /** The result of a document that is one piece. */
  private Row single(Row answer) {
    Row only = answer.getAs("result");
    boolean isMarked = Arrays.asList(result.fieldNames()).contains("span") && only.getAs("span") != null;
    return isMarked ? marked(new Values(only), answer, only.getAs("finish_reason")) : only;
  }

  /** @param asked of the answers those that a model gave */
  private Row combined(Values sum, int round, List<Row> answers, List<Row> asked) {
    List<Row> results = asked.stream().map(answer -> answer.<Row>getAs("result")).toList();
    if (sum.has("reasoning")) sum.set("reasoning", joined(results, "reasoning"));
    boolean isCut = results.stream().anyMatch(each -> FinishReason.LENGTH.code().equals(each.getAs("finish_reason")));
    String reason = (isCut ? FinishReason.LENGTH : FinishReason.STOP).code();
    return switch (kind) {
      case TRANSLATE -> done(sum.set("text", concatenated(answers)).set("finish_reason", reason).row(), round);
      case CLASSIFY -> done(sum.set("text", elected(asked)).set("finish_reason", reason).row(), round);
      case EXTRACT ->
          done(sum.set("text", joined(results, "text")).set("finish_reason", reason).set("fields", filled(results)).row(), round);
      case ANSWER -> marked(asked).map(best -> done(marked(sum, best, reason), round))
          .orElseGet(() -> again(sum, round, results, found(results)));
      case SUMMARIZE, GENERATE ->
          again(sum, round, results, results.stream().map(PieceAnswers::text).filter(text -> !text.isBlank()).toList());
      case CHAT, CODE, EMBED, INDEX, RETRIEVE -> throw new IllegalStateException(kind + " has no pieces");
    };
  }

  /** The texts are to be asked again, unless they come from one piece, or are one. */
  private Row again(Values sum, int round, List<Row> results, List<String> texts) {
    if (results.size() == 1) {
      Row only = results.getFirst();
      return done(sum.set("text", text(only)).set("finish_reason", only.getAs("finish_reason")).row(), round);
    }
    if (texts.isEmpty()) {
      FinishReason none = kind == Kind.ANSWER ? FinishReason.NO_ANSWER : FinishReason.STOP;
      return done(sum.set("text", "").set("finish_reason", none.code()).row(), round);
    }
    if (kind == Kind.ANSWER && texts.size() == 1) {
      Row one = results.stream().filter(each -> text(each).equals(texts.getFirst())).findFirst().orElseThrow();
      return done(sum.set("text", texts.getFirst()).set("finish_reason", one.getAs("finish_reason")).row(), round);
    }
    if (round == rounds) {
      return failed(sum, round, ErrorCode.PROMPT_TOO_LONG.code(),
          "after %d rounds the answers to its pieces are still %d; raise piece-tokens, or lower max-new-tokens"
              .formatted(round, texts.size()));
    }
    return RowFactory.create(sum.row(), String.join(PARAGRAPHS, texts), round);
  }

  private static Row done(Row result, int round) {
    return RowFactory.create(result, null, round);
  }

  private Row failed(Values sum, int round, String code, String error) {
    sum.set("text", "").set("finish_reason", FinishReason.ERROR.code()).set("error_code", code).set("error", error);
    if (sum.has("reasoning")) sum.set("reasoning", "");
    for (String field : List.of("fields", "span")) if (sum.has(field)) sum.set(field, null);
    return done(sum.row(), round);
  }

  private static String place(Row piece, int round) {
    String what = round == 1 ? "piece" : "round %d, piece".formatted(round);
    return "%s %d of %d (characters %d to %d)".formatted(what, piece.<Integer>getAs("index") + 1, piece.<Integer>getAs("of"),
        piece.<Integer>getAs("start"), piece.<Integer>getAs("end"));
  }

  private static String text(Row result) {
    return result.getAs("text");
  }

  private static String joined(List<Row> results, String field) {
    return results.stream().map(each -> each.<String>getAs(field)).filter(text -> !text.isBlank()).collect(Collectors.joining(PARAGRAPHS));
  }

  /** With the blanks that parted the pieces. */
  private static String concatenated(List<Row> answers) {
    return answers.stream().map(answer -> text(answer.getAs("result")).strip() + answer.<Row>getAs("piece").<String>getAs("gap"))
        .collect(Collectors.joining());
  }

  /** The choice of most tokens; of equal ones the one that the job names first, else the one that comes first in the document. */
  private String elected(List<Row> answers) {
    Map<String, Long> votes = new LinkedHashMap<>();
    for (String choice : choices) votes.put(choice, 0L);
    for (Row answer : answers) {
      votes.merge(text(answer.getAs("result")), answer.<Row>getAs("piece").<Integer>getAs("tokens").longValue(), Long::sum);
    }
    long most = votes.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    return votes.entrySet().stream().filter(vote -> vote.getValue() == most).findFirst().orElseThrow().getKey();
  }

  /** The answer that a model has marked with the greatest score; none where answers are generated. */
  private Optional<Row> marked(List<Row> answers) {
    if (!Arrays.asList(result.fieldNames()).contains("span")) return Optional.empty();
    return answers.stream().filter(answer -> answer.<Row>getAs("result").getAs("span") != null)
        .max(Comparator.comparingDouble(answer -> answer.<Row>getAs("result").<Row>getAs("span").<Number>getAs("score").doubleValue()));
  }

  /** A marked answer, its place that in the document. */
  private Row marked(Values sum, Row answer, String reason) {
    Row found = answer.getAs("result"), span = found.getAs("span");
    Object[] place = new Object[span.size()];
    Arrays.setAll(place, span::get);
    for (String end : List.of("start", "end")) {
      place[span.fieldIndex(end)] = span.<Integer>getAs(end) + answer.<Row>getAs("piece").<Integer>getAs("start");
    }
    return sum.set("text", text(found)).set("finish_reason", reason).set("span", RowFactory.create(place)).row();
  }

  /** Each field as the first piece has it that has it. */
  private static Row filled(List<Row> results) {
    List<Row> fields = results.stream().map(each -> each.<Row>getAs("fields")).toList();
    Object[] values = new Object[fields.getFirst().size()];
    for (int i = 0; i < values.length; i++) {
      int field = i;
      values[i] = fields.stream().map(each -> each.get(field)).filter(value -> value != null && !value.toString().isBlank()).findFirst()
          .orElse(null);
    }
    return RowFactory.create(values);
  }

  /** Different answers, in the document's order. */
  private static List<String> found(List<Row> results) {
    Set<String> found = new LinkedHashSet<>();
    for (Row each : results)
      if (!FinishReason.NO_ANSWER.code().equals(each.getAs("finish_reason")) && !text(each).isBlank()) found.add(text(each));
    return List.copyOf(found);
  }

  /** A document whose pieces went astray must not be published: rows that a task made again could have other keys. */
  private static void requireWhole(List<Row> answers) {
    for (int i = 0; i < answers.size(); i++) {
      Row piece = answers.get(i).getAs("piece");
      if (piece.<Integer>getAs("index") != i || piece.<Integer>getAs("of") != answers.size())
        throw new IllegalStateException("the pieces of a document came apart while tasks were repeated; run the job again");
    }
    if (answers.isEmpty()) throw new IllegalStateException("a document lost its pieces while tasks were repeated; run the job again");
  }

  /** A result that is being made. */
  private final class Values {
    private final Object[] values;

    Values(Row from) {
      values = new Object[result.size()];
      Arrays.setAll(values, from::get);
    }

    boolean has(String field) {
      return Arrays.asList(result.fieldNames()).contains(field);
    }

    Values set(String field, Object value) {
      values[result.fieldIndex(field)] = value;
      return this;
    }

    Row row() {
      return RowFactory.create(values.clone());
    }
  }
}
