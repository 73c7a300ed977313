"""The command line of benchmarks/compare."""
from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from typing import List, Sequence, Tuple

import documents
import engines
import rounds
from bars import MEMORY_BATCH, OURS, judge, judge_memory
from machine import PROJECT, processors
from processes import Failure
from reporting import Destination, Measured, publish
from tables import ratios_table, settings_table

WRONG_USE = 2
BATCHES, QUICK_BATCHES = (1, 8, 32, 64), (1, 64)
ROUNDS, QUICK_ROUNDS = 5, 1
LONGER = 4
DOCUMENTS = PROJECT.parent / "shared" / "corpora" / "debian-packages.parquet"
EXIT_CODES = ("Exit codes: 0 every bar that could be judged is met; 1 one is not, or none could be judged; 2 wrong use, or an engine"
              " can't run.")


def main(arguments: Sequence[str]) -> int:
  # As Ctrl-C does, so that the running engine ends as well and temporary files go.
  signal.signal(signal.SIGTERM, signal.default_int_handler)
  try:
    if arguments and arguments[0] == "documents":
      return compare_documents(documents_parser().parse_args(arguments[1:]))
    return compare_batches(batches_parser().parse_args(arguments))
  except Failure as failure:
    say(str(failure))
    return WRONG_USE
  except KeyboardInterrupt:
    say("interrupted; nothing is written")
    return WRONG_USE


def say(text: str) -> None:
  print(f"compare: {text}", file=sys.stderr, flush=True)


def compare_batches(options: argparse.Namespace) -> int:
  batches = options.batch or (QUICK_BATCHES if options.quick else BATCHES)
  count = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
  destination = Destination.checked(options.json, options.markdown_into, "figures")
  python = environment_python(options, {engine: engines.MODULES[engine] for engine in options.engines if engine != OURS})
  model = engines.inspected(options.model)
  with tempfile.TemporaryDirectory(prefix="scriptorium-compare-") as folder:
    plan = engines.Plan(model, options.prompt_tokens, options.generate, batches, options.threads, options.kernels, python,
                        Path(folder))
    engines.convert(options.engines, plan)
    found = rounds.run(options.engines, plan, count, say)
  speed = found.speed()
  verdicts = judge(speed)
  if OURS in options.engines:
    verdicts.append(judge_memory(found.peaks()))
  what = (f"Prompts of {plan.prompt} tokens, {plan.generate} tokens generated for each; {rounds.counted(count)}, the engines in turn:"
          " medians (least–most). Peak memory is the process's, which ran the smaller batches before"
          f" (for the bar: batch {MEMORY_BATCH} alone, highest round).")
  shape = {"model": options.model, "prompt": plan.prompt, "generate": plan.generate, "batches": list(batches), "threads": plan.threads,
           "rounds": count}
  tables = [settings_table(speed), ratios_table(speed)] if speed else []
  measured = Measured(what, shape, tables, found.lines, found.failures, verdicts)
  return publish(measured, python, destination)


def compare_documents(options: argparse.Namespace) -> int:
  count = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
  long_rows = options.long_rows if options.long_rows is not None else 0 if options.quick else LONGER * options.rows
  if 0 < long_rows <= options.rows:
    raise Failure(f"--long-rows: expected 0 or more than {options.rows}, found {long_rows}")
  if not options.documents.is_file():
    raise Failure(f"{options.documents}: expected a Parquet file with columns id and text, found none; name one with --documents")
  destination = Destination.checked(options.json, options.markdown_into, "documents")
  python = environment_python(options, {documents.PEER: documents.MODULES})
  model = engines.inspected(options.model)
  with tempfile.TemporaryDirectory(prefix="scriptorium-compare-") as folder:
    sizes = (options.rows, long_rows) if long_rows else (options.rows,)
    plan = documents.DocumentPlan(model, options.documents.resolve(), sizes, options.tokens, options.threads, python, Path(folder))
    found = documents.run(plan, count, say)
  what = (f"One sentence asked about each document of {options.documents.name} below {documents.LONGEST_TEXT:,} characters, at most"
          f" {plan.tokens} new tokens, greedy, prefixes reused; {rounds.counted(count)}, the engines in turn: medians (least–most),"
          " start-up left out, warming up of the JVM included.")
  shape = {"model": options.model, "documents": options.documents.name, "rows": list(sizes), "tokens": plan.tokens, "threads": plan.threads,
           "rounds": count}
  tables = [documents.table_of(found.lines), *documents.remarks(found.lines)]
  measured = Measured(what, shape, tables, found.lines, found.failures, [documents.judge(found.lines, options.rows)])
  return publish(measured, python, destination)


def environment_python(options: argparse.Namespace, modules: dict) -> Path:
  """The Python of the peers' environment, once all that is wanted can be loaded there."""
  python = options.peers.expanduser().absolute() / "bin" / "python"
  lacking = engines.missing(modules, python)
  if lacking:
    raise Failure("\ncompare: ".join(lacking))
  return python


def batches_parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
      prog="compare", epilog=EXIT_CODES,
      description="Measures batched generation by Scriptorium and its peers in turn. compare documents --help tells of the other"
      " measurement.")
  parser.add_argument("--engines", type=engine_names, default=engines.ENGINES, metavar="A,B",
                      help=f"some of {','.join(engines.ENGINES)} (default: all)")
  parser.add_argument("--prompt-tokens", type=whole, default=256, metavar="P", help="tokens of each prompt (default: 256)")
  parser.add_argument("--generate", type=whole, default=64, metavar="G", help="tokens generated for each prompt (default: 64)")
  parser.add_argument("--batch", type=batch_sizes, metavar="B", help="batch sizes (default: 1,8,32,64; quick: 1,64)")
  parser.add_argument("--kernels", default="auto", metavar="K", help="kernels of Scriptorium (default: auto)")
  parser.add_argument("--quick", action="store_true", help="fewer batch sizes, one round: to see that all runs, not to quote")
  add_common(parser)
  return parser


def documents_parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
      prog="compare documents", epilog=EXIT_CODES,
      description="Measures a real job: a Spark job of Scriptorium beside OpenVINO GenAI in float32 on the same prompts.")
  parser.add_argument("--documents", type=Path, default=DOCUMENTS, metavar="FILE",
                      help="Parquet file with id and text (default: ../shared/corpora/debian-packages.parquet beside the project)")
  parser.add_argument("--rows", type=whole, default=192, metavar="N", help="documents (default: 192)")
  parser.add_argument("--long-rows", type=int, metavar="N",
                      help="documents of a longer run, in which warming up weighs less; 0: none (default: four times --rows; quick: 0)")
  parser.add_argument("--tokens", type=whole, default=48, metavar="G", help="new tokens at most (default: 48)")
  parser.add_argument("--quick", action="store_true", help="one round, no longer run: to see that all runs, not to quote")
  add_common(parser)
  return parser


def add_common(parser: argparse.ArgumentParser) -> None:
  parser.add_argument("--model", default="smollm2-135m-instruct", metavar="M",
                      help="catalog name or .gguf file (default: smollm2-135m-instruct)")
  parser.add_argument("--threads", type=whole, default=processors(), metavar="T", help="threads of every engine (default: all processors)")
  parser.add_argument("--rounds", type=whole, metavar="N", help="how often all engines run (default: 5; quick: 1)")
  parser.add_argument("--peers", type=Path, default=Path("~/.cache/scriptorium/peers"), metavar="DIR",
                      help="environment that benchmarks/peers/setup made (default: ~/.cache/scriptorium/peers)")
  parser.add_argument("--json", type=Path, metavar="FILE", help="write every line, the machine and the verdicts there")
  parser.add_argument("--markdown-into", type=Path, metavar="FILE", help="replace what is between the markers of a page by the tables")


def engine_names(text: str) -> Tuple[str, ...]:
  names = tuple(dict.fromkeys(text.split(",")))
  for name in names:
    if name not in engines.ENGINES:
      raise argparse.ArgumentTypeError(f'expected some of {", ".join(engines.ENGINES)}, found "{name}"')
  return names


def batch_sizes(text: str) -> Tuple[int, ...]:
  sizes: List[int] = [whole(each) for each in text.split(",")]
  return tuple(sorted(set(sizes)))


def whole(text: str) -> int:
  """A whole number above 0."""
  if not text.strip().isdecimal() or int(text) < 1:
    raise argparse.ArgumentTypeError(f'expected a whole number above 0, found "{text}"')
  return int(text)
