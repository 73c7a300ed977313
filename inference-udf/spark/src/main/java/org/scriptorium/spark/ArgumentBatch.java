package org.scriptorium.spark;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.execution.arrow.ArrowWriter;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.ArrowUtils;

/** The arguments of a batch of rows as Arrow vectors. Owns them. */
final class ArgumentBatch implements AutoCloseable {
  private final VectorSchemaRoot root;
  private final ArrowWriter writer;

  ArgumentBatch(StructType schema, BufferAllocator allocator) {
    root = VectorSchemaRoot.create(ArrowUtils.toArrowSchema(schema, "UTC", true, false), allocator);
    writer = ArrowWriter.create(root);
  }

  void add(UnsafeRow arguments) {
    writer.write(arguments);
  }

  /** To be called once after the last row, before values are read. */
  void finish() {
    writer.finish();
  }

  int rows() {
    return root.getRowCount();
  }

  boolean isNull(int column, int row) {
    return root.getVector(column).isNull(row);
  }

  int integer(int column, int row) {
    return ((IntVector) root.getVector(column)).get(row);
  }

  /**
   * The texts of a cell: one, or the elements of an array, where NULL counts as empty.
   *
   * @throws CharacterCodingException if the bytes are not well-formed UTF-8
   */
  List<String> texts(int column, int row) throws CharacterCodingException {
    FieldVector vector = root.getVector(column);
    if (vector instanceof VarCharVector strings) return List.of(decode(strings.get(row)));
    var lists = (ListVector) vector;
    var strings = (VarCharVector) lists.getDataVector();
    var texts = new ArrayList<String>();
    for (int i = lists.getElementStartIndex(row); i < lists.getElementEndIndex(row); i++) {
      texts.add(strings.isNull(i) ? "" : decode(strings.get(i)));
    }
    return texts;
  }

  /** One turn of a dialogue; what is NULL is empty. */
  record Turn(String role, String content) {}

  /**
   * The turns of a cell that is an array of structs with the fields {@code role} and {@code content}.
   *
   * @throws CharacterCodingException if the bytes are not well-formed UTF-8
   */
  List<Turn> turns(int column, int row) throws CharacterCodingException {
    var lists = (ListVector) root.getVector(column);
    var structs = (StructVector) lists.getDataVector();
    var roles = (VarCharVector) field(structs, "role");
    var contents = (VarCharVector) field(structs, "content");
    var turns = new ArrayList<Turn>();
    for (int i = lists.getElementStartIndex(row); i < lists.getElementEndIndex(row); i++) {
      if (structs.isNull(i)) turns.add(new Turn("", ""));
      else turns.add(new Turn(roles.isNull(i) ? "" : decode(roles.get(i)), contents.isNull(i) ? "" : decode(contents.get(i))));
    }
    return turns;
  }

  private static FieldVector field(StructVector struct, String name) {
    return struct.getChildrenFromFields().stream().filter(child -> child.getName().equalsIgnoreCase(name)).findFirst().orElseThrow();
  }

  /** Spark's strings are bytes that nobody checked; what Java would repair in silence is an error here. */
  private static String decode(byte[] bytes) throws CharacterCodingException {
    String lenient = new String(bytes, StandardCharsets.UTF_8);
    boolean mayBeRepaired = lenient.indexOf('\uFFFD') >= 0;
    return mayBeRepaired ? StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString() : lenient;
  }

  @Override
  public void close() {
    root.close();
  }
}
