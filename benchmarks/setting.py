"""What scaling.py, latency.py and steady.py share: servers around the proxies, our own configured, and load (openloop).

CPU time, ports, servers and the check that a proxy does the right thing are compare.py's, so figures mean the same.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shlex
import statistics
import sys
import tempfile
import time

import compare
import origin

HERE = pathlib.Path(__file__).resolve().parent
CONNECTIONS = 64
# Tokens are sent to fill a cache in portions: each is over in seconds, and progress can be shown.
PORTION = 100_000


def parser(description, **more):
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--program", type=pathlib.Path, required=True, help="bearergate, built for release")
    result.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="where the report goes")
    result.add_argument("--quick", action="store_true", help="only whether it works, in under a minute")
    result.add_argument("--venv", type=pathlib.Path, default=HERE / ".venv", help="has `cryptography`, and peers")
    result.add_argument("--proxy-cpu", type=int, default=0)
    result.add_argument("--load-cpu", type=int, default=load_cpus(), help="default: up to three of the others")
    result.add_argument("--nice", type=int, default=10, help="run everything this much nicer to us (root only)")
    result.set_defaults(as_latency=0, **more)
    return result


def load_cpus():
    """Load, upstream and authorization server get a CPU each when there are so many; the proxy has CPU 0."""
    return set(range(1, min(os.cpu_count(), 4))) or {0}


def say(words):
    print(words, flush=True)


def configuration(port, workers=1, ttl="300s", size="64MiB", services=0, upstream=None):
    """compare.yaml with changes; `services` adds routes /service-00000/** and so on, with the checks of /opaque/**."""
    text = (HERE / "compare.yaml").read_text()
    text = replaced(text, "127.0.0.1:18500", f"127.0.0.1:{port}")
    text = replaced(text, "workers: 1", f"workers: {workers}")
    text = replaced(text, "{ ttl: 300s, negative_ttl: 30s }", f"{{ ttl: {ttl}, negative_ttl: 30s, size: {size} }}")
    if upstream:
        text = replaced(text, f"http://127.0.0.1:{compare.BASE_PORT}, idle", f"{upstream}, idle")
    routes = [f'  - {{ name: s{index}, paths: ["/service-{index:05d}/**"], authorization_server: opaque, '
              "scopes: [read] }\n" for index in range(services)]
    return text + "".join(routes)


def replaced(text, old, new):
    if text.count(old) != 1:
        raise RuntimeError(f"compare.yaml has not one `{old}`: this program must be changed with it")
    return text.replace(old, new)


class Setting:
    """Upstream, authorization server and a folder, while a `with` lasts; then all that was started is ended."""

    def __init__(self, options):
        self.options, self.started_count = options, 0

    def __enter__(self):
        options = self.options
        compare.end_on_signals()
        compare.take_place(options)
        options.out.mkdir(parents=True, exist_ok=True)
        compare.build()
        compare.run_on(options.load_cpu, options, [compare.BIN / "openloop", "--check"], 60)
        python = options.venv / "bin/python"
        compare.make_keys(python if python.exists() else sys.executable)
        options.tools = compare.find_tools(options.venv)
        self.cleanup = contextlib.ExitStack()
        try:
            self.work = pathlib.Path(self.cleanup.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            self.work.chmod(0o755)
            self.cleanup.callback(stop_all)
            compare.start_servers(options, self.work)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        compare.ignore_signals()
        self.cleanup.close()

    def ours(self, name, port, **changes):
        """Our proxy, configured, running and found to do the right thing."""
        file = self.work / f"{name}.yaml"
        file.write_text(configuration(port, **changes))
        command = f"{shlex.quote(str(self.options.program.resolve()))} serve --config {shlex.quote(str(file))}"
        return self.started(name, compare.Peer("Bearergate", "plain opaque jwt", (), command, tls=False), port)

    def peer(self, name, port):
        return self.started(name, compare.PEERS[name], port)

    def started(self, name, peer, port):
        self.started_count += 1
        work = self.work / f"{self.started_count}-{name}"
        row = compare.Row(name, peer, "opaque", port, port + 1, self.options, work)
        try:
            row.start()
            problems = row.verify("hot")
        except BaseException:
            row.stop()
            raise
        if problems:
            row.stop()
            raise RuntimeError(f"{name} gives wrong answers: {'; '.join(problems)}")
        return row

    def command(self, row, seconds, *arguments, path="/opaque/1k"):
        return [compare.BIN / "openloop", str(row.port), path, f"seconds={seconds:g}", f"connections={CONNECTIONS}",
                *arguments]

    def load(self, row, seconds, *arguments, path="/opaque/1k", warm=0):
        command = self.command(row, seconds, f"warm={warm:g}", *arguments, path=path)
        out = compare.run_on(self.options.load_cpu, self.options, command, seconds + warm + 30)
        return json.loads(out.splitlines()[-1])

    def measure(self, row, seconds, *arguments, **more):
        """One round: what openloop saw, and what the proxy took for it."""
        before, calls, began = cpu_seconds(row), compare.introspections(), time.monotonic()
        result = self.load(row, seconds, *arguments, **more)
        used, elapsed = cpu_seconds(row) - before, time.monotonic() - began
        count = max(1, result["all"])
        return result | {"cpu_us": used * 1e6 / count, "busy": used / elapsed, "rps": rate(result),
                         "as_calls": (compare.introspections() - calls) / count, "rss_kib": rss_kib(row)}

    def fill(self, row, count, seed):
        """Sends each of `count` numbered tokens once, so that the cache has all of them."""
        for first in range(0, count, PORTION):
            portion = min(PORTION, count - first)
            result = self.load(row, 120, f"numbered={seed}", "order=once", f"first={first}", f"requests={portion}")
            if result["requests"] != portion or wrong(result):
                raise RuntimeError(f"{row.name}: {wrong(result)} of {portion:,} new tokens were not accepted, "
                                   f"{portion - result['requests']} not sent in 120 s")
            if count > PORTION:
                say(f"  {row.name}: {first + portion:,} of {count:,} tokens are cached")


def stop_all():
    for process in list(compare.Process.running):
        process.stop()


def cpu_seconds(row):
    return sum(process.cpu_seconds() for process in row.processes())


def rss_kib(row):
    return sum(process.rss_kib() for process in row.processes())


def rate(result):
    """Answers a second, within the time that was given."""
    return result["in_time"] / result["us"] * 1e6


def wrong(result):
    return result["not_2xx"] + result["socket_errors"] + result.get("unanswered", 0)


def refuse_wrong(row, results):
    """The most that a proxy gets is no figure where some of it is wrong: a fast 503 is cheaper than an answer."""
    count = sum(map(wrong, results))
    if count:
        raise RuntimeError(f"{row.name}: at its saturation {count:,} requests were not answered with 200")


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def numbered(seed, live):
    return f"numbered={seed}", f"live={live}"


def heading(title):
    return [f"# {title}", "", origin.sentence(origin.about())]


def record(options, name, figures, lines, pictures):
    """Writes NAME.json, NAME.md and the pictures, NAME-….svg."""
    head = {"kind": name, **origin.about(), "quick": options.quick}
    compare.keep(options.out / f"{name}.json", head | figures)
    for picture, svg in pictures.items():
        (options.out / f"{name}-{picture}.svg").write_text(svg)
    (options.out / f"{name}.md").write_text("\n".join(lines) + "\n")
