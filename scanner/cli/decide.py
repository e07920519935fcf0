"""Which posts a decision is about, and how it is written down.

In: IDs, "-" for IDs from stdin, or filters with --all-matching. Out: decisions in the database.
What is there is read as any command reads it; only the decision is written, beside a running scan
if there is one, and nothing is judged anew for it.

Touches: the terminal, the disk.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.completion import complete_id
from scanner.cli.filters import Filters
from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.cli.shell import Shell
    from scanner.records import Config, Ranked, Status
    from scanner.store import Store

IDS = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID",
        help="IDs or unique beginnings of them; - reads them from stdin.",
        autocompletion=complete_id,
    ),
]
ALL_MATCHING = Annotated[
    bool, typer.Option("--all-matching", help="All posts that fit the filters.")
]
YES = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]

_WHOLE = re.compile("[0-9a-f]{12}")
NAMED = 3
"""IDs or titles that a message names; the others are counted."""

Change = Callable[["Store", list[str], datetime], int | None]
"""A method of Store that decides something, on full IDs; None: everything stood so already."""


@contextmanager
def store_with(shell: Shell, config: Config | None, ids: Sequence[str]) -> Iterator[Store]:
    """The database to read; judged by the rules of this config unless it knows these IDs as it is.

    Judging a copy anew takes 8 s for 1,000 posts. Whole IDs need none, whatever the rules are; what
    a few digits may mean, only those tell by which they were listed.
    """
    from scanner.cli.listing import judged_store

    words = [word.strip().lower() for word in ids]
    if words and all(map(_WHOLE.fullmatch, words)):
        with shell.store(config, write=False) as opened:
            if all(map(opened.find, words)):
                yield opened
                return
    with judged_store(shell, config) as store:
        yield store


def chosen(
    shell: Shell,
    config: Config | None,
    store: Store,
    ids: Sequence[str],
    filters: Filters,
    *,
    now: datetime,
    all_matching: bool = False,
    yes: bool = False,
    what: str = "this",
    usual: tuple[Status, ...] = (),
) -> tuple[list[str], list[str]]:
    """The full IDs of what a decision is about, alone and with those of all copies.

    Both are empty where nothing is to be done.

    `what` is the decision in words, for the question that --all-matching asks at a terminal;
    `usual` the statuses where no filter names one. Raises UsageError where an ID is unknown, or
    where IDs, filters and --all-matching do not go together.
    """
    from scanner import queue

    _check(ids, filters, all_matching=all_matching)
    if not all_matching:
        words = [word for told in ids for word in (_from_stdin() if told == "-" else [told])]
        if not words:
            shell.say("no IDs came on stdin: nothing is changed")
        records = list(dict.fromkeys(store.resolve(word) for word in words))
        return records, queue.copies(config, store, *records)
    if config is None:
        raise UsageError("filters need the config: name it with -c, or give IDs")
    ranked, _ = queue.pick(config, store, filters.wanted(config, usual), now=now)
    if not ranked:
        shell.say("no post fits these filters: nothing is changed")
    elif not yes and not _agreed(shell, ranked, what):
        shell.fail("nothing is changed")
        raise typer.Exit(1)
    records = [one.judged.id for one in ranked]
    # the copies of these very stories: to tell all stories once more took as long as to list them
    return records, list(dict.fromkeys([*records, *queue.members(ranked)]))


def write(
    shell: Shell, config: Config | None, ids: list[str], change: Change, now: datetime
) -> int | None:
    """Write a decision on exactly these IDs, those of copies among them, as one action.

    Returns its number; None where it changed nothing.
    """
    from scanner import store

    with store.connect(shell.database(config), alone=False) as opened:
        if config is not None:
            # perhaps judged for in memory alone: `prune` must know whose the records are
            opened.remember_brands(brand.name for brand in config.brands)
        return change(opened, ids, now)


def summary(records: Sequence[str], widened: Sequence[str]) -> str:
    """The posts a decision was about, in few words: "3f9c2a1b0d4e and 2 copies"."""
    many = len(records) > NAMED
    told = f"{len(records)} posts" if many else " ".join(records)
    others = len(widened) - len(records)
    return told + (f" and {others} {'copy' if others == 1 else 'copies'}" if others else "")


def config_of(shell: Shell) -> Config | None:
    """The config, which may be missing where --db or SCANNER_DB say where the database is."""
    named = shell.db_path is not None or bool(shell.environ.get("SCANNER_DB"))
    try:
        return shell.config(need_feeds=False)
    except UsageError:
        if named and shell.config_path is None:
            return None
        raise


def _check(ids: Sequence[str], filters: Filters, *, all_matching: bool) -> None:
    if all_matching and ids:
        raise UsageError("give IDs, or filters with --all-matching, but not both")
    if all_matching and not filters:
        raise UsageError(
            "--all-matching needs a filter, such as --tag, --brand or --older-than "
            "(--status all is one, too)"
        )
    if filters and not all_matching:
        raise UsageError("add --all-matching to decide on all that fits the filters, or give IDs")
    if not ids and not all_matching:
        raise UsageError("give one or more IDs, - to read them from stdin, or --all-matching")


def _from_stdin() -> list[str]:
    """IDs from lines: all words of a line of IDs, else its first word; "id" where JSON comes."""
    try:
        text = "" if sys.stdin is None else sys.stdin.read()
    except (OSError, ValueError) as problem:
        raise UsageError(f"-: stdin cannot be read: {problem}") from problem
    if text.lstrip()[:1] == "[":
        rows = _json(text)
        return [_id_in(row) for row in (rows if isinstance(rows, list) else [rows])]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [id_ for line in lines for id_ in _ids_in(line)]


def _ids_in(line: str) -> list[str]:
    if line[0] == "{":
        return [_id_in(_json(line))]
    words = line.split()
    # `echo $ids` has several on a line; a table's line has one, and a title behind it
    return words if all(map(_IS_ID, words)) else words[:1]


_IS_ID = re.compile(r"[0-9a-fA-F]{4,16}").fullmatch


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"-: neither an ID nor JSON: {text[:40]}") from None


def _id_in(row: object) -> str:
    found = row.get("id") if isinstance(row, dict) else None
    if not isinstance(found, str):
        raise UsageError(f'-: expected JSON objects with an "id", not {str(row)[:40]}')
    return found


def _agreed(shell: Shell, ranked: Sequence[Ranked], what: str) -> bool:
    """Ask at a terminal; elsewhere nobody is there to answer, and whoever wrote the line knows."""
    if not (shell.stderr_is_terminal and sys.stdin is not None and sys.stdin.isatty()):
        return True
    from scanner.render.glance import headline
    from scanner.text import printable

    posts = "1 post" if len(ranked) == 1 else f"{len(ranked)} posts"
    shell.fail(f"{what}: {posts}")
    for one in ranked[:NAMED]:
        shell.fail(f"  {one.judged.id}  {printable(headline(one.judged.post))[:60]}")
    if len(ranked) > NAMED:
        shell.fail(f"  and {len(ranked) - NAMED} more")
    return typer.confirm("Go on?", err=True)
