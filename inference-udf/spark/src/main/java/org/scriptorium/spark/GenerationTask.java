package org.scriptorium.spark;

import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import scala.collection.immutable.Seq;

/**
 * What a task of the operator needs on its executor.
 *
 * @param arguments expressions over {@code input}, the columns of an argument batch
 */
record GenerationTask(
    List<CallPlan> calls, Seq<Expression> arguments, Seq<Attribute> input, Seq<Attribute> output, GenerationPlan generation,
    GenerationMetrics metrics, SerializableConfiguration hadoop) implements FlatMapFunction<Iterator<InternalRow>, InternalRow> {

  GenerationTask {
    calls = List.copyOf(calls);
  }

  @Override
  public Iterator<InternalRow> call(Iterator<InternalRow> rows) {
    return new GenerationIterator(this, rows, TaskContext.get());
  }

  StructType argumentSchema() {
    var schema = new StructType();
    var list = Catalyst.<Expression>list(arguments);
    for (int i = 0; i < list.size(); i++) schema = schema.add("argument" + i, list.get(i).dataType(), true);
    return schema;
  }
}
