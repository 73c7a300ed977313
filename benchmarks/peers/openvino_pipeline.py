"""How OpenVINO GenAI is opened, for all of its runners alike."""
from __future__ import annotations

import openvino_genai

STEP_TOKENS = 2048
SEQUENCES = 128
CACHE_GIBIBYTES = 4


def opened(path: str, threads: int, float32: bool, prefix_caching: bool) -> openvino_genai.LLMPipeline:
  """
  A pipeline over a GGUF file with continuous batching and room for every batch that is measured.

  float32: else OpenVINO chooses, which is bfloat16 on the matrix units where the processor has them
  """
  scheduler = openvino_genai.SchedulerConfig()
  scheduler.max_num_batched_tokens = STEP_TOKENS
  scheduler.max_num_seqs = SEQUENCES
  scheduler.cache_size = CACHE_GIBIBYTES
  scheduler.enable_prefix_caching = prefix_caching
  options = {"INFERENCE_NUM_THREADS": threads}
  if float32:
    options["INFERENCE_PRECISION_HINT"] = "f32"
  return openvino_genai.LLMPipeline(path, "CPU", scheduler_config=scheduler, **options)
