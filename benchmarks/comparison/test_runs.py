"""What runs are told and what they may answer; no engine runs here."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

import documents
from command import batch_sizes, batches_parser, documents_parser
from documents import DocumentPlan
from engines import Plan, turns
from processes import Failure, output
from reporting import Destination, Measured, heading
from bars import Verdict
from rounds import checked
from test_figures import line

PLAN = Plan(Path("m.gguf"), 256, 64, (1, 8), 2, "auto", Path("peers/bin/python"), Path("converted"))


def answer(batch, changes=()):
  return json.dumps({**line("llama.cpp", "Q8_0", batch, 9.0), "threads": 2, "prompt": 256, "generate": 64, **dict(changes)})


class TestTurns(unittest.TestCase):

  def test_all_engines_get_the_same_shape(self):
    for engine in ("scriptorium", "llama.cpp", "openvino-float32", "openvino"):
      command = turns(engine, PLAN)[0].command
      for option, value in (("--prompt-tokens", "256"), ("--generate", "64"), ("--batch", "1,8"), ("--threads", "2")):
        self.assertEqual(command[command.index(option) + 1], value, engine)

  def test_llama_cpp_runs_each_weight_type_alone(self):
    self.assertEqual([turn.title for turn in turns("llama.cpp", PLAN)], ["llama.cpp as-is", "llama.cpp Q4_0", "llama.cpp Q8_0"])

  def test_our_memory_is_that_of_batch_64_alone(self):
    speed, memory = turns("scriptorium", PLAN)
    self.assertEqual((speed.purpose, memory.purpose, memory.batches), ("speed", "memory", (64,)))
    self.assertEqual(memory.command[memory.command.index("--batch") + 1], "64")

  def test_only_one_of_the_openvinos_is_held_to_float32(self):
    self.assertIn("--float32", turns("openvino-float32", PLAN)[0].command)
    self.assertNotIn("--float32", turns("openvino", PLAN)[0].command)


class TestAnswers(unittest.TestCase):
  TURN = turns("llama.cpp", PLAN)[2]

  def test_lines_of_what_was_asked_for(self):
    text = "a notice\n" + answer(1) + "\n" + answer(8) + "\n"
    self.assertEqual([each["batch"] for each in checked(text, self.TURN, PLAN)], [1, 8])

  def test_other_lines_are_refused(self):
    for changes, message in (
        ({"prompt": 255}, "prompt: expected 256, found 255"), ({"threads": 1}, "threads: expected 2, found 1"),
        ({"engine": "openvino"}, "engine: expected llama.cpp, found openvino"), ({"total_tps": 0}, "total_tps: expected a number above 0"),
        ({"decode_tps": None}, "decode_tps: expected a number above 0, found None"),
        ({"batch": 9}, r"batches: expected \[1, 8\], found \[1, 9\]")):
      with self.assertRaisesRegex(Failure, message):
        checked(answer(1) + "\n" + answer(8, changes), self.TURN, PLAN)

  def test_a_batch_that_is_missing_is_told(self):
    with self.assertRaisesRegex(Failure, r"batches: expected \[1, 8\], found \[1\]"):
      checked(answer(1), self.TURN, PLAN)

  def test_a_process_that_fails_says_why(self):
    with self.assertRaisesRegex(Failure, "exit code 3: no such thing"):
      output((sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"), {})
    with self.assertRaisesRegex(Failure, "/no/such/program"):
      output(("/no/such/program",), {})


class TestDocuments(unittest.TestCase):

  def lines(self, our_tokens=1000, peer_tokens=1000, our_rate=9.0):
    return [
        {"engine": engine, "rows": 192, "rows_per_second": rate, "seconds": 192 / rate, "prompt_tokens": tokens, "completion_tokens": 500,
         "peak_rss_mib": 900}
        for engine, rate, tokens in (("scriptorium", our_rate, our_tokens), ("openvino-float32", 10.0, peer_tokens))]

  def test_the_bar(self):
    self.assertTrue(documents.judge(self.lines(), 192).met)
    self.assertFalse(documents.judge(self.lines(our_rate=7.0), 192).met)
    self.assertIn("9.00 / 10.00 = 0.90", documents.judge(self.lines(), 192).found)

  def test_prompts_that_differ_are_told_and_not_judged(self):
    lines = self.lines(peer_tokens=1001)
    self.assertIsNone(documents.judge(lines, 192).met)
    self.assertIn("the prompts differ", documents.judge(lines, 192).found)
    self.assertIn("scriptorium 1,000; openvino-float32 1,001 tokens", documents.remarks(lines)[0])
    self.assertIn("Both engines counted 1,000 tokens", documents.remarks(self.lines())[0])

  def test_a_run_of_one_engine_proves_nothing(self):
    self.assertIsNone(documents.judge(self.lines()[:1], 192).met)
    self.assertIn("only scriptorium ran", documents.remarks(self.lines()[:1])[0])

  def test_the_table(self):
    self.assertIn("| 192 | scriptorium | 9.00 | 21.3 | 1,000 | 500 | 900 |", documents.table_of(self.lines()))

  def test_rows_that_are_missing_are_told(self):
    with self.assertRaisesRegex(Failure, "expected 192 rows in more than 0 seconds, found 191"):
      documents.measured("scriptorium", 192, {"rows": 191, "seconds": 3.0})

  def test_the_job_file_quotes_what_it_is_given(self):
    plan = DocumentPlan(Path('a "b".gguf'), Path("d.parquet"), (192,), 48, 2, Path("python"), Path("work"))
    text = documents.job_file(plan, 192, Path("out"))
    self.assertIn(r'model: "a \"b\".gguf"', text)
    self.assertIn(r'prompt: "Summarize the following text in one sentence.\n\n{{text}}"', text)


class TestCommand(unittest.TestCase):

  def test_defaults(self):
    options = batches_parser().parse_args([])
    self.assertEqual((options.prompt_tokens, options.generate, options.batch, options.rounds), (256, 64, None, None))
    self.assertEqual(options.engines, ("scriptorium", "llama.cpp", "openvino-float32", "openvino"))
    self.assertEqual((documents_parser().parse_args([]).rows, documents_parser().parse_args([]).tokens), (192, 48))

  def test_batch_sizes_are_in_order_and_once_each(self):
    self.assertEqual(batch_sizes("8,1,8"), (1, 8))

  def test_the_exit_code(self):
    def code(*met, failures=()):
      return Measured("", {}, [], [], list(failures), [Verdict("", "", "", each) for each in met]).exit_code()
    self.assertEqual(code(True, True), 0)
    self.assertEqual(code(True, None), 0)
    self.assertEqual(code(True, False), 1)
    self.assertEqual(code(None), 1)
    self.assertEqual(code(True, failures=[{}]), 2)

  def test_a_busy_machine_is_told(self):
    environment = {"measured": "2030-01-02T03:04:05", "commit": "abc", "kernels": "vector-512", "versions": {"java": "25", "numpy": "2"},
                   "processor": {"model": "Some Processor", "processors": 2, "flags": ["avx2", "fma"]}, "load_before": [0.5, 2.0],
                   "others_busy_before": [0.02, 0.5]}
    shape = {"threads": 2, "model": "m"}
    self.assertEqual(heading(environment, shape), (
        "2030-01-02, Some Processor, 2 processors (avx2 fma), threads: 2; our kernels: vector-512; model m."
        " Commit abc; java 25, numpy 2."
        " Load average before the runs 0.5 to 2.0."
        " Before the runs other processes kept 2% of the machine busy in the median, 50% at most."))
    self.assertIn("not to be quoted", heading({**environment, "others_busy_before": [0.2, 0.2]}, shape))
    self.assertNotIn("Load", heading({**environment, "load_before": None, "others_busy_before": None}, shape))

  def test_a_page_that_could_not_be_written_is_refused_at_once(self):
    with tempfile.TemporaryDirectory() as folder:
      page = Path(folder) / "page.md"
      page.write_text("no markers", encoding="utf-8")
      with self.assertRaisesRegex(Failure, "expected one <!-- figures:begin -->"):
        Destination.checked(None, page, "figures")
      with self.assertRaisesRegex(Failure, "is no folder"):
        Destination.checked(Path(folder) / "none" / "x.json", None, "figures")


if __name__ == "__main__":
  unittest.main()
