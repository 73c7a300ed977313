"""Processes whose output is read."""
from __future__ import annotations

import subprocess
from typing import Mapping, Sequence

ERROR_LINES = 12


class Failure(Exception):
  """Something could not be run or said something else than it should; the message tells what."""


def output(command: Sequence[str], environment: Mapping[str, str]) -> str:
  """What a command prints; a Failure with the end of its error output if it ends with another code than 0."""
  try:
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                            encoding="utf-8", errors="replace")
  except OSError as error:
    raise Failure(f"{command[0]}: {error.strerror or error}") from error
  if result.returncode != 0:
    said = "\n".join(result.stderr.strip().splitlines()[-ERROR_LINES:])
    raise Failure(f"exit code {result.returncode}: {said or 'it said nothing'}")
  return result.stdout
