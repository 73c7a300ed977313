import unittest

from figures import Setting, best, settings, spread


def line(engine, type, batch, total, decode=1.0, prefill=1.0):
  return {"engine": engine, "type": type, "batch": batch, "total_tps": total, "decode_tps": decode, "prefill_tps": prefill,
          "peak_rss_mib": 100}


class TestFigures(unittest.TestCase):

  def test_median_of_odd_and_even_counts(self):
    self.assertEqual(spread([5, 1, 3]).median, 3)
    self.assertEqual(spread([4, 1, 3, 100]).median, 3.5)
    self.assertEqual(spread([7]).median, 7)

  def test_spread_keeps_the_ends(self):
    found = spread([2.5, 9, 1])
    self.assertEqual((found.least, found.most, found.count), (1, 9, 3))

  def test_no_values_are_refused(self):
    with self.assertRaisesRegex(ValueError, "expected at least one value, found none"):
      spread([])

  def test_settings_are_in_order_and_once_each(self):
    lines = [line("b", "x", 8, 1), line("a", "x", 1, 1), line("b", "x", 8, 2)]
    self.assertEqual(settings(lines), [Setting("b", "x", 8), Setting("a", "x", 1)])

  def test_best_goes_by_the_median_and_not_by_one_lucky_round(self):
    lines = [line("a", "x", 8, total) for total in (10, 10, 90)] + [line("a", "x", 32, total) for total in (20, 20, 21)]
    self.assertEqual(best(lines, "a", "total_tps").setting.batch, 32)
    self.assertEqual(best(lines, "a", "total_tps").spread.median, 20)

  def test_best_is_over_types_and_batches(self):
    lines = [line("a", "as-is", 1, 5), line("a", "Q8_0", 8, 7), line("a", "Q4_0", 64, 6), line("b", "x", 1, 99)]
    self.assertEqual(best(lines, "a", "total_tps").setting, Setting("a", "Q8_0", 8))

  def test_each_metric_has_its_own_best(self):
    lines = [line("a", "x", 1, 5, decode=9, prefill=2), line("a", "x", 8, 6, decode=1, prefill=3)]
    self.assertEqual([best(lines, "a", metric).setting.batch for metric in ("total_tps", "decode_tps", "prefill_tps")], [8, 1, 8])

  def test_best_of_a_type_and_batch(self):
    lines = [line("a", "as-is", 1, 5), line("a", "as-is", 8, 8), line("a", "Q4_0", 1, 9)]
    self.assertEqual(best(lines, "a", "total_tps", type="as-is", batch=1).spread.median, 5)
    self.assertIsNone(best(lines, "a", "total_tps", batch=64))
    self.assertIsNone(best(lines, "b", "total_tps"))


if __name__ == "__main__":
  unittest.main()
