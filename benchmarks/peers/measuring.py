"""What the runners of all peers share: arguments, clock, memory, and the line they print."""
from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from typing import List


def arguments(description: str) -> argparse.ArgumentParser:
  """The options that every runner of batched generation has."""
  parser = argparse.ArgumentParser(description=description)
  parser.add_argument("model", help="the GGUF file")
  parser.add_argument("--prompt-tokens", type=int, default=256, metavar="P", help="tokens of each prompt (default: 256)")
  parser.add_argument("--generate", type=int, default=64, metavar="G", help="tokens generated for each prompt (default: 64)")
  parser.add_argument("--batch", type=sizes, default="1,8,32,64", metavar="B", help="batch sizes (default: 1,8,32,64)")
  parser.add_argument("--threads", type=int, default=os.cpu_count(), metavar="T", help="threads (default: all processors)")
  parser.add_argument("--converted", metavar="DIR", default=".",
                      help="folder of the model in other weight types (default: the working directory)")
  return parser


def sizes(text: str) -> List[int]:
  return [int(each) for each in text.split(",")]


def report(engine: str, type: str, options: argparse.Namespace, batch: int, prefill_seconds: float, whole_seconds: float) -> None:
  """
  Prints one batch's line.

  prefill_seconds: until each sequence has its first generated token
  whole_seconds: until each has `generate` tokens more
  """
  prompt, generate = options.prompt_tokens, options.generate
  if whole_seconds <= prefill_seconds:
    sys.exit(f"batch {batch}: prefill and decode together took {whole_seconds:.3f} s, the prefill alone {prefill_seconds:.3f} s:"
             " the machine is too busy to measure, or --generate too small")
  line = {
      "engine": engine, "type": type, "threads": options.threads, "prompt": prompt, "generate": generate, "batch": batch,
      "prefill_tps": round(batch * prompt / prefill_seconds, 1),
      "decode_tps": round(batch * generate / (whole_seconds - prefill_seconds), 1),
      "total_tps": round(batch * (prompt + generate) / whole_seconds, 1),
      "peak_rss_mib": peak_resident_mebibytes(),
  }
  print(json.dumps(line), flush=True)


def peak_resident_mebibytes() -> int:
  """Of this process since its start, as `scriptorium bench` counts it too."""
  try:
    with open("/proc/self/status", encoding="ascii") as status:
      for line in status:
        if line.startswith("VmHWM:"):
          return int(line.split()[1]) >> 10
  except OSError:
    pass
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  return peak >> (20 if sys.platform == "darwin" else 10)
