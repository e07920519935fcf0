"""`list`: the queue as the database has it, with nothing fetched; and how commands read it.

In: options. Out: ranked posts on stdout or in a file.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from scanner.cli.options import (
    BRANDS,
    CSV_RAW,
    EXCEL,
    FEEDS,
    FORMAT,
    INTENTS,
    LIMIT,
    MIN_WORTH,
    NOW,
    OUTPUT,
    REASONS,
    SINCE,
    STATUSES,
    known_brands,
    known_feeds,
    known_intents,
    known_reasons,
    known_statuses,
    span,
)
from scanner.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanner.cli.shell import Shell
    from scanner.records import Config
    from scanner.sift import Wanted
    from scanner.store import Store


def register(app: typer.Typer) -> None:
    """Add `list`."""
    app.command("list", rich_help_panel="The main job")(list_)


def list_(
    ctx: typer.Context,
    status: STATUSES = None,
    limit: LIMIT = None,
    since: SINCE = None,
    brand: BRANDS = None,
    feed: FEEDS = None,
    intent: INTENTS = None,
    reason: REASONS = None,
    min_worth: MIN_WORTH = None,
    format_: FORMAT = None,
    output: OUTPUT = None,
    csv_raw: CSV_RAW = False,
    excel: EXCEL = False,
    now: NOW = None,
) -> None:
    """Print the queue from the database; nothing is fetched."""
    from scanner import queue

    shell: Shell = ctx.obj
    out = Output.choose(shell, format_, output, csv_raw=csv_raw, excel=excel)
    config = shell.config(need_feeds=False)
    wanted = replace(
        wanted_of(config, since, limit, min_worth, brand, intent),
        feeds=known_feeds(config, feed),
        reasons=known_reasons(config, reason),
        statuses=known_statuses(status),
    )
    moment = shell.now(now)
    with judged_store(shell, config) as store:
        ranked, hidden = queue.pick(config, store, wanted, now=moment)
        out.ranked(ranked, now=moment)
    if hidden:
        shell.say(f"{hidden} more are not listed (see --limit, --status, --since, --min-worth)")
    elif not ranked:
        shell.say("The queue is empty. (scanner scan fetches; --since reaches further back)")


@contextmanager
def judged_store(shell: Shell, config: Config | None) -> Iterator[Store]:
    """The database to read, judged by the rules of this config.

    Where it was last judged by others (the config has changed, or two configs share it), a copy in
    memory is judged anew.
    """
    from scanner import scan as spine
    from scanner import store

    with shell.store(config, write=False) as opened:
        if config is None or opened.rules() in (None, spine.fingerprint(config)):
            yield opened
            return
    with store.rehearse(shell.database(config)) as copy:
        spine.rejudge(config, copy)
        yield copy


def wanted_of(
    config: Config,
    since: str | None,
    limit: int | None,
    min_worth: float | None,
    brands: list[str] | None,
    intents: list[str] | None,
) -> Wanted:
    """What a person wants to see, from options and config."""
    from scanner.sift import Wanted

    return Wanted(
        since=config.since if since is None else span(since, "--since"),
        limit=config.limit if limit is None else limit,
        min_worth=config.min_worth if min_worth is None else min_worth,
        brands=known_brands(config, brands),
        intents=known_intents(intents),
    )
