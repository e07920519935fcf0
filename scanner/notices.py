"""What a person should be told of feeds that do not work: once, and then once a day.

In: what was remembered of the feeds before a run and after it, its Report, now. Out: notices, each
with the states to save once it was told: a crash in between tells it once more, never not at all.
Nothing is told an hour of an outage; the exit code says in every run that something is wrong.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from scanner.fetch import moves, schedule, waits
from scanner.records import Deferred, Feed, FeedState, HostState, Report

Kind = Literal[
    "failing", "still-failing", "works-again", "outage", "outage-over", "waiting", "resting"
]
GOOD: tuple[Kind, ...] = ("works-again", "outage-over")
"""Kinds that are good news."""
Wait = Literal["gone", "refused", "resting", "not due", "its turn"]

_DAY = timedelta(days=1)
_EARLY = timedelta(minutes=5)
"""cron is not on the second: a daily job must not skip every second reminder."""
_AHEAD = timedelta(hours=2)
"""A telling that lies further in the future was noted by a wrong clock, and does not count. Less is
a clock that was put right, or summer time."""
_WHILE = timedelta(hours=6)
"""So long a feed fails before it is told again within a day of the last time: three failures in a
row. One that fails at every other asking made eight mails a day."""
_NAMES = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for a person."""

    kind: Kind
    message: str
    feed: str | None = None
    """The feed's name, where it is about one."""
    due: bool = True
    """False: told before, and of use only to whoever looks on."""
    states: tuple[FeedState, ...] = ()
    """To be saved once it was told."""


def notices(
    feeds: Sequence[Feed],
    before: Mapping[str, FeedState],
    after: Mapping[str, FeedState],
    report: Report,
    hosts: Mapping[str, HostState],
    clock: datetime,
) -> tuple[list[Notice], list[FeedState]]:
    """What is to be told after a run, and states to save without a word."""
    run = _Run(feeds, before, after, report, hosts, clock)
    named = [notice for feed in feeds if (notice := run.about(feed)) is not None]
    told = {notice.feed for notice in named}
    groups = (run.outage(), run.outage_over(), run.waiting(), run.resting(told))
    return [*named, *(group for group in groups if group is not None)], run.settled


def is_ill(state: FeedState | None, clock: datetime) -> bool:
    """Whether a feed does not work, as far as is known: its last answer was none."""
    return state is not None and bool(
        state.failures or state.gone or state.error or state.failing_since or state.rests(clock)
    )


def why_waits(
    deferred: Deferred, state: FeedState | None, hosts: Mapping[str, HostState], clock: datetime
) -> Wait:
    """Say why a feed was not asked: only "not due" is a feed that simply has time."""
    if deferred.until is None:
        return "gone"
    if was_refused(deferred, clock):
        return "refused"
    host = _host_of(state or FeedState(deferred.feed.url), hosts)
    rests = deferred.host_rests or (host is not None and host.not_before > clock)
    if rests or is_ill(state, clock):
        return "resting"
    due = None if state is None else state.next_check
    return "its turn" if due is None or due <= clock else "not due"


def was_refused(deferred: Deferred, clock: datetime) -> bool:
    """Whether the feed was asked in this run, and its server wants to be left alone.

    A state whose wrong clock was put right looks the same, but for a time since which it fails.
    """
    state = deferred.state
    return state is not None and state.checked_at == clock and state.failing_since is not None


def told_lately(state: FeedState | None, clock: datetime) -> bool:
    """Whether a person was told of it within a day; a time that lies ahead is none."""
    return state is not None and _lately(state.told_at, clock)


def _lately(told: datetime | None, clock: datetime) -> bool:
    return told is not None and clock - _DAY + _EARLY < told <= clock + _AHEAD


class _Run:
    """One run, and what is known of each feed in it."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        before: Mapping[str, FeedState],
        after: Mapping[str, FeedState],
        report: Report,
        hosts: Mapping[str, HostState],
        clock: datetime,
    ) -> None:
        self._feeds, self._before, self._after = feeds, before, after
        self._hosts, self._clock, self._offline = hosts, clock, report.offline
        self._failed = {one.feed.url: one for one in report.failed}
        self._deferred = {one.feed.url: one for one in report.deferred}
        self.settled: list[FeedState] = []

    def about(self, feed: Feed) -> Notice | None:
        """What is to be told of one feed by its name."""
        state = self._after.get(feed.url)
        if state is None or self._never_asked(feed):
            return None
        if not is_ill(state, self._clock):
            return self._well(feed, state)
        return None if _is_outage(state) else self._ill(feed, state)

    def _well(self, feed: Feed, state: FeedState) -> Notice | None:
        was = self._before.get(feed.url)
        if was is None or _is_outage(was) or not (was.told_at or was.failing_since):
            return None
        if was.checked_at is None and was.failing_since is None:  # it had only waited
            self.settled.append(replace(state, told_at=None))
            return None
        kept = self._over(state)
        since = was.failing_since
        after = f" after {waits.duration(self._clock - since)}" if since else ""
        told = state.told_at is not None
        message = f"{feed.name}: works again{after}"
        return Notice("works-again", message, feed.name, told, (kept,) if told else ())

    def _over(self, state: FeedState) -> FeedState:
        """The state once it is told that it works again."""
        told = state.told_at or state.told_before
        kept = told if _lately(told, self._clock) else None
        return replace(state, told_at=None, told_before=kept)

    def _is_news(self, state: FeedState) -> bool:
        """Whether a failure that nobody was told of yet is worth a word now."""
        since = state.failing_since
        lasts = since is not None and self._clock - since >= _WHILE
        return lasts or not _lately(state.told_before, self._clock)

    def _ill(self, feed: Feed, state: FeedState) -> Notice | None:
        was, asked = self._before.get(feed.url), self._asked(feed)
        known = state.told_at is not None and not (was is not None and _is_outage(was))
        if known:
            due = not state.gone and not told_lately(state, self._clock)
        else:
            due = self._is_news(state)
        if not due and asked is None:
            return None  # see `resting`
        kept = (replace(state, told_at=self._clock),) if due else ()
        if asked is not None and not known:
            return Notice("failing", f"{feed.name}: {asked}", feed.name, due, kept)
        message = f"{feed.name}: {self._since(state)}: {asked or self._rest(feed, state)}"
        return Notice("still-failing", message, feed.name, due, kept)

    def _asked(self, feed: Feed) -> str | None:
        """What this run met, where it asked."""
        failed, deferred = self._failed.get(feed.url), self._deferred.get(feed.url)
        if failed is not None:
            return failed.why + (f" ({failed.hint})" if failed.hint else "")
        if deferred is not None and was_refused(deferred, self._clock):
            return deferred.why
        return None

    def _since(self, state: FeedState) -> str:
        since = state.failing_since
        if since is None or since > self._clock:  # noted by a clock that has been put back
            return "not working"
        length = waits.duration(self._clock - since)
        return f"still failing since {since:%Y-%m-%d %H:%M} UTC ({length})"

    def _rest(self, feed: Feed, state: FeedState) -> str:
        deferred, due = self._deferred.get(feed.url), state.next_check
        why = state.error or (deferred.why if deferred else "its server wants to be left alone")
        if state.error is None or due is None or due <= self._clock:
            return why
        return f"{why}; next at {waits.clock(due, self._clock)}"

    # --- what concerns many ---------------------------------------------------------------------

    def resting(self, told: Collection[str | None]) -> Notice | None:
        """Feeds that rest after a failure, for whoever looks on; what was `told` by name is not."""
        rests = [
            self._deferred[feed.url]
            for feed in self._feeds
            if feed.url in self._deferred
            and feed.name not in told
            and is_ill(self._after.get(feed.url), self._clock)
        ]
        if not rests:
            return None
        due = min((one.until for one in rests if one.until), default=None)
        when = f", next at {waits.clock(due, self._clock)}" if due else ""
        message = f"not working: {_named([one.feed for one in rests])}{when}"
        return Notice("resting", f"{message} (scanner feeds list says why)", due=False)

    def outage(self) -> Notice | None:
        """No host was reached at all: one line for all feeds that worked before."""
        if not self._offline:
            return None
        states = [
            state
            for feed in self._feeds
            if feed.url in self._failed
            and (state := self._after.get(feed.url)) is not None
            and _is_outage(state)
            and self._failed[feed.url].offline
        ]
        told = [state.told_at for state in states if told_lately(state, self._clock)]
        since = max((one for one in told if one), default=self._clock)
        untold = tuple(replace(s, told_at=since) for s in states if s.told_at != since)
        if told:
            self.settled += untold
        again = all(_lately(state.told_before, self._clock) for state in states)
        return Notice("outage", self._outage(), None, not (told or again), untold)

    def _outage(self) -> str:
        first = next(one for one in self._failed.values() if one.offline)
        more = sum(one.offline for one in self._failed.values()) - 1
        also = f", and {more} more" if more else ""
        return (
            f"no host could be reached: is the network down? ({first.feed.name}: {first.why}{also})"
        )

    def outage_over(self) -> Notice | None:
        """Hosts can be reached again: one line, whichever feed it is that was."""
        were = [
            (was, self._after[feed.url])
            for feed in self._feeds
            if (was := self._before.get(feed.url)) is not None
            and feed.url in self._after
            and was.told_at is not None
            and _is_outage(was)
        ]
        if self._offline or all(_is_outage(state) for _, state in were):
            return None
        kept = tuple(self._over(s) for _, s in were if s.failing_since is None)
        return Notice("outage-over", "hosts can be reached again", states=kept)

    def waiting(self) -> Notice | None:
        """Feeds that were never asked, because their host rests: one line for all of them."""
        never = [feed for feed in self._feeds if self._never_asked(feed)]
        never = [feed for feed in never if self._rests(feed)]
        if not never:
            return None
        states = [self._after.get(feed.url) or FeedState(feed.url) for feed in never]
        due = not any(told_lately(state, self._clock) for state in states)
        why = self._deferred[never[0].url].why
        kept = tuple(replace(state, told_at=self._clock) for state in states)
        return Notice(
            "waiting", f"not asked yet: {_named(never)}: {why}", None, due, kept if due else ()
        )

    def _never_asked(self, feed: Feed) -> bool:
        state = self._after.get(feed.url)
        return (state is None or state.checked_at is None) and feed.url in self._deferred

    def _rests(self, feed: Feed) -> bool:
        state = self._after.get(feed.url)
        return why_waits(self._deferred[feed.url], state, self._hosts, self._clock) == "resting"


def _is_outage(state: FeedState) -> bool:
    """Whether only our own outage kept a feed from being read, as far as is known.

    What fails by its own fault has a time since which it does.
    """
    return state.error is not None and state.failing_since is None and not state.failures


def _named(feeds: Sequence[Feed]) -> str:
    names = ", ".join(feed.name for feed in feeds[:_NAMES])
    return f"{names} and {len(feeds) - _NAMES} more" if len(feeds) > _NAMES else names


def _host_of(state: FeedState, hosts: Mapping[str, HostState]) -> HostState | None:
    return hosts.get(schedule.host_key(moves.address(state)))
