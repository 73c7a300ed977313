package org.scriptorium.engine.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * SentencePiece's compiled normalization rules: a double array (Darts-clone) over UTF-8, then the replacements, each ended by a zero.
 * Immutable.
 */
final class CharacterMap implements Normalizer {
  /** No rules. */
  static final CharacterMap EMPTY = new CharacterMap(new byte[4], "");

  /** No rule. */
  static final int NONE = -1;
  /** Longer grapheme clusters are looked up character by character. */
  private static final int LONGEST_CLUSTER = 5;
  private static final Pattern CLUSTER = Pattern.compile("\\X");

  private final int[] units;
  private final byte[] replacements;

  /**
   * @param blob {@code precompiled_charsmap}: size of the array in bytes, the array, the replacements
   * @param where file and key, for messages
   */
  CharacterMap(byte[] blob, String where) {
    var buffer = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
    long size = blob.length < 4 ? -1 : Integer.toUnsignedLong(buffer.getInt());
    if (size < 0 || size % 4 != 0 || size > blob.length - 4) {
      throw new ModelException(ErrorCode.MODEL_CORRUPT,
          "%s: expected a double array and replacements, found %d bytes that are neither. Fetch or convert the model again."
              .formatted(where, blob.length));
    }
    units = new int[(int) size / 4];
    buffer.asIntBuffer().get(units);
    replacements = Arrays.copyOfRange(blob, 4 + (int) size, blob.length);
  }

  /** The rule for the longest or shortest prefix of [from, to): length shifted by 32 and place of the replacement, or NONE. */
  private long find(byte[] text, int from, int to, boolean longest) {
    if (units.length == 0) return NONE;
    long found = NONE;
    int node = offset(units[0]);
    for (int i = from; i < to && text[i] != 0; i++) {
      int label = text[i] & 0xFF;
      node ^= label;
      if (node < 0 || node >= units.length || (units[node] & 0x800000FF) != label) break;
      int unit = units[node];
      node ^= offset(unit);
      if ((unit >>> 8 & 1) == 0) continue;
      if (node >= units.length) break;
      found = (long) (i + 1 - from) << 32 | units[node] & 0x7FFFFFFF;
      if (!longest) break;
    }
    return found;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 0x200) >>> 6);
  }

  /** The longest rule's length in bytes and the place of its replacement, or {@link #NONE}. */
  long longest(byte[] text, int from, int to) {
    return find(text, from, to, true);
  }

  /** The bytes of the replacement of a rule. */
  byte[] replacement(long rule) {
    int start = (int) rule, end = start;
    while (end < replacements.length && replacements[end] != 0) end++;
    return start > end ? new byte[0] : Arrays.copyOfRange(replacements, start, end);
  }

  /** As Hugging Face's {@code tokenizers} does: rules for short grapheme clusters, else for characters; the shortest wins. */
  @Override
  public AlignedText normalize(AlignedText text) {
    var changes = new Changes(text.size());
    byte[] bytes = text.bytes();
    boolean modified = false;
    for (int i = 0; i < text.size(); ) {
      int end = plainEnd(bytes, i, text.size());
      if (end > i) {
        for (; i < end; i++) modified |= character(bytes, i, i + 1, changes);
        continue;
      }
      while (end < text.size() && plainEnd(bytes, end, text.size()) == end) end = CodePoints.after(bytes, end);
      modified |= clusters(bytes, i, end, changes);
      i = end;
    }
    return modified ? changes.apply(text, 0) : text;
  }

  /** The end of a run of ASCII characters that are clusters of their own: what follows each is ASCII too, and none ends a line. */
  private static int plainEnd(byte[] text, int from, int to) {
    int end = from;
    while (end < to && text[end] >= 0 && text[end] != '\r' && (end + 1 == to || text[end + 1] >= 0)) {
      if (text[end] == '\n' && end > 0 && text[end - 1] == '\r') break;
      end++;
    }
    return end;
  }

  private boolean clusters(byte[] bytes, int from, int to, Changes changes) {
    boolean modified = false;
    var matcher = CLUSTER.matcher(Utf8.decode(bytes, from, to));
    for (int start = from; matcher.find(); ) {
      int end = start + Utf8.length(matcher.group(), 0, matcher.end() - matcher.start());
      long rule = end - start <= LONGEST_CLUSTER ? find(bytes, start, end, false) : NONE;
      if (rule != NONE) {
        changes.replace((int) matcher.group().codePoints().count(), codePoints(rule));
        modified = true;
      } else {
        for (int i = start; i < end; i = CodePoints.after(bytes, i)) modified |= character(bytes, i, CodePoints.after(bytes, i), changes);
      }
      start = end;
    }
    return modified;
  }

  private boolean character(byte[] bytes, int from, int to, Changes changes) {
    long rule = find(bytes, from, to, false);
    if (rule == NONE) changes.add(CodePoints.at(bytes, from), 0);
    else changes.replace(1, codePoints(rule));
    return rule != NONE;
  }

  private int[] codePoints(long rule) {
    byte[] replacement = replacement(rule);
    return Utf8.decode(replacement, 0, replacement.length).codePoints().toArray();
  }
}
