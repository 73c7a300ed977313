package org.scriptorium.engine.tokenizer;

import java.util.function.UnaryOperator;

/** The decoders that {@code tokenizer.json} can name, but for those of {@link Decoding} itself. */
final class Decodings {
  private Decodings() {}

  /** Puts {@code content} in place of every match within a token. */
  static Decoding replace(Finder finder, String content) {
    return mapped(token -> {
      byte[] bytes = Utf8.encode(token, 0, token.length());
      var text = new StringBuilder(token.length());
      finder.find(bytes, 0, bytes.length, (from, to, match) -> text.append(match ? content : Utf8.decode(bytes, from, to)));
      return text.toString();
    });
  }

  /** The same for a string, handing on what can't be part of a match any more. */
  static Decoding replace(String sought, String content) {
    if (sought.isEmpty()) return next -> next;
    return next -> new Decoding.Step() {
      private final StringBuilder held = new StringBuilder();

      @Override
      public void part(String text) {
        held.append(text);
        hand(sought.length() - 1);
      }

      @Override
      public void end() {
        hand(0);
        next.end();
      }

      @Override
      public void finish() {
        next.finish();
      }

      private void hand(int keep) {
        var text = new StringBuilder(held.length());
        int from = 0;
        for (int found = held.indexOf(sought); found >= 0; found = held.indexOf(sought, from)) {
          text.append(held, from, found).append(content);
          from = found + sought.length();
        }
        int to = Math.max(from, held.length() - keep);
        text.append(held, from, to);
        held.delete(0, to);
        if (!text.isEmpty()) next.part(text.toString());
      }
    };
  }

  /** Removes up to so many of a character from the ends of every token. */
  static Decoding strip(int character, int start, int stop) {
    return next -> new Decoding.Step() {
      private final StringBuilder held = new StringBuilder();
      private int left = start;

      @Override
      public void part(String text) {
        int from = 0;
        while (left > 0 && from < text.length()) {
          if (text.codePointAt(from) == character) {
            from += Character.charCount(character);
            left--;
          } else {
            left = 0;
          }
        }
        held.append(text, from, text.length());
        int units = stop * Character.charCount(character), to = held.length() - units;
        if (to <= 0) return;
        next.part(held.substring(0, to));
        held.delete(0, to);
      }

      @Override
      public void end() {
        for (int i = 0; i < stop && !held.isEmpty() && held.codePointBefore(held.length()) == character; i++) {
          held.setLength(held.length() - Character.charCount(character));
        }
        if (!held.isEmpty()) next.part(held.toString());
        held.setLength(0);
        left = start;
        next.end();
      }

      @Override
      public void finish() {
        next.finish();
      }
    };
  }

  /** Blanks in place of a sign; the first token's are dropped where encoding put one there. */
  static Decoding metaspace(int sign, boolean prepended) {
    String spelled = Character.toString(sign);
    return next -> new Decoding.WholeTokens(next) {
      private boolean first = true;

      @Override
      void token(String token) {
        hand(token.replace(spelled, first && prepended ? "" : " "));
        first = false;
      }
    };
  }

  /** Joins continuing tokens to those before, sets blanks before others. */
  static Decoding wordPiece(String prefix, boolean tidy) {
    return next -> new Decoding.WholeTokens(next) {
      private boolean first = true;

      @Override
      void token(String token) {
        String text = first ? token : token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
        hand(tidy ? tidied(text) : text);
        first = false;
      }
    };
  }

  /** Blanks in place of what ends words, but for the last token's. */
  static Decoding wordEnds(String suffix) {
    return next -> new Decoding.WholeTokens(next) {
      private String last;

      @Override
      void token(String token) {
        if (last != null) hand(last.replace(suffix, " "));
        last = token;
      }

      @Override
      public void finish() {
        if (last != null) hand(last.replace(suffix, ""));
        super.finish();
      }
    };
  }

  /** Connectionist temporal classification: equal tokens in a row count once. */
  static Decoding temporal(String padding, String delimiter, boolean tidy) {
    return next -> new Decoding.WholeTokens(next) {
      private String last;

      @Override
      void token(String token) {
        if (token.equals(last)) return;
        last = token;
        String text = token.replace(padding, "");
        if (tidy) text = tidied(text).replace(delimiter, " ");
        if (!text.isEmpty()) hand(text);
      }
    };
  }

  private static Decoding mapped(UnaryOperator<String> function) {
    return next -> new Decoding.WholeTokens(next) {
      @Override
      void token(String token) {
        hand(function.apply(token));
      }
    };
  }

  /** Takes blanks before punctuation and English contractions away, as the reference does within a token. */
  private static String tidied(String text) {
    return text.replace(" .", ".").replace(" ?", "?").replace(" !", "!").replace(" ,", ",").replace(" ' ", "'").replace(" n't", "n't")
        .replace(" 'm", "'m").replace(" do not", " don't").replace(" 's", "'s").replace(" 've", "'ve").replace(" 're", "'re");
  }
}
