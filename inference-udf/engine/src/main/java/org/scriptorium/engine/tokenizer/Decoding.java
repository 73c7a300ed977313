package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** Turns tokens into text. Immutable; what it opens is for one text and one thread. */
@FunctionalInterface
interface Decoding {

  /** A fresh decoder that hands on to {@code next}. */
  Step open(Step next);

  default Decoding then(Decoding next) {
    return last -> open(next.open(last));
  }

  /** Takes tokens, each in one part or several. What is handed on early is certain, so that a text can be read as it comes. */
  interface Step {
    /** A part of the current token. */
    void part(String text);

    /** The current token is complete. */
    void end();

    /** There are no more tokens. */
    void finish();
  }

  /** Tokens with a blank between them: what stands where a tokenizer names no decoder. */
  static Decoding joined() {
    return next -> new Step() {
      private boolean later;
      private boolean inside;

      @Override
      public void part(String text) {
        if (!inside && later) next.part(" ");
        inside = later = true;
        next.part(text);
      }

      @Override
      public void end() {
        if (!inside) part("");
        inside = false;
        next.end();
      }

      @Override
      public void finish() {
        next.finish();
      }
    };
  }

  /** One token of all. */
  static Decoding fused() {
    return next -> new Step() {
      @Override
      public void part(String text) {
        next.part(text);
      }

      @Override
      public void end() {}

      @Override
      public void finish() {
        next.end();
        next.finish();
      }
    };
  }

  /** Characters of GPT-2's alphabet to bytes to one token; tokens with others are their own UTF-8. */
  static Decoding byteLevel() {
    return next -> new WholeTokens(next) {
      private final Utf8Decoder decoder = new Utf8Decoder();
      private final StringBuilder text = new StringBuilder();

      @Override
      void token(String token) {
        decoder.append(ByteAlphabet.bytes(token), text);
        hand();
      }

      @Override
      public void finish() {
        decoder.finish(text);
        hand();
        next.end();
        next.finish();
      }

      private void hand() {
        if (text.isEmpty()) return;
        next.part(text.toString());
        text.setLength(0);
      }
    };
  }

  /** Tokens of bytes to characters; runs that are not well-formed to one U+FFFD a token. */
  static Decoding byteFallback() {
    return next -> new WholeTokens(next) {
      private final List<Byte> run = new ArrayList<>();

      @Override
      void token(String token) {
        int value = ByteTokens.value(token);
        if (value >= 0) {
          run.add((byte) value);
          return;
        }
        flush();
        hand(token);
      }

      @Override
      public void finish() {
        flush();
        next.finish();
      }

      private void flush() {
        if (run.isEmpty()) return;
        var bytes = new byte[run.size()];
        for (int i = 0; i < bytes.length; i++) bytes[i] = run.get(i);
        run.clear();
        if (Utf8Decoder.isWellFormed(bytes)) hand(Utf8.decode(bytes, 0, bytes.length));
        else for (int i = 0; i < bytes.length; i++) hand("\uFFFD");
      }
    };
  }

  /** A decoder that sees its tokens whole. */
  abstract class WholeTokens implements Step {
    private final Step next;
    private final StringBuilder current = new StringBuilder();
    private String only;

    WholeTokens(Step next) {
      this.next = next;
    }

    abstract void token(String token);

    /** Hands on a token. */
    final void hand(String token) {
      next.part(token);
      next.end();
    }

    @Override
    public final void part(String text) {
      if (only == null && current.isEmpty()) {
        only = text;
      } else {
        if (only != null) current.append(only);
        only = null;
        current.append(text);
      }
    }

    @Override
    public final void end() {
      String token = only != null ? only : current.toString();
      only = null;
      current.setLength(0);
      token(token);
    }

    @Override
    public void finish() {
      next.finish();
    }
  }
}
