"""`scanner feeds …`: the feeds in the TOML, and how they are.

In: options. Out: a table of feeds, an edited TOML, or the reason why a post did not match.

Touches: the terminal, the disk, the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.options import NOW
from scanner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from scanner.cli.shell import Shell
    from scanner.records import Config, Feed, FeedState, HostState, Outcome
    from scanner.render.feeds import FeedRow
    from scanner.store import Store


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="The feeds in the TOML, and how they are.")
    group.command("list")(list_)
    group.command("add")(add)
    group.command("remove")(remove)
    group.command("check")(check)
    app.add_typer(group, name="feeds", rich_help_panel="Setting up")


def list_(
    ctx: typer.Context,
    format_: Annotated[
        str | None, typer.Option("--format", "-f", help="table, csv, json or jsonl.")
    ] = None,
    now: NOW = None,
) -> None:
    """Print every feed: when it last worked, when it is asked again and why then, what is wrong."""
    from scanner.cli.pager import page
    from scanner.render.feeds import FORMATS, feeds_table

    shell: Shell = ctx.obj
    format_ = format_ or ("json" if shell.json else "table")
    if format_ not in FORMATS:
        raise UsageError(f'--format: expected one of {", ".join(FORMATS)}, not "{format_}"')
    config = shell.config(need_feeds=False)
    moment = shell.now(now)
    with shell.store(config, write=False) as store:
        states, hosts = store.feed_states(), store.host_states(moment)
    rows = [_row(feed, states.get(feed.url), hosts, moment) for feed in config.feeds]
    text = feeds_table(rows, format_, now=moment, style=shell.style())
    if not page(shell, text):
        shell.data(text)


def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="http(s) address, or a file's path.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", help="Every post in it is about this brand.")
    ] = None,
    weight: Annotated[
        float | None, typer.Option("--weight", help="What its posts are worth; 1 is normal.")
    ] = None,
) -> None:
    """Add a feed to the TOML; comments and order stay. Nothing is fetched yet."""
    from scanner import feedlist

    shell: Shell = ctx.obj
    path = shell.config_file()
    before = path.stat().st_mode if path.exists() else 0
    feed = feedlist.add(path, url, name=name, about=about, weight=weight)
    shell.say(f'added {feed.name}; try it: scanner feeds check "{feed.name}"')
    if path.stat().st_mode != before:
        shell.warn(f"{path} has a secret in it: from now on only you can read it (chmod 600)")


def remove(
    ctx: typer.Context,
    which: Annotated[str, typer.Argument(help="Its address, name, or number in `feeds list`.")],
) -> None:
    """Take a feed out of the TOML; its posts stay in the database."""
    from scanner import feedlist

    shell: Shell = ctx.obj
    removed = feedlist.remove(shell.config_file(), which)
    shell.say(f"removed {removed}")


def check(
    ctx: typer.Context,
    which: Annotated[
        list[str] | None, typer.Argument(help="Names or addresses; none = all of them.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of every post why it matched or did not.")
    ] = False,
) -> None:
    """Fetch feeds now and say how each is; what arrives is kept, so the next scan need not ask."""
    from scanner import scan as spine
    from scanner.cli.progress import line
    from scanner.cli.walk import tell
    from scanner.notices import notices
    from scanner.text import printable

    shell: Shell = ctx.obj
    config = shell.config()
    feeds = _chosen(config, which or [], shell.config_file().parent)
    lines: dict[str, str] = {}
    clock = shell.now()

    def watch(outcome: Outcome, new: int) -> None:
        lines[outcome.feed.url] = line(outcome, new, clock)

    with shell.store(config, write=True) as store:
        before = store.feed_states()
        report = spine.scan(
            config, store, clock=clock, feeds=feeds, refetch=True, retry_gone=True, watch=watch
        )
        for feed in feeds:
            shell.data(printable(lines.get(feed.url, f"{feed.name}: not asked")) + "\n")
            if explain:
                _explain(shell, config, store, feed, clock - config.since)
        tell(shell, report, clock)
        hosts = store.host_states(clock)
        told, settled = notices(feeds, before, store.feed_states(), report, hosts, clock)
        # whoever looked need not be told again by the next run
        store.save_unchanged([*settled, *(state for one in told for state in one.states)])
        # what was asked for and not asked (its host rests) does not work now, either
        working = report.fetched + report.unchanged
        code = ExitCode.OK if working == len(feeds) else ExitCode.SOME_FEEDS
        code = code if working else ExitCode.FAILED
    raise typer.Exit(int(code))


def _explain(shell: Shell, config: Config, store: Store, feed: Feed, since: datetime) -> None:
    from scanner import scan as spine
    from scanner.text import printable

    for post, explanations in spine.explain(config, store, feed):
        shell.data(f"\n  {printable(post.title)[:100]}\n")
        if post.published is not None and post.published < since:
            shell.data(f"    too old: {post.published:%Y-%m-%d} (see since, or --since)\n")
        for one in explanations:
            verdict = "matches" if one.matched else "does not match"
            shell.data(f"    {printable(one.brand)}: {verdict}\n")
            for step in one.steps:
                shell.data(f"      - {printable(step)}\n")


def _chosen(config: Config, which: list[str], folder: Path) -> list[Feed]:
    from scanner import feedlist
    from scanner.config.address import unread

    if not which:
        return list(config.feeds)
    chosen: dict[int, Feed] = {}
    for word in which:
        found = feedlist.named(config.feeds, word, folder)
        if not found:
            names = ", ".join(feed.name for feed in config.feeds)
            raise UsageError(f'no feed is called "{unread(word)}"; there are: {names}')
        chosen |= {index: config.feeds[index] for index in found}
    return list(chosen.values())


def _row(
    feed: Feed, state: FeedState | None, hosts: Mapping[str, HostState], now: datetime
) -> FeedRow:
    from scanner.config import redact
    from scanner.fetch import moves, schedule, waits
    from scanner.records import FeedState
    from scanner.render.feeds import FeedRow

    noted = state or FeedState(feed.url)
    known = schedule.righted(noted, now)
    where = moves.address(known)
    host = hosts.get(schedule.host_key(where))
    host = host and schedule.righted_host(host, noted, now)
    waits_for = waits.reason(known, host, feed.policy.every, now)
    due = known.next_check
    if host is not None and waits_for == "host rests":
        due = max(due or host.not_before, host.not_before)
    return FeedRow(
        name=feed.name,
        url=feed.url,
        about=feed.about,
        status=_status(state, now),
        last_ok=known.ok_at,
        next_check=due,
        posts=known.posts,
        error=_error(known, now),
        last_check=known.checked_at,
        waits_for=waits_for,
        failures=known.failures,
        failing_since=known.failing_since,
        moved_to=redact(where) if where != feed.url else None,
        gone=known.gone,
    )


def _error(state: FeedState, now: datetime) -> str | None:
    if state.gone:
        return f"{state.error or 'gone'} (scanner scan --retry-gone asks once more)"
    if state.error is None and state.rests(now):
        return f"the server asked to be left alone until {state.rest_until:%Y-%m-%d %H:%M} UTC"
    return state.error


def _status(state: FeedState | None, now: datetime) -> str:
    if state is None or state.checked_at is None:
        return "never asked"
    if state.gone:
        return "gone"
    if state.failures or state.error:
        return "failing"
    return "resting" if state.rests(now) else "ok"
