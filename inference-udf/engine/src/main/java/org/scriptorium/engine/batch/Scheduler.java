package org.scriptorium.engine.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.EngineStatistics;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Threads;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Encoder;
import org.scriptorium.engine.model.EncoderDecoder;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.model.Transformer;
import org.scriptorium.engine.sampler.Scratch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continuous batching (Yu et al. 2022, Orca): every step takes one row of each running sequence and fills up with chunks of the
 * prompts of those that enter; who ends leaves at once. One thread of its own runs the steps and, with the machine's team,
 * computes them.
 *
 * <p>A sequence whose request equals that of one that waits or runs is not computed: it follows the one that is there.
 *
 * <p>What a sequence gets never depends on its neighbours: each row is computed for itself.
 */
public final class Scheduler implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  /** Arrivals that may overtake one another so that lengths match. */
  private static final int WINDOW = 256;
  /** A prompt waits for another that computes at least so many tokens it could then take over. */
  private static final int WORTH_WAITING = 16;

  private final Machine machine;
  private final Runnable check;
  private final Decoder.Execution execution;
  private final Step step;
  private final int maxBatch;
  private final int vocabulary;
  private final BlockPool pool;
  private final PrefixTree prefixes;
  private final Admission admission;
  private final Sources sources;
  private final Scratch[] scratch;
  private final Leaders leaders = new Leaders();

  private final ConcurrentLinkedQueue<Sequence> inbox = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Sequence> waiting = new PriorityQueue<>(
      Comparator.comparingLong((Sequence sequence) -> sequence.arrival() / WINDOW).thenComparingInt(sequence -> -sequence.inputLength())
          .thenComparingLong(Sequence::arrival));
  private final List<Sequence> running = new ArrayList<>();
  private final List<Sequence> sampling = new ArrayList<>();
  /** Rows of the sequences that are to get tokens. */
  private final List<Row> rows = new ArrayList<>();
  private final List<Sequence> deferred = new ArrayList<>();
  private final List<Sequence> chunked = new ArrayList<>();
  private final Thread thread;
  private long arrivals;
  private volatile boolean closed;
  /** The model's files are not what they were. */
  private volatile boolean isSpoiled;
  private volatile EngineStatistics statistics = EngineStatistics.NONE;
  /** Why it ended by itself; empty while it has not. */
  private volatile String collapse = "";

  /**
   * @param check called before each step; what it throws becomes the error of the step's rows
   */
  public Scheduler(Transformer transformer, Machine machine, Runnable check, EngineOptions options, String name) {
    Decoder decoder = decoder(transformer);
    this.machine = machine;
    this.check = check;
    maxBatch = options.maxBatch();
    vocabulary = decoder.vocabulary();
    step = new Step(Math.max(options.stepTokens(), maxBatch), maxBatch);
    CacheShape shape = decoder.cacheShape(CacheType.named(options.cacheType()));
    execution = decoder.bind(machine, step, shape);
    pool = new BlockPool(shape, options.cacheBytes());
    int kept = Math.clamp(pool.capacity() / 8, 4, 96);
    // Where windows slide, what a prompt leaves to the tree is all it holds for longer than it sees it.
    boolean slides = decoder.from(decoder.contextLength() - 1, decoder.contextLength() - 1) > 0;
    prefixes = new PrefixTree(pool, kept, slides ? kept : Integer.MAX_VALUE);
    admission = new Admission(pool, prefixes, slides ? decoder::from : Admission.Sight.WHOLE, step.maxRows(),
        decoder.shortLength());
    sources = new Sources(transformer, machine, shape, step.maxRows());
    scratch = new Scratch[machine.threads()];
    for (int i = 0; i < scratch.length; i++) scratch[i] = new Scratch();
    thread = Thread.ofPlatform().daemon().name(name + "-scheduler").start(this::serve);
  }

  private static Decoder decoder(Transformer transformer) {
    return switch (transformer) {
      case Decoder decoder -> decoder;
      case EncoderDecoder both -> both.decoder();
      case Encoder _ -> throw new IllegalArgumentException("expected a model that generates, found an encoder");
    };
  }

  /** Hands over a sequence; from any thread. */
  public void submit(Sequence sequence) {
    inbox.add(sequence);
    LockSupport.unpark(thread);
    // One that comes after the thread's last look into the inbox has nobody else to tell its listener.
    if (closed) drainClosed();
  }

  /** What the steps so far did; from any thread. */
  public EngineStatistics statistics() {
    return statistics;
  }

  /** False once all that is handed over would fail; from any thread. */
  public boolean isUsable() {
    return !closed && !isSpoiled;
  }

  private void serve() {
    try {
      while (!closed) {
        collect();
        if (running.isEmpty() && waiting.isEmpty()) {
          // A listener that waited on its own may have used up what unparks this thread.
          if (inbox.isEmpty() && !closed) LockSupport.park(this);
          continue;
        }
        runStep();
      }
    } catch (Throwable failure) {
      LOG.error("The scheduler ended", failure);
      collapse = "the scheduler ended: " + failure;
      closed = true;
    } finally {
      failAll(running, endCode(), endMessage());
      failAll(new ArrayList<>(waiting), endCode(), endMessage());
      waiting.clear();
      drainClosed();
    }
  }

  private ErrorCode endCode() {
    return collapse.isEmpty() ? ErrorCode.CANCELLED : ErrorCode.INTERNAL;
  }

  private String endMessage() {
    return collapse.isEmpty() ? "the engine was closed" : collapse;
  }

  private synchronized void drainClosed() {
    for (Sequence sequence = inbox.poll(); sequence != null; sequence = inbox.poll()) sequence.fail(endCode(), endMessage());
  }

  /** Takes new sequences in and those out whose requests were all cancelled. */
  private void collect() {
    receive();
    for (int i = running.size() - 1; i >= 0; i--) if (running.get(i).dismissCancelled()) release(running.remove(i));
    waiting.removeIf(sequence -> {
      if (!sequence.dismissCancelled()) return false;
      leaders.ended(sequence);
      return true;
    });
  }

  private void receive() {
    for (Sequence sequence = inbox.poll(); sequence != null; sequence = inbox.poll()) {
      if (leaders.follow(sequence)) continue;
      sequence.arrival(arrivals++);
      waiting.add(sequence);
    }
  }

  private void runStep() {
    step.clear();
    sampling.clear();
    rows.clear();
    chunked.clear();
    sources.clear();
    try {
      decode();
      int decodes = step.rows();
      prefill();
      admit();
      if (step.rows() == 0) return;
      check.run();
      sources.read();
      execution.run();
      machine.run(this::choose, rows.size());
      for (Sequence sequence : chunked) {
        // What one request has spoiled is not to spoil others that begin alike.
        boolean isGood = admission.isShared(sequence) && !sequence.cache().isSpoiled();
        if (isGood) prefixes.remember(sequence.tokens(), sequence.computed(), sequence.cache());
      }
      count(decodes);
    } catch (RuntimeException | Error failure) {
      failStep(failure);
      return;
    }
    // Who came during the step still follows what ends with it.
    receive();
    for (Sequence sequence : sampling) accept(sequence);
  }

  private void count(int decodes) {
    statistics = statistics.plus(new EngineStatistics(1, decodes + chunked.size(), maxBatch, step.rows() - decodes, rows.size()));
  }

  /** The rows of the step become errors, and the next ones get their turn. */
  private void failStep(Throwable failure) {
    LOG.error("A step failed; its {} rows become errors", running.size(), failure);
    ModelException known = StepFailure.explain(failure);
    isSpoiled |= known.code() == ErrorCode.MODEL_CHANGED;
    failAll(running, known.code(), known.getMessage());
  }

  /** One row of each sequence that has its prompt behind it. */
  private void decode() {
    for (Sequence sequence : running) {
      sequence.output(-1);
      if (admission.isOutgrown(sequence)) sequence.restart(admission);
      if (sequence.isPrefilling()) continue;
      sequence.addTo(step, admission, sequence.length() - 1, rows);
      sequence.beginSegment();
      sampling.add(sequence);
    }
  }

  /** The next chunks of what entered before and is not computed yet. */
  private void prefill() {
    for (Sequence sequence : running) if (sequence.isPrefilling() && sequence.output() < 0) chunk(sequence);
  }

  private void chunk(Sequence sequence) {
    int from = sequence.computed(), to = Math.min(sequence.length(), from + (step.maxRows() - step.rows()) / sequence.growing());
    if (to <= from) return;
    if (to < sequence.length()) {
      sequence.addTo(step, admission, from, to);
    } else {
      sequence.addTo(step, admission, from, to - 1);
      sequence.addTo(step, admission, to - 1, rows);
      sampling.add(sequence);
    }
    sequence.computed(to);
    chunked.add(sequence);
  }

  /** Lets waiting sequences in while the step, the batch and the cache have room. */
  private void admit() {
    try {
      while (!waiting.isEmpty() && width() < maxBatch && step.rows() < step.maxRows() && sources.hasRoom() && enter(waiting.poll())) { }
    } finally {
      waiting.addAll(deferred);
      deferred.clear();
    }
  }

  /** Rows that the running sequences may have in a step. */
  private int width() {
    int width = 0;
    for (int i = 0; i < running.size(); i++) width += running.get(i).width();
    return width;
  }

  /** False if the sequence found no room in the batch or the cache: no other is to overtake it. */
  private boolean enter(Sequence sequence) {
    if (sequence.width() > maxBatch) {
      return refuse(sequence, ErrorCode.INVALID_PARAMETER, "num_beams: expected at most %d, as many sequences as run together, found %d; raise "
          .formatted(maxBatch, sequence.width()) + "spark.scriptorium.engine.max-batch");
    }
    if (!admission.fitsAlone(sequence)) {
      return refuse(sequence, ErrorCode.CACHE_TOO_SMALL, "%d tokens need %d cache blocks, the engine has %d; give "
          .formatted(sequence.source().length + sequence.positions(), admission.needed(sequence), pool.capacity()) + "spark.scriptorium.engine.cache-memory more");
    }
    if (isWorthWaiting(sequence)) {
      deferred.add(sequence);
      return true;
    }
    if (width() + sequence.width() > maxBatch) {
      deferred.add(sequence);
      return false;
    }
    // Among the running ones first: whatever fails from here on, its listener is told.
    running.add(sequence);
    if (!admission.admit(sequence)) {
      running.removeLast();
      deferred.add(sequence);
      return false;
    }
    if (admission.isOutgrown(sequence)) sequence.becomeLong();
    sources.enter(sequence);
    chunk(sequence);
    return true;
  }

  private boolean refuse(Sequence sequence, ErrorCode code, String message) {
    leaders.ended(sequence);
    sequence.fail(code, message);
    return true;
  }

  /** True if a running prompt is about to compute much that this one begins with. */
  private boolean isWorthWaiting(Sequence sequence) {
    if (!admission.isShared(sequence)) return false;
    int have = -1;
    for (Sequence other : running) {
      if (other.length() > other.promptLength() || !admission.isShared(other)) continue;
      int common = Math.min(Sequence.common(sequence, other), sequence.promptLength() - 1);
      if (common < WORTH_WAITING) continue;
      if (have < 0) have = prefixes.match(sequence.tokens(), sequence.promptLength() - 1);
      if (common - have >= WORTH_WAITING) return true;
    }
    return false;
  }

  private void choose(int index, int worker) {
    rows.get(index).choose(execution, vocabulary, scratch[worker]);
  }

  private void accept(Sequence sequence) {
    if (!sequence.isFinite()) {
      fail(running.indexOf(sequence), ErrorCode.NON_FINITE_LOGITS, "the model's logits after %d tokens are not finite".formatted(sequence.length()));
    } else if (tell(sequence)) {
      running.remove(sequence);
      release(sequence);
    }
  }

  /** True if the sequence ended. What is thrown at its text ends it with an error, and no other. */
  private boolean tell(Sequence sequence) {
    try {
      return sequence.advance(admission);
    } catch (RuntimeException | Error failure) {
      LOG.error("A text could not be continued; its request ends", failure);
      sequence.fail(ErrorCode.INTERNAL, "the text could not be continued: " + failure.getClass().getName());
      return true;
    }
  }

  private void fail(int index, ErrorCode code, String message) {
    Sequence sequence = running.remove(index);
    release(sequence);
    sequence.fail(code, message);
  }

  private void release(Sequence sequence) {
    leaders.ended(sequence);
    admission.release(sequence);
  }

  private void failAll(List<Sequence> sequences, ErrorCode code, String message) {
    for (Sequence sequence : sequences) {
      release(sequence);
      sequence.fail(code, message);
    }
    sequences.clear();
  }

  /**
   * Ends all requests and frees the cache; waits for the running step even when interrupted, since the step reads what is freed then.
   *
   * @throws IllegalStateException if a listener calls it: it would wait for itself
   */
  @Override
  public void close() {
    if (Thread.currentThread() == thread) throw new IllegalStateException("a listener can't close the engine that calls it; close it elsewhere");
    closed = true;
    LockSupport.unpark(thread);
    Threads.await(thread);
    try (pool) {
      sources.close();
    }
  }
}
