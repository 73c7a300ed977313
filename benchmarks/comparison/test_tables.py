import unittest

from bars import Verdict
from figures import spread
from tables import ratios_table, replaced, settings_table, shown, table, verdicts_table
from test_figures import line


class TestTables(unittest.TestCase):

  def test_a_table(self):
    self.assertEqual(table(["a", "b"], [["x", "1"], ["y", "2"]], 1), "| a | b |\n| --- | ---: |\n| x | 1 |\n| y | 2 |")

  def test_ends_are_shown_of_several_rounds_only(self):
    self.assertEqual(shown(spread([1234.5])), "1,234.5")
    self.assertEqual(shown(spread([1, 2, 4])), "2.0 (1.0–4.0)")
    self.assertEqual(shown(spread([1, 2, 4]), 2), "2.00 (1.00–4.00)")

  def test_settings(self):
    lines = [line("a", "Q8_0", 8, total, decode=2, prefill=3) for total in (10, 30, 20)]
    lines[1]["peak_rss_mib"] = 1500
    self.assertEqual(settings_table(lines).splitlines()[2:], [
        "| a | Q8_0 | 8 | 20.0 (10.0–30.0) | 2.0 (2.0–2.0) | 3.0 (3.0–3.0) | 1,500 |"])

  def test_ratios_of_the_bests(self):
    lines = [line("scriptorium", "Q4_1", 64, 30, decode=4, prefill=9), line("p", "x", 1, 20, decode=8, prefill=9), line("p", "y", 8, 10)]
    self.assertEqual(ratios_table(lines).splitlines()[2:], [
        "| total | 30.0 (Q4_1, batch 64) | p | 20.0 (x, batch 1) | 1.50 |",
        "| decode | 4.0 (Q4_1, batch 64) | p | 8.0 (x, batch 1) | 0.50 |",
        "| prefill | 9.0 (Q4_1, batch 64) | p | 9.0 (x, batch 1) | 1.00 |"])
    self.assertEqual(ratios_table(lines[:1]), "")

  def test_verdicts(self):
    verdicts = [Verdict("speed", "2", "≥ 1", True), Verdict("size", "3", "< 2", False), Verdict("rest", "none", "≥ 1", None)]
    text = verdicts_table(verdicts)
    self.assertEqual([row.split(" | ")[-1] for row in text.splitlines()[2:]], ["met |", "NOT met |", "not measured |"])

  def test_a_page_keeps_what_is_outside_of_the_markers(self):
    page = "# Title\n<!-- figures:begin -->\nold\n<!-- figures:end -->\nrest <!-- documents:begin --><!-- documents:end -->\n"
    self.assertEqual(replaced(page, "figures", "\nnew\n"),
                     "# Title\n<!-- figures:begin -->\nnew\n<!-- figures:end -->\nrest <!-- documents:begin --><!-- documents:end -->\n")
    self.assertIn("<!-- documents:begin -->\nmore\n<!-- documents:end -->", replaced(page, "documents", "more"))

  def test_a_page_without_its_markers_is_refused(self):
    begin, end = "<!-- figures:begin -->", "<!-- figures:end -->"
    for page in ("", end + begin, begin, begin + begin + end):
      with self.assertRaisesRegex(ValueError, "expected one <!-- figures:begin -->"):
        replaced(page, "figures", "new")


if __name__ == "__main__":
  unittest.main()
