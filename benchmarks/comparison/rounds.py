"""Runs the engines in turn, round after round, and keeps every line."""
from __future__ import annotations

import datetime
import json
import time
from dataclasses import dataclass, field
from typing import Callable, List, Sequence

from engines import ENVIRONMENT, MEMORY, SPEED, Plan, Turn, turns
from figures import METRICS
from machine import load
from processes import Failure, output

NUMBERS = (*METRICS, "peak_rss_mib")


@dataclass
class Rounds:
  """What all rounds brought: lines as the runners printed them, with round, purpose, time and load; failures in words."""
  lines: List[dict] = field(default_factory=list)
  failures: List[dict] = field(default_factory=list)

  def speed(self) -> List[dict]:
    return [line for line in self.lines if line["purpose"] == SPEED]

  def peaks(self) -> List[float]:
    return [line["peak_rss_mib"] for line in self.lines if line["purpose"] == MEMORY]


def run(engines: Sequence[str], plan: Plan, count: int, say: Callable[[str], None]) -> Rounds:
  """
  All engines once, then all again: what slows the machine for a while slows every engine alike. An engine that fails is
  tried again in the next round; its failures are kept.
  """
  rounds = Rounds()
  order = [turn for engine in engines for turn in turns(engine, plan)]
  for number in range(1, count + 1):
    for turn in order:
      before = {"round": number, "purpose": turn.purpose, "started": now(), **load()}
      start = time.monotonic()
      try:
        lines = checked(output(turn.command, ENVIRONMENT), turn, plan)
      except Failure as failure:
        rounds.failures.append({**before, "engine": turn.engine, "title": turn.title, "failure": str(failure)})
        say(f"round {number} of {count}: {turn.title} FAILED: {failure}")
        continue
      rounds.lines += [{**before, **line} for line in lines]
      best = max(line["total_tps"] for line in lines)
      say(f"round {number} of {count}: {turn.title}: {best:,.1f} tokens/s at best, {time.monotonic() - start:.0f} s")
  return rounds


def checked(text: str, turn: Turn, plan: Plan) -> List[dict]:
  """The JSON lines of a runner, which must be of what was asked for: figures of another shape must not be compared."""
  lines = []
  for each in text.splitlines():
    if not each.startswith("{"):
      continue
    try:
      lines.append(json.loads(each))
    except ValueError as error:
      raise Failure(f"a line that is no JSON: {each}") from error
  wanted = {"engine": turn.engine, "threads": plan.threads, "prompt": plan.prompt, "generate": plan.generate}
  for line in lines:
    for key, value in wanted.items():
      if line.get(key) != value:
        raise Failure(f"{key}: expected {value}, found {line.get(key)} in {json.dumps(line)}")
    for key in NUMBERS:
      if not isinstance(line.get(key), (int, float)) or line[key] < 0 or (key in METRICS and line[key] == 0):
        raise Failure(f"{key}: expected a number above 0, found {line.get(key)} in {json.dumps(line)}")
    if not isinstance(line.get("type"), str):
      raise Failure(f"type: expected the weights' type, found {line.get('type')}")
  batches = tuple(line.get("batch") for line in lines)
  if batches != turn.batches:
    raise Failure(f"batches: expected {list(turn.batches)}, found {list(batches)}")
  return lines


def now() -> str:
  return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def counted(count: int) -> str:
  return "1 round" if count == 1 else f"{count} rounds"
