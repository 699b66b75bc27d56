#!/usr/bin/env python3
"""Whether the bundled suite itself is right: its load, its rules and its reports. Starts no proxy; takes seconds."""
import argparse
import contextlib
import fcntl
import importlib.util
import io
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
import xml.dom.minidom

import charts
import compare
import latency
import origin
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

    def test_saturation_by_wrong_answers_is_none(self):
        row = argparse.Namespace(name="ours")
        setting.refuse_wrong(row, [total()])
        for key in total():
            with self.assertRaisesRegex(RuntimeError, "ours: .* 7 requests"):
                setting.refuse_wrong(row, [total(), total(**{key: 7})])

    def test_wrong_answers_have_an_owner_and_only_at_saturation_may_one_be_late(self):
        point = lambda saturated, **errors: {"saturated": saturated, "rounds": [total(), total(**errors)]}
        self.assertEqual(latency.wrong({"a": [point(False, unanswered=2), point(True, unanswered=9)],
                                        "b": [point(True, not_2xx=3, unanswered=9)],
                                        "c": [point(False), point(True, unanswered=9)]}), {"a": 2, "b": 3})


def rounds(requests=1000, not_2xx=0, socket_errors=0, **more):
    figures = dict.fromkeys(("rps", "cpu_us", "p50", "p90", "p99", "p999", "max"), 1000.0)
    return [figures | {"requests": requests, "not_2xx": not_2xx, "socket_errors": socket_errors, "as_calls": 0,
                       "rss_kib": 20 * 1024} | more]


def row(note="", **figures):
    return {"rounds": [] if note else rounds(**figures), "note": note}


def results(**scenarios):
    return {"date": "2026-01-02", "machine": "a machine", "commit": "abc1234+", "versions": {"nginx": "1.22.1"},
            "scenarios": scenarios}


class WrongAnswers(unittest.TestCase):
    def test_what_the_scenario_does_not_want_is_wrong(self):
        wants_200, wants_401 = compare.SCENARIOS["S1"], compare.SCENARIOS["S7b"]
        for scenario, name, found in (
                (wants_200, "nginx-lua", rounds(not_2xx=1)), (wants_200, "nginx-lua", rounds(socket_errors=1)),
                (wants_200, "nginx-lua", rounds(requests=0)), (wants_200, "nginx-lua", rounds(asked=302)),
                (wants_401, "nginx-lua", rounds(not_2xx=999)), (wants_401, "floor", rounds(not_2xx=1)),
                (wants_401, "nginx-lua", rounds(not_2xx=1000, asked=503))):
            right = rounds(not_2xx=1000 * (scenario.status == 401 and name != "floor"))
            self.assertTrue(compare.wrongness(scenario, name, right + found))
        for scenario, name, found in ((wants_200, "nginx-lua", rounds(asked=200)),
                                      (wants_401, "floor", rounds(asked=200)),
                                      (wants_401, "nginx-lua", rounds(not_2xx=1000, asked=401))):
            self.assertEqual(compare.wrongness(scenario, name, found), "")

    def test_h2load_tells_what_it_lost(self):
        said = ("requests: 100 total, 100 started, 97 done, 90 succeeded, {} failed, {} errored, {} timeout\n"
                "status codes: 90 2xx, 1 3xx, 4 4xx, 2 5xx\n")
        self.assertEqual(compare.h2load_counts(said.format(6, 0, 0)), (90, 7, 0))
        self.assertEqual(compare.h2load_counts(said.format(9, 3, 1)), (90, 7, 3))


class OneScenario(unittest.TestCase):
    """A scenario in which nothing is started: each proxy does what `does` says of it, or all right."""
    def run_with(self, does, key="S1"):
        class Row(compare.Row):
            def start(self):
                does.get((self.name, "start"), lambda: None)()

            def verify(self, _):
                return does.get((self.name, "verify"), lambda: [])()

            def measure(self, scenario, seconds, seed):
                self.rounds += does.get((self.name, seed), rounds)()

            def warm(self, _):
                pass

        candidate = compare.Peer("candidate", "plain opaque jwt", tls=False)
        candidate.port, candidate.tls_port = 18500, 0
        options = argparse.Namespace(check=False, rounds=2, seconds=1, syscalls=False, failed=False,
                                     record={"scenarios": {}})
        with unittest.mock.patch("compare.Row", Row), contextlib.redirect_stdout(io.StringIO()) as self.said:
            compare.run_scenario(key, ["nginx-lua", "nginx-njs"], {"bearergate": candidate}, options,
                                 pathlib.Path("/nonexistent"))
        return options.failed, options.record["scenarios"][key]

    def test_what_fails_is_the_reason_for_itself_only(self):
        def late():
            raise subprocess.TimeoutExpired("wrk", 22)
        failed, record = self.run_with({("nginx-lua", 1): late, ("nginx-njs", "verify"): lambda: ["no token: 200"]})
        self.assertFalse(failed)
        self.assertEqual({name: len(row["rounds"]) for name, row in record.items()},
                         {"floor": 2, "nginx-njs": 0, "nginx-lua": 0, "bearergate": 2})
        self.assertRegex(record["nginx-lua"]["note"], "^NOT MEASURED: round 2: .*wrk.* timed out")
        self.assertEqual(record["nginx-njs"]["note"], "NOT MEASURED: does not work: no token: 200")
        json.dumps(record)

    def test_wrong_or_missing_floor_and_candidate_fail_the_run(self):
        def broken():
            raise RuntimeError("port 18100 is taken")
        for name in ("floor", "bearergate"):
            for does in ({(name, "start"): broken}, {(name, 0): broken}, {(name, 1): lambda: rounds(not_2xx=1)}):
                failed, record = self.run_with(does)
                self.assertTrue(failed)
                self.assertTrue(record[name]["note"])

    def test_plain_http_is_not_compared_with_tls(self):
        failed, record = self.run_with({}, "S10a")
        self.assertFalse(failed)
        self.assertEqual(list(record), ["floor", "nginx-njs", "nginx-lua"])
        self.assertIn("bearergate: left out", self.said.getvalue())


class Report(unittest.TestCase):
    def written(self, found):
        with tempfile.TemporaryDirectory() as out:
            problems = report.write(found, pathlib.Path(out))
            return problems, (pathlib.Path(out) / "report.md").read_text()

    def test_wrong_rows_have_a_reason_and_no_figures(self):
        cheap = {"cpu_us": 100.0}
        peers = {"floor": row(), "bearergate": row(), "nginx-lua": row(**cheap, not_2xx=3), "nginx-njs": row(),
                 "envoy-ext-authz": row("NOT MEASURED: does not work:\nenvoy is not installed")}
        problems, text = self.written(results(S1=peers))
        self.assertEqual(problems, [])
        self.assertIn("| S1: opaque token, warm cache, one hot token | 1.00 | nginx auth_request", text)
        self.assertIn("\n- nginx + Lua, LRU cache: 3 of 1,000 replies were not 200\n", text)
        self.assertIn("\n- Envoy ext_authz + C checker: does not work: envoy is not installed\n", text)
        self.assertNotIn("| nginx + Lua, LRU cache |", text)

    def test_ours_or_the_floor_missing_is_a_failure_that_is_named(self):
        for floor, ours, words in (
                (row("NOT MEASURED: port 9 is taken"), row(), "not measured, the floor has no figures: port 9 is taken"),
                (row(not_2xx=1), row(), "not measured, the floor has no figures: 1 of 1,000"),
                (row(), row(not_2xx=1), "Bearergate is not measured: 1 of 1,000"),
                (row(), row("NOT MEASURED: round 1: x"), "Bearergate is not measured: round 1: x")):
            problems, text = self.written(results(S1={"floor": row()}, S2={"floor": floor, "bearergate": ours}))
            self.assertEqual(len(problems), 1)
            self.assertIn("S2: " + words, problems[0])
            self.assertIn("S2: " + words, text)

    def test_what_a_run_did_not_come_to_is_named(self):
        problems, text = self.written(results(S1={"floor": row()}) | {"wanted": ["S1", "S2"]})
        self.assertEqual(problems, ["S2: not measured, the run ended before it"])
        self.assertIn(problems[0], text)

    def test_questions_are_shown_where_there_are_any_and_cold_caches_are_named(self):
        _, text = self.written(results(S2={"floor": row(), "nginx-lua": row(as_calls=0.004)}))
        self.assertNotIn("AS calls/req", text)
        _, text = self.written(results(S2={"floor": row(), "nginx-lua": row(as_calls=0.5)}))
        self.assertIn("AS calls/req", text)
        self.assertIn("The cache was not warm: nginx + Lua, LRU cache (0.500 calls a request).", text)
        _, text = self.written(results(S3={"floor": row(), "nginx-lua": row(as_calls=1)}))
        self.assertNotIn("not warm", text)

    def test_bars_are_beside_the_best_that_checks(self):
        peers = {"floor": row(p99=1.0), "nginx": row(p99=2.0), "nginx-lua": row(p99=1e3), "nginx-njs": row(p99=5e3)}
        _, text = self.written(results(S2=peers | {"bearergate": row(rss_kib=33 * 1024)},
                                       S11=peers | {"bearergate": row(p99=1200.0)},
                                       S12=peers | {"bearergate": row(p99=1201.0)}))
        self.assertIn("| S11: p99 beside nginx + Lua, LRU cache's, the best that checks tokens "
                      "| 1.20 ms and 1.00 ms: 1.20 times | at most 1.2 times | yes |", text)
        self.assertIn("1.20 ms and 1.00 ms: 1.20 times | at most 1.2 times | no |", text)
        self.assertIn("| S2: peak memory after it | 33.0 MiB | at most 32 MiB | no |", text)

    def test_it_says_where_figures_come_from(self):
        _, text = self.written(results(S1={"floor": row()}))
        self.assertIn("\n2026-01-02, a machine, commit abc1234+, nginx 1.22.1. Medians;", text)

    def test_what_the_original_wrote_can_be_read(self):
        problems, text = self.written({"S1": {"floor": rounds(), "bearergate": rounds(), "nginx-lua": []}})
        self.assertEqual(problems, [])
        self.assertIn("\n- nginx + Lua, LRU cache: no reason is kept\n", text)


class Origin(unittest.TestCase):
    def test_versions_are_read_and_absent_programs_left_out(self):
        with tempfile.TemporaryDirectory(suffix="3.11") as folder:
            program = pathlib.Path(folder, "envoy")
            program.write_text('#!/bin/sh\necho "$0  version: 9e55/1.40.0/Clean"\n')
            program.chmod(0o755)
            self.assertEqual(origin.versions({"envoy": program, "caddy": "/nonexistent"}), {"envoy": "1.40.0"})

    def test_the_commit_is_named(self):
        self.assertRegex(origin.commit(), r"^([0-9a-f]{7,}\+?|unknown)$")


class Command(unittest.TestCase):
    """`run` refuses before it installs or builds anything."""
    def refused(self, *arguments, run=compare.HERE / "run"):
        done = subprocess.run([run, *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""), (arguments, done.stderr))
        return done.stderr

    def test_options_that_do_not_go_together(self):
        for arguments, words in (
                (("--check", "--quick"), "no other option"), (("--check", "--write-readme"), "no other option"),
                (("--check", "--out", "/tmp/x"), "no other option"),
                (("--check", "--program", "/bin/true"), "no other option"),
                (("--program", "/tmp"), "no executable: /tmp"),
                (("--write-readme", "--scenarios", "S1"), "all tables"),
                (("--write-readme", "--peers", "nginx"), "all tables"),
                (("--scenarios", "S1,S10a"), "TLS"), (("--scenarios", "S10c"), "TLS")):
            self.assertIn(words, self.refused(*arguments))

    def test_names_that_are_none(self):
        for arguments, words in (
                (("--scenarios", "S1,S13"), "no scenario S13"), (("--scenarios", "S1,"), "without a name"),
                (("--peers", "nginx-luaa"), "no peer nginx-luaa (is it nginx-lua?)"),
                (("--latency", "--peers", "haproxy"), "no peer haproxy"), (("--peers", "nginx,all"), "no peer all")):
            self.assertIn(words, self.refused(*arguments))
        self.assertEqual(compare.misnamed("all", "none"), "")
        self.assertEqual(compare.misnamed(",".join(compare.SCENARIOS), ",".join(compare.PEERS)), "")

    def test_a_path_that_peers_cannot_be_told_and_a_second_run(self):
        with tempfile.TemporaryDirectory(prefix="with space ") as folder:
            root = pathlib.Path(folder)
            for name in ("benchmarks/run", "deploy/prerequisites.sh"):
                (root / name).parent.mkdir()
                shutil.copy(compare.HERE.parent / name, root / name)
            run = root / "benchmarks/run"
            self.assertIn("must have no space", self.refused("--quick", run=run))
            with open(root / ".build/benchmark.lock", "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.assertIn("another run is under way", self.refused("--quick", run=run))


class Ending(unittest.TestCase):
    def test_however_it_is_ended_it_ends_what_it_started_and_once(self):
        program = ("import compare, os, signal, sys, time\ncompare.end_on_signals()\ntry:\n"
                   "  os.kill(os.getpid(), int(sys.argv[1])); time.sleep(5)\nfinally:\n"
                   "  [os.kill(os.getpid(), number) for number in compare.ENDING]; print('ended')\n")
        for number in compare.ENDING:
            done = subprocess.run([sys.executable, "-c", program, str(int(number))], capture_output=True, text=True,
                                  cwd=compare.HERE, timeout=30,
                                  preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in compare.ENDING])
            self.assertEqual((done.returncode, done.stdout), (1, "ended\n"), done.stderr)

    def test_what_was_started_does_not_outlive_a_program_that_is_killed(self):
        program = ("import argparse, compare, os, pathlib\n"
                   "compare.place = lambda *_: None\n"
                   "started = compare.Process(['sleep', '60'], 0, argparse.Namespace(), os.devnull)\n"
                   "print(started.popen.pid, flush=True)\nos.kill(os.getpid(), 9)\n")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=compare.HERE,
                              timeout=30)
        ended = pathlib.Path("/proc", done.stdout.strip())
        for _ in range(100):
            try:
                if ") Z " in (ended / "stat").read_text():
                    return
            except (FileNotFoundError, ProcessLookupError):
                return
            time.sleep(0.05)
        self.fail(f"{ended} is still there")

    def test_a_record_is_whole_or_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "results.json")
            compare.keep(path, {"a": 1})
            with self.assertRaises(TypeError):
                compare.keep(path, {"a": object()})
            self.assertEqual(json.loads(path.read_text()), {"a": 1})

    def test_cpus_that_cannot_be_had_are_named(self):
        options = argparse.Namespace(proxy_cpu=0, load_cpu={1, 2})
        with unittest.mock.patch("os.sched_setaffinity", side_effect=OSError):
            with self.assertRaisesRegex(SystemExit, "CPU 0 is wanted, and this process may use"):
                compare.take_place(options)


class Budgets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        spec = importlib.util.spec_from_file_location("micro_check", compare.HERE / "micro/check.py")
        cls.micro = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.micro)

    def budgets(self):
        return {"openssl": "OpenSSL 3.0.22 25 Aug 2026", self.micro.OVER_MAX: 6.0, "JOSE.verify.RS256": 20, "other": 1}

    def judged(self, release="OpenSSL 3.0.19 27 Jan 2026", signature=20, other=1, time=4.3):
        return self.micro.judge(self.budgets(), release, {"JOSE.verify.RS256": signature, "other": other}, time)

    def test_a_budget_holds_for_its_series_of_openssl(self):
        self.assertEqual(self.judged(), ([], []))
        self.assertEqual(len(self.judged(signature=21)[0]), 1)
        self.assertEqual(len(self.judged(signature=19)[1]), 1)
        over, notes = self.judged(release="OpenSSL 3.5.1 1 Jul 2025", signature=21)
        self.assertEqual((over, len(notes)), ([], 1))
        self.assertEqual(len(self.judged(release="OpenSSL 3.5.1 1 Jul 2025", other=2)[0]), 1)

    def test_time_is_reported_and_not_judged(self):
        over, notes = self.judged(time=6.1)
        self.assertEqual(over, [])
        self.assertRegex(notes[0], "6.1 µs .* the budget is 6 µs")

    def test_new_budgets_keep_that_of_time(self):
        measured = {"other": 2.0, "OpenSSL.verify.RS256": 9.0}
        new = json.loads(self.micro.updated(self.budgets(), "OpenSSL 3.0.30", measured))
        self.assertEqual(new, {"openssl": "OpenSSL 3.0.30", self.micro.OVER_MAX: 6.0, "other": 2})
        kept = json.loads(self.micro.BUDGETS.read_text())
        self.assertEqual(kept[self.micro.OVER_MAX], 6.0)


class Configuration(unittest.TestCase):
    def test_changes_reach_the_configuration(self):
        text = setting.configuration(18777, workers=2, ttl="9s", size="1GiB", services=2)
        for words in ("127.0.0.1:18777", "workers: 2", "ttl: 9s", "size: 1GiB", "/service-00001/**"):
            self.assertIn(words, text)
        self.assertNotIn("/service-00002/**", text)

    def test_ours_ends_when_it_is_told_to(self):
        self.assertEqual((compare.HERE / "compare.yaml").read_text().count("drain_delay: 0s"), 1)

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
