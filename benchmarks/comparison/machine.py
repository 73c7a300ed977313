"""What the figures depend on besides the engines: processor, load, versions, commit."""
from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path
from typing import Dict, List, Optional

PROJECT = Path(__file__).resolve().parents[2]
FLAGS = ("avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_int8", "amx_bf16",
         "asimd", "asimddp", "i8mm", "sve", "sve2")
PACKAGES = ("llama-cpp-python", "openvino", "openvino-genai", "openvino-tokenizers", "numpy", "pyarrow")
IDLE_FIELDS = (3, 4)  # of /proc/stat's first line: idle and waiting for disks
PAUSE_SECONDS = 1.0


def processor() -> Dict[str, object]:
  """The processor's model name, how many of it this process may use, and those of FLAGS that it announces."""
  text = _read("/proc/cpuinfo")
  model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
  flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
  announced = set(flags.group(1).split()) if flags else set()
  told = model.group(1).strip() if model else _output("sysctl", "-n", "machdep.cpu.brand_string")
  name = told or platform.processor() or platform.machine()
  return {"model": name, "processors": processors(), "flags": [flag for flag in FLAGS if flag in announced]}


def processors() -> int:
  """Processors that this process may run on, which is what a JVM counts too."""
  return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load() -> Dict[str, object]:
  """
  The load averages, in which the runs before still show, and the share of all processors that others keep busy during a
  pause in which nothing of ours runs; None where the system does not tell.
  """
  before = _ticks()
  time.sleep(PAUSE_SECONDS)
  after = _ticks()
  busy = None
  if before and after and sum(after) > sum(before):
    idle = sum(after[field] - before[field] for field in IDLE_FIELDS)
    busy = round(1 - idle / (sum(after) - sum(before)), 3)
  return {"load_before": [round(each, 2) for each in os.getloadavg()], "others_busy_before": busy}


def commit() -> str:
  """The project's commit, with `+changes` where files differ from it; `unknown` outside a clone."""
  name = _output("git", "-C", str(PROJECT), "rev-parse", "HEAD")
  if not name:
    return "unknown"
  return name + ("+changes" if _output("git", "-C", str(PROJECT), "status", "--porcelain") else "")


def peer_versions(python: Path) -> Dict[str, str]:
  """Versions of the Python packages of the peers' environment, and of its Python."""
  program = (
      "import importlib.metadata as m, json, platform, sys\n"
      "found = {'python': platform.python_version()}\n"
      "for name in sys.argv[1:]:\n"
      "  try: found[name] = m.version(name)\n"
      "  except m.PackageNotFoundError: pass\n"
      "print(json.dumps(found))")
  text = _output(str(python), "-c", program, *PACKAGES)
  return json.loads(text) if text else {}


def _ticks() -> Optional[List[int]]:
  first = _read("/proc/stat").partition("\n")[0].split()
  # Guests' time stands in the first two fields already.
  return [int(each) for each in first[1:9]] if len(first) > 8 else None


def _read(path: str) -> str:
  try:
    return Path(path).read_text(encoding="utf-8", errors="replace")
  except OSError:
    return ""


def _output(*command: str) -> str:
  try:
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, encoding="utf-8").stdout.strip()
  except (OSError, subprocess.CalledProcessError):
    return ""
