package org.scriptorium.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Walks over the fields of one message in Protocol Buffers' wire format. For one thread. */
final class ProtobufReader {
  private static final int VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5;

  private final byte[] bytes;
  private final int end;
  private final String where;
  private int position;
  private int field;
  private int wireType;
  /** The value of a number, or the length of a string. */
  private long value;

  ProtobufReader(byte[] bytes, String where) {
    this(bytes, 0, bytes.length, where);
  }

  private ProtobufReader(byte[] bytes, int from, int end, String where) {
    this.bytes = bytes;
    this.position = from;
    this.end = end;
    this.where = where;
  }

  /** Goes to the next field; false at the end. */
  boolean next() {
    if (position == end) return false;
    long tag = varint();
    field = (int) (tag >>> 3);
    wireType = (int) tag & 7;
    switch (wireType) {
      case VARINT -> value = varint();
      case FIXED32 -> value = fixed(4);
      case FIXED64 -> value = fixed(8);
      case LENGTH -> {
        value = varint();
        if (value < 0 || value > end - position) throw corrupt();
        position += (int) value;
      }
      default -> throw corrupt();
    }
    return true;
  }

  int field() {
    return field;
  }

  int integer() {
    if (wireType != VARINT) throw corrupt();
    return (int) value;
  }

  boolean bool() {
    return integer() != 0;
  }

  float real() {
    if (wireType != FIXED32) throw corrupt();
    return Float.intBitsToFloat((int) value);
  }

  byte[] bytes() {
    if (wireType != LENGTH) throw corrupt();
    return Arrays.copyOfRange(bytes, position - (int) value, position);
  }

  String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** The field as a message of its own. */
  ProtobufReader message() {
    if (wireType != LENGTH) throw corrupt();
    return new ProtobufReader(bytes, position - (int) value, position, where);
  }

  private long varint() {
    long result = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position == end) throw corrupt();
      byte unit = bytes[position++];
      result |= (long) (unit & 0x7F) << shift;
      if (unit >= 0) return result;
    }
    throw corrupt();
  }

  private long fixed(int width) {
    if (width > end - position) throw corrupt();
    long result = 0;
    for (int i = 0; i < width; i++) result |= (bytes[position++] & 0xFFL) << 8 * i;
    return result;
  }

  private ModelException corrupt() {
    return new ModelException(ErrorCode.MODEL_CORRUPT,
        "%s: expected a SentencePiece model, found bytes that are none at position %d. Fetch the model again.".formatted(where, position));
  }
}
