"""Figures as Markdown, and Markdown into a page between its markers."""
from __future__ import annotations

from typing import List, Sequence

from bars import OURS, Verdict, described
from figures import METRICS, NAMES, Spread, best, settings, spread_of


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right_from: int) -> str:
  """A Markdown table whose columns from number `right_from` on are aligned to the right."""
  rule = ["---:" if column >= right_from else "---" for column in range(len(header))]
  return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))


def shown(spread: Spread, digits: int = 1) -> str:
  """The median and, where there was more than one round, the ends."""
  median = f"{spread.median:,.{digits}f}"
  return median if spread.count == 1 else f"{median} ({spread.least:,.{digits}f}–{spread.most:,.{digits}f})"


def settings_table(lines: List[dict]) -> str:
  """One row a setting: every metric, and the memory."""
  header = ["engine", "weights", "batch", *(NAMES[metric] + " tokens/s" for metric in METRICS), "peak MiB"]
  rows = [
      [setting.engine, setting.type, str(setting.batch), *(shown(spread_of(lines, setting, metric)) for metric in METRICS),
       f"{spread_of(lines, setting, 'peak_rss_mib').most:,.0f}"]
      for setting in settings(lines)
  ]
  return table(header, rows, 2)


def ratios_table(lines: List[dict]) -> str:
  """Our best over each peer's best, metric by metric."""
  peers = [engine for engine in dict.fromkeys(line["engine"] for line in lines) if engine != OURS]
  rows = []
  for metric in METRICS:
    ours = best(lines, OURS, metric)
    for peer in peers:
      theirs = best(lines, peer, metric)
      if ours is None or theirs is None:
        continue
      rows.append([NAMES[metric], described(ours), peer, described(theirs), f"{ours.spread.median / theirs.spread.median:.2f}"])
  return table(["tokens/s", "ours, best", "peer", "peer, best", "ours / peer"], rows, 4) if rows else ""


def verdicts_table(verdicts: List[Verdict]) -> str:
  return table(["bar", "found", "wanted", "verdict"], [[each.name, each.found, each.wanted, each.word] for each in verdicts], 4)


def replaced(page: str, name: str, text: str) -> str:
  """The page with `text` between the markers `<!-- name:begin -->` and `<!-- name:end -->`."""
  begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
  if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
    raise ValueError(f"expected one {begin} and after it one {end}, found {page.count(begin)} and {page.count(end)}")
  head, rest = page.split(begin)
  return f"{head}{begin}\n{text.strip()}\n{end}{rest.split(end)[1]}"
