"""`scanner scan` beside the programs that people use for feeds: what they do when things go wrong.

usage: python tests/benchmarks/trust.py [--only NAMES] [--cases IDS] [--json FILE]

In: the programs that are installed, and a server on this machine. Out: a table in Markdown, a row
a case and a column a program: ✔ holds, ~ partly, ✘ fails, – does not apply, each with what was
seen; the whole evidence goes into --json.

Every cell begins with a fresh home. A case is judged by what a person can see: exit codes, what
was printed, which items are there afterwards. The ids are those of the list of faults that the
tests are marked with. D05 needs the right to mount; D06 drops root's right to pass file modes.

Touches: the network, the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.benchmarks.trust_cases import CASES, FEEDS, ITEMS, Cell, Lab, title
from tests.benchmarks.trust_tools import Tool, as_json, default_scanner, tools
from tests.cases.server import Exchange, Server, reply

# --- the server -----------------------------------------------------------------------------------


def _document(feed: int) -> bytes:
    now = time.time()
    items = "".join(
        f"<item><title>{title(feed, item)}</title><link>https://posts.example/{feed}/{item}</link>"
        f"<guid>https://posts.example/{feed}/{item}</guid><pubDate>"
        f"{time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime(now - 3600 * item))}</pubDate>"
        f"<description>{random.Random(f'{feed}/{item}').randbytes(120).hex()}</description></item>"
        for item in range(ITEMS)
    )
    return _rss(items)


def _rss(items: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed</title>'
        f"<link>https://posts.example/</link><description>d</description>{items}</channel></rss>"
    ).encode()


HOSTILE = "".join(
    f"<item><title>Acme fails {each} badly {number}</title><guid>https://posts.example/{number}"
    f"{each if number > 1 else ''}</guid><description>it is {each} broken</description></item>"
    for number, each in enumerate(
        # as XML may have them, and as HTML within XML hides the others
        ("&#x9b;31m", "&#x7f;", "&amp;#27;]52;c;aGk=&amp;#7;", "&#x85;&#x90;x&#x9c;", "&#13;")
    )
)


@contextmanager
def _server(lab: list[Lab]) -> Iterator[Server]:
    documents = {number: _document(number) for number in range(FEEDS)}

    def page(number: int) -> Callable[[Exchange], bytes]:
        def answer(exchange: Exchange) -> bytes:
            exchange.pause(lab[0].pause)
            tag = f'"{number}"'
            if exchange.request.headers.get("if-none-match") == tag:
                return reply(304, {"ETag": tag})
            kind = {"Content-Type": "application/rss+xml", "ETag": tag}
            return reply(200, kind, documents[number])

        return answer

    pages = {f"/{number}": page(number) for number in range(FEEDS)}
    broken = {f"/broken{end}": reply(500) for end in ("", "/1", "/2", "/3")}
    hostile_page = reply(200, {"Content-Type": "application/rss+xml"}, _rss(HOSTILE))
    hang: dict[str, Callable[[Exchange], None]] = {"/hang": lambda exchange: exchange.hang()}
    server = Server({**pages, **broken, **hang, "/hostile": hostile_page})
    try:
        yield server
    finally:
        server.close()


# --- one run --------------------------------------------------------------------------------------


def _cell(tool: Tool, case: Callable[[Lab], Cell], folder: Path | None) -> Cell:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        home = Path(name, "home")
        for each in ("etc", "data"):
            (home / each).mkdir(parents=True)
        known: list[Lab] = []
        with _server(known) as server:
            known.append(Lab(tool, home, server))
            try:
                return case(known[0])
            except Exception as problem:  # a case that breaks is told, and the others go on
                return Cell("?", f"{type(problem).__name__}: {problem}"[:200])
            finally:
                subprocess.run(["chmod", "-R", "u+rwX", name], check=False)


def main() -> None:
    """Run every case with every program, and print the table."""
    # started in the background we ignore Ctrl-C, and so would what we start
    signal.signal(signal.SIGINT, signal.default_int_handler)
    told = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    told.add_argument("--only", help="names of programs, with commas between")
    told.add_argument("--cases", help="ids of cases, with commas between")
    told.add_argument("--scanner", help="its command; the one beside this Python")
    told.add_argument("--reader-python", help="a Python that has `reader` with its command line")
    told.add_argument("--folder", type=Path, help="where homes are made; the usual place")
    told.add_argument("--json", type=Path, help="a file for the whole evidence")
    asked = told.parse_args()
    command = shlex.split(asked.scanner) if asked.scanner else default_scanner()
    found = tools(command, asked.reader_python, asked.only)
    cases = asked.cases.split(",") if asked.cases else list(CASES)
    results: dict[str, dict[str, Cell]] = {}
    for case in cases:
        for tool in found:
            cell = _cell(tool, CASES[case][1], asked.folder)
            results.setdefault(case, {})[tool.name] = cell
            print(f"{case} {tool.name}: {cell.mark} {cell.evidence}", file=sys.stderr, flush=True)
    _print_table(results, [tool.name for tool in found])
    if asked.json:
        as_json(
            asked.json,
            {
                case: {name: cell._asdict() for name, cell in cells.items()}
                for case, cells in results.items()
            },
        )


def _print_table(results: dict[str, dict[str, Cell]], names: list[str]) -> None:
    print("| case | " + " | ".join(names) + " |\n|" + " --- |" * (len(names) + 1))
    for case, cells in results.items():
        row = [f"{cells[name].mark} {_short(cells[name].evidence)}" for name in names]
        print(f"| {case} {CASES[case][0]} | " + " | ".join(row) + " |")
    held = [sum(cells[name].mark == "✔" for cells in results.values()) for name in names]
    of = [sum(cells[name].mark != "–" for cells in results.values()) for name in names]
    totals = (f"{number} of {all_}" for number, all_ in zip(held, of, strict=True))
    print("| held | " + " | ".join(totals) + " |")


def _short(evidence: str) -> str:
    return evidence.partition("; ")[0].replace("|", "/")[:110]


if __name__ == "__main__":
    main()
