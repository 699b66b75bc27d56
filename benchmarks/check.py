#!/usr/bin/env python3
"""Whether the bundled suite itself is right: its load, its rules and its reports. Starts no proxy; takes seconds."""
import subprocess
import unittest
import xml.dom.minidom

import charts
import compare
import latency
import readme
import report
import setting
import steady


def windows(p99=(1000,) * 9, memory=(30_000,) * 9):
    return [{"p99": latency, "rss_kib": kib} for latency, kib in zip(p99, memory)]


def total(**errors):
    return {"not_2xx": 0, "socket_errors": 0, "unanswered": 0} | errors


class SteadyRule(unittest.TestCase):
    def test_what_grows_or_fails_is_not_steady(self):
        climbing = [1000 * (1 + 0.05 * index) for index in range(9)]
        leaking = [30_000 * (1 + 0.01 * index) for index in range(9)]
        for found in (steady.verdict(windows(p99=climbing), total()), steady.verdict(windows(memory=leaking), total()),
                      *(steady.verdict(windows(), total(**{key: 1})) for key in total())):
            self.assertEqual(len(found), 1)
        self.assertTrue(steady.verdict(windows()[:2], total()))

    def test_what_stays_is_steady(self):
        self.assertEqual(steady.verdict(windows(), total()), [])

    def test_one_slow_window_is_not_a_trend(self):
        self.assertEqual(steady.verdict(windows(p99=[1000] * 8 + [9000]), total()), [])

    def test_what_gets_better_is_steady(self):
        self.assertEqual(steady.verdict(windows(p99=range(2000, 1100, -100), memory=range(40, 31, -1)), total()), [])


class Saturation(unittest.TestCase):
    def test_fewer_answers_than_97_of_100_are_saturation(self):
        self.assertTrue(latency.is_saturated({"in_time": 9_699, "us": 1e6}, 10_000))
        self.assertFalse(latency.is_saturated({"in_time": 9_700, "us": 1e6}, 10_000))


class Configuration(unittest.TestCase):
    def test_changes_reach_the_configuration(self):
        text = setting.configuration(18777, workers=2, ttl="9s", size="1GiB", services=2)
        for words in ("127.0.0.1:18777", "workers: 2", "ttl: 9s", "size: 1GiB", "/service-00001/**"):
            self.assertIn(words, text)
        self.assertNotIn("/service-00002/**", text)

    def test_a_change_that_finds_no_place_is_refused(self):
        with self.assertRaises(RuntimeError):
            setting.replaced("workers: 4", "workers: 1", "workers: 2")


class Reports(unittest.TestCase):
    def test_the_readme_takes_the_tables_of_every_kind(self):
        text = readme.README.read_text()
        for kind in ("peers", "scaling", "latency", "steady"):
            new = readme.filled(text, kind, "# Title\n\nA day.\n\n![x](x.svg)\n\n## Part\n\n| a |\n|---|\n| 1 |\n")
            self.assertIn("\nA day.\n\n#### Part\n\n| a |\n|---|\n| 1 |\n\n<!-- " + kind + ": end -->\n", new)
            self.assertEqual(new, readme.filled(new, kind, "# Title\n\nA day.\n\n## Part\n\n| a |\n|---|\n| 1 |\n"))

    def test_a_readme_without_markers_is_left_alone(self):
        with self.assertRaises(ValueError):
            readme.filled("nothing", "peers", "# Title\n")

    def test_ours_is_set_in_bold(self):
        self.assertEqual(report.markdown_table(("a", "b"), [("Bearergate", 1)])[-1], "| **Bearergate** | **1** |")

    def test_pictures_are_whole_and_escaped(self):
        rows = [("x & y", 2.0, "ours"), ("floor", 1.0, "floor"), ("slow", 99.0, "")]
        for picture in (charts.bars("a < b", rows, mark=1),
                        charts.lines("a < b", [("x & y", [(0, 0.5), (900, 12.0)], "ours")], x_title="per s"),
                        charts.lines("flat", [("x", [(0, 30.0), (1, 30.0)], "")], log=False, zero=True),
                        charts.lines("one point", [("x", [(5, 1.0)], "")])):
            xml.dom.minidom.parseString(picture)

    def test_ticks_are_round_and_enclose(self):
        for low, high in ((0, 38_830), (0, 0.37), (12, 12), (0, 1), (17.3, 94)):
            ticks = charts.round_ticks(low, high)
            self.assertTrue(ticks[0] <= low and ticks[-1] >= high and 2 <= len(ticks) <= 8, (low, high, ticks))


class Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        compare.build()

    def openloop(self, *arguments):
        return subprocess.run([compare.BIN / "openloop", *arguments], capture_output=True, text=True, timeout=60)

    def test_the_load_generator_keeps_its_promises(self):
        done = self.openloop("--check")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_only_loopback_is_talked_to_and_nothing_is_guessed(self):
        for arguments in (("80", "/", "address=192.0.2.1"), ("80", "/", "address=0.0.0.0"), ("80", "/", "rate=-1"),
                          ("80", "/", "rate=fast"), ("80", "/", "colour=red"), ("80", "no-path"), ("80",)):
            done = self.openloop(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)


if __name__ == "__main__":
    unittest.main()
