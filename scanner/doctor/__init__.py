"""What is wrong with an installation, and what to do about it: `scanner doctor`.

In: facts, as `look` and the command gathered them. Out: Findings, in the order a person reads.
A check is a function of facts alone: it reads nothing, asks nobody, and has no clock.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from scanner.errors import ExitCode

Part = Literal["program", "config", "database", "time", "terminal", "feeds", "files"]
PARTS: tuple[Part, ...] = get_args(Part)
"""In the order a person reads: what is wrong above is often why something is wrong below."""
Level = Literal["ok", "note", "wrong"]
"""note: good to know, or to be looked at some day; nothing has to be done for the next scan."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    part: Part
    name: str
    """What was looked at, in a word that scripts may rely on: "disk_space", "failing"."""
    level: Level
    message: str
    do: str | None = None
    """What a person can do about it."""
    feeds: tuple[str, ...] = ()
    """The names of those it is about."""


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """Say it to the shell as a scan would: 0 nothing is wrong, 2 the config is, 3 some feeds are.

    1 is everything else, no feed that works, and several parts at once: whoever reads a code can
    look at one thing only.
    """
    wrong = [found for found in findings if found.level == "wrong"]
    parts = {found.part for found in wrong}
    if not wrong:
        return ExitCode.OK
    if parts == {"config"}:
        return ExitCode.USAGE
    if parts == {"feeds"} and all(found.name != "none_works" for found in wrong):
        return ExitCode.SOME_FEEDS
    return ExitCode.FAILED


def some(names: Iterable[str], most: int = 3) -> str:
    """Write down a few of many names."""
    told = list(names)
    more = f" and {len(told) - most:,} more" if len(told) > most else ""
    return ", ".join(told[:most]) + more


def plural(number: int, things: str) -> str:
    """ "1 feed", "1,000 feeds"."""
    return f"{number:,} {things.removesuffix('s') if number == 1 else things}"
