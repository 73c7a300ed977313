import unittest

from bars import BARS, judge, judge_documents, judge_memory
from test_figures import line


def by_name(verdicts):
  return {verdict.name: verdict for verdict in verdicts}


class TestBars(unittest.TestCase):
  # Each just meets its bar: 1.5 and 0.85 of total, 2.0 and 1.2 of decode, 1.25 of prefill, 0.7 of decode at batch 1.
  LLAMA_CPP = [line("llama.cpp", "as-is", 1, 50, decode=50, prefill=50), line("llama.cpp", "Q4_0", 8, 100, decode=100, prefill=200)]
  OPENVINO = [line("openvino-float32", "Q8_0", 64, 150 / 0.85, decode=200 / 1.2, prefill=999)]
  OURS = [line("scriptorium", "Q4_1", 1, 10, decode=35, prefill=10), line("scriptorium", "Q4_1", 64, 150, decode=200, prefill=250)]

  def test_every_bar_is_met_at_its_very_height(self):
    verdicts = judge(self.OURS + self.LLAMA_CPP + self.OPENVINO)
    self.assertEqual(len(verdicts), len(BARS))
    self.assertEqual([verdict.word for verdict in verdicts], ["met"] * len(BARS))

  def test_every_bar_fails_just_below_it(self):
    slower = [{**each, **{metric: each[metric] * 0.999 for metric in ("total_tps", "decode_tps", "prefill_tps")}} for each in self.OURS]
    self.assertEqual([verdict.met for verdict in judge(slower + self.LLAMA_CPP + self.OPENVINO)], [False] * len(BARS))

  def test_the_factors_are_those_of_the_goal(self):
    found = [(bar.metric, bar.peer, bar.factor, bar.peer_type, bar.batch) for bar in BARS]
    self.assertEqual(found, [
        ("total_tps", "llama.cpp", 1.5, None, None), ("total_tps", "openvino-float32", 0.85, None, None),
        ("decode_tps", "llama.cpp", 2.0, None, None), ("decode_tps", "openvino-float32", 1.2, None, None),
        ("prefill_tps", "llama.cpp", 1.25, None, None), ("decode_tps", "llama.cpp", 0.7, "as-is", 1)])

  def test_batch_1_goes_by_the_file_as_it_is(self):
    faster = self.LLAMA_CPP + [line("llama.cpp", "Q4_0", 1, 1, decode=99, prefill=1)]
    verdict = by_name(judge(self.OURS + faster))["decode at batch 1, ours / llama.cpp as-is"]
    self.assertTrue(verdict.met)
    self.assertIn("= 0.70", verdict.found)

  def test_a_missing_engine_is_not_a_verdict(self):
    verdicts = judge(self.OURS + self.LLAMA_CPP)
    missing = [verdict for verdict in verdicts if verdict.met is None]
    self.assertEqual([verdict.found for verdict in missing], ["no figure of openvino-float32"] * 2)
    self.assertEqual(missing[0].word, "not measured")
    self.assertEqual(judge([])[0].found, "no figure of scriptorium")

  def test_the_highest_peak_of_memory_counts(self):
    self.assertTrue(judge_memory([1000, 1638]).met)
    self.assertFalse(judge_memory([1000, 1639]).met)
    self.assertIsNone(judge_memory([]).met)
    self.assertIsNone(judge_memory([0]).met, "0 is what a system says that does not count")

  def test_documents(self):
    self.assertTrue(judge_documents(8.0, 10.0, 192).met)
    self.assertFalse(judge_documents(7.9, 10.0, 192).met)
    self.assertIsNone(judge_documents(7.9, None, 192).met)


if __name__ == "__main__":
  unittest.main()
