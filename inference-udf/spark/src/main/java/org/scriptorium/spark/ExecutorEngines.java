package org.scriptorium.spark;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open models of this process, each once for all its tasks. The first task that asks opens; the others wait for the same outcome. A
 * failed opening is forgotten, so that later tasks try again, and so is a model that is no longer usable. Closed when the JVM ends, and with the session in local mode.
 */
final class ExecutorEngines {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutorEngines.class);
  private static final ConcurrentHashMap<Key, CompletableFuture<OpenModel>> OPEN = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<OpenModel, EngineMeter> METERS = new ConcurrentHashMap<>();
  private static final AtomicBoolean HOOKED = new AtomicBoolean();
  private static volatile ModelOpener opener = ModelOpener.ENGINE;

  private record Key(ModelReference model, OpenModel.Use use, EngineOptions options) {}

  /**
   * A model on its way or open.
   *
   * @param isFirst whether this call made it open
   */
  record Opening(CompletableFuture<OpenModel> model, boolean isFirst) {}

  private ExecutorEngines() {}

  static ModelOpener opener() {
    return opener;
  }

  /** Tests of plans put a generator of their own in the engine's place. */
  static void useOpener(ModelOpener other) {
    closeAll();
    opener = other;
  }

  /** Asks for a model; returns at once. The opening has a thread of its own, so that the end of one task does not fail the others. */
  static Opening open(ModelReference model, OpenModel.Use use, EngineOptions options, Path directory, Configuration hadoop) {
    if (HOOKED.compareAndSet(false, true)) Runtime.getRuntime().addShutdownHook(new Thread(ExecutorEngines::closeAll, "scriptorium-close"));
    var key = new Key(model, use, options);
    var fresh = new CompletableFuture<OpenModel>();
    for (var known = OPEN.putIfAbsent(key, fresh); known != null; known = OPEN.putIfAbsent(key, fresh)) {
      if (!isBroken(known)) return new Opening(known, false);
      if (OPEN.remove(key, known)) close(key, known.join());
    }
    Thread.ofPlatform().daemon().name("scriptorium-open-" + model.name()).start(() -> {
      try {
        VectorModule.check(options.kernels());
        Path file = switch (model.place()) {
          case NODE -> Path.of(model.location());
          case REMOTE -> new RemoteModels(directory, hadoop).checked(model);
        };
        fresh.complete(opener.open(use, file, model.name(), Optional.of(model.fingerprint()), options));
      } catch (Throwable e) {
        OPEN.remove(key, fresh);
        fresh.completeExceptionally(e instanceof ModelException ? e
            : new ModelException(ErrorCode.INTERNAL, "%s: could not be opened: %s".formatted(model.name(), e), e));
      }
    });
    return new Opening(fresh, true);
  }

  private static boolean isBroken(CompletableFuture<OpenModel> model) {
    return model.isDone() && !model.isCompletedExceptionally() && !model.join().isUsable();
  }

  /** The one meter of an open model. */
  static EngineMeter meter(OpenModel model) {
    return METERS.computeIfAbsent(model, EngineMeter::new);
  }

  /** Closes all models, also those that are still opening. */
  static void closeAll() {
    for (Key key : OPEN.keySet()) {
      var model = OPEN.remove(key);
      if (model != null) model.thenAccept(open -> close(key, open));
    }
  }

  private static void close(Key key, OpenModel model) {
    METERS.remove(model);
    try {
      model.close();
    } catch (RuntimeException e) {
      LOG.warn("{} could not be closed", key.model().name(), e);
    }
  }
}
