package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** Completes the tokens of one text or two to a model's input. Immutable. */
interface PostProcessor {
  PostProcessor NONE = new PostProcessor() {};

  /** The tokens of one text, with their places as they are to be told. */
  default Encoding text(Encoding part, String source) {
    return part;
  }

  /** The parts of the input. */
  default List<Encoding> join(List<Encoding> parts) {
    return parts;
  }

  default PostProcessor then(PostProcessor next) {
    PostProcessor first = this;
    return new PostProcessor() {
      @Override
      public Encoding text(Encoding part, String source) {
        return next.text(first.text(part, source), source);
      }

      @Override
      public List<Encoding> join(List<Encoding> parts) {
        return next.join(first.join(parts));
      }
    };
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
    return new PostProcessor() {
      @Override
      public List<Encoding> join(List<Encoding> parts) {
        var result = new ArrayList<Encoding>();
        for (Piece piece : parts.size() == 1 ? single : pair) {
          result.add(switch (piece) {
            case Piece.Text text -> parts.get(text.index()).ofType(text.typeId());
            case Piece.Added added -> Encoding.added(added.ids(), added.tokens(), added.typeId());
          });
        }
        return result;
      }
    };
  }

  /**
   * Leaves white space at the ends of tokens out of their places, as many characters of the source as the token has.
   *
   * @param blankAdded a single blank before the first token counts as added, and stays
   */
  static PostProcessor trimmed(boolean blankAdded) {
    return new PostProcessor() {
      @Override
      public Encoding text(Encoding part, String source) {
        int[] starts = part.starts().clone(), ends = part.ends().clone();
        for (int i = 0; i < starts.length; i++) {
          int[] codePoints = part.tokens()[i].codePoints().toArray();
          int leading = 0, trailing = 0;
          while (leading < codePoints.length && isBlank(codePoints[leading])) leading++;
          while (trailing < codePoints.length && isBlank(codePoints[codePoints.length - 1 - trailing])) trailing++;
          if ((i == 0 || starts[i] == 0) && blankAdded && leading == 1) leading = 0;
          for (int count = 0; count < leading && starts[i] < ends[i]; count++) starts[i] = source.offsetByCodePoints(starts[i], 1);
          // Of a source with fewer characters before this place than the token has blanks, nothing is left out.
          if (ends[i] == 0 || source.codePointCount(0, ends[i]) < trailing) continue;
          for (int count = 0; count < trailing && ends[i] > starts[i]; count++) ends[i] = source.offsetByCodePoints(ends[i], -1);
        }
        return part.at(starts, ends);
      }
    };
  }

  private static boolean isBlank(int codePoint) {
    return codePoint == ByteAlphabet.character(' ') || (CodePoints.kind(codePoint) & CodePoints.SPACE) != 0;
  }
}
