package org.scriptorium.engine.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.EncoderDecoder;
import org.scriptorium.engine.model.EncoderDecoder.Reading;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.Transformer;

/** Reads the sources of the sequences that enter a step together, before their decoders' first rows. One scheduler's own. */
final class Sources implements AutoCloseable {
  private final Optional<Reading> reading;
  private final List<Sequence> entered = new ArrayList<>();
  private final int rows;
  private int tokens;

  /** @param rows tokens that are read together, and about as many before one step: those who write wait for it */
  Sources(Transformer transformer, Machine machine, CacheShape shape, int rows) {
    this.rows = rows;
    reading = transformer instanceof EncoderDecoder both ? Optional.of(both.bind(machine, shape, rows)) : Optional.empty();
  }

  /** Forgets who entered a step before. */
  void clear() {
    entered.clear();
    tokens = 0;
  }

  /** True while another source is worth reading before the step. */
  boolean hasRoom() {
    return tokens < rows;
  }

  void enter(Sequence sequence) {
    if (sequence.source().length == 0) return;
    entered.add(sequence);
    tokens += sequence.source().length;
  }

  /** Fills the source caches of those who entered. */
  void read() {
    if (entered.isEmpty()) return;
    reading.orElseThrow().read(entered.stream().map(Sequence::source).toList(), entered.stream().map(Sequence::sourceCache).toList());
  }

  @Override
  public void close() {
    reading.ifPresent(Reading::close);
  }
}
