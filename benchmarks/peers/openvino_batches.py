#!/usr/bin/env python3
"""
Batched generation by OpenVINO GenAI with continuous batching, greedy: prompts of random tokens, no prefix reused.

The prefill is a call that generates one token of each prompt, decoding what a call for `--generate` tokens more takes on top of it.
"""
from __future__ import annotations

import random
import time

import numpy
import openvino
import openvino_genai

from conversion import converted
from measuring import arguments, report
from openvino_pipeline import opened

SEED = 20_170_612
FIRST_TOKEN = 1000


def prompts(draw: random.Random, batch: int, length: int, vocabulary: int) -> openvino_genai.TokenizedInputs:
  tokens = numpy.array([[draw.randrange(FIRST_TOKEN, vocabulary) for _ in range(length)] for _ in range(batch)], dtype=numpy.int64)
  return openvino_genai.TokenizedInputs(openvino.Tensor(tokens), openvino.Tensor(numpy.ones_like(tokens)))


def seconds(pipeline: openvino_genai.LLMPipeline, inputs: openvino_genai.TokenizedInputs, tokens: int) -> float:
  """What a call takes that generates so many tokens of each prompt, whatever they are."""
  config = openvino_genai.GenerationConfig()
  config.max_new_tokens = config.min_new_tokens = tokens
  config.ignore_eos, config.do_sample, config.apply_chat_template = True, False, False
  started = time.perf_counter()
  results = pipeline.generate(inputs, config)
  elapsed = time.perf_counter() - started
  lengths = {len(each) for each in results.tokens}
  if lengths != {tokens}:
    raise SystemExit(f"OpenVINO: expected {tokens} tokens of each prompt, found {sorted(lengths)}")
  return elapsed


def main() -> None:
  parser = arguments("Batched generation by OpenVINO GenAI; one JSON line a batch.")
  parser.add_argument("--type", default="Q8_0", help="weight type (default: Q8_0)")
  parser.add_argument("--float32", action="store_true", help="activations in float32, which keeps off the matrix units")
  options = parser.parse_args()
  path = converted(options.model, options.type, options.converted)
  pipeline = opened(path, options.threads, options.float32, prefix_caching=False)
  vocabulary = len(pipeline.get_tokenizer().get_vocab())
  draw = random.Random(SEED)
  engine = "openvino-float32" if options.float32 else "openvino"
  for batch in options.batch:
    inputs = prompts(draw, batch, options.prompt_tokens, vocabulary)
    seconds(pipeline, inputs, 2)
    prefill = seconds(pipeline, inputs, 1)
    report(engine, options.type, options, batch, prefill, seconds(pipeline, inputs, options.generate + 1))


if __name__ == "__main__":
  main()
