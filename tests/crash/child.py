"""A scanner that kills itself with SIGKILL at a point that its test names; the product has no hook.

usage: python -m tests.crash.child before|after NTH PATTERN [scanner's arguments]

What a process does to its database and its files passes here as events, a line of text each:

    sql STATEMENT          a statement, in one line, before or after SQLite ran it
    row STATEMENT          a row that executemany is about to take
    commit, close, backup  of a connection
    rename OLD NEW         of a file
    unlink FILE
    call NAME              of one of the product's functions in CALLS

At the NTH event in which PATTERN (a regular expression) is found, the process ends, just before it
or just after. CRASH_TRACE names a file that all events are written to, so that points can be found.
Whoever is still there at its end has not come to that point: its exit code is scanner's.

In: arguments. Out: what scanner does until then.

Touches: the disk.
"""

from __future__ import annotations

import os
import re
import runpy
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

CALLS = {
    "print": ("scanner.cli.shell", "Shell", "data"),
    "mark_shown": ("scanner.store", "Store", "mark_shown"),
}


class Points:
    """The events so far, and the one that is the last."""

    def __init__(self, when: str, nth: int, pattern: str, trace: str | None) -> None:
        self._when, self._left, self._pattern = when, nth, re.compile(pattern)
        self._trace = open(trace, "a", encoding="utf-8") if trace else None  # noqa: SIM115

    def before(self, event: str) -> bool:
        """Say what is about to happen; whether the process ends after it."""
        if self._trace:
            self._trace.write(event + "\n")
            self._trace.flush()
        if not self._pattern.search(event):
            return False
        self._left -= 1
        if not self._left and self._when == "before":
            _die()
        return not self._left

    def around(self, event: str, act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Do something between its two moments."""
        last = self.before(event)
        made = act(*args, **kwargs)
        if last:
            _die()
        return made


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _watch_sqlite(points: Points) -> None:
    class Traced(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> Any:
            return points.around(f"sql {_one_line(sql)}", super().execute, sql, *args)

        def executemany(self, sql: str, rows: Iterable[Any], *args: Any) -> Any:
            def passing() -> Iterator[Any]:
                for row in rows:
                    points.before(f"row {_one_line(sql)}")
                    yield row

            event = f"sql {_one_line(sql)}"
            return points.around(event, super().executemany, sql, passing(), *args)

        def commit(self) -> None:
            points.around("commit", super().commit)

        def close(self) -> None:
            points.around("close", super().close)

        def backup(self, *args: Any, **kwargs: Any) -> None:
            points.around("backup", super().backup, *args, **kwargs)

    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **kwargs: connect(*args, **kwargs | {"factory": Traced})


def _one_line(sql: str) -> str:
    return " ".join(sql.split())


def _watch_files(points: Points) -> None:
    for name in ("replace", "rename", "unlink"):
        act = getattr(os, name)

        def passing(*paths: Any, act: Any = act, name: str = name, **kwargs: Any) -> Any:
            told = " ".join(map(str, paths))
            event = f"{'unlink' if name == 'unlink' else 'rename'} {told}"
            return points.around(event, act, *paths, **kwargs)

        setattr(os, name, passing)


def _watch_calls(points: Points) -> None:
    for name, (module, holder, function) in CALLS.items():
        owner = getattr(import_module(module), holder)
        act = getattr(owner, function)

        def passing(*args: Any, act: Any = act, name: str = name, **kwargs: Any) -> Any:
            return points.around(f"call {name}", act, *args, **kwargs)

        setattr(owner, function, passing)


if __name__ == "__main__":
    chosen = Points(sys.argv[1], int(sys.argv[2]), sys.argv[3], os.environ.get("CRASH_TRACE"))
    _watch_sqlite(chosen)
    _watch_files(chosen)
    _watch_calls(chosen)
    sys.argv = ["scanner", *sys.argv[4:]]
    runpy.run_module("scanner", run_name="__main__")
