package org.scriptorium.pipeline.retrieval;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.scriptorium.pipeline.text.Border;
import org.scriptorium.pipeline.text.Part;
import org.scriptorium.pipeline.text.TextParts;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Passages on their way into a prompt and back: numbered, parted where they may end, and cut to what the prompt had room for. */
final class PromptPassages {
  private static final int ID = 0, START = 1, SCORE = 3, TEXT = 4;
  private static final String SPACE = "\n\n";

  private PromptPassages() {}

  /** The parts of a prompt's passages and their borders: a prompt ends at a sentence's end rather than within one. */
  static Row parts(Seq<Row> passages) {
    List<String> parts = new ArrayList<>();
    var borders = new StringBuilder();
    int number = 0;
    for (Row passage : rows(passages)) {
      // A number belongs to what follows: no prompt ends with one.
      String heading = heading(++number), text = passage.getString(TEXT);
      for (Part part : TextParts.of(text)) {
        parts.add(heading + part.in(text));
        heading = "";
        borders.append(part.border().compareTo(Border.SENTENCE) >= 0 || part.end() == text.length() ? '1' : '0');
      }
    }
    return RowFactory.create(parts.toArray(String[]::new), borders.toString());
  }

  private static String heading(int number) {
    return (number == 1 ? "" : SPACE) + "[" + number + "] ";
  }

  /**
   * The passages as a prompt has them: those that have no room are left out, and the last may be cut.
   *
   * @param end of the prompt's passages, in characters (code points)
   */
  static Seq<Row> seen(Seq<Row> passages, Integer end) {
    List<Row> seen = new ArrayList<>();
    int position = 0, number = 0;
    for (Row passage : rows(passages)) {
      String text = passage.getString(TEXT);
      int from = position + heading(++number).length(), length = text.codePointCount(0, text.length());
      int room = Math.min(length, end - from);
      if (room <= 0) break;
      String cut = text.substring(0, text.offsetByCodePoints(0, room)).stripTrailing();
      if (!cut.isEmpty()) {
        int start = passage.getInt(START);
        int until = start + cut.codePointCount(0, cut.length());
        seen.add(RowFactory.create(passage.getString(ID), start, until, passage.getFloat(SCORE), cut));
      }
      position = from + length;
    }
    return CollectionConverters.asScala(seen).toSeq();
  }

  /** What {@link Evidence} says of an answer. */
  static Row read(String question, String answer, Seq<Row> seen) {
    List<Row> passages = rows(seen);
    Evidence evidence = Evidence.of(question, answer, passages.stream().map(passage -> passage.getString(TEXT)).toList());
    Row[] citations = evidence.citations().stream().map(citation -> {
      Row passage = passages.get(citation.number() - 1);
      return RowFactory.create(citation.number(), passage.getString(ID), passage.getInt(START), passage.getInt(2), citation.marked());
    }).toArray(Row[]::new);
    return RowFactory.create(evidence.text(), evidence.hasAnswer(), citations);
  }

  private static List<Row> rows(Seq<Row> passages) {
    return new ArrayList<>(CollectionConverters.asJava(passages));
  }
}
