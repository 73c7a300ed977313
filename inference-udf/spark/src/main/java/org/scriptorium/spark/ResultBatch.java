package org.scriptorium.spark;

import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.execution.arrow.ArrowWriter;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.ArrowUtils;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** The results of a completed batch as Arrow vectors, one struct column for each call. Owns them. */
final class ResultBatch implements AutoCloseable {
  private final ColumnarBatch columns;

  ResultBatch(GenerationBatch batch, List<CallSpecification> calls, BufferAllocator allocator) {
    List<StructType> types = calls.stream().map(CallSpecification::resultType).toList();
    var schema = new StructType();
    for (int call = 0; call < types.size(); call++) schema = schema.add("result" + call, types.get(call), true);
    var root = VectorSchemaRoot.create(ArrowUtils.toArrowSchema(schema, "UTC", true, false), allocator);
    columns = new ColumnarBatch(root.getFieldVectors().stream().map(ArrowColumnVector::new).toArray(ColumnVector[]::new), batch.size());
    try {
      write(batch, calls, types, ArrowWriter.create(root));
    } catch (RuntimeException | Error e) {
      root.close();
      throw e;
    }
  }

  private static void write(GenerationBatch batch, List<CallSpecification> calls, List<StructType> types, ArrowWriter writer) {
    for (int row = 0; row < batch.size(); row++) {
      var structs = new Object[types.size()];
      for (int call = 0; call < structs.length; call++) {
        Answer answer = batch.answer(row, call);
        structs[call] = answer == null ? null : ResultStruct.row(answer, types.get(call), calls.get(call).reasoning());
      }
      writer.write(new GenericInternalRow(structs));
    }
    writer.finish();
  }

  /** Valid until the next call. */
  InternalRow row(int index) {
    return columns.getRow(index);
  }

  @Override
  public void close() {
    columns.close();
  }
}
