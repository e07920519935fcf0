"""The main job: `scan`.

In: options. Out: ranked posts on stdout or in a file; counts and failures on stderr.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

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
    known_brands,
    known_intents,
    span,
)
from scanner.cli.output import FIELDS, TEMPLATE, Output
from scanner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from scanner import notices
    from scanner.cli.shell import Shell
    from scanner.records import Config, FeedState, HostState, Outcome, Ranked, Report
    from scanner.sift import Wanted
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
    fields: FIELDS = None,
    template: TEMPLATE = None,
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
    out = Output.choose(
        shell,
        format_,
        output,
        csv_raw=csv_raw,
        excel=excel,
        fields=fields,
        template=template,
    )
    config = shell.config(need_feeds=not no_fetch)
    wanted = _wanted(config, since, limit, min_worth, brand, intent)
    wanted = replace(wanted, statuses=UNDECIDED if all_ else ("new",))
    moment = shell.now(now)
    with _opened(shell, config, dry_run=dry_run, wait=span(wait, "--wait")) as store:
        code, report = ExitCode.OK, None
        if no_fetch:
            spine.rejudge(config, store)
        else:
            code, report = _walk(shell, config, store, refetch=refetch, retry_gone=retry_gone)
        ranked, hidden = queue.pick(config, store, wanted, now=moment, settle=not dry_run)
        out.ranked(ranked, now=moment)
        if not dry_run:
            store.mark_shown(list(queue.members(ranked)), moment)
            if config.keep is not None:
                store.prune(shell.now() - config.keep)  # by the real clock: --now is for looking
    _sum_up(shell, ranked, hidden, report, all_)
    above = fail_above is not None and any(one.worth > fail_above for one in ranked)
    if above and code is not ExitCode.FAILED:
        code = ExitCode.ABOVE
    raise typer.Exit(int(code))


def _wanted(
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


def _sum_up(
    shell: Shell, ranked: Sequence[Ranked], hidden: int, report: Report | None, all_: bool
) -> None:
    """Say below the table what it does not say itself."""
    if not ranked:
        shell.say("Nothing new worth a reply. (--all also lists what was shown before)")
    elif report is not None and not all_ and len(ranked) > report.matched:
        shell.say("Some of these came in earlier runs and had not been shown yet.")
    if ranked and hidden:
        shell.say(f"{hidden} more are not listed (see --all, --limit, --min-worth)")


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
        for notice in opened.notices:  # once in the life of a file
            shell.fail(notice, level="warning", kind="database")
        yield opened


def _walk(
    shell: Shell, config: Config, store: Store, *, refetch: bool, retry_gone: bool
) -> tuple[ExitCode, Report]:
    """Scan; say on stderr what a person or a cron mail should know; return the exit code."""
    from scanner import notices
    from scanner import scan as spine
    from scanner.cli.progress import line, progress, why_asked

    clock = shell.now()
    before = store.feed_states()

    def told(outcome: Outcome, new: int) -> str:
        feed = outcome.feed
        return line(
            outcome, new, clock, why_asked(feed, before.get(feed.url), clock, refetch=refetch)
        )

    with progress(shell, config.feeds, told) as watch:
        report = spine.scan(
            config, store, clock=clock, refetch=refetch, retry_gone=retry_gone, watch=watch
        )
    if report.rejudged:
        shell.say("the rules have changed: everything stored was judged anew")
    for warning in report.warnings:
        shell.warn(warning)
    for warning in report.known_warnings:
        shell.say(warning)
    after, hosts = store.feed_states(), store.host_states(clock)
    _tell(shell, store, *notices.notices(config.feeds, before, after, report, hosts, clock))
    shell.say(_counts(report, after, hosts, clock))
    return spine.health(config.feeds, report, after, hosts, clock), report


def _tell(
    shell: Shell, store: Store, told: Sequence[notices.Notice], settled: Sequence[FeedState]
) -> None:
    """Say what is due, and remember that it was said; the rest is for whoever looks on."""
    from scanner.notices import GOOD

    said = list(settled)
    for notice in told:
        more = {"kind": notice.kind, "feed": notice.feed}
        if not notice.due:
            shell.say(notice.message, **more)
        elif shell.fail(notice.message, level="info" if notice.kind in GOOD else "error", **more):
            said += notice.states
    if said:
        store.save_unchanged(said)


def _counts(
    report: Report,
    states: Mapping[str, FeedState],
    hosts: Mapping[str, HostState],
    clock: datetime,
) -> str:
    """What became of the feeds, in numbers."""
    from scanner.notices import why_waits

    waits = Counter(
        why_waits(one, states.get(one.feed.url), hosts, clock) for one in report.deferred
    )
    counts = [
        (report.fetched, "read"),
        (report.unchanged, "unchanged"),
        (waits["not due"], "not due yet"),
        (waits["its turn"], "left for a later run"),
        (waits["resting"], "resting"),
        (waits["refused"], "refused"),
        (waits["gone"], "gone"),
        (len(report.failed), "failed"),
    ]
    feeds = ", ".join(f"{number} {what}" for number, what in counts if number)
    if not report.posts:
        return f"feeds: {feeds or 'none asked'}; no new posts"
    posts = "1 new post" if report.posts == 1 else f"{report.posts} new posts"
    return f"feeds: {feeds}; {posts}, {report.matched} about you"


def tell(shell: Shell, report: Report, clock: datetime) -> None:
    """A line for each warning, and for each feed that failed or was refused in this run."""
    from scanner.notices import was_refused

    for warning in (*report.warnings, *report.known_warnings):
        shell.warn(warning)
    for failed in report.failed:
        hint = f" ({failed.hint})" if failed.hint else ""
        shell.fail(f"{failed.feed.name}: {failed.why}{hint}", kind="failing", feed=failed.feed.name)
    for deferred in report.deferred:
        if was_refused(deferred, clock):
            name = deferred.feed.name
            shell.fail(f"{name}: {deferred.why}", kind="failing", feed=name)
    if report.offline:
        shell.fail("no host could be reached: is the network down?", kind="outage")
