"""Figures out of many runs: medians, spreads, and each engine's best setting."""
from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Iterable, List, Optional

METRICS = ("total_tps", "decode_tps", "prefill_tps")
NAMES = {"total_tps": "total", "decode_tps": "decode", "prefill_tps": "prefill"}


@dataclass(frozen=True)
class Spread:
  """What one figure was over the rounds."""
  median: float
  least: float
  most: float
  count: int


@dataclass(frozen=True)
class Setting:
  """What is chosen among: an engine with weights of one type, at one batch size."""
  engine: str
  type: str
  batch: int


@dataclass(frozen=True)
class Best:
  """The setting that showed the highest median of a metric."""
  setting: Setting
  spread: Spread


def spread(values: Iterable[float]) -> Spread:
  """The median and the ends; of an even count the median is the middle two's mean."""
  values = list(values)
  if not values:
    raise ValueError("spread: expected at least one value, found none")
  return Spread(statistics.median(values), min(values), max(values), len(values))


def setting_of(line: dict) -> Setting:
  return Setting(line["engine"], line["type"], line["batch"])


def settings(lines: List[dict]) -> List[Setting]:
  """All settings in the order they first appear."""
  return list(dict.fromkeys(setting_of(line) for line in lines))


def spread_of(lines: List[dict], setting: Setting, metric: str) -> Spread:
  return spread(line[metric] for line in lines if setting_of(line) == setting)


def best(lines: List[dict], engine: str, metric: str, type: Optional[str] = None, batch: Optional[int] = None) -> Optional[Best]:
  """An engine's best setting by the median over the rounds, of those with the type and batch size if given; None without any."""
  found = [
      Best(setting, spread_of(lines, setting, metric))
      for setting in settings(lines)
      if setting.engine == engine and type in (None, setting.type) and batch in (None, setting.batch)
  ]
  return max(found, key=lambda each: each.spread.median, default=None)
