"""`scanner scan` beside the programs that people use for feeds, in one run, on one machine.

usage: python tests/benchmarks/side_by_side.py [-N 200] [--latency 0] [--rounds 3] [--only NAMES]

In: the programs that are installed, and a server on this machine. Out: a table of wall seconds,
processor seconds and peak memory, cold (nothing known yet) and warm (the same folder again, so
that conditional requests get 304), with ratios to scanner. Medians; spread is lowest to highest.

Each figure is of a whole process with all that it starts, in a fresh home. Tools take turns within
a round, so that a busy machine troubles all alike; the server runs on the same cores. "tree MB" is
the highest sum of resident memory over the process tree (shared pages count for each), "one MB" the
highest mark of its largest process (VmHWM); both are looked at every 20 ms, so Linux is needed.
"answers" says how many 200 and 304 the tool was given, as the server counted: who sends no
validators gets no 304 (newsboat 2.21 and sfeed_update do not). What is done with them differs:
the others store, `requests` not even that, and scanner also matches, judges and ranks.
A round in which a tool fails is told, and counts for nothing.

Touches: the network, the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
THREADS = 32
EVERY = 0.02
"""Seconds between two looks at the process tree."""
PAGE = os.sysconf("SC_PAGE_SIZE")
Run = dict[str, float]


@dataclass(frozen=True)
class Tool:
    """One program: what it needs in its folder, and how it is started."""

    name: str
    prepare: Callable[[Path, list[str]], list[str]]
    """Writes its config into the folder, and gives the command line for both runs."""


def main() -> None:
    """Run the rounds and print the table."""
    asked = _arguments()
    tools = _tools(asked)
    runs: dict[str, list[tuple[Run, Run]]] = {tool.name: [] for tool in tools}
    with _server(asked) as at:
        urls = [f"{at}/f/{number}.xml" for number in range(asked.N)]
        for turn in range(asked.rounds):
            for tool in tools[turn % len(tools) :] + tools[: turn % len(tools)]:
                with tempfile.TemporaryDirectory(dir=asked.folder) as home:
                    command = tool.prepare(Path(home), urls)
                    both = [_run(command, Path(home), at, asked.timeout) for _ in range(2)]
                runs[tool.name].append((both[0], both[1]))
                print(f"round {turn + 1}: {tool.name}", *map(_told, both), file=sys.stderr)
    print(
        f"\n{asked.N} feeds, {asked.latency} ms latency, median of {asked.rounds} rounds (lowest to"
        f" highest), {os.cpu_count()} cores, Python {sys.version.split()[0]}, server:"
        f" {asked.server.name if asked.server else 'built in'}\n"
    )
    _print_table(runs)


def _arguments() -> argparse.Namespace:
    told = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    told.add_argument("-N", type=int, default=200, help="feeds")
    told.add_argument("--latency", type=int, default=0, help="milliseconds before each answer")
    told.add_argument(
        "--rounds", type=int, default=3, help="how often each tool runs, cold and warm"
    )
    told.add_argument("--only", help="names of tools, with commas between")
    told.add_argument("--server", type=Path, help="called as SCRIPT PORT LATENCY_MS N; built in")
    told.add_argument("--scanner", help="its command; the one beside this Python")
    told.add_argument("--brand", default="Acme", help="the brand that scanner looks for")
    told.add_argument("--reader-python", help="a Python that has `reader`")
    told.add_argument("--folder", type=Path, help="where homes are made; the usual place")
    told.add_argument("--timeout", type=float, default=600, help="seconds for one run")
    return told.parse_args()


# --- the tools ------------------------------------------------------------------------------------


def _tools(asked: argparse.Namespace) -> list[Tool]:
    """Those that are installed, or that were asked for by name."""
    scanner = shlex.split(asked.scanner or str(Path(sys.executable).with_name("scanner")))
    python = asked.reader_python or sys.executable
    tools = [
        Tool("scanner", lambda home, urls: _scanner(home, urls, scanner, asked.brand)),
        Tool("newsboat", _newsboat),
        Tool("sfeed_update", _sfeed),
        Tool("reader", lambda home, urls: _peer(home, urls, python, "reader")),
        Tool("rss2email", _rss2email),
        Tool("requests", lambda home, urls: _peer(home, urls, sys.executable, "requests")),
        Tool("feedparser", lambda home, urls: _peer(home, urls, sys.executable, "feedparser")),
    ]
    if asked.only:
        wanted = asked.only.split(",")
        if unknown := set(wanted) - {tool.name for tool in tools}:
            sys.exit(f"no such tool: {', '.join(sorted(unknown))}")
        return [tool for tool in tools if tool.name in wanted]
    there = {
        "newsboat": shutil.which("newsboat"),
        "sfeed_update": shutil.which("sfeed_update"),
        "rss2email": shutil.which("r2e"),
        "reader": asked.reader_python,
    }
    for name in (name for name, found in there.items() if not found):
        print(f"{name} is not installed, or no --reader-python: left out", file=sys.stderr)
    return [tool for tool in tools if there.get(tool.name, True)]


def _scanner(home: Path, urls: list[str], command: list[str], brand: str) -> list[str]:
    feeds = "".join(f'[[feeds]]\nurl = "{url}"\nname = "{n}"\n' for n, url in enumerate(urls))
    (home / "scanner.toml").write_text(
        f'[scanner]\ndb = "scanner.db"\n[fetch]\nallow_private = true\nper_host = {THREADS}\n'
        f'host_delay = "0s"\nworkers = {THREADS}\n[[brands]]\nname = "{brand}"\n{feeds}'
    )
    return [*command, "-c", str(home / "scanner.toml"), "scan", "--refetch"]


def _newsboat(home: Path, urls: list[str]) -> list[str]:
    (home / "urls").write_text("\n".join(urls) + "\n")
    (home / "config").write_text(f"reload-threads {THREADS}\nauto-reload no\n")
    files = ["-u", home / "urls", "-C", home / "config", "-c", home / "cache.db"]
    return ["newsboat", *map(str, files), "-x", "reload"]


def _sfeed(home: Path, urls: list[str]) -> list[str]:
    feeds = "\n".join(f'feed "f{number}" "{url}"' for number, url in enumerate(urls))
    (home / "sfeedrc").write_text(
        f'sfeedpath="{home}/feeds"\nmaxjobs={THREADS}\nfeeds() {{\n{feeds}\n}}\n'
    )
    return ["sfeed_update", str(home / "sfeedrc")]


def _rss2email(home: Path, urls: list[str]) -> list[str]:
    feeds = "".join(f"[feed.f{number}]\nurl = {url}\n" for number, url in enumerate(urls))
    (home / "rss2email.cfg").write_text(
        f"[DEFAULT]\nto = a@mail.example\nfrom = b@mail.example\n{feeds}"
    )
    return ["r2e", "-c", str(home / "rss2email.cfg"), "-d", str(home / "r2e.json"), "run", "-n"]


def _peer(home: Path, urls: list[str], python: str, how: str) -> list[str]:
    (home / "urls").write_text("\n".join(urls))
    return [python, str(HERE / "peers.py"), how, str(home / "urls")]


# --- one run --------------------------------------------------------------------------------------


def _run(command: list[str], home: Path, at: str, timeout: float) -> Run:
    """Start the command, watch it to its end, and say what it took."""
    _ask(f"{at}/reset")
    os.sync()  # what the run before has left to be written is not this one's
    places = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    with (home / "output").open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=home,
            env=kept | places,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        tree = largest = 0.0
        while True:
            done, status, used = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            if time.perf_counter() - began > timeout:
                process.kill()
            now, mark = _memory(process.pid)
            tree, largest = max(tree, now), max(largest, mark)
            time.sleep(EVERY)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = (home / "output").read_text(errors="replace")[-300:]
        print(f"{command[0]} ended with {process.returncode}: {tail}", file=sys.stderr)
    return {
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "tree": tree / 1e6,
        "one": largest / 1e6,
        "failed": float(process.returncode != 0),
        **_answers(at),
    }


def _memory(pid: int) -> tuple[float, float]:
    """Bytes resident in the tree below a process, and the highest mark of one of them."""
    total = highest = 0
    for each in _tree(pid):
        with suppress(OSError, IndexError, ValueError):  # it may end while we look
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * PAGE
            status = Path(f"/proc/{each}/status").read_text()
            highest = max(highest, int(status.partition("VmHWM:")[2].split()[0]) * 1024)
    return total, highest


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))


def _answers(at: str) -> Run:
    try:
        stats = json.loads(_ask(f"{at}/stats"))
    except (OSError, ValueError):
        return {}
    return {"200": stats.get("r200", 0), "304": stats.get("r304", 0)}


# --- the server -----------------------------------------------------------------------------------


@contextmanager
def _server(asked: argparse.Namespace) -> Iterator[str]:
    """Start it on a free port and wait until it answers; end it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = asked.server or HERE / "server.py"
    command = [sys.executable, str(script), str(port), str(asked.latency), str(asked.N)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            at = f"http://127.0.0.1:{port}"
            _wait_for(server, f"{at}/f/0.xml")
            yield at
        finally:
            server.kill()


def _wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(600):
        if server.poll() is not None:
            sys.exit("the server ended before it answered")
        with suppress(OSError):
            _ask(url)
            return
        time.sleep(0.1)
    sys.exit("the server did not answer within a minute")


def _ask(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bytes(answer.read())


# --- the table ------------------------------------------------------------------------------------


def _print_table(runs: dict[str, list[tuple[Run, Run]]]) -> None:
    columns = [
        *("cold s", "× scanner", "warm s", "× scanner", "cpu s cold / warm"),
        *("tree MB", "one MB", "answers cold / warm"),
    ]
    print("| tool | " + " | ".join(columns) + " |\n|" + " --- |" * (len(columns) + 1))
    whole = {
        name: [both for both in every if not (both[0]["failed"] or both[1]["failed"])]
        for name, every in runs.items()
    }
    base = whole.get("scanner")
    for name, both in whole.items():
        if failed := len(runs[name]) - len(both):
            print(
                f"{name}: {failed} of {len(runs[name])} rounds failed; not counted", file=sys.stderr
            )
        if not both:
            print(f"| {name} | failed |" + "  |" * (len(columns) - 1))
            continue
        cold, warm = [run[0] for run in both], [run[1] for run in both]
        peak = {
            key: statistics.median(max(a[key], b[key]) for a, b in both) for key in ("tree", "one")
        }
        cells = [
            _spread(cold),
            _ratio(cold, [run[0] for run in base] if base else None),
            _spread(warm),
            _ratio(warm, [run[1] for run in base] if base else None),
            f"{_median(cold, 'cpu'):.2f} / {_median(warm, 'cpu'):.2f}",
            f"{peak['tree']:.0f}",
            f"{peak['one']:.0f}",
            f"{_counted(cold)} / {_counted(warm)}",
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")


def _median(runs: list[Run], key: str) -> float:
    return statistics.median(run[key] for run in runs)


def _spread(runs: list[Run]) -> str:
    walls = [run["wall"] for run in runs]
    return f"{statistics.median(walls):.2f} ({min(walls):.2f} to {max(walls):.2f})"


def _ratio(runs: list[Run], base: list[Run] | None) -> str:
    return f"{_median(runs, 'wall') / _median(base, 'wall'):.2f}" if base else ""


def _counted(runs: list[Run]) -> str:
    told = {f"{run['200']:.0f}×200 {run['304']:.0f}×304" for run in runs if "200" in run}
    return " or ".join(sorted(told)) or "?"


def _told(run: Run) -> str:
    return f"{run['wall']:.2f} s, {run['cpu']:.2f} cpu, {run['tree']:.0f} MB, {_counted([run])};"


if __name__ == "__main__":
    main()
