"""The real job: a Spark job of ours beside OpenVINO GenAI on the same documents and prompts."""
from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

import bars
from bars import OPENVINO_FLOAT32, OURS, Verdict
from engines import ENVIRONMENT, LAUNCHER, OPENVINO_TYPE, RUNNERS, convert_to
from figures import spread
from machine import load
from processes import Failure, output
from rounds import Rounds, now
from tables import shown, table

PEER = OPENVINO_FLOAT32
MODULES = ("openvino_genai", "llama_cpp", "pyarrow")
LONGEST_TEXT = 1500
INSTRUCTION = "Summarize the following text in one sentence."


@dataclass(frozen=True)
class DocumentPlan:
  """What is asked, for both engines alike."""
  model: Path
  documents: Path
  sizes: Tuple[int, ...]  # rows of each run
  tokens: int  # new ones of each document, at most
  threads: int
  python: Path
  work: Path


def run(plan: DocumentPlan, count: int, say: Callable[[str], None]) -> Rounds:
  """Both engines over the rows of each size, then all again."""
  say("choosing documents and converting the model for the peer")
  for rows in plan.sizes:
    chosen = output((str(plan.python), str(RUNNERS / "document_selection.py"), str(plan.documents), str(plan.work / f"{rows}.jsonl"),
                     "--rows", str(rows), "--below", str(LONGEST_TEXT)), ENVIRONMENT)
    if int(chosen) != rows:
      raise Failure(f"{plan.documents}: expected {rows} documents below {LONGEST_TEXT} characters, found {chosen.strip()}")
  convert_to(OPENVINO_TYPE, plan.model, plan.work, plan.python)
  found = Rounds()
  for number in range(1, count + 1):
    for rows in plan.sizes:
      for engine, measure in ((OURS, ours), (PEER, peer)):
        before = {"round": number, "started": now(), **load()}
        title = f"{engine}, {rows} documents"
        start = time.monotonic()
        try:
          line = measured(engine, rows, measure(plan, rows))
        except Failure as failure:
          found.failures.append({**before, "engine": engine, "title": title, "failure": str(failure)})
          say(f"round {number} of {count}: {title} FAILED: {failure}")
          continue
        found.lines.append({**before, **line})
        say(f"round {number} of {count}: {title}: {line['rows_per_second']:.2f} rows/s, {time.monotonic() - start:.0f} s with start-up")
  return found


def ours(plan: DocumentPlan, rows: int) -> dict:
  """The report of a Spark job; its seconds run from the first request to the last completion."""
  target = plan.work / f"out-{rows}"
  job = plan.work / f"{rows}.yaml"
  job.write_text(job_file(plan, rows, target), encoding="utf-8")
  threads = f"spark.scriptorium.engine.threads={plan.threads}"
  output((str(LAUNCHER), "run", str(job), "--master", f"local[{plan.threads}]", "--conf", threads), ENVIRONMENT)
  report = json.loads((target / "_scriptorium" / "report.json").read_text(encoding="utf-8"))
  if report["errors"] or report["skipped"] or report["reused"] or report["deduplicated"]:
    raise Failure(f"expected every row to be computed, found errors {report['errors']}, skipped {report['skipped']},"
                  f" reused {report['reused']}, deduplicated {report['deduplicated']}")
  return {**report, "seconds": report["generation_seconds"], "seconds_with_start_up": report["seconds"],
          "peak_rss_mib": round(report["peak_memory_bytes"] / 2**20)}


def job_file(plan: DocumentPlan, rows: int, target: Path) -> str:
  """A job in YAML, whose strings are written as JSON's, which YAML's are too."""
  quoted = json.dumps
  prompt = INSTRUCTION + "\n\n{{text}}"
  return "\n".join((
      "name: comparison",
      f"model: {quoted(str(plan.model))}",
      f"read: {{ format: jsonl, path: {quoted(str(plan.work / f'{rows}.jsonl'))}, id: id, text: text }}",
      f"task: {{ kind: generate, prompt: {quoted(prompt)} }}",
      f"generate: {{ max-new-tokens: {plan.tokens}, temperature: 0 }}",
      f"write: {{ format: parquet, path: {quoted(str(target))}, mode: overwrite }}",
      "quality: { max-error-rate: 0 }",
      ""))


def peer(plan: DocumentPlan, rows: int) -> dict:
  text = output((str(plan.python), str(RUNNERS / "openvino_documents.py"), str(plan.work / f"{OPENVINO_TYPE}.gguf"),
                 str(plan.work / f"{rows}.jsonl"), "--instruction", INSTRUCTION, "--tokens", str(plan.tokens),
                 "--threads", str(plan.threads), "--float32"), ENVIRONMENT)
  lines = [line for line in text.splitlines() if line.startswith("{")]
  if len(lines) != 1:
    raise Failure(f"expected one line of JSON, found {len(lines)}: {text}")
  return json.loads(lines[0])


def measured(engine: str, rows: int, found: dict) -> dict:
  """A line of either engine in the same form."""
  if found.get("rows") != rows or not found.get("seconds", 0) > 0:
    raise Failure(f"expected {rows} rows in more than 0 seconds, found {found.get('rows')} in {found.get('seconds')}")
  return {**found, "engine": engine, "rows_per_second": round(rows / found["seconds"], 3)}


def rate(lines: List[dict], engine: str, rows: int) -> Optional[float]:
  """The median of rows a second; None without a run."""
  rates = [line["rows_per_second"] for line in lines if (line["engine"], line["rows"]) == (engine, rows)]
  return spread(rates).median if rates else None


def judge(lines: List[dict], rows: int) -> Verdict:
  """The bar, at that number of rows; unless the prompts were the same it can't be judged."""
  verdict = bars.judge_documents(rate(lines, OURS, rows), rate(lines, PEER, rows), rows)
  tokens = prompt_tokens(lines, rows)
  if verdict.met is None or len({count for counts in tokens.values() for count in counts}) == 1:
    return verdict
  return Verdict(verdict.name, verdict.found + ", but the prompts differ", verdict.wanted, None)


def prompt_tokens(lines: List[dict], rows: int) -> Dict[str, List[int]]:
  """Sums of the prompts' tokens that each engine counted in runs over so many rows; one each if all is well."""
  counts: Dict[str, List[int]] = {}
  for line in lines:
    if line["rows"] == rows and line["prompt_tokens"] not in counts.setdefault(line["engine"], []):
      counts[line["engine"]].append(line["prompt_tokens"])
  return counts


def remarks(lines: List[dict]) -> List[str]:
  """Whether the engines had the same prompts, and how the longer run compares, in sentences."""
  sentences = []
  for rows in dict.fromkeys(line["rows"] for line in lines):
    counts = prompt_tokens(lines, rows)
    if len(counts) < 2:
      sentences.append(f"Whether the prompts of {rows} documents were the same is not known: only {', '.join(counts)} ran.")
    elif len({count for each in counts.values() for count in each}) == 1:
      sentences.append(f"Both engines counted {counts[OURS][0]:,} tokens in the prompts of {rows} documents.")
    else:
      told = "; ".join(f"{engine} {' and '.join(f'{count:,}' for count in each)}" for engine, each in counts.items())
      sentences.append(f"**The prompts of {rows} documents differ**: {told} tokens. The rates are not comparable.")
    our_rate, peer_rate = rate(lines, OURS, rows), rate(lines, PEER, rows)
    if our_rate and peer_rate:
      sentences.append(f"Over {rows} documents ours / {PEER} is {our_rate / peer_rate:.2f}.")
  return [" ".join(sentences)] if sentences else []


def table_of(lines: List[dict]) -> str:
  """One row for each engine and number of documents."""
  groups: Dict[Tuple[int, str], List[dict]] = {}
  for line in lines:
    groups.setdefault((line["rows"], line["engine"]), []).append(line)
  rows = []
  for (count, engine), group in groups.items():
    completions = sorted({line["completion_tokens"] for line in group})
    rows.append([
        str(count), engine, shown(spread(line["rows_per_second"] for line in group), 2), shown(spread(line["seconds"] for line in group)),
        " / ".join(f"{prompts:,}" for prompts in sorted({line["prompt_tokens"] for line in group})),
        " / ".join(f"{each:,}" for each in completions), f"{max(line['peak_rss_mib'] for line in group):,}"])
  return table(["documents", "engine", "rows/s", "seconds", "prompt tokens", "new tokens", "peak MiB"], rows, 2)
