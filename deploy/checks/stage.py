"""What every check stands on: a temporary folder, the proxy, the services around it, and the end of all of them."""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HOST = "127.0.0.1"
REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent


class CheckFailed(Exception):
    """A check cannot go on; its text is the measured column."""


def raise_descriptor_limit():
    """To the hard limit, for us and everything we start."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


_given_ports = set()


def free_port():
    """A port nobody listens on, below the range the kernel takes outgoing ports from, and no port twice a run."""
    for port in range(20_000 + os.getpid() % 8_000, 32_000):
        if port in _given_ports:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        _given_ports.add(port)
        return port
    raise CheckFailed("no free port between 20000 and 32000")


def is_listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def wait_until(condition, seconds, what, interval=0.01):
    """Polls until `condition` holds; returns how long that took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise CheckFailed(f"{what}: not within {seconds:g} s")
        time.sleep(interval)
    return time.monotonic() - began


class Program:
    """A child process with its output in files; ended with the stage."""

    def __init__(self, arguments, folder, name, environment=None, pass_fds=(), output=None, errors=None):
        """With `output` or `errors`, descriptors, it writes there instead."""
        self.name = name
        self.output = folder / f"{name}.out"
        self.errors = folder / f"{name}.err"
        with open(self.output, "wb") as output_file, open(self.errors, "wb") as error_file:
            self.process = subprocess.Popen(
                [str(word) for word in arguments], stdin=subprocess.DEVNULL, stdout=output or output_file,
                stderr=errors or error_file, env={**os.environ, **(environment or {})}, pass_fds=pass_fds)
        self.pid = self.process.pid

    @property
    def log(self):
        return self.errors.read_text(errors="replace")

    @property
    def is_running(self):
        return self.process.poll() is None

    def send(self, number):
        if self.is_running:
            os.kill(self.pid, number)

    def wait(self, seconds):
        """The exit code, or None when it is still running after that time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self, seconds=10):
        """SIGTERM, then SIGKILL; the exit code."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        code = self.wait(seconds)
        if code is None:
            self.process.kill()
            code = self.process.wait()
        return code

    # What the kernel knows of it.

    def kibibytes(self, field):
        """`VmRSS` or `VmHWM` of /proc."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        return 0

    def mebibytes(self, field):
        return self.kibibytes(field) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def open_files(self):
        """What the descriptors are, for the message when they differ."""
        kinds = []
        for entry in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                kinds.append(os.readlink(f"/proc/{self.pid}/fd/{entry}").split(":")[0])
            except OSError:
                continue
        return sorted(kinds)


class Stage:
    """One check's world: `with Stage(binary) as stage`; at the end every program is ended and the folder is gone."""

    def __init__(self, binary, keep=False):
        self.binary = binary
        self.keep = keep
        self.programs = []

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bearergate-check-"))
        return self

    def __exit__(self, kind, error, trace):
        for program in reversed(self.programs):
            if program.is_running:
                program.end(3)
        if self.keep:
            progress(f"logs are in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, arguments, name, environment=None, pass_fds=(), **outputs):
        program = Program(arguments, self.folder, name, environment, pass_fds, **outputs)
        self.programs.append(program)
        return program

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def module(self, name, *arguments):
        """One of our own programs, in a process of its own: this one's interpreter lock is busy enough."""
        return [sys.executable, "-m", f"checks.{name}", *arguments]

    def serve(self, configuration, name="proxy", environment=None, **outputs):
        """Starts the proxy with a configuration, without waiting for it."""
        path = self.write(f"{name}.yaml", configuration)
        # A crash must end the process, and not wait for a debugger.
        surroundings = {"SWIFT_BACKTRACE": "enable=no", **(environment or {})}
        return self.start([self.binary, "serve", "--config", path], name, surroundings, **outputs)

    def service(self, module, *arguments, port=None, name=None):
        """Starts one of the services around the proxy and waits until it listens; the program and its port."""
        port = port or free_port()
        name = name or f"{module}-{port}"
        program = self.start(self.module(module, str(port), *map(str, arguments)), name)
        wait_until(lambda: is_listening(port) or not program.is_running, 10, f"{module} listens")
        if not program.is_running:
            raise CheckFailed(f"{module} did not start: {program.log.strip()[-200:]}")
        return program, port


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)
