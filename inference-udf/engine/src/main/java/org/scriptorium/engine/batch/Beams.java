package org.scriptorium.engine.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.sampler.Sampler;

/**
 * The beams of one sequence: rows of the same steps as other sequences'. The first grows out of the prompt's cache; beams that part share
 * the blocks they have in common, and only the last, partly filled one is copied. One scheduler's own.
 */
final class Beams {
  private final Sequence sequence;
  private final int[] prompt;
  private final Sampler sampler;
  private final BeamSearch search;
  private final Candidates best;
  private final int most;
  private final List<Beam> live = new ArrayList<>();
  private final List<Beam> successors = new ArrayList<>();
  /** Beams that were given up, whose memory others take. */
  private final List<Beam> spare = new ArrayList<>();
  private final int[] children;

  Beams(Sequence sequence, int[] prompt, SequenceCache cache, Recipe recipe) {
    this.sequence = sequence;
    this.prompt = prompt;
    sampler = recipe.sampler();
    most = recipe.beams().beams();
    search = BeamSearch.of(recipe.beams(), recipe.ending(), prompt.length);
    best = new Candidates(search.candidates());
    children = new int[most];
    live.add(new Beam(prompt, cache, sampler, search.candidates()));
  }

  /** Most beams at a time. */
  int most() {
    return most;
  }

  /** Adds the rows of a position, after which tokens are to be chosen. */
  void addTo(Step step, Admission admission, int position, List<Row> rows) {
    for (Beam beam : live) {
      admission.grow(sequence, beam.cache(), position + 1);
      beam.addTo(step, position);
      rows.add(beam);
    }
  }

  /** Adds rows of positions after which no token is chosen. */
  void addTo(Step step, Admission admission, int from, int to) {
    for (Beam beam : live) {
      admission.grow(sequence, beam.cache(), to);
      for (int position = from; position < to; position++) step.add(beam.token(position), position, beam.cache());
    }
  }

  /** Beams that grow now. */
  int growing() {
    return live.size();
  }

  boolean areLong() {
    return live.getFirst().cache().isLong();
  }

  /** Gives up all that is cached, which each beam then computes anew as that of a long sequence. */
  void restart(Admission admission) {
    for (Beam beam : live) admission.drop(sequence, beam.cache());
    for (Beam beam : live) beam.cache().becomeLong();
  }

  /** The rows of a position are a segment of their own. */
  void beginSegment(int position) {
    for (Beam beam : live) beam.cache().beginSegment(position);
  }

  /** False if the logits of a row were no numbers. */
  boolean areFinite() {
    for (Beam beam : live) if (!beam.isFinite()) return false;
    return true;
  }

  /**
   * Lets the best continuations go on.
   *
   * @param positions that the caches hold
   * @return true if the search is over
   */
  boolean advance(Admission admission, int positions) {
    best.clear();
    for (int parent = 0; parent < live.size(); parent++) {
      Candidates own = live.get(parent).best();
      for (int rank = 0; rank < own.size(); rank++) best.add(own.score(rank), parent, own.token(rank));
    }
    if (search.advance(best, parent -> live.get(parent).generated())) return true;
    part(admission, positions, search.next());
    return false;
  }

  /** A beam's first child takes its place; further ones become copies, into the memory of those without any. */
  private void part(Admission admission, int positions, Candidates next) {
    Arrays.fill(children, 0);
    for (int rank = 0; rank < next.size(); rank++) children[next.parent(rank)]++;
    for (int parent = 0; parent < live.size(); parent++) if (children[parent] == 0) giveUp(admission, live.get(parent));
    successors.clear();
    for (int rank = 0; rank < next.size(); rank++) {
      Beam parent = live.get(next.parent(rank));
      // The last child takes the parent itself: until then the others find it as it was.
      successors.add(--children[next.parent(rank)] == 0 ? parent : copy(admission, positions, parent));
    }
    for (int rank = 0; rank < next.size(); rank++) successors.get(rank).append(next.token(rank), next.score(rank));
    live.clear();
    live.addAll(successors);
  }

  private void giveUp(Admission admission, Beam beam) {
    admission.drop(sequence, beam.cache());
    spare.add(beam);
  }

  private Beam copy(Admission admission, int positions, Beam parent) {
    Beam beam = spare.isEmpty() ? new Beam(prompt, emptyCache(), sampler, search.candidates()) : spare.removeLast();
    beam.take(parent);
    admission.share(sequence, parent.cache(), beam.cache(), positions);
    return beam;
  }

  private SequenceCache emptyCache() {
    var cache = new SequenceCache();
    cache.over(sequence.sourceCache());
    return cache;
  }

  List<BeamSearch.Hypothesis> results() {
    return search.results();
  }

  /** Releases the blocks of all. */
  void release() {
    for (Beam beam : live) beam.cache().release();
  }
}
