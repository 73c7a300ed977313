"""What a measurement ends with: a page of Markdown, a JSON file, an exit code."""
from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Dict, List, Optional

import machine
from bars import OURS, Verdict
from engines import launcher_versions
from processes import Failure
from rounds import now
from tables import replaced, verdicts_table

MET, NOT_MET, CANNOT_RUN = 0, 1, 2
BUSY = 0.1


@dataclass(frozen=True)
class Destination:
  """Where results go besides the standard output."""
  json: Optional[Path]
  page: Optional[Path]
  marker: str

  @staticmethod
  def checked(json: Optional[Path], page: Optional[Path], marker: str) -> "Destination":
    """Refuses what could not be written later, so that a wrong name does not cost a measurement."""
    if json is not None and not json.absolute().parent.is_dir():
      raise Failure(f"--json: {json.absolute().parent} is no folder")
    if page is not None:
      try:
        replaced(page.read_text(encoding="utf-8"), marker, "")
      except (OSError, ValueError) as error:
        raise Failure(f"--markdown-into {page}: {error}") from error
    return Destination(json, page, marker)


@dataclass(frozen=True)
class Measured:
  """A measurement that is over: how it was done, in a sentence and as values, and what it brought."""
  what: str
  shape: Dict[str, object]
  tables: List[str]
  lines: List[dict]
  failures: List[dict]
  verdicts: List[Verdict]

  def exit_code(self) -> int:
    if self.failures:
      return CANNOT_RUN
    judged = [verdict.met for verdict in self.verdicts if verdict.met is not None]
    return MET if judged and all(judged) else NOT_MET


def publish(measured: Measured, python: Path, destination: Destination) -> int:
  """Prints and writes it all; returns the exit code."""
  environment = environment_of(measured, python)
  failed = [f"- {each['title']} failed in round {each['round']}: {each['failure'].splitlines()[-1]}" for each in measured.failures]
  parts = (heading(environment, measured.shape), measured.what, *measured.tables, verdicts_table(measured.verdicts), "\n".join(failed))
  text = "\n\n".join(part for part in parts if part)
  print(text, flush=True)
  if destination.json is not None:
    record = {**environment, **measured.shape, "verdicts": [asdict(each) for each in measured.verdicts], "lines": measured.lines,
              "failures": measured.failures}
    destination.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
  if destination.page is not None:
    page = destination.page.read_text(encoding="utf-8")
    destination.page.write_text(replaced(page, destination.marker, text), encoding="utf-8")
  return measured.exit_code()


def environment_of(measured: Measured, python: Path) -> Dict[str, object]:
  loads = [line["load_before"][0] for line in measured.lines]
  busy = [line["others_busy_before"] for line in measured.lines if line["others_busy_before"] is not None]
  return {
      "measured": now(),
      "commit": machine.commit(),
      "processor": machine.processor(),
      "kernels": next((line["kernels"] for line in measured.lines if line["engine"] == OURS and "kernels" in line), None),
      "versions": {**launcher_versions(), **machine.peer_versions(python)},
      "load_before": [min(loads), max(loads)] if loads else None,
      "others_busy_before": [statistics.median(busy), max(busy)] if busy else None,
  }


def heading(environment: dict, shape: dict) -> str:
  """Two sentences on the machine and the versions, then what else it did: figures of a busy machine say so themselves."""
  processor = environment["processor"]
  versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
  sentences = [
      f"{environment['measured'][:10]}, {processor['model']}, {processor['processors']} processors ({' '.join(processor['flags'])}),"
      f" threads: {shape['threads']}; our kernels: {environment['kernels'] or 'not known'}; model {shape['model']}.",
      f"Commit {environment['commit']}; {versions}.",
  ]
  if environment["load_before"]:
    least, most = environment["load_before"]
    sentences.append(f"Load average before the runs {least:.1f} to {most:.1f}.")
  if environment["others_busy_before"]:
    median, most = environment["others_busy_before"]
    sentences.append(f"Before the runs other processes kept {median:.0%} of the machine busy in the median, {most:.0%} at most.")
    if median > BUSY:
      sentences.append("**The machine was too busy: these figures are not to be quoted.**")
  return " ".join(sentences)
