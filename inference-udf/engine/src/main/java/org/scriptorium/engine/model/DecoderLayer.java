package org.scriptorium.engine.model;

import java.util.Optional;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Rows;
import org.scriptorium.engine.kernel.Work;

/** How a layer joins its two blocks with the residual stream. */
public sealed interface DecoderLayer {

  AttentionBlock attention();

  /** Attention to an encoder's states, in layers that have it. */
  default Optional<CrossAttention> crossing() {
    return Optional.empty();
  }

  /** Composes the layer's phases, which read and write {@code workspace.hidden}. */
  Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer);

  /** x += attention(norm(x)); x += feedForward(norm(x)). */
  record PreNorm(Norm attentionNorm, AttentionBlock attention, Norm feedForwardNorm, FeedForward feedForward) implements DecoderLayer {
    @Override
    public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
      Runnable before = norm(machine, workspace, attentionNorm, workspace.hidden, workspace.normed);
      Runnable attend = attention.bind(machine, workspace, cache, layer, workspace.normed, workspace.hidden, Store.ADD);
      Runnable between = norm(machine, workspace, feedForwardNorm, workspace.hidden, workspace.normed);
      Runnable feed = feedForward.bind(machine, workspace, workspace.normed, workspace.hidden, Store.ADD);
      return inOrder(workspace, before, attend, between, feed);
    }
  }

  /** x += norm(attention(norm(x))); x += norm(feedForward(norm(x))), each norm its own. */
  record Sandwich(Norm beforeAttention, AttentionBlock attention, Norm afterAttention, Norm beforeFeedForward, FeedForward feedForward,
      Norm afterFeedForward) implements DecoderLayer {
    @Override
    public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
      float[] mixed = workspace.shared("mixed", beforeAttention.width());
      return inOrder(workspace, norm(machine, workspace, beforeAttention, workspace.hidden, workspace.normed),
          attention.bind(machine, workspace, cache, layer, workspace.normed, mixed, Store.SET),
          normAndAdd(machine, workspace, afterAttention, mixed),
          norm(machine, workspace, beforeFeedForward, workspace.hidden, workspace.normed),
          feedForward.bind(machine, workspace, workspace.normed, mixed, Store.SET),
          normAndAdd(machine, workspace, afterFeedForward, mixed));
    }
  }

  /** x += attention(norm(x)) + feedForward(norm(x)), both of the same x, each norm its own. */
  record Parallel(Norm attentionNorm, AttentionBlock attention, Norm feedForwardNorm, FeedForward feedForward) implements DecoderLayer {
    @Override
    public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
      float[] mixed = workspace.kept("mixed", attentionNorm.width());
      return inOrder(workspace, norm(machine, workspace, attentionNorm, workspace.hidden, workspace.normed),
          norm(machine, workspace, feedForwardNorm, workspace.hidden, mixed),
          attention.bind(machine, workspace, cache, layer, workspace.normed, workspace.hidden, Store.ADD),
          feedForward.bind(machine, workspace, mixed, workspace.hidden, Store.ADD));
    }
  }

  /** x = norm(x + attention(x)); x = norm(x + feedForward(x)). */
  record PostNorm(AttentionBlock attention, Norm attentionNorm, FeedForward feedForward, Norm feedForwardNorm) implements DecoderLayer {
    @Override
    public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
      float[] hidden = workspace.hidden;
      return inOrder(workspace, attention.bind(machine, workspace, cache, layer, hidden, hidden, Store.ADD),
          norm(machine, workspace, attentionNorm, hidden, hidden),
          feedForward.bind(machine, workspace, hidden, hidden, Store.ADD),
          norm(machine, workspace, feedForwardNorm, hidden, hidden));
    }
  }

  /** x += attention(norm(x)); x += crossing(norm(x)); x += feedForward(norm(x)), each norm its own. */
  record PreNormCrossing(Norm attentionNorm, AttentionBlock attention, Norm crossingNorm, CrossAttention cross, Norm feedForwardNorm,
      FeedForward feedForward) implements DecoderLayer {
    @Override
    public Optional<CrossAttention> crossing() {
      return Optional.of(cross);
    }

    @Override
    public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
      float[] hidden = workspace.hidden, normed = workspace.normed;
      return inOrder(workspace, norm(machine, workspace, attentionNorm, hidden, normed),
          attention.bind(machine, workspace, cache, layer, normed, hidden, Store.ADD),
          norm(machine, workspace, crossingNorm, hidden, normed), cross.bind(machine, workspace, cache, layer, normed, hidden, Store.ADD),
          norm(machine, workspace, feedForwardNorm, hidden, normed), feedForward.bind(machine, workspace, normed, hidden, Store.ADD));
    }
  }

  /** x = norm(x + attention(x)); x = norm(x + crossing(x)); x = norm(x + feedForward(x)), each norm its own. */
  record PostNormCrossing(AttentionBlock attention, Norm attentionNorm, CrossAttention cross, Norm crossingNorm, FeedForward feedForward,
      Norm feedForwardNorm) implements DecoderLayer {
    @Override
    public Optional<CrossAttention> crossing() {
      return Optional.of(cross);
    }

    @Override
    public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
      float[] hidden = workspace.hidden;
      return inOrder(workspace, attention.bind(machine, workspace, cache, layer, hidden, hidden, Store.ADD),
          norm(machine, workspace, attentionNorm, hidden, hidden),
          cross.bind(machine, workspace, cache, layer, hidden, hidden, Store.ADD), norm(machine, workspace, crossingNorm, hidden, hidden),
          feedForward.bind(machine, workspace, hidden, hidden, Store.ADD), norm(machine, workspace, feedForwardNorm, hidden, hidden));
    }
  }

  private static Runnable norm(Machine machine, Workspace workspace, Norm norm, float[] source, float[] target) {
    Rows rows = machine.kernels().rows();
    Work work = (row, worker) -> norm.apply(rows, source, row * norm.width(), target, row * norm.width());
    return () -> machine.run(work, workspace.rows());
  }

  private static Runnable normAndAdd(Machine machine, Workspace workspace, Norm norm, float[] source) {
    Rows rows = machine.kernels().rows();
    int width = norm.width();
    Work work = (row, worker) -> {
      norm.apply(rows, source, row * width, source, row * width);
      rows.add(workspace.hidden, row * width, 1f, source, row * width, width);
    };
    return () -> machine.run(work, workspace.rows());
  }

  /** Phase after phase, as long as there are rows: attention leaves none where no output is wanted. */
  private static Runnable inOrder(Workspace workspace, Runnable... phases) {
    return () -> {
      for (Runnable phase : phases) {
        if (workspace.rows() == 0) return;
        phase.run();
      }
    };
  }
}
