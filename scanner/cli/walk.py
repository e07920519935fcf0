"""The main job: `scan`, and `list`, the same queue with nothing fetched.

In: options. Out: ranked posts on stdout or in a file; counts and failures on stderr.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

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
    known_intents,
    known_statuses,
    span,
)
from scanner.cli.output import Output
from scanner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from scanner.cli.shell import Shell
    from scanner.records import Config, Report
    from scanner.scan import Wanted
    from scanner.store import Store


def register(app: typer.Typer) -> None:
    """Add `scan` and `list`."""
    app.command("scan", rich_help_panel="The main job")(scan)
    app.command("list", rich_help_panel="The main job")(list_)


def scan(
    ctx: typer.Context,
    all_: Annotated[
        bool, typer.Option("--all", help="Also what was shown before and is undecided.")
    ] = False,
    limit: LIMIT = None,
    since: SINCE = None,
    brand: BRANDS = None,
    intent: INTENTS = None,
    min_worth: MIN_WORTH = None,
    format_: FORMAT = None,
    output: OUTPUT = None,
    csv_raw: CSV_RAW = False,
    excel: EXCEL = False,
    refetch: Annotated[
        bool, typer.Option("--refetch", help="Ask servers again before their hour is over.")
    ] = False,
    no_fetch: Annotated[bool, typer.Option("--no-fetch", help="Ask no server.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Remember nothing.")] = False,
    fail_above: Annotated[
        float | None,
        typer.Option("--fail-above", help="Exit 4 if a listed post is worth more than this."),
    ] = None,
    wait: Annotated[
        str, typer.Option("--wait", help="How long to wait for another scan to end.")
    ] = "0s",
    now: NOW = None,
) -> None:
    """Fetch the feeds, judge what is new, and print what is worth a reply.

    Shows what it has not shown before. Exit codes: 0 done, 1 no feed worked, 2 asked wrongly,
    3 some feeds failed, 4 something above --fail-above.
    """
    from scanner import scan as spine

    shell: Shell = ctx.obj
    if refetch and no_fetch:
        raise UsageError("--refetch and --no-fetch contradict each other")
    out = Output.choose(shell, format_, output, csv_raw=csv_raw, excel=excel)
    config = shell.config(need_feeds=not no_fetch)
    wanted = _wanted(config, since, limit, min_worth, brand, intent)
    wanted = replace(wanted, statuses=spine.UNDECIDED if all_ else ("new",))
    moment, clock = shell.now(now), shell.now()
    with _opened(shell, config, dry_run=dry_run, wait=span(wait, "--wait")) as store:
        report = _walk(shell, config, store, wanted, (moment, clock), no_fetch, refetch)
        out.ranked(report.ranked, now=moment)
        if not dry_run:
            store.mark_shown(list(spine.members(report.ranked)), moment)
        code = _tell(shell, config, store, report)
    if fail_above is not None and any(one.worth > fail_above for one in report.ranked):
        code = ExitCode.ABOVE
    raise typer.Exit(int(code))


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
    from scanner import scan as spine

    shell: Shell = ctx.obj
    out = Output.choose(shell, format_, output, csv_raw=csv_raw, excel=excel)
    config = shell.config(need_feeds=False)
    wanted = replace(
        _wanted(config, since, limit, min_worth, brand, intent),
        feeds=tuple(feed or ()),
        reasons=tuple(reason or ()),
        statuses=known_statuses(status),
    )
    moment = shell.now(now)
    with shell.store(config, write=False) as store:
        ranked, hidden = spine.queue(config, store, wanted, now=moment)
        out.ranked(ranked, now=moment)
    if hidden:
        shell.say(f"{hidden} more are not listed (see --limit, --status, --since, --min-worth)")


def _wanted(
    config: Config,
    since: str | None,
    limit: int | None,
    min_worth: float | None,
    brands: list[str] | None,
    intents: list[str] | None,
) -> Wanted:
    from scanner.scan import Wanted

    return Wanted(
        since=config.since if since is None else span(since, "--since"),
        limit=config.limit if limit is None else limit,
        min_worth=config.min_worth if min_worth is None else min_worth,
        brands=known_brands(config, brands),
        intents=known_intents(intents),
    )


@contextmanager
def _opened(shell: Shell, config: Config, *, dry_run: bool, wait: timedelta) -> Iterator[Store]:
    """The database; under --dry-run a copy of it, thrown away afterwards."""
    from scanner import store

    path = shell.database(config)
    opened = (
        store.rehearse(path)
        if dry_run
        else store.connect(path, write=True, wait=wait.total_seconds())
    )
    with opened:
        yield opened


def _walk(
    shell: Shell,
    config: Config,
    store: Store,
    wanted: Wanted,
    times: tuple[datetime, datetime],
    no_fetch: bool,
    refetch: bool,
) -> Report:
    from scanner import scan as spine
    from scanner.cli.progress import progress
    from scanner.records import Report

    moment, clock = times
    if no_fetch:
        spine.rejudge(config, store)
        ranked, hidden = spine.queue(config, store, wanted, now=moment)
        return Report(ranked=ranked, now=moment, hidden=hidden)
    with progress(shell, len(config.feeds)) as watch:
        return spine.scan(
            config, store, wanted, now=moment, clock=clock, refetch=refetch, watch=watch
        )


def _tell(shell: Shell, config: Config, store: Store, report: Report) -> ExitCode:
    """Say on stderr what a person or a cron mail should know; return the exit code."""
    from scanner import scan as spine

    for warning in report.warnings:
        shell.warn(f"warning: {warning}")
    for failed in report.failed:
        hint = f" ({failed.hint})" if failed.hint else ""
        shell.fail(f"{failed.feed.name}: {failed.why}{hint}")
    counts = [
        (report.fetched, "read"),
        (report.unchanged, "unchanged"),
        (len(report.deferred), "not due yet"),
        (len(report.failed), "failed"),
    ]
    feeds = ", ".join(f"{number} {what}" for number, what in counts if number)
    shell.say(
        f"feeds: {feeds or 'none asked'}; new posts: {report.posts}, {report.matched} about you"
    )
    if not report.ranked:
        shell.say("Nothing new worth a reply. (--all also lists what was shown before)")
    elif report.hidden:
        shell.say(f"{report.hidden} more are not listed (see --all, --limit, --min-worth)")
    broken = spine.failing(report, store.feed_states().values())
    if not broken:
        return ExitCode.OK
    if report.failed and len(broken) == len(config.feeds):
        if all(failed.offline for failed in report.failed):
            shell.fail("no host could be reached: is the network down?")
        return ExitCode.FAILED
    return ExitCode.SOME_FEEDS
