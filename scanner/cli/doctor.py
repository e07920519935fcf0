"""`doctor`: look at everything that a scan needs, and say what is wrong and what to do.

In: what a shell knows of the world. Out: findings, as lines for a person or as JSON.
Nothing is written, made or locked, and no server is asked. A part that cannot be looked at is a
finding itself, so that the parts after it are looked at all the same.

Touches: the terminal, the disk, the clock.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.errors import ConfigError, ScannerError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from scanner.cli.shell import Shell
    from scanner.doctor import Finding, Part
    from scanner.records import Config, FeedState, HostState
    from scanner.render import Style

SHOWN = 5
"""Feeds with one and the same illness that a person is told of; JSON has all."""
_LOOKS = {"ok": "green", "note": "yellow", "wrong": "bold red"}


def register(app: typer.Typer) -> None:
    """Add `doctor`."""
    app.command("doctor", rich_help_panel="Looking after it")(doctor)


def doctor(
    ctx: typer.Context,
    quick: Annotated[
        bool, typer.Option("--quick", help="Look through the database less thoroughly.")
    ] = False,
) -> None:
    """Check program, config, database, clock, terminal and feeds; say what to do.

    Asks no server and changes nothing. Exit codes: 0 nothing is wrong,
    2 only the config is, 3 only some feeds are, 1 anything else.
    """
    from scanner import doctor as room
    from scanner.render import jsons

    shell: Shell = ctx.obj
    found = [_safe(one) for one in _Visit(shell, quick=quick).findings()]
    if shell.json:
        shell.data(jsons.array(map(_record, found)))
    else:
        shell.data(_page(found, shell.style()))
    raise typer.Exit(int(room.exit_code(found)))


# --- what is looked at ----------------------------------------------------------------------------


class _Visit:
    """One look around; what an earlier part found out, later ones need not find again."""

    def __init__(self, shell: Shell, *, quick: bool) -> None:
        self._shell, self._quick = shell, quick
        self._now = shell.now()
        self._config: Config | None = None
        self._config_path: Path | None = None
        self._states: dict[str, FeedState] = {}
        self._hosts: dict[str, HostState] = {}
        self._latest: dict[str, list[datetime]] = {}
        self._readable = False

    def findings(self) -> Iterator[Finding]:
        """Look at each part, in the order of PARTS."""
        from scanner.doctor import PARTS, Finding

        looks: dict[Part, Callable[[], Iterable[Finding]]] = {
            "program": self._program,
            "config": self._configuration,
            "database": self._database,
            "time": self._time,
            "terminal": self._terminal,
            "feeds": self._feeds,
            "files": self._files,
        }
        for part in PARTS:
            try:
                yield from looks[part]()
            except ScannerError as problem:
                yield Finding(part, "looked_at", "wrong", str(problem))
            except Exception as bug:  # whatever is wrong, the other parts are looked at
                if self._shell.debug:
                    raise
                said = f"could not be looked at: {type(bug).__name__}: {bug}"
                yield Finding(part, "looked_at", "wrong", said, "--debug tells where.")

    def _program(self) -> Iterator[Finding]:
        import sqlite3

        from scanner import __version__
        from scanner.doctor import program

        facts = program.Program(
            version=__version__,
            python=platform.python_version(),
            system=platform.system(),
            sqlite=sqlite3.sqlite_version_info,
            full_text=_has_full_text(),
            model=_model_problem(),
        )
        return program.program(facts)

    def _configuration(self) -> Iterator[Finding]:
        from scanner.doctor import program

        path: str | None = None
        try:
            self._config_path = self._shell.config_file()
            path = str(self._config_path)
            self._config = config = self._shell.config_alone(need_feeds=False)
        except ScannerError as problem:
            told = problem.complaints if isinstance(problem, ConfigError) else (str(problem),)
            return program.config(program.ConfigFile(path, problems=tuple(told)))
        facts = program.ConfigFile(
            path=path,
            warnings=config.warnings,
            brands=len(config.brands),
            feeds=len(config.feeds),
            mode=self._config_path.stat().st_mode & 0o777 if os.name == "posix" else None,
            unset=tuple(_unset(config, self._shell)),
        )
        return program.config(facts)

    def _database(self) -> Iterator[Finding]:
        from scanner.doctor import database, look
        from scanner.judgement import fingerprint

        path = self._shell.database(self._config)
        rules = None if self._config is None else fingerprint(self._config)
        facts = look.database(path, quick=self._quick, rules=rules)
        self._readable = facts.exists and facts.problem is None and not facts.damage
        if self._readable:
            from scanner.doctor.feeds import LATEST

            with look.opened(path) as store:
                self._states = store.feed_states()
                self._hosts = store.host_states(self._now)
                self._latest = store.latest(LATEST)
        return database.database(facts, self._now)

    def _time(self) -> Iterator[Finding]:
        from scanner.doctor import program

        asked = (state.checked_at for state in self._states.values())
        newest = max((when for when in asked if when is not None), default=None)
        return program.clock(
            program.Clock(self._now, newest, " or ".join(dict.fromkeys(time.tzname)))
        )

    def _terminal(self) -> Iterator[Finding]:
        from scanner.cli.pager import pager_of
        from scanner.doctor import program

        shell, environ = self._shell, self._shell.environ
        named = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
        facts = program.Terminal(
            encoding=getattr(sys.stdout, "encoding", None) or "no encoding",
            ascii_only=shell.ascii_only,
            locale=next(filter(None, named), ""),
            is_terminal=shell.stdout_is_terminal,
            width=shell.width,
            color=shell.color,
            pager=pager_of(environ),
        )
        return program.terminal(facts)

    def _feeds(self) -> Iterator[Finding]:
        from scanner.doctor import feeds

        if self._config is None or not self._readable:
            return iter(())  # what is known of them cannot be read; the parts above say why
        return feeds.feeds(self._config.feeds, self._states, self._hosts, self._latest, self._now)

    def _files(self) -> Iterator[Finding]:
        from scanner.doctor import look, program

        files = [self._config_path, self._shell.database(self._config)]
        found = look.leftovers([file.absolute() for file in files if file], self._now)
        return program.leftovers([str(path) for path in found])


def _has_full_text() -> bool:
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE VIRTUAL TABLE looked USING fts5(at)")
    except sqlite3.Error:
        return False
    return True


def _model_problem() -> str | None:
    from scanner import model

    try:
        model.load()
    except ScannerError as problem:
        return str(problem)
    return None


def _unset(config: Config, shell: Shell) -> Iterator[tuple[str, str]]:
    """Feeds whose secret a variable is to hold that is not set; commands are not run."""
    from scanner.config.secrets import lookups

    for feed in config.feeds:
        for wanted in lookups(feed):
            unset = not shell.environ.get(wanted.words[0], "").strip()
            if wanted.key.endswith("_env") and unset:
                yield feed.name, wanted.place


# --- how it is told -------------------------------------------------------------------------------


def _safe(found: Finding) -> Finding:
    """Addresses and command lines are quoted, and may hold a secret."""
    from scanner.text import redact

    return replace(found, message=redact(found.message), do=found.do and redact(found.do))


def _record(found: Finding) -> dict[str, object]:
    return {
        "part": found.part,
        "name": found.name,
        "level": found.level,
        "message": found.message,
        "do": found.do,
        "feeds": list(found.feeds),
    }


def _page(findings: list[Finding], style: Style) -> str:
    """A heading for each part, a line for each finding, under it what to do; the sum at the end."""
    from scanner.render.terminal import draw, words

    parts: list[RenderableType] = []
    for part, group in groupby(findings, key=lambda found: found.part):
        parts += [
            words(part.capitalize(), style, "bold"),
            _grid(list(group), style),
            words("", style),
        ]
    counts = {level: sum(one.level == level for one in findings) for level in _LOOKS}
    told = [
        f"{counts['wrong'] or 'nothing'} wrong",
        f"{counts['note']} to note" if counts["note"] else "",
        f"{counts['ok']} ok",
    ]
    look = _LOOKS["wrong" if counts["wrong"] else "ok"]
    parts.append(words(", ".join(filter(None, told)).capitalize() + ".", style, look))
    return draw(parts, style)


def _grid(findings: list[Finding], style: Style) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from scanner.render.terminal import QUIET, words

    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(min_width=7)
    grid.add_column(ratio=1, overflow="fold")
    shown, left = _shortened(findings)
    for found in shown:
        lines = [words(found.message, style, newlines=True)]
        if found.do:
            lines.append(words(f"→ {found.do}", style, QUIET))
        level = words(f"  {found.level}", style, _LOOKS[found.level])
        grid.add_row(level, Text("\n", overflow="fold").join(lines))
    if left:
        grid.add_row("", words(f"and {left:,} more like these: scanner feeds list", style, QUIET))
    return grid


def _shortened(findings: list[Finding]) -> tuple[list[Finding], int]:
    """Of many feeds with one illness a few; how many were left out."""
    counts: dict[str, int] = {}
    shown = []
    for found in findings:
        counts[found.name] = counts.get(found.name, 0) + 1
        if found.part != "feeds" or counts[found.name] <= SHOWN:
            shown.append(found)
    return shown, len(findings) - len(shown)
