package org.scriptorium.spark;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.ArrowUtils;
import org.apache.spark.util.TaskCompletionListener;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.ModelDescription.Kind;

/**
 * One partition's way through the engine: reads rows in batches, keeps several batches with the engine so that it never runs dry, and hands
 * rows on in the order in which they came. What is read and not yet handed on stays within {@link BatchLimits}; of a batch's rows the
 * argument vectors live until they are submitted, the result vectors from completion until the batch is handed on.
 */
final class GenerationIterator implements Iterator<InternalRow>, TaskCompletionListener {
  private final GenerationTask task;
  private final Iterator<InternalRow> input;
  private final TaskContext context;
  private final TaskWatch watch;
  private final BufferAllocator allocator;
  private final StructType argumentSchema;
  private final UnsafeProjection toInput;
  private final UnsafeProjection toArguments;
  private final UnsafeProjection toOutput;
  private final JoinedRow joined = new JoinedRow();
  private final List<RowRequests> requests;
  private final List<CallSpecification> specifications;
  private final long beganAt = System.nanoTime();
  private final ArrayDeque<GenerationBatch> inFlight = new ArrayDeque<>();
  private final EqualRequests asked = new EqualRequests(EqualRequests.KEPT_BYTES);

  private List<OpenModel> models = List.of();
  private List<EngineMeter> meters = List.of();
  private long lastCompletion;
  private int rowsInFlight;
  private long bytesInFlight;
  private GenerationBatch current = new GenerationBatch();
  private ResultBatch results;
  private int next;

  GenerationIterator(GenerationTask task, Iterator<InternalRow> input, TaskContext context) {
    this.task = task;
    this.input = input;
    this.context = context;
    watch = new TaskWatch(context);
    allocator = ArrowUtils.rootAllocator().newChildAllocator("scriptorium-task-" + context.taskAttemptId(), 0, Long.MAX_VALUE);
    argumentSchema = task.argumentSchema();
    toInput = UnsafeProjection.create(Catalyst.seq(Catalyst.list(task.input())), task.input());
    toArguments = UnsafeProjection.create(task.arguments(), task.input());
    toArguments.initialize(context.partitionId());
    toOutput = UnsafeProjection.create(Catalyst.seq(Catalyst.list(task.output())), task.output());
    requests = task.calls().stream().map(RowRequests::new).toList();
    specifications = task.calls().stream().map(CallPlan::specification).toList();
    context.addTaskCompletionListener(this);
  }

  @Override
  public boolean hasNext() {
    if (next < current.size()) return true;
    release();
    fill();
    if (inFlight.isEmpty()) return false;
    // It stays among those in flight until it is complete, for the end of the task to find and cancel.
    awaitComplete(inFlight.getFirst());
    current = inFlight.removeFirst();
    next = 0;
    results = new ResultBatch(current, specifications, allocator);
    return true;
  }

  @Override
  public InternalRow next() {
    if (!hasNext()) throw new NoSuchElementException();
    watch.checkAlive();
    for (int call = 0; call < requests.size(); call++) account(task.calls().get(call), current.answer(next, call));
    InternalRow row = toOutput.apply(joined.apply(current.row(next), results.row(next)));
    next++;
    return row;
  }

  /** Counts a result that the model was asked for; a row in error fails the query here where the function says so. */
  private void account(CallPlan call, Answer answer) {
    if (answer == null) return;
    Completion completion = answer.completion();
    var specification = call.specification();
    if (specification.asksTheModel()) task.metrics().count(completion);
    if (completion.finishReason() != FinishReason.ERROR) return;
    if (completion.errorCode().equals(ErrorCode.CANCELLED.code())) throw RowFailure.cancelled(specification, completion);
    if (specification.onError() == AiFunction.OnError.FAILS) throw RowFailure.of(specification, completion);
  }

  /** Hands batches to the engine while the bounds allow. */
  private void fill() {
    var limits = task.generation().limits();
    while (rowsInFlight < limits.rowsInFlight() && bytesInFlight < limits.bytesInFlight() && input.hasNext()) {
      var batch = new GenerationBatch();
      try (var arguments = new ArgumentBatch(argumentSchema, allocator)) {
        read(batch, arguments);
        openModels();
        inFlight.addLast(batch);
        batch.submit(arguments, requests, models, asked, watch::checkAlive);
      }
    }
  }

  private void read(GenerationBatch batch, ArgumentBatch arguments) {
    var limits = task.generation().limits();
    int most = Math.min(limits.batchRows(), limits.rowsInFlight() - rowsInFlight);
    while (batch.size() < most && batch.bytes() < limits.batchBytes() && (batch.size() == 0 || input.hasNext())) {
      watch.checkAlive();
      InternalRow row = input.next();
      UnsafeRow kept = row instanceof UnsafeRow unsafe ? unsafe.copy() : toInput.apply(row).copy();
      UnsafeRow argument = toArguments.apply(kept);
      // The texts of a request are characters of two bytes, next to the tokens that they become.
      batch.add(kept, kept.getSizeInBytes() + 4L * argument.getSizeInBytes());
      arguments.add(argument);
    }
    arguments.finish();
    rowsInFlight += batch.size();
    bytesInFlight += batch.bytes();
  }

  /** At the first batch, so that an empty partition opens nothing. */
  private void openModels() {
    if (!models.isEmpty()) return;
    var settings = task.generation().settings();
    var options = settings.options(org.apache.spark.SparkEnv.get().conf());
    var opened = new ArrayList<OpenModel>();
    var metered = new ArrayList<EngineMeter>();
    for (CallPlan call : task.calls()) {
      var opening = ExecutorEngines.open(call.model(), use(call), options, settings.directory(), task.hadoop().value());
      opened.add(watch.await(opening.model()));
      metered.add(ExecutorEngines.meter(opened.getLast()));
      if (opening.isFirst()) task.metrics().opened();
    }
    models = List.copyOf(opened);
    meters = List.copyOf(metered);
    lastCompletion = System.nanoTime() - beganAt;
    task.metrics().firstRequest(lastCompletion);
  }

  private static OpenModel.Use use(CallPlan call) {
    if (call.specification().extent() == CallSpecification.Extent.KEY) return OpenModel.Use.KEY;
    return call.model().kind() == Kind.ENCODER ? call.specification().function().task().use() : OpenModel.Use.WRITE;
  }

  private void awaitComplete(GenerationBatch batch) {
    watch.await(batch, this::meter);
    long completion = Math.max(batch.completedAt() - beganAt, lastCompletion);
    task.metrics().lastCompletion(lastCompletion, completion);
    lastCompletion = completion;
    // The engine counts a step before it tells of the completions, so the last batch of all finds all steps.
    meter();
  }

  /** Also before a row is complete, for progress to tell of long ones. */
  private void meter() {
    meters.forEach(meter -> task.metrics().worked(meter.take()));
  }

  private void release() {
    if (results != null) results.close();
    results = null;
    rowsInFlight -= current.size();
    bytesInFlight -= current.bytes();
    current = new GenerationBatch();
    next = 0;
  }

  /** Also the end of a task that failed, was killed, or whose reader wanted no more rows. */
  @Override
  public void onTaskCompletion(TaskContext ended) {
    inFlight.forEach(GenerationBatch::cancel);
    inFlight.clear();
    release();
    allocator.close();
  }
}
