"""`list`: the queue as the database has it, with nothing fetched; and how commands read it.

In: options. Out: ranked posts on stdout or in a file.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from scanner.cli.filters import Filters, filtered
from scanner.cli.options import (
    CSV_RAW,
    EXCEL,
    FORMAT,
    LIMIT,
    NOW,
    OUTPUT,
    REVERSE,
    SORT,
    known_order,
)
from scanner.cli.output import FIELDS, TEMPLATE, Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanner.cli.shell import Shell
    from scanner.records import Config
    from scanner.store import Store


def register(app: typer.Typer) -> None:
    """Add `list`."""
    app.command("list", rich_help_panel="The main job")(list_)


@filtered
def list_(
    ctx: typer.Context,
    sort: SORT = "worth",
    reverse: REVERSE = False,
    limit: LIMIT = None,
    format_: FORMAT = None,
    output: OUTPUT = None,
    fields: FIELDS = None,
    template: TEMPLATE = None,
    csv_raw: CSV_RAW = False,
    excel: EXCEL = False,
    now: NOW = None,
    *,
    filters: Filters,
) -> None:
    """Print the queue from the database; nothing is fetched."""
    from scanner import queue

    shell: Shell = ctx.obj
    out = Output.choose(
        shell,
        format_,
        output,
        csv_raw=csv_raw,
        excel=excel,
        fields=fields,
        template=template,
    )
    config = shell.config(need_feeds=False)
    wanted = replace(filters.wanted(config), order=known_order(sort), reverse=reverse)
    moment = shell.now(now)
    with judged_store(shell, config) as store:
        fitting, others = queue.pick(config, store, wanted, now=moment)
    limit = config.limit if limit is None else limit
    ranked = fitting[:limit] if limit else fitting
    out.ranked(ranked, now=moment)
    tell_left_out(shell, out, len(ranked), len(fitting), others)


def tell_left_out(shell: Shell, out: Output, listed: int, fitting: int, others: int) -> None:
    """Say what the limit has cut, and what the filters left out.

    A person at the terminal is told always; whoever gets a file, also off a terminal, where it
    lacks rows that were asked for: nobody can see that in the file.
    """
    cut = fitting - listed
    if cut and out.path is not None:
        shell.warn(f"{out.path}: only the first {listed} of {fitting} (--limit 0 writes all)")
    elif cut:
        more = f", and {_not_fitting(others)}" if others else ""
        shell.say(f"{cut} more fit and are not listed (--limit 0 lists all){more}")
    elif others:
        shell.say(f"{_not_fitting(others)} (--status all lists what is decided; see also --since)")
    elif not listed:
        shell.say("The queue is empty. (scanner scan fetches; --since reaches further back)")


def _not_fitting(count: int) -> str:
    return (
        "1 post does not fit the filters" if count == 1 else f"{count} posts do not fit the filters"
    )


@contextmanager
def judged_store(shell: Shell, config: Config | None) -> Iterator[Store]:
    """The database to read, judged by the rules of this config.

    Where it was last judged by others (the config has changed, or two configs share it), a copy in
    memory is judged anew.
    """
    from scanner import judgement, store

    with shell.store(config, write=False) as opened:
        if config is None or opened.rules() in (None, judgement.fingerprint(config)):
            yield opened
            return
    with store.rehearse(shell.database(config)) as copy:
        judgement.rejudge(config, copy)
        yield copy
