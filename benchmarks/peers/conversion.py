#!/usr/bin/env python3
"""Converts a GGUF file to another weight type with llama.cpp's own quantizer: conversion.py MODEL TYPE FOLDER."""
from __future__ import annotations

import ctypes
import os
import sys

import llama_cpp

AS_IS = "as-is"
FILE_TYPES = {
    "F16": llama_cpp.LLAMA_FTYPE_MOSTLY_F16,
    "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
    "Q4_1": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_1,
    "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
}


def converted(model: str, type: str, folder: str) -> str:
  """Where the model is in that type; a process that converted in passing would show the memory of it."""
  if type == AS_IS:
    return model
  path = os.path.join(folder, type + ".gguf")
  if not os.path.isfile(path):
    sys.exit(f"{path} is missing; make it with: conversion.py {model} {type} {folder}")
  return path


def convert(model: str, type: str, folder: str) -> None:
  options = llama_cpp.llama_model_quantize_default_params()
  options.ftype = FILE_TYPES[type]
  # The file is quantized already; llama.cpp wants to be told that this is meant.
  options.allow_requantize = True
  options.nthread = os.cpu_count()
  target = os.path.join(folder, type + ".gguf")
  if llama_cpp.llama_model_quantize(model.encode(), (target + ".part").encode(), ctypes.byref(options)) != 0:
    sys.exit(f"llama.cpp could not convert {model} to {type}")
  os.replace(target + ".part", target)


if __name__ == "__main__":
  if len(sys.argv) != 4 or sys.argv[2] not in FILE_TYPES:
    sys.exit(f"usage: conversion.py MODEL TYPE FOLDER; types: {', '.join(FILE_TYPES)}")
  convert(*sys.argv[1:])
