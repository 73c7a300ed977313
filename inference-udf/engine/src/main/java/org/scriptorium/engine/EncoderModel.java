package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Reader;
import org.scriptorium.engine.api.Reading;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.batch.ReadingScheduler;
import org.scriptorium.engine.batch.ReadingScheduler.Input;
import org.scriptorium.engine.batch.ReadingScheduler.Output;
import org.scriptorium.engine.model.Encoder;
import org.scriptorium.engine.model.EncoderHead.Kind;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.tokenizer.Encoding;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.weights.Weights;

/** An open encoder behind its scheduler: what all that read have in common. Owner of model, machine, packed weights and scheduler. */
final class EncoderModel implements AutoCloseable {
  private final LanguageModel model;
  private final ModelDescription description;
  private final Tokenizer tokenizer;
  private final Machine machine;
  private final PackedWeights packed;
  private final ReadingScheduler scheduler;
  private boolean closed;

  EncoderModel(LanguageModel model, ModelDescription description, Machine machine, PackedWeights packed, EngineOptions options,
      Output output) {
    this.model = model;
    this.description = description;
    tokenizer = model.tokenizer();
    this.machine = machine;
    this.packed = packed;
    scheduler = new ReadingScheduler(model.encoder(), machine, packed::requireWhole, options, output, description.name());
  }

  ModelDescription description() {
    return description;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  Encoder encoder() {
    return model.encoder();
  }

  Weights weights() {
    return model.weights();
  }

  Path path() {
    return model.weights().path();
  }

  /** @throws ModelException MODEL_UNSUPPORTED if the model has another head */
  void requireHead(Kind expected, String purpose) {
    Kind found = encoder().head().kind();
    if (found == expected) return;
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: expected a model that %s, found one with the head %s; choose another model"
        .formatted(path(), purpose, found.name().toLowerCase(Locale.ROOT)));
  }

  boolean isUsable() {
    return scheduler.isUsable();
  }

  int countTokens(String text) {
    return tokenizer.encode(SourcedText.row(text)).length;
  }

  /** The encoded inputs of one text, and what is made of what they get. */
  record Plan<T>(List<Encoding> encodings, IntPredicate wanted, Function<List<float[]>, T> result) {}

  /** Plans each of some texts, reads all their inputs together, and says what came of each. */
  <S, T> List<Reading<T>> read(List<S> texts, Function<S, Plan<T>> planner) {
    var done = new CompletableFuture<List<Reading<T>>>();
    Reader.Ticket ticket = submit(texts, planner, done::complete);
    boolean interrupted = false;
    while (true) {
      try {
        List<Reading<T>> results = done.get();
        if (interrupted) Thread.currentThread().interrupt();
        return results;
      } catch (InterruptedException e) {
        interrupted = true;
        ticket.cancel();
      } catch (ExecutionException e) {
        throw new IllegalStateException("nothing completes it with a failure", e);
      }
    }
  }

  /** As {@link #read}, but returns at once; tells {@code listener} once, on the scheduler's thread or the calling one. */
  <S, T> Reader.Ticket submit(List<S> texts, Function<S, Plan<T>> planner, Consumer<List<Reading<T>>> listener) {
    var pending = new ArrayList<Pending<T>>(texts.size());
    var left = new AtomicInteger(1);
    Runnable oneLess = () -> {
      if (left.decrementAndGet() == 0) listener.accept(pending.stream().map(Pending::finish).toList());
    };
    for (S text : texts) pending.add(pending(() -> planner.apply(text), oneLess));
    List<Input> inputs = pending.stream().flatMap(each -> each.inputs.stream()).toList();
    left.addAndGet(inputs.size());
    scheduler.submit(inputs);
    oneLess.run();
    return () -> scheduler.cancel(inputs);
  }

  private <T> Pending<T> pending(Supplier<Plan<T>> planner, Runnable done) {
    try {
      Plan<T> plan = planner.get();
      for (Encoding encoding : plan.encodings) KnownTokens.require(encoding.ids(), encoder().stack().embedding().vocabulary(), "the text");
      var inputs = plan.encodings.stream().map(encoding -> new Input(encoding.ids(), encoding.typeIds(), plan.wanted, done)).toList();
      return new Pending<>(Optional.of(plan), inputs, Optional.empty());
    } catch (RuntimeException | StackOverflowError thrown) {
      return new Pending<>(Optional.empty(), List.of(), Optional.of(failed(thrown)));
    }
  }

  /** A text on its way: its plan, or why there is none. */
  private record Pending<T>(Optional<Plan<T>> plan, List<Input> inputs, Optional<Reading<T>> failure) {

    Reading<T> finish() {
      if (failure.isPresent()) return failure.get();
      try {
        Plan<T> own = plan.orElseThrow();
        T value = own.result.apply(inputs.stream().map(Input::values).toList());
        return new Reading.Found<>(value, own.encodings.stream().mapToInt(Encoding::size).sum());
      } catch (RuntimeException | Error thrown) {
        return failed(thrown);
      }
    }
  }

  private static <T> Reading<T> failed(Throwable thrown) {
    if (thrown instanceof ModelException refused) return new Reading.Failed<>(refused.code(), refused.getMessage());
    // The exception's own message might quote the text.
    return new Reading.Failed<>(ErrorCode.INTERNAL, "the text could not be read: " + thrown.getClass().getName());
  }

  /** An input with its template's tokens and at most {@code limit} in all. */
  Encoding fitted(Encoding encoding, int limit, Truncation truncation) {
    if (encoding.size() <= limit) return encoding;
    if (truncation == Truncation.NONE) throw tooLong(encoding.size(), limit);
    return InputCut.cut(encoding, limit, truncation).orElseThrow(() -> tooLong(encoding.size(), limit));
  }

  static ModelException tooLong(int found, int limit) {
    return new ModelException(ErrorCode.PROMPT_TOO_LONG, "the text has %d tokens, the model reads %d at most; shorten it, or set a truncation"
        .formatted(found, limit));
  }

  /** Ends the scheduler alone: all else is its opener's again. */
  void abandon() {
    scheduler.close();
  }

  @Override
  public synchronized void close() {
    if (closed) return;
    scheduler.close();
    closed = true;
    machine.close();
    packed.close();
    model.close();
  }
}
