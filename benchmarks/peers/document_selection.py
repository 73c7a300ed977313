#!/usr/bin/env python3
"""Writes the first documents of a Parquet file that are short enough as JSON lines of id and text; prints how many there are."""
from __future__ import annotations

import argparse
import json

import pyarrow.parquet


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("documents", help="Parquet file with id and text")
  parser.add_argument("target", help="file to write")
  parser.add_argument("--rows", type=int, required=True, metavar="N", help="documents at most")
  parser.add_argument("--below", type=int, required=True, metavar="CHARACTERS", help="length that a text must not reach")
  options = parser.parse_args()
  # A text that stands there twice would be a different job for an engine that answers equal requests once.
  chosen = {}
  for batch in pyarrow.parquet.ParquetFile(options.documents).iter_batches(columns=["id", "text"]):
    for id, text in zip(batch.column("id").to_pylist(), batch.column("text").to_pylist()):
      if text and text.strip() and len(text) < options.below and len(chosen) < options.rows:
        chosen.setdefault(text, str(id))
  with open(options.target, "w", encoding="utf-8") as target:
    for text, id in chosen.items():
      target.write(json.dumps({"id": id, "text": text}, ensure_ascii=False) + "\n")
  print(len(chosen))


if __name__ == "__main__":
  main()
