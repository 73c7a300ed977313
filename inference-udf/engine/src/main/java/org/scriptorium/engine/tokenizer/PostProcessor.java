package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Completes the tokens of one text or two to a model's input. Immutable. */
@FunctionalInterface
interface PostProcessor {
  PostProcessor NONE = parts -> parts;

  List<Encoding> process(List<Encoding> parts);

  default PostProcessor then(PostProcessor next) {
    return parts -> next.process(process(parts));
  }

  /** One piece of a template. */
  sealed interface Piece {
    int typeId();

    /** @param index 0 for the first text, 1 for the second */
    record Text(int index, int typeId) implements Piece {}

    record Added(int[] ids, String[] tokens, int typeId) implements Piece {}
  }

  /** Writes the pieces one after the other. */
  static PostProcessor template(List<Piece> single, List<Piece> pair) {
    return parts -> {
      var result = new ArrayList<Encoding>();
      for (Piece piece : parts.size() == 1 ? single : pair) {
        result.add(switch (piece) {
          case Piece.Text text -> parts.get(text.index()).ofType(text.typeId());
          case Piece.Added added -> Encoding.added(added.ids(), added.tokens(), added.typeId());
        });
      }
      return result;
    };
  }

  /**
   * Leaves white space at the ends of tokens out of their places.
   *
   * @param blankAdded a single blank before the first token counts as added, and stays
   */
  static PostProcessor trimmed(boolean blankAdded) {
    UnaryOperator<Encoding> trim = part -> {
      int[] starts = part.starts().clone(), ends = part.ends().clone();
      for (int i = 0; i < starts.length; i++) {
        int[] codePoints = part.tokens()[i].codePoints().toArray();
        int leading = 0, trailing = 0;
        while (leading < codePoints.length && isBlank(codePoints[leading])) leading++;
        while (trailing < codePoints.length && isBlank(codePoints[codePoints.length - 1 - trailing])) trailing++;
        if (leading > 0) {
          if ((i == 0 || starts[i] == 0) && blankAdded && leading == 1) leading = 0;
          starts[i] = Math.min(starts[i] + leading, ends[i]);
        }
        if (trailing > 0 && ends[i] >= trailing) ends[i] = Math.max(ends[i] - trailing, starts[i]);
      }
      return part.at(starts, ends);
    };
    return parts -> parts.stream().map(trim).toList();
  }

  private static boolean isBlank(int codePoint) {
    return codePoint == ByteAlphabet.character(' ') || (CodePoints.kind(codePoint) & CodePoints.SPACE) != 0;
  }
}
