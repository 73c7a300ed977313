package org.scriptorium.engine.tokenizer;

import java.util.Arrays;
import java.util.Set;

/** SentencePiece's way from pieces to text. */
final class SentencePieceDecoding {
  private static final String SIGN = "\u2581";

  private SentencePieceDecoding() {}

  static Decoding of(SentencePieceModel model) {
    return next -> new Pieces(next, model.prefix(), model.tidy(), model.byteFallback());
  }

  /**
   * Marian's: markup as it is spelled, with a blank after it, and the pieces between decoded by themselves; blanks at the ends go.
   *
   * @param special the tokens of markup
   */
  static Decoding marian(SentencePieceModel model, Set<String> special) {
    Decoding segments = next -> new Decoding.WholeTokens(next) {
      private Pieces pieces = new Pieces(next, model.prefix(), model.tidy(), model.byteFallback());

      @Override
      void token(String token) {
        if (!special.contains(token)) {
          pieces.part(token);
          pieces.end();
          return;
        }
        pieces.flush();
        pieces = new Pieces(next, model.prefix(), model.tidy(), model.byteFallback());
        hand(token + " ");
      }

      @Override
      public void finish() {
        pieces.finish();
      }
    };
    return segments.then(SentencePieceDecoding::stripped);
  }

  /** The whole text without white space at its ends. */
  private static Decoding.Step stripped(Decoding.Step next) {
    return new Decoding.Step() {
      private final StringBuilder held = new StringBuilder();
      private boolean begun;

      @Override
      public void part(String text) {
        held.append(text);
        int from = 0, to = held.length();
        while (to > 0 && isBlank(held.charAt(to - 1))) to--;
        if (!begun) while (from < to && isBlank(held.charAt(from))) from++;
        if (from < to) next.part(held.substring(from, to));
        begun |= from < to;
        held.delete(0, begun ? to : held.length());
      }

      @Override
      public void end() {
        next.end();
      }

      @Override
      public void finish() {
        next.finish();
      }
    };
  }

  private static boolean isBlank(char unit) {
    return (CodePoints.kind(unit) & CodePoints.SPACE) != 0 || unit >= 0x1C && unit <= 0x1F;
  }

  private static final class Pieces extends Decoding.WholeTokens {
    private final Decoding.Step next;
    private final boolean prefix;
    private final boolean tidy;
    private final boolean hasBytes;
    private final byte[] run = new byte[4];
    private int size;
    private boolean begun;
    private boolean signSeen;

    private Pieces(Decoding.Step next, boolean prefix, boolean tidy, boolean hasBytes) {
      super(next);
      this.next = next;
      this.prefix = prefix;
      this.tidy = tidy;
      this.hasBytes = hasBytes;
    }

    @Override
    void token(String token) {
      int unit = hasBytes ? ByteTokens.value(token) : -1;
      if (unit >= 0) {
        run[size++] = (byte) unit;
        characters(false);
        return;
      }
      flush();
      boolean first = !begun && !signSeen;
      String piece = token;
      if (first && (prefix || tidy) && piece.startsWith(SIGN)) {
        piece = piece.substring(1);
        // Where blanks are put in order, all before the text go, not only the one that was added.
        signSeen = !tidy;
      }
      emit(piece.replace(SIGN, " "));
    }

    @Override
    public void finish() {
      flush();
      next.finish();
    }

    /** Ends a run of bytes. */
    private void flush() {
      characters(true);
    }

    /** Hands on the characters that are complete; every byte that is part of none becomes U+FFFD. */
    private void characters(boolean all) {
      int from = 0;
      while (from < size) {
        int width = width(run[from]);
        boolean whole = from + width <= size;
        if (!whole && !all && couldGoOn(from, width)) break;
        if (whole && Utf8Decoder.isWellFormed(Arrays.copyOfRange(run, from, from + width))) {
          emit(Utf8.decode(run, from, from + width));
          from += width;
        } else {
          emit("\uFFFD");
          from++;
        }
      }
      System.arraycopy(run, from, run, 0, size - from);
      size -= from;
    }

    private boolean couldGoOn(int from, int width) {
      if (width == 1) return false;
      for (int i = from + 1; i < size; i++) if ((run[i] & 0xC0) != 0x80) return false;
      return true;
    }

    private static int width(byte first) {
      if ((first & 0xE0) == 0xC0) return 2;
      if ((first & 0xF0) == 0xE0) return 3;
      return (first & 0xF8) == 0xF0 ? 4 : 1;
    }

    private void emit(String text) {
      begun |= !text.isEmpty();
      hand(text);
    }
  }
}
