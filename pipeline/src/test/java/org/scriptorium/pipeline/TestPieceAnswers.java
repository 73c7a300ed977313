package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.scriptorium.pipeline.JobFile.Kind;

/** How the results of pieces become a document's, kind by kind. */
class TestPieceAnswers {
  private static final StructType FIELDS = StructType.fromDDL("person string, city string");
  private static final int ROUNDS = 3;

  private static PieceAnswers answers(Kind kind) {
    StructType result = kind == Kind.EXTRACT ? Sessions.RESULT.add("reasoning", DataTypes.StringType).add("fields", FIELDS)
        : Sessions.RESULT.add("reasoning", DataTypes.StringType);
    return new PieceAnswers(kind, List.of("good", "bad"), ROUNDS, result);
  }

  /** Of 10 tokens of prompt, 4 of them cached, and 3 new ones. */
  private static Object[] result(String text, String reason) {
    boolean isError = reason.equals("error");
    return new Object[] {text, reason, isError ? "malformed_answer" : "", isError ? "no JSON" : "", 10, 4, 3, "m",
        "key of " + text, ""};
  }

  private static Object[] extracted(String person, String city) {
    List<Object> values = new ArrayList<>(List.of(result("{}", "stop")));
    values.add(row(FIELDS, person, city));
    return values.toArray();
  }

  private static Row row(StructType type, Object... values) {
    return new GenericRowWithSchema(values, type);
  }

  private static Row absorb(Kind kind, Row before, int[] tokens, Object[]... results) {
    PieceAnswers answers = answers(kind);
    List<Row> found = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      Row piece = row(TextPieces.PIECE, i, results.length, "", 100 * i, 100 * i + 90, tokens[i], i + 1 < results.length ? "\n\n" : "");
      found.add(row(answers.answer(), i, piece, row(answers.result(), results[i])));
    }
    Row state = answers.absorb(before, found);
    Row values = state.getAs(0);
    Object[] named = new Object[values.size()];
    for (int i = 0; i < named.length; i++) named[i] = values.get(i);
    return row(answers.state(), row(answers.result(), named), state.get(1), state.get(2));
  }

  private static Row absorb(Kind kind, Object[]... results) {
    int[] tokens = new int[results.length];
    java.util.Arrays.fill(tokens, 7);
    return absorb(kind, null, tokens, results);
  }

  private static Row result(Row state) {
    return state.getAs("result");
  }

  @Test
  void onePieceIsItsDocument() {
    Row state = absorb(Kind.SUMMARIZE, result("A.", "length"));
    assertThat(result(state)).hasToString("[A.,length,,,10,4,3,m,key of A.,]");
    assertThat(state.<String>getAs("next")).isNull();
  }

  @Test
  void summariesAreSummarizedUntilThereIsOne() {
    Row first = absorb(Kind.SUMMARIZE, result("A.", "stop"), result(" ", "stop"), result("B.", "length"));
    assertThat(first.<String>getAs("next")).isEqualTo("A.\n\nB.");
    Row second = absorb(Kind.SUMMARIZE, first, new int[] {5}, result("AB.", "stop"));
    assertThat(second.<String>getAs("next")).isNull();
    assertThat(result(second).mkString("|")).startsWith("AB.|stop|||40|16|12|m|");
    assertThat(answers(Kind.SUMMARIZE).absorb(second, List.of())).isSameAs(second);
  }

  @Test
  void roundsAreBounded() {
    Row state = absorb(Kind.GENERATE, result("A.", "stop"), result("B.", "stop"));
    state = absorb(Kind.GENERATE, state, new int[] {5, 5}, result("A.", "stop"), result("B.", "stop"));
    assertThat(state.<String>getAs("next")).isEqualTo("A.\n\nB.");
    state = absorb(Kind.GENERATE, state, new int[] {5, 5}, result("A.", "stop"), result("B.", "stop"));
    assertThat(state.<String>getAs("next")).isNull();
    assertThat(result(state).mkString("|")).startsWith("|error|prompt_too_long|after 3 rounds the answers to its pieces are still 2;"
        + " raise piece-tokens, or lower max-new-tokens|60|24|18|m|");
  }

  @Test
  void aPieceInErrorIsTheDocumentsError() {
    Row state = absorb(Kind.EXTRACT, extracted("Ann", null), extracted("Bob", null), extracted("Cid", null));
    assertThat(result(state).<Row>getAs("fields").getString(0)).isEqualTo("Ann");
    Row failed = absorb(Kind.TRANSLATE, result("a", "stop"), result("b", "error"), result("c", "error"));
    assertThat(result(failed).mkString("|")).startsWith("|error|malformed_answer|piece 2 of 3 (characters 100 to 190): no JSON|30|12|9|m|");
    Row first = absorb(Kind.SUMMARIZE, result("A.", "stop"), result("B.", "stop"));
    Row later = absorb(Kind.SUMMARIZE, first, new int[] {5}, result("", "error"));
    assertThat(result(later).<String>getAs("error")).isEqualTo("round 2, piece 1 of 1 (characters 0 to 90): no JSON");
    assertThat(later.<String>getAs("next")).isNull();
  }

  @Test
  void translationsKeepTheDocumentsGaps() {
    Row state = absorb(Kind.TRANSLATE, result(" eins. ", "stop"), result("zwei.", "length"));
    assertThat(result(state).mkString("|")).startsWith("eins.\n\nzwei.|length|||20|8|6|m|");
  }

  @Test
  void labelsAreElectedByTheirTokens() {
    int[] tokens = {5, 9, 3};
    assertThat(result(absorb(Kind.CLASSIFY, null, tokens, result("good", "stop"), result("bad", "stop"), result("good", "stop")))
        .<String>getAs("text")).isEqualTo("bad");
    assertThat(result(absorb(Kind.CLASSIFY, null, new int[] {5, 5}, result("bad", "stop"), result("good", "stop"))).<String>getAs("text"))
        .isEqualTo("good");
  }

  @Test
  void fieldsComeFromTheFirstPieceThatHasThem() {
    Row result = result(absorb(Kind.EXTRACT, extracted(null, " "), extracted("Ann", null), extracted("Bob", "Ulm")));
    assertThat(result.<Row>getAs("fields")).hasToString("[Ann,Ulm]");
    assertThat(result.<String>getAs("text")).isEqualTo("{}\n\n{}\n\n{}");
  }

  /** A piece may be what functions know as blank, such as no-break spaces alone. */
  @Test
  void piecesThatNobodyWasAskedAboutSayNothing() {
    Object[] blank = result("", "skipped"), blankFields = java.util.Arrays.copyOf(blank, blank.length + 1);
    Row fields = result(absorb(Kind.EXTRACT, blankFields, extracted("Ann", "Ulm")));
    assertThat(fields.<Row>getAs("fields")).hasToString("[Ann,Ulm]");
    assertThat(fields.<String>getAs("finish_reason")).isEqualTo("stop");
    Row label = result(absorb(Kind.CLASSIFY, null, new int[] {50, 5}, blank, result("good", "stop")));
    assertThat(label.<String>getAs("text")).isEqualTo("good");
    assertThat(result(absorb(Kind.TRANSLATE, result("eins", "stop"), blank, result("zwei", "stop"))).<String>getAs("text"))
        .isEqualTo("eins\n\n\n\nzwei");
    for (Kind kind : List.of(Kind.SUMMARIZE, Kind.CLASSIFY, Kind.ANSWER, Kind.TRANSLATE)) {
      assertThat(result(absorb(kind, blank, blank)).mkString("|")).as(kind.toString()).startsWith("|skipped|||20|8|6|m|");
    }
    assertThat(result(absorb(Kind.EXTRACT, blankFields, blankFields)).<Row>getAs("fields")).isNull();
  }

  @Test
  void answersAreAskedAgainWhereTheyDiffer() {
    assertThat(result(absorb(Kind.ANSWER, result("", "no_answer"), result("", "no_answer"))).mkString("|")).startsWith("|no_answer|||20|");
    Row one = absorb(Kind.ANSWER, result("", "no_answer"), result("Ann", "stop"), result("Ann", "stop"));
    assertThat(result(one).mkString("|")).startsWith("Ann|stop|||30|");
    assertThat(one.<String>getAs("next")).isNull();
    Row two = absorb(Kind.ANSWER, result("Bob", "stop"), result("", "no_answer"), result("Ann", "stop"));
    assertThat(two.<String>getAs("next")).isEqualTo("Bob\n\nAnn");
    assertThat(result(absorb(Kind.ANSWER, two, new int[] {5}, result("", "no_answer"))).mkString("|")).startsWith("|no_answer|||40|");
  }

  @Test
  void piecesThatCameApartFail() {
    PieceAnswers answers = answers(Kind.SUMMARIZE);
    Row piece = row(TextPieces.PIECE, 1, 2, "", 0, 1, 1, "");
    List<Row> one = List.of(row(answers.answer(), 1, piece, row(answers.result(), result("A.", "stop"))));
    assertThatThrownBy(() -> answers.absorb(null, one)).isInstanceOf(IllegalStateException.class)
        .hasMessage("the pieces of a document came apart while tasks were repeated; run the job again");
    assertThatThrownBy(() -> answers.absorb(null, List.of())).isInstanceOf(IllegalStateException.class)
        .hasMessage("a document lost its pieces while tasks were repeated; run the job again");
  }
}
