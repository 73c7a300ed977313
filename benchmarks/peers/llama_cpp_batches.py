#!/usr/bin/env python3
"""
Batched generation by llama.cpp: all prompts of a batch are prefilled, then all its sequences decoded together.

What is timed favours llama.cpp: batches are laid out before the clock starts where they can be, logits are wanted only where a
token follows, no token is chosen, and the first pass, which touches new memory, is not counted.
"""
from __future__ import annotations

import argparse
import ctypes
import random
import sys
import time
from typing import List, Tuple

import llama_cpp

from conversion import AS_IS, converted
from measuring import arguments, report

STEP_TOKENS = 2048
MICRO_STEP_TOKENS = 512
WARM_DECODES = 2
SEED = 20_170_612

# Kept for as long as llama.cpp may call it.
SILENCE = llama_cpp.llama_log_callback(lambda level, text, data: None)


class Layout:
  """A llama_batch that is filled anew for each step. Owner of its memory."""

  def __init__(self, capacity: int):
    self.batch = llama_cpp.llama_batch_init(capacity, 0, 1)

  def fill(self, rows: List[Tuple[int, int, int, bool]]) -> "Layout":
    """Rows of token, position, sequence, and whether logits are wanted."""
    for row, (token, position, sequence, logits) in enumerate(rows):
      self.batch.token[row] = token
      self.batch.pos[row] = position
      self.batch.n_seq_id[row] = 1
      self.batch.seq_id[row][0] = sequence
      self.batch.logits[row] = logits
    self.batch.n_tokens = len(rows)
    return self

  def close(self) -> None:
    llama_cpp.llama_batch_free(self.batch)


class Measurement:
  """One context for one batch size. Owner of it; the model is borrowed."""

  def __init__(self, model, options: argparse.Namespace, batch: int):
    self.batch, self.prompt, self.generate = batch, options.prompt_tokens, options.generate
    settings = llama_cpp.llama_context_default_params()
    # Room for each sequence, with some to spare: llama.cpp rounds the share of each.
    settings.n_ctx = batch * (self.prompt + self.generate + 8)
    settings.n_batch, settings.n_ubatch, settings.n_seq_max = STEP_TOKENS, MICRO_STEP_TOKENS, batch
    settings.n_threads = settings.n_threads_batch = options.threads
    settings.kv_unified = False
    self.context = llama_cpp.llama_init_from_model(model, settings)
    if not self.context:
      sys.exit(f"llama.cpp could not make a context of {settings.n_ctx} tokens")
    self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))

  def run(self) -> Tuple[float, float]:
    """Seconds of the prefill and of both phases."""
    draw = random.Random(SEED)
    prompts = [[self._token(draw) for _ in range(self.prompt)] for _ in range(self.batch)]
    rows = [(token, position, sequence, position == self.prompt - 1)
            for sequence, prompt in enumerate(prompts) for position, token in enumerate(prompt)]
    steps = [Layout(STEP_TOKENS).fill(rows[start:start + STEP_TOKENS]) for start in range(0, len(rows), STEP_TOKENS)]
    decodes = Layout(self.batch)
    self._warm_up(steps[0], decodes, draw)

    started = time.perf_counter()
    for step in steps:
      self._decode(step)
    llama_cpp.llama_synchronize(self.context)
    prefilled = time.perf_counter()
    for position in range(self.prompt, self.prompt + self.generate):
      self._decode(decodes.fill(self._decode_rows(position, draw)))
    llama_cpp.llama_synchronize(self.context)
    ended = time.perf_counter()
    for layout in (*steps, decodes):
      layout.close()
    return prefilled - started, ended - started

  def close(self) -> None:
    llama_cpp.llama_free(self.context)

  def _warm_up(self, step: Layout, decodes: Layout, draw: random.Random) -> None:
    """A step of either kind, then an empty cache: memory is touched and the graphs are planned."""
    memory = llama_cpp.llama_get_memory(self.context)
    self._decode(step)
    llama_cpp.llama_memory_clear(memory, False)
    for position in range(WARM_DECODES):
      self._decode(decodes.fill(self._decode_rows(position, draw)))
    llama_cpp.llama_synchronize(self.context)
    llama_cpp.llama_memory_clear(memory, True)

  def _decode_rows(self, position: int, draw: random.Random) -> List[Tuple[int, int, int, bool]]:
    return [(self._token(draw), position, sequence, True) for sequence in range(self.batch)]

  def _token(self, draw: random.Random) -> int:
    # The first tokens are special ones in many vocabularies.
    return draw.randrange(min(1000, self.vocabulary // 2), self.vocabulary)

  def _decode(self, layout: Layout) -> None:
    code = llama_cpp.llama_decode(self.context, layout.batch)
    if code != 0:
      sys.exit(f"llama_decode: expected 0, found {code}")


def main() -> None:
  parser = arguments("Batched generation by llama.cpp; one JSON line a batch.")
  parser.add_argument("--type", default=AS_IS, help="weight type: as-is, Q4_0, Q8_0, ... (default: as-is)")
  options = parser.parse_args()
  llama_cpp.llama_log_set(SILENCE, ctypes.c_void_p(0))
  llama_cpp.llama_backend_init()
  path = converted(options.model, options.type, options.converted)
  model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
  if not model:
    sys.exit(f"llama.cpp could not load {path}")
  for batch in options.batch:
    measurement = Measurement(model, options, batch)
    prefill, whole = measurement.run()
    measurement.close()
    report("llama.cpp", options.type, options, batch, prefill, whole)
  llama_cpp.llama_model_free(model)


if __name__ == "__main__":
  main()
