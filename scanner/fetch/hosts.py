"""Who is asked next: a queue for each host, and the pace that it is asked at.

In: jobs, each under its host. Out: the next job that may start now. A host that must wait, or is
slow, holds its own queue and no worker. The strictest policy among a host's feeds counts for it.

Touches: the clock.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scanner.fetch import schedule
from scanner.fetch.waits import clock, duration
from scanner.fetch.ways import Way
from scanner.records import Deferred, Feed, FeedState

_AT_ONCE: Mapping[str, timedelta] = {}
_PATIENCE = timedelta(minutes=2)
"""Longest wait inside a run for a host that imposes its own pace; its other feeds come later."""
_NOTHING = timedelta(0)
_MAX_UNREAD = 8 * 2**20
"""Bytes fetched and not yet taken by the caller before no more are asked for."""


@dataclass(slots=True, eq=False)
class Job:
    """A feed that is due."""

    feed: Feed
    state: FeedState
    url: str = field(repr=False)
    """Where it is asked: the feed's real address, or where that has moved to."""
    host: str
    """That address's, as from `schedule.host_key`."""
    way: Way


@dataclass(slots=True)
class _Host:
    rank: tuple[bool, int]
    waiting: deque[Job]
    per_host: int
    delay: float
    """Seconds between starts."""
    running: int = 0
    ready_at: float = 0.0
    queued: bool = field(default=False)
    """Whether it stands in the heap."""


class Queues:
    """The jobs of one run; every method may be called from any thread."""

    def __init__(
        self,
        jobs: Iterable[Job],
        turns: Mapping[str, timedelta] = _AT_ONCE,
    ) -> None:
        """Queue by host. Within one, the feed that waited longest is first; hosts whose first
        feed failed last time come after the others, so that dead ones hold up nobody. `turns`
        has how long a host is left alone at first."""
        grouped: dict[str, list[Job]] = {}
        for job in jobs:
            grouped.setdefault(job.host, []).append(job)
        self._hosts = {
            key: _host(each, number) for number, (key, each) in enumerate(grouped.items())
        }
        for key in turns.keys() & self._hosts:
            self._hosts[key].ready_at = time.monotonic() + turns[key].total_seconds()
        self._change = threading.Condition()
        self._heap: list[tuple[float, tuple[bool, int], str]] = []
        self._left = sum(len(host.waiting) for host in self._hosts.values())
        self._unread = 0
        self._closed = False
        for key in self._hosts:
            self._queue(key)

    def places(self) -> int:
        """Say how many jobs could run at once if nobody waited."""
        return sum(min(len(host.waiting), host.per_host) for host in self._hosts.values())

    def take(self) -> Job | None:
        """Wait for a job that may start and take it; None: no job is left, or closed."""
        with self._change:
            while not self._closed:
                if not self._left:
                    return None
                wait = self._wait()
                if wait == 0:
                    return self._start()
                self._change.wait(wait)
            return None

    def done(self, job: Job, unread: int = 0) -> None:
        """Free the job's place at its host; `unread` bytes now wait for the caller."""
        with self._change:
            self._hosts[job.host].running -= 1
            self._unread += unread
            self._queue(job.host)
            self._change.notify()  # one more job may start: that wakes one

    def read(self, count: int) -> None:
        """Note that the caller took bytes."""
        with self._change:
            held = self._unread > _MAX_UNREAD
            self._unread -= count
            if held and self._unread <= _MAX_UNREAD:
                self._change.notify_all()

    def withdraw(self, host: str) -> list[Job]:
        """Take away what has not started at a host that asked to be left alone."""
        with self._change:
            found = self._hosts.get(host)
            if found is None:
                return []
            jobs = list(found.waiting)
            found.waiting.clear()
            self._left -= len(jobs)
            self._change.notify_all()
            return jobs

    def close(self) -> None:
        """Give out nothing any more, and wake who waits."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def _wait(self) -> float | None:
        """Seconds until a job may start; None: until something changes."""
        while self._heap and not self._hosts[self._heap[0][2]].waiting:
            self._hosts[heapq.heappop(self._heap)[2]].queued = False
        if not self._heap or self._unread > _MAX_UNREAD:
            return None
        return max(0.0, self._heap[0][0] - time.monotonic())

    def _start(self) -> Job:
        _, _, key = heapq.heappop(self._heap)
        host = self._hosts[key]
        host.queued = False
        host.running += 1
        host.ready_at = time.monotonic() + host.delay
        job = host.waiting.popleft()
        self._left -= 1
        self._queue(key)
        if not self._left:
            self._change.notify_all()
        elif self._heap:
            self._change.notify()  # somebody must wait for what is next, while we work
        return job

    def _queue(self, key: str) -> None:
        host = self._hosts[key]
        if host.waiting and not host.queued and host.running < host.per_host:
            heapq.heappush(self._heap, (host.ready_at, host.rank, key))
            host.queued = True


def first_turns(
    asked: Iterable[tuple[str, datetime | None]], now: datetime
) -> dict[str, timedelta]:
    """Say how long hosts that impose a pace must still be left alone after the run before.

    `asked` has, for every feed, its host and when it was last asked. A run notes its start for
    all its feeds, so those of one time were asked one after the other from then on.
    """
    runs: dict[str, list[datetime]] = {}
    for key, when in asked:
        if when is not None and when <= now and schedule.pace(key, _NOTHING):
            runs.setdefault(key, []).append(when)
    turns = {}
    for key, times in runs.items():
        imposed = schedule.pace(key, _NOTHING)
        wait = max(times) + imposed * times.count(max(times)) - now
        if wait > _NOTHING:
            turns[key] = min(wait, _PATIENCE)
    return turns


def over_patience(
    jobs: Iterable[Job],
    turns: Mapping[str, timedelta],
    now: datetime,
) -> tuple[list[Job], list[Deferred]]:
    """Part the jobs that this run has time for from those whose host imposes a pace too slow."""
    kept: list[Job] = []
    left: list[Deferred] = []
    waits = dict(turns)
    for job in sorted(jobs, key=_longest_unasked):
        imposed = schedule.pace(job.host, _NOTHING)
        wait = waits.get(job.host, _NOTHING)
        waits[job.host] = wait + imposed
        if wait <= _PATIENCE:
            kept.append(job)
            continue
        name = job.host.rpartition(":")[0]
        until = now + wait
        why = (
            f"{name} answers one request in {duration(imposed)};"
            f" its turn comes in a run after {clock(until, now)}"
        )
        left.append(Deferred(job.feed, until, why))
    return kept, left


def _host(jobs: list[Job], number: int) -> _Host:
    jobs.sort(key=_longest_unasked)
    policies = [job.feed.policy for job in jobs]
    delay = schedule.pace(jobs[0].host, max(policy.host_delay for policy in policies))
    return _Host(
        rank=(jobs[0].state.failures > 0, number),
        waiting=deque(jobs),
        per_host=max(1, min(policy.per_host for policy in policies)),
        delay=delay.total_seconds(),
    )


def _longest_unasked(job: Job) -> float:
    return job.state.checked_at.timestamp() if job.state.checked_at else 0.0
