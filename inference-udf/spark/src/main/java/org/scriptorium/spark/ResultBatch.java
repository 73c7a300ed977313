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
import org.scriptorium.engine.api.Completion;

/** The results of a completed batch as Arrow vectors, one struct column for each call. Owns them. */
final class ResultBatch implements AutoCloseable {
  private final ColumnarBatch columns;

  ResultBatch(GenerationBatch batch, int calls, BufferAllocator allocator) {
    var schema = new StructType();
    for (int call = 0; call < calls; call++) schema = schema.add("result" + call, ResultStruct.TYPE, true);
    var root = VectorSchemaRoot.create(ArrowUtils.toArrowSchema(schema, "UTC", true, false), allocator);
    columns = new ColumnarBatch(root.getFieldVectors().stream().map(ArrowColumnVector::new).toArray(ColumnVector[]::new), batch.size());
    try {
      write(batch, calls, ArrowWriter.create(root));
    } catch (RuntimeException | Error e) {
      root.close();
      throw e;
    }
  }

  private static void write(GenerationBatch batch, int calls, ArrowWriter writer) {
    for (int row = 0; row < batch.size(); row++) {
      var structs = new Object[calls];
      for (int call = 0; call < calls; call++) {
        Completion completion = batch.completion(row, call);
        structs[call] = completion == null ? null : ResultStruct.row(completion);
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
