"""The program, its config, the time and the terminal, as a doctor sees them.

In: facts. Out: Findings.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scanner.doctor import Finding, plural
from scanner.text import length

MADE = datetime(2026, 11, 22, tzinfo=UTC)
"""No copy of this version is older: a clock before that is wrong."""
SLACK = timedelta(minutes=5)
"""Clocks are set by so much now and then."""
_SOUND_SQLITE = (3, 51, 3)
"""https://sqlite.org/wal.html#walresetbug"""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs, and on what."""

    version: str
    python: str
    system: str
    sqlite: tuple[int, ...]
    full_text: bool
    """Whether that SQLite was built with FTS5."""
    model: str | None
    """Why the model cannot be loaded; None: it can."""


def program(facts: Program) -> Iterator[Finding]:
    """Look at what runs."""
    runs = f"scanner {facts.version}, Python {facts.python} on {facts.system}"
    yield Finding("program", "version", "ok", runs)
    sqlite = "SQLite " + ".".join(map(str, facts.sqlite))
    if facts.sqlite < _SOUND_SQLITE:
        sqlite += " (it has the WAL-reset fault of all before 3.51.3; our lock keeps it away)"
    yield Finding("program", "sqlite", "ok", sqlite)
    if facts.full_text:
        yield Finding("program", "full_text", "ok", "--search works (SQLite has FTS5)")
    else:
        do = "Use a Python whose SQLite was built with FTS5, as those of python.org are."
        yield Finding("program", "full_text", "note", "--search: SQLite lacks FTS5.", do)
    if facts.model is None:
        yield Finding("program", "model", "ok", "the model that judges is whole")
    else:
        do = "Install scanner again, or name another file with SCANNER_MODEL."
        yield Finding("program", "model", "wrong", facts.model, do)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The TOML, as far as it could be read."""

    path: str | None
    """None: none was found."""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    brands: int = 0
    feeds: int = 0
    mode: int | None = None
    """Its permissions; None where the system has none."""
    unset: tuple[tuple[str, str], ...] = ()
    """Feeds whose secret is to come from a variable that is not set, each with its place."""


def config(facts: ConfigFile) -> Iterator[Finding]:
    """Look at the TOML."""
    if facts.path is None:
        for problem in facts.problems:
            yield Finding("config", "found", "wrong", problem)
        return
    if facts.problems:
        for problem in facts.problems:
            do = "Mend that line; then `scanner doctor` again."
            yield Finding("config", "valid", "wrong", problem, do)
        return
    holds = f"{facts.path}: {plural(facts.brands, 'brands')}, {plural(facts.feeds, 'feeds')}"
    if not facts.feeds:
        do = "`scanner feeds add ADDRESS` adds one; `scanner init` finds some that fit."
        yield Finding("config", "valid", "wrong", f"{holds}, so a scan has nothing to ask.", do)
    else:
        yield Finding("config", "valid", "ok", holds)
    for warning in facts.warnings:
        yield Finding("config", "warning", "note", warning)
    for feed, place in facts.unset:
        said = f'{place}: the variable that it names is not set here (feed "{feed}").'
        do = "Set it where scans run: cron knows only what stands in the crontab."
        yield Finding("config", "secret", "wrong", said, do, (feed,))
    if facts.mode is not None and facts.mode & 0o022:
        said = f"others may change {facts.path} (mode {facts.mode:03o})."
        yield Finding("config", "mode", "note", said, f"chmod go-w {facts.path}")


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, and when the database was used last."""

    now: datetime
    newest: datetime | None
    """The latest time that a feed was asked."""
    zone: str
    """The local time zone, as the system calls it."""


def clock(facts: Clock) -> Iterator[Finding]:
    """Look at the time."""
    set_it = "Set the clock; `timedatectl` tells whether it is kept right."
    if facts.now < MADE:
        said = f"the clock says {_told(facts.now)}, which is before this scanner was made."
        yield Finding("time", "clock", "wrong", said, set_it)
    elif facts.newest is not None and facts.newest > facts.now + SLACK:
        ahead = length(facts.newest - facts.now)
        said = (
            f"the clock says {_told(facts.now)}, but a feed was asked {ahead} later than that: "
            "it is wrong now, or was wrong then."
        )
        yield Finding("time", "clock", "wrong", said, f"{set_it} No feed starves meanwhile.")
    else:
        yield Finding("time", "clock", "ok", f"{_told(facts.now)} (local time: {facts.zone})")


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where output goes, and how."""

    encoding: str
    ascii_only: bool
    locale: str
    """LC_ALL, LC_CTYPE or LANG, whichever counts; "" where none is set."""
    is_terminal: bool
    width: int | None
    color: bool
    pager: str
    """"" for none."""


def terminal(facts: Terminal) -> Iterator[Finding]:
    """Look at the terminal and the locale."""
    where = f"{facts.encoding}, locale {facts.locale or 'not set'}"
    if facts.ascii_only:
        do = "Set LANG=C.UTF-8, or your own with .UTF-8. Files and pipes get UTF-8 anyway."
        said = f"{where}: accents and signs are shown as plain letters."
        yield Finding("terminal", "encoding", "note", said, do)
    else:
        yield Finding("terminal", "encoding", "ok", where)
    if not facts.is_terminal:
        said = "stdout is no terminal: no pager, " + ("colours" if facts.color else "no colours")
    else:
        colours = "colours" if facts.color else "no colours"
        said = f"{facts.width} columns, {colours}, pager: {facts.pager or 'none'}"
    yield Finding("terminal", "output", "ok", said)


def leftovers(paths: Sequence[str]) -> Iterator[Finding]:
    """Look at what processes left that were killed."""
    if paths:
        said = "left by something that was killed, and of no use: " + ", ".join(paths)
        yield Finding("files", "leftover", "note", said, "Delete it; nothing reads it.")
    else:
        yield Finding("files", "leftover", "ok", "no temporary files of ours are left over")


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
