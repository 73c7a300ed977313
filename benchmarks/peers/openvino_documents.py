#!/usr/bin/env python3
"""
A real job by OpenVINO GenAI: an instruction and a document in each prompt, through the model's chat template, greedy, with prefix
caching, so that template and instruction are computed once. Prints one JSON object.
"""
from __future__ import annotations

import argparse
import json
import os
import time
from typing import List

import openvino_genai

from measuring import peak_resident_mebibytes
from openvino_pipeline import opened

WARM_PROMPTS, WARM_TOKENS = 2, 4


def prompts(tokenizer: openvino_genai.Tokenizer, path: str, instruction: str) -> List[str]:
  with open(path, encoding="utf-8") as documents:
    texts = [json.loads(line)["text"] for line in documents]
  chats = [[{"role": "user", "content": f"{instruction}\n\n{text}"}] for text in texts]
  return [tokenizer.apply_chat_template(chat, add_generation_prompt=True) for chat in chats]


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("model", help="the GGUF file, of a type that OpenVINO reads")
  parser.add_argument("documents", help="JSON lines with text")
  parser.add_argument("--instruction", required=True, help="what stands before each text")
  parser.add_argument("--tokens", type=int, default=48, metavar="G", help="new tokens at most (default: 48)")
  parser.add_argument("--threads", type=int, default=os.cpu_count(), metavar="T", help="threads (default: all processors)")
  parser.add_argument("--float32", action="store_true", help="activations in float32, which keeps off the matrix units")
  options = parser.parse_args()
  pipeline = opened(options.model, options.threads, options.float32, prefix_caching=True)
  tokenizer = pipeline.get_tokenizer()
  asked = prompts(tokenizer, options.documents, options.instruction)
  counts = [tokenizer.encode(prompt, add_special_tokens=False).input_ids.shape[1] for prompt in asked]

  def generate(some: List[str], tokens: int) -> openvino_genai.DecodedResults:
    return pipeline.generate(some, max_new_tokens=tokens, do_sample=False, apply_chat_template=False)

  generate(asked[:WARM_PROMPTS], WARM_TOKENS)
  started = time.perf_counter()
  results = generate(asked, options.tokens)
  seconds = time.perf_counter() - started
  print(json.dumps({
      "engine": "openvino-float32" if options.float32 else "openvino", "threads": options.threads, "rows": len(results.texts),
      "seconds": round(seconds, 3), "prompt_tokens": sum(counts), "completion_tokens": results.perf_metrics.get_num_generated_tokens(),
      "peak_rss_mib": peak_resident_mebibytes(), "first_text": results.texts[0],
  }, ensure_ascii=False))


if __name__ == "__main__":
  main()
