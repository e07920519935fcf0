"""The feeds' health, as a doctor sees it.

In: the config's feeds, what is remembered of them and of their hosts, when their last posts are
from, now. Out: Findings.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from scanner.doctor import Finding, plural, some
from scanner.fetch import moves, schedule, waits
from scanner.records import Feed, FeedState, HostState
from scanner.text import length

SILENT = 10
"""Usual gaps between posts. If posts come independently of each other, one gap of 22,000 is so much
longer than the mean (e^-10)."""
QUIET_MONTH = timedelta(days=30)
"""Shorter silences are holidays."""
ENOUGH = 6
"""Posts from which a usual gap can be told."""
LATEST = 11
"""Posts of each feed that are looked at: ten gaps."""
_PRIVATE = "allow_private"
"""What the fetcher's message tells a person to set."""


def feeds(
    listed: Sequence[Feed],
    states: Mapping[str, FeedState],
    hosts: Mapping[str, HostState],
    latest: Mapping[str, Sequence[datetime]],
    now: datetime,
) -> Iterator[Finding]:
    """Look at each feed; `latest` is when its last posts are from, newest first."""
    if not listed:
        return
    known = [(feed, states.get(feed.url) or FeedState(feed.url)) for feed in listed]
    asked = [(feed, state) for feed, state in known if state.checked_at is not None]
    ill = [(feed, state) for feed, state in asked if state.gone or state.failures or state.error]
    yield from _sum(known, ill, now)
    for feed, state in ill:
        yield _ill(feed, state, now)
    well = [pair for pair in asked if pair not in ill]
    yield from _resting(well, hosts, now)
    yield from _moved(well)
    yield from _empty(well)
    yield from _silent(well, latest, now)
    never = [feed.name for feed, state in known if state.checked_at is None]
    if never and asked:
        said = f"never asked: {some(never)}."
        yield Finding(
            "feeds", "never_asked", "note", said, "`scanner scan` asks them.", _all(never)
        )


_Known = Sequence[tuple[Feed, FeedState]]


def _all(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(names)


def _sum(known: _Known, ill: _Known, now: datetime) -> Iterator[Finding]:
    """How many work, and when the next one is asked."""
    total = plural(len(known), "feeds")
    if not any(state.checked_at for _, state in known):
        do = "`scanner scan` asks them."
        yield Finding("feeds", "works", "note", f"{total}, none of which was ever asked.", do)
        return
    if len(ill) == len(known):  # as a scan says it: exit 1, because nothing can be found
        do = "Look at the network first: can this machine reach the addresses below?"
        yield Finding("feeds", "none_works", "wrong", f"none of {total} works.", do)
        return
    due = [state.next_check for _, state in known if not state.gone]
    waiting = [when for when in due if when is not None and when > now]
    if len(waiting) < len(due):
        when = f"{len(due) - len(waiting):,} due now"
    else:
        when = f"all wait, the next for {waits.duration(min(waiting) - now)}" if waiting else ""
    asked = sum(state.checked_at is not None for _, state in known)
    works = f"{asked - len(ill):,} of {total} work" + (f"; {when}" if when else "")
    yield Finding("feeds", "works", "ok", works)
    ahead = [when for when in waiting if when > now + schedule.MAX_WAIT]
    if ahead:
        said = f"{plural(len(ahead), 'feeds')} would wait for more than a week: a clock was wrong."
        yield Finding("feeds", "ahead", "note", said, "Nothing: the next scan puts that right.")


def _ill(feed: Feed, state: FeedState, now: datetime) -> Finding:
    name, error = (feed.name,), state.error or "no answer"
    if state.gone:
        do = f'`scanner feeds remove "{feed.name}"`, or `scanner scan --retry-gone` asks once more.'
        return Finding("feeds", "gone", "wrong", f"{feed.name}: {error}.", do, name)
    if _PRIVATE in error:
        return Finding("feeds", "private", "wrong", f"{feed.name}: {error}", None, name)
    since = state.failing_since
    lasting = f" for {length(now - since)}" if since is not None and since < now else ""
    times = f" ({plural(state.failures, 'times')})" if state.failures > 1 else ""
    said = f"{feed.name}: fails{lasting}{times}: {error}"
    do = f'`scanner feeds check "{feed.name}"` asks it now and says what is wrong.'
    return Finding("feeds", "failing", "wrong", said, do, name)


def _resting(well: _Known, hosts: Mapping[str, HostState], now: datetime) -> Iterator[Finding]:
    names = []
    for feed, state in well:
        host = hosts.get(schedule.host_key(moves.address(state)))
        if state.rests(now) or (host is not None and host.not_before > now):
            names.append(feed.name)
    if names:
        said = f"their servers asked for a rest: {some(names)}."
        yield Finding("feeds", "resting", "note", said, "Nothing: they are obeyed.", tuple(names))


def _moved(well: _Known) -> Iterator[Finding]:
    moved = [feed.name for feed, state in well if moves.address(state) != feed.url]
    if moved:
        said = f"moved for good, and asked where they are now: {some(moved)}."
        do = "`scanner feeds list` tells the new addresses; write them into the config."
        yield Finding("feeds", "moved", "note", said, do, tuple(moved))


def _empty(well: _Known) -> Iterator[Finding]:
    empty = [feed.name for feed, state in well if state.ok_at is not None and not state.posts]
    if empty:
        said = f"work, but have no posts: {some(empty)}."
        do = "Look at their addresses: a search that finds nothing looks like that."
        yield Finding("feeds", "empty", "note", said, do, tuple(empty))


def _silent(
    well: _Known, latest: Mapping[str, Sequence[datetime]], now: datetime
) -> Iterator[Finding]:
    """Feeds that answer, and have said nothing for much longer than they use to."""
    silent: list[tuple[timedelta, str]] = []
    for feed, _ in well:
        dates = latest.get(feed.url, ())
        if len(dates) >= ENOUGH:
            usual = (dates[0] - dates[-1]) / (len(dates) - 1)
            if now - dates[0] > max(SILENT * usual, QUIET_MONTH):
                silent.append((now - dates[0], feed.name))
    if silent:
        silent.sort(reverse=True)
        names = [name for _, name in silent]
        told = some([f"{name} ({length(since)})" for since, name in silent])
        said = f"nothing new for over {SILENT} times as long as usual: {told}."
        do = "Their sites may have moved to another feed, or stopped."
        yield Finding("feeds", "silent", "note", said, do, tuple(names))
