"""How fast Hugging Face's tokenizers library encodes, on one thread: the peer of TokenizerMeasurement.

    python tokenizers_peer.py dump DOCUMENTS.parquet COLUMN TEXTS     writes the texts of a column, a zero byte after each
    python tokenizers_peer.py measure FOLDER TEXTS ROUNDS             one JSON line; the median of the rounds counts
"""

import json
import os
import statistics
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"


def dump(documents, column, target):
    import pyarrow.parquet

    texts = pyarrow.parquet.read_table(documents, columns=[column])[column].to_pylist()
    with open(target, "w", encoding="utf-8", newline="") as file:
        for text in texts:
            if text and "\0" not in text:
                file.write(text + "\0")


def measure(folder, source, rounds):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with open(source, encoding="utf-8", newline="") as file:
        texts = file.read().split("\0")[:-1]
    size = sum(len(text.encode("utf-8")) for text in texts)
    encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    ids = sum(len(encoding.ids) for encoding in encodings)
    checksum = sum(token * (i + 1) for encoding in encodings for i, token in enumerate(encoding.ids))
    del encodings
    speeds = []
    for _ in range(int(rounds)):
        start = time.perf_counter()
        for first in range(0, len(texts), 256):
            tokenizer.encode_batch_fast(texts[first:first + 256], add_special_tokens=False)
        speeds.append(size / 1e6 / (time.perf_counter() - start))
    print(json.dumps({
        "engine": "tokenizers", "tokenizer": os.path.basename(os.path.normpath(folder)),
        "megabytes_per_second": round(statistics.median(speeds), 2), "best": round(max(speeds), 2), "ids": ids, "checksum": checksum,
    }))


if __name__ == "__main__":
    {"dump": dump, "measure": measure}[sys.argv[1]](*sys.argv[2:])
