package org.scriptorium.engine.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.Threads;
import org.scriptorium.engine.model.Encoder;
import org.scriptorium.engine.model.EncoderHead;
import org.scriptorium.engine.model.EncoderStack;
import org.scriptorium.engine.model.Machine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Steps of an encoder: each takes as many of the waiting inputs as fit, whole and in the order they came, whoever brought them. One thread
 * of its own runs the steps and, with the machine's team, computes them. What an input gets never depends on its neighbours.
 */
public final class ReadingScheduler implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReadingScheduler.class);

  private final Runnable check;
  private final Output output;
  private final EncoderStack.Execution stack;
  private final EncoderHead.Execution head;
  private final int width;
  private final Thread thread;
  /** Guards the queue and {@code closed}. */
  private final Object lock = new Object();
  private final ArrayDeque<Input> queue = new ArrayDeque<>();
  private boolean closed;
  /** The model's files are not what they were. */
  private volatile boolean isSpoiled;

  /** What inputs get. */
  public enum Output {
    /** Their states, each [width]. */
    STATES,
    /** The values that the model's head makes of them. */
    VALUES
  }

  /**
   * @param check called before each step; what it throws becomes the error of the step's inputs
   * @param options of which the tokens of a step are used; a step holds an input of the model's whole context in any case
   */
  public ReadingScheduler(Encoder encoder, Machine machine, Runnable check, EngineOptions options, Output output, String name) {
    this.check = check;
    this.output = output;
    stack = encoder.stack().bind(machine, Math.max(options.stepTokens(), encoder.contextLength()));
    head = encoder.head().bind(machine);
    width = output == Output.STATES ? encoder.stack().width() : encoder.head().outputs();
    thread = Thread.ofPlatform().daemon().name(name + "-reader").start(this::serve);
  }

  /** An input, which is to be read once. */
  public static final class Input {
    private final int[] tokens;
    private final int[] types;
    private final IntPredicate wanted;
    private final Runnable done;
    private int first;
    private int count;
    private float[] values = {};
    private Optional<ModelException> failure = Optional.empty();

    /**
     * @param tokens at least 1, at most the model's context
     * @param types one for each token
     * @param wanted the positions whose output is wanted
     * @param done called once, on the scheduler's thread or on that which cancels, when there are values or a failure
     */
    public Input(int[] tokens, int[] types, IntPredicate wanted, Runnable done) {
      this.tokens = tokens;
      this.types = types;
      this.wanted = wanted;
      this.done = done;
    }

    /**
     * [positions, width] what the wanted positions got, once the input was read; the caller's own.
     *
     * @throws ModelException if it could not be read
     */
    public float[] values() {
      if (failure.isPresent()) throw new ModelException(failure.get().code(), failure.get().getMessage(), failure.get());
      return values;
    }
  }

  /** Hands over inputs; from any thread. */
  public void submit(List<Input> inputs) {
    boolean taken;
    synchronized (lock) {
      taken = !closed;
      if (taken) queue.addAll(inputs);
      lock.notifyAll();
    }
    if (!taken) inputs.forEach(ReadingScheduler::cancelled);
  }

  /** False once all that is handed over would fail; from any thread. */
  public boolean isUsable() {
    synchronized (lock) {
      return !closed && !isSpoiled;
    }
  }

  /** Ends those inputs that wait; what is in a step ends with it. */
  public void cancel(List<Input> inputs) {
    List<Input> waiting;
    synchronized (lock) {
      waiting = inputs.stream().filter(queue::remove).toList();
    }
    waiting.forEach(ReadingScheduler::cancelled);
  }

  private static void cancelled(Input input) {
    input.failure = Optional.of(new ModelException(ErrorCode.CANCELLED, "the text was not read: the task was cancelled, or the model closed"));
    tell(input);
  }

  /** A listener that throws is its own loss: the others' inputs go on. */
  private static void tell(Input input) {
    try {
      input.done.run();
    } catch (RuntimeException | Error e) {
      LOG.error("A listener failed", e);
    }
  }

  private void serve() {
    try (stack) {
      for (List<Input> step = next(); !step.isEmpty(); step = next()) run(step);
    } finally {
      end();
    }
  }

  /** The inputs of the next step, in the stack's memory; none once it is closed. */
  private List<Input> next() {
    var step = new ArrayList<Input>();
    synchronized (lock) {
      while (queue.isEmpty() && !closed) {
        try {
          lock.wait();
        } catch (InterruptedException e) {
          // Nobody but close ends this thread.
          continue;
        }
      }
      if (closed) return step;
      stack.clear();
      for (int room = stack.room(); !queue.isEmpty() && queue.peek().tokens.length <= room; room -= step.getLast().tokens.length) {
        step.add(queue.remove());
      }
    }
    return step;
  }

  private void run(List<Input> step) {
    Optional<ModelException> failure = Optional.empty();
    float[] values = {};
    try {
      check.run();
      for (Input input : step) input.first = stack.add(input.tokens, input.types, input.wanted);
      for (int i = 0; i < step.size(); i++) {
        step.get(i).count = (i + 1 < step.size() ? step.get(i + 1).first : stack.outputs()) - step.get(i).first;
      }
      stack.run();
      values = output == Output.STATES ? stack.states() : head.run(stack.states(), stack.outputs());
    } catch (RuntimeException | Error thrown) {
      LOG.error("A step failed; its {} inputs become errors", step.size(), thrown);
      ModelException known = StepFailure.explain(thrown);
      isSpoiled |= known.code() == ErrorCode.MODEL_CHANGED;
      failure = Optional.of(known);
    }
    for (Input input : step) {
      finish(input, values, failure);
      tell(input);
    }
  }

  private void finish(Input input, float[] values, Optional<ModelException> failure) {
    input.failure = failure;
    if (failure.isPresent()) return;
    try {
      input.values = own(input, values);
    } catch (RuntimeException | Error thrown) {
      input.failure = Optional.of(StepFailure.explain(thrown));
    }
  }

  private float[] own(Input input, float[] values) {
    float[] own = Arrays.copyOfRange(values, input.first * width, (input.first + input.count) * width);
    for (float value : own) {
      if (!Float.isFinite(value)) {
        throw new ModelException(ErrorCode.NON_FINITE_LOGITS, "the model computed a value that is no finite number");
      }
    }
    return own;
  }

  /**
   * Ends what waits, and then the thread, whose running step is waited for even when interrupted.
   *
   * @throws IllegalStateException if a listener calls it: it would wait for itself
   */
  @Override
  public void close() {
    if (Thread.currentThread() == thread) throw new IllegalStateException("a listener can't close the model that calls it; close it elsewhere");
    end();
    Threads.await(thread);
  }

  /** From here on nothing is taken, and what waits is cancelled. */
  private void end() {
    List<Input> waiting;
    synchronized (lock) {
      closed = true;
      waiting = List.copyOf(queue);
      queue.clear();
      lock.notifyAll();
    }
    waiting.forEach(ReadingScheduler::cancelled);
  }
}
