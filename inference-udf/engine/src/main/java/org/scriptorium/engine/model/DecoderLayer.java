package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Work;

/** A layer that norms before each of its blocks: x += attention(norm(x)); x += feedForward(norm(x)). */
public record DecoderLayer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, GatedFeedForward feedForward) {

  Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
    Work before = (row, worker) -> attentionNorm.apply(machine, workspace.hidden, row, workspace.normed, row);
    Work between = (row, worker) -> feedForwardNorm.apply(machine, workspace.hidden, row, workspace.normed, row);
    Runnable attend = attention.bind(machine, workspace, cache, layer), feed = feedForward.bind(machine, workspace);
    return () -> {
      machine.run(before, workspace.rows());
      attend.run();
      if (workspace.rows() == 0) return;
      machine.run(between, workspace.rows());
      feed.run();
    };
  }
}
