"""The main job: `scan`.

In: options. Out: ranked posts on stdout or in a file; counts and failures on stderr.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.listing import wanted_of
from scanner.cli.options import (
    BRANDS,
    CSV_RAW,
    EXCEL,
    FAIL_ABOVE,
    FORMAT,
    INTENTS,
    LIMIT,
    MIN_WORTH,
    NOW,
    OUTPUT,
    SINCE,
    span,
)
from scanner.cli.output import Output
from scanner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from scanner.cli.shell import Shell
    from scanner.records import Config, Feed, Outcome, Report
    from scanner.store import Store


def register(app: typer.Typer) -> None:
    """Add `scan`."""
    app.command("scan", rich_help_panel="The main job")(scan)


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
    retry_gone: Annotated[
        bool, typer.Option("--retry-gone", help="Ask feeds again that were gone for good (410).")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Remember nothing, not even that servers were asked.")
    ] = False,
    fail_above: FAIL_ABOVE = None,
    wait: Annotated[
        str, typer.Option("--wait", help="How long to wait for another scan to end.")
    ] = "0s",
    now: NOW = None,
) -> None:
    """Fetch the feeds, judge what is new, and print what is worth a reply.

    Shows what it has not shown before. Exit codes: 0 done, 1 no feed worked, 2 asked wrongly,
    3 some feeds failed, 4 something above --fail-above, 130 interrupted.
    """
    from scanner import queue
    from scanner import scan as spine
    from scanner.sift import UNDECIDED

    shell: Shell = ctx.obj
    if refetch and no_fetch:
        raise UsageError("--refetch and --no-fetch contradict each other")
    out = Output.choose(shell, format_, output, csv_raw=csv_raw, excel=excel)
    config = shell.config(need_feeds=not no_fetch)
    wanted = wanted_of(config, since, limit, min_worth, brand, intent)
    wanted = replace(wanted, statuses=UNDECIDED if all_ else ("new",))
    moment = shell.now(now)
    with _opened(shell, config, dry_run=dry_run, wait=span(wait, "--wait")) as store:
        code = ExitCode.OK
        if no_fetch:
            spine.rejudge(config, store)
        else:
            code = _walk(shell, config, store, refetch=refetch, retry_gone=retry_gone)
        ranked, hidden = queue.pick(config, store, wanted, now=moment, settle=not dry_run)
        out.ranked(ranked, now=moment)
        if not dry_run:
            store.mark_shown(list(queue.members(ranked)), moment)
    if not ranked:
        shell.say("Nothing new worth a reply. (--all also lists what was shown before)")
    elif hidden:
        shell.say(f"{hidden} more are not listed (see --all, --limit, --min-worth)")
    above = fail_above is not None and any(one.worth > fail_above for one in ranked)
    if above and code is not ExitCode.FAILED:
        code = ExitCode.ABOVE
    raise typer.Exit(int(code))


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
    shell: Shell, config: Config, store: Store, *, refetch: bool, retry_gone: bool
) -> ExitCode:
    """Scan; say on stderr what a person or a cron mail should know; return the exit code."""
    from scanner import scan as spine
    from scanner.cli.progress import line, progress, why_asked

    clock = shell.now()
    before = store.feed_states() if shell.verbose else {}

    def told(outcome: Outcome, new: int) -> str:
        feed = outcome.feed
        return line(
            outcome, new, clock, why_asked(feed, before.get(feed.url), clock, refetch=refetch)
        )

    with progress(shell, len(config.feeds), told) as watch:
        report = spine.scan(
            config, store, clock=clock, refetch=refetch, retry_gone=retry_gone, watch=watch
        )
    tell(shell, report, clock)
    counts = [
        (report.fetched, "read"),
        (report.unchanged, "unchanged"),
        (len(report.deferred), "not due yet"),
        (len(report.failed), "failed"),
    ]
    feeds = ", ".join(f"{number} {what}" for number, what in counts if number)
    found = f"new posts: {report.posts}, {report.matched} about you"
    shell.say(f"feeds: {feeds or 'none asked'}; {found}")
    code, ill = spine.health(config.feeds, report, store.feed_states(), clock)
    _tell_resting(shell, code, report, ill, clock)
    return code


def tell(shell: Shell, report: Report, clock: datetime) -> None:
    """A line for each warning, and for each feed that failed or was refused in this run."""
    from scanner import scan as spine

    for warning in report.warnings:
        shell.warn(warning)
    for failed in report.failed:
        hint = f" ({failed.hint})" if failed.hint else ""
        shell.fail(f"{failed.feed.name}: {failed.why}{hint}")
    for deferred in report.deferred:
        if spine.refused(deferred, clock):
            shell.fail(f"{deferred.feed.name}: {deferred.why}")
    if report.offline:
        shell.fail("no host could be reached: is the network down?")


def _tell_resting(
    shell: Shell, code: ExitCode, report: Report, ill: list[Feed], clock: datetime
) -> None:
    """Feeds that rest after a failure were told when they failed; a cron mail an hour is too much.

    Where none works at all, silence would pass for good news.
    """
    from scanner import scan as spine

    resting = [one for one in report.deferred if one.feed in ill and not spine.refused(one, clock)]
    if not resting:
        return
    due = min((one.until for one in resting if one.until), default=None)
    when = f", next {due:%Y-%m-%d %H:%M} UTC" if due else ""
    names = ", ".join(one.feed.name for one in resting[:3]) + ("…" if len(resting) > 3 else "")
    message = f"not working: {names}{when} (scanner feeds list says why)"
    if code is ExitCode.FAILED and len(resting) == len(ill):
        shell.fail(message)
    else:
        shell.say(message)
