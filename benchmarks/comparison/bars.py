"""The bars that Scriptorium is held to, and whether figures meet them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional

from figures import NAMES, Best, best

OURS = "scriptorium"
LLAMA_CPP = "llama.cpp"
OPENVINO = "openvino"
OPENVINO_FLOAT32 = "openvino-float32"
AS_IS = "as-is"

MEMORY_BATCH = 64
MEMORY_LIMIT_MIB = 1.6 * 1024
DOCUMENTS_FACTOR = 0.8


@dataclass(frozen=True)
class Bar:
  """Our best of a metric must reach the peer's times a factor; type and batch narrow what the best is chosen from."""
  metric: str
  peer: str
  factor: float
  peer_type: Optional[str] = None
  batch: Optional[int] = None


BARS = (
    Bar("total_tps", LLAMA_CPP, 1.5),
    Bar("total_tps", OPENVINO_FLOAT32, 0.85),
    Bar("decode_tps", LLAMA_CPP, 2.0),
    Bar("decode_tps", OPENVINO_FLOAT32, 1.2),
    Bar("prefill_tps", LLAMA_CPP, 1.25),
    Bar("decode_tps", LLAMA_CPP, 0.7, peer_type=AS_IS, batch=1),
)


@dataclass(frozen=True)
class Verdict:
  """What became of a bar. `met` is None, and `found` says why, where the figures to judge it by are missing."""
  name: str
  found: str
  wanted: str
  met: Optional[bool]

  @property
  def word(self) -> str:
    return "not measured" if self.met is None else "met" if self.met else "NOT met"


def judge(lines: List[dict]) -> List[Verdict]:
  """Every bar of batched generation against the lines of all rounds."""
  return [_judge(bar, lines) for bar in BARS]


def judge_memory(peaks: List[float]) -> Verdict:
  """Peak resident memory of our process, in MiB; the highest of all rounds counts, for memory has no bad luck to be excused."""
  name = f"peak memory at batch {MEMORY_BATCH}"
  wanted = f"< {MEMORY_LIMIT_MIB:,.0f} MiB"
  if not peaks or min(peaks) <= 0:
    return Verdict(name, "no figure", wanted, None)
  return Verdict(name, f"{max(peaks):,.0f} MiB", wanted, max(peaks) < MEMORY_LIMIT_MIB)


def judge_documents(ours: Optional[float], peer: Optional[float], rows: int) -> Verdict:
  """Rows a second of the real job."""
  name = f"rows a second of {rows} documents, ours / {OPENVINO_FLOAT32}"
  wanted = f"≥ {DOCUMENTS_FACTOR:.2f}"
  if ours is None or peer is None:
    return Verdict(name, "no figure of " + (OURS if ours is None else OPENVINO_FLOAT32), wanted, None)
  ratio = ours / peer
  return Verdict(name, f"{ours:.2f} / {peer:.2f} = {ratio:.2f}", wanted, ratio >= DOCUMENTS_FACTOR)


def described(best: Best) -> str:
  """Such as `1,234 (Q8_0, batch 32)`."""
  return f"{best.spread.median:,.1f} ({best.setting.type}, batch {best.setting.batch})"


def _judge(bar: Bar, lines: List[dict]) -> Verdict:
  where = "" if bar.batch is None else f" at batch {bar.batch}"
  weights = "" if bar.peer_type is None else f" {bar.peer_type}"
  name = f"{NAMES[bar.metric]}{where}, ours / {bar.peer}{weights}"
  wanted = f"≥ {bar.factor:.2f}"
  ours = best(lines, OURS, bar.metric, batch=bar.batch)
  peer = best(lines, bar.peer, bar.metric, type=bar.peer_type, batch=bar.batch)
  if ours is None or peer is None:
    return Verdict(name, "no figure of " + (OURS if ours is None else bar.peer + weights) + where, wanted, None)
  ratio = ours.spread.median / peer.spread.median
  return Verdict(name, f"{described(ours)} / {described(peer)} = {ratio:.2f}", wanted, ratio >= bar.factor)
