"""How each engine is started: which process measures what."""
from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

from bars import AS_IS, LLAMA_CPP, MEMORY_BATCH, OPENVINO, OPENVINO_FLOAT32, OURS
from machine import PROJECT
from processes import Failure, output

ENGINES = (OURS, LLAMA_CPP, OPENVINO_FLOAT32, OPENVINO)
LLAMA_CPP_TYPES = (AS_IS, "Q4_0", "Q8_0")
OPENVINO_TYPE = "Q8_0"
SPEED, MEMORY = "speed", "memory"

LAUNCHER = PROJECT / "scriptorium"
RUNNERS = PROJECT / "benchmarks" / "peers"
# A build in the midst of a round would be measured with it.
ENVIRONMENT = {**os.environ, "SCRIPTORIUM_BUILD": "never"}
MODULES = {
    LLAMA_CPP: ("llama_cpp", "numpy"),
    OPENVINO_FLOAT32: ("openvino_genai", "openvino", "llama_cpp", "numpy"),
    OPENVINO: ("openvino_genai", "openvino", "llama_cpp", "numpy"),
}


@dataclass(frozen=True)
class Plan:
  """What is measured, for all engines alike."""
  model: Path
  prompt: int
  generate: int
  batches: Tuple[int, ...]
  threads: int
  kernels: str
  python: Path  # of the peers' environment
  converted: Path  # folder of the model in other weight types


@dataclass(frozen=True)
class Turn:
  """One process of a round. Its lines are of this purpose, engine, shape and these batch sizes."""
  engine: str
  title: str
  purpose: str
  batches: Tuple[int, ...]
  command: Tuple[str, ...]


def turns(engine: str, plan: Plan) -> List[Turn]:
  """The processes of an engine in one round, one for each weight type so that peaks of memory are each one's own."""
  if engine == OURS:
    return [_ours(plan, SPEED, plan.batches), _ours(plan, MEMORY, (MEMORY_BATCH,))]
  if engine == LLAMA_CPP:
    return [_peer(engine, plan, "llama_cpp_batches.py", "--type", type) for type in LLAMA_CPP_TYPES]
  if engine == OPENVINO:
    return [_peer(engine, plan, "openvino_batches.py", "--type", OPENVINO_TYPE)]
  return [_peer(engine, plan, "openvino_batches.py", "--type", OPENVINO_TYPE, "--float32")]


def inspected(model: str) -> Path:
  """The file of a model by its catalog name or path; builds Scriptorium when its sources are newer than its jar."""
  text = output((str(LAUNCHER), "models", "inspect", model), os.environ)
  for line in text.splitlines():
    key, _, value = line.partition(": ")
    if key == "file":
      return Path(value)
  raise Failure(f"models inspect {model}: expected a line with file:, found none")


def launcher_versions() -> Dict[str, str]:
  """Versions that the launcher tells: of Scriptorium and of the Java that runs it."""
  lines = output((str(LAUNCHER), "--version"), ENVIRONMENT).splitlines()
  return dict(line.split(" ", 1) for line in lines if " " in line)


def missing(modules: Dict[str, Tuple[str, ...]], python: Path) -> List[str]:
  """What engines lack of the modules that they need, in sentences; empty if all can be loaded."""
  if not modules:
    return []
  setup, folder = RUNNERS / "setup", python.parent.parent
  if not os.access(python, os.X_OK):
    return [f"{', '.join(modules)}: expected a Python environment at {folder}, found none; install it with: {setup} {folder}"]
  found = []
  for engine, names in modules.items():
    try:
      output((str(python), "-c", "import " + ", ".join(names)), ENVIRONMENT)
    except Failure as failure:
      reason = str(failure).splitlines()[-1]
      found.append(f"{engine}: {', '.join(names)} can't be loaded in {folder} ({reason}); install with: {setup} {folder}")
  return found


def convert(engines: Sequence[str], plan: Plan) -> None:
  """Converts the model to the types that the engines want, once and in processes of their own, so that no round pays for it."""
  types = set()
  if LLAMA_CPP in engines:
    types.update(LLAMA_CPP_TYPES)
  if OPENVINO in engines or OPENVINO_FLOAT32 in engines:
    types.add(OPENVINO_TYPE)
  for type in sorted(types - {AS_IS}):
    convert_to(type, plan.model, plan.converted, plan.python)


def convert_to(type: str, model: Path, folder: Path, python: Path) -> None:
  output((str(python), str(RUNNERS / "conversion.py"), str(model), type, str(folder)), ENVIRONMENT)


def _ours(plan: Plan, purpose: str, batches: Tuple[int, ...]) -> Turn:
  command = (str(LAUNCHER), "bench", "--model", str(plan.model), "--prompt-tokens", str(plan.prompt), "--generate", str(plan.generate),
             "--batch", _list(batches), "--threads", str(plan.threads), "--kernels", plan.kernels)
  title = OURS if purpose == SPEED else f"{OURS}, memory at batch {MEMORY_BATCH}"
  return Turn(OURS, title, purpose, batches, command)


def _peer(engine: str, plan: Plan, runner: str, *options: str) -> Turn:
  command = (str(plan.python), str(RUNNERS / runner), str(plan.model), "--prompt-tokens", str(plan.prompt), "--generate",
             str(plan.generate), "--batch", _list(plan.batches), "--threads", str(plan.threads), "--converted", str(plan.converted),
             *options)
  return Turn(engine, " ".join((engine, *options[1:2])), SPEED, plan.batches, command)


def _list(batches: Tuple[int, ...]) -> str:
  return ",".join(map(str, batches))
