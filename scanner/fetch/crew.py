"""The threads of one run: workers that ask, and a watchdog that ends what takes too long.

In: jobs. Out: one outcome for each, as it is known. Threads are daemons, and a dismissed crew's
sockets are shut down: neither a server that hangs nor a resolver keeps the program from ending.

Touches: the network, the clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from scanner.fetch import schedule
from scanner.fetch.answers import HostRests, Trouble, failed, judge, led_to_rest
from scanner.fetch.dialling import Exchange
from scanner.fetch.hosts import Job, Queues
from scanner.fetch.transport import Transport
from scanner.records import Deferred, Fetched, HostState, Outcome

_TICK = 0.05
"""Seconds between two looks of the watchdog."""
_GRACE = 1.0
"""Seconds after a deadline before a worker is given up: the resolver cannot be interrupted."""
_FAREWELL = 0.5
"""Seconds that a dismissed crew is waited for."""


class Crew:
    """Workers, watchdog, and what they share."""

    def __init__(
        self,
        jobs: list[Job],
        hosts: Mapping[str, HostState],
        turns: Mapping[str, timedelta],
        *,
        now: datetime,
        workers: int,
        contact: str | None,
    ) -> None:
        """Start asking."""
        self._now = now
        self._jobs, self._queues = len(jobs), Queues(jobs, turns)
        self._resting = {key: host for key, host in hosts.items() if host.not_before > now}
        per_host = max((job.feed.policy.per_host for job in jobs), default=1)
        places = max(1, min(workers, self._queues.places()))
        self._transport = Transport(contact, self._resting.get, max(per_host, places))
        self._results: SimpleQueue[Outcome | BaseException] = SimpleQueue()
        self._live: dict[Job, Exchange] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._hire(self._watch, "scanner-watchdog")
        for number in range(places):
            self._hire(self._work, f"scanner-fetch-{number}")

    def outcomes(self, heartbeat: timedelta | None = None) -> Iterator[Outcome | None]:
        """Give each job's outcome, in the order of arrival; None where none came for so long."""
        left = self._jobs
        wait = None if heartbeat is None else heartbeat.total_seconds()
        while left:
            try:
                found = self._results.get(timeout=wait)
            except Empty:
                yield None
                continue
            left -= 1
            if isinstance(found, BaseException):
                raise found
            weight = _weight(found)
            if weight:
                self._queues.read(weight)
            yield found

    def dismiss(self) -> None:
        """End every thread, also one that waits for a server."""
        self._over.set()
        self._queues.close()
        with self._lock:
            exchanges = list(self._live.values())
        for exchange in exchanges:
            exchange.cut()
        end = time.monotonic() + _FAREWELL
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._transport.close()

    def _hire(self, duty: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=duty, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        try:
            while (job := self._queues.take()) is not None:
                exchange = Exchange(job.feed.policy.timeout.total_seconds())
                with self._lock:
                    self._live[job] = exchange
                if self._over.is_set():
                    return
                if not self._report(job, self._ask(job, exchange)):
                    return  # the watchdog gave us up, and hired another
        except BaseException as error:  # a bug: not to be lost in a thread
            self._results.put(error)

    def _ask(self, job: Job, exchange: Exchange) -> Outcome:
        try:
            wanted = schedule.conditions(job.state, self._now)
            answer = self._transport.get(job, wanted, exchange)
            return judge(job.feed, job.state, answer, self._now)
        except Trouble as trouble:
            return failed(job.feed, job.state, trouble, self._now)
        except HostRests as rests:
            return led_to_rest(job.feed, job.state, rests.host, self._now)
        except Exception as bug:
            if job.way.veil.touches(str(bug)):  # its traceback is for a bug report
                what = f"{type(bug).__name__}: {job.way.veil.message(str(bug))}"
                raise RuntimeError(what).with_traceback(bug.__traceback__) from None
            raise

    def _report(self, job: Job, outcome: Outcome) -> bool:
        """Hand an outcome over, unless the job has one already or the crew is dismissed."""
        with self._lock:
            if self._live.pop(job, None) is None or self._over.is_set():
                return False
        self._results.put(outcome)
        if isinstance(outcome, Deferred) and outcome.host is not None:
            self._rest(outcome.host)
        self._queues.done(job, _weight(outcome))
        return True

    def _rest(self, host: HostState) -> None:
        """Ask nothing more of a host that said 429, in this run."""
        self._resting[host.host] = host
        for job in self._queues.withdraw(host.host):
            self._results.put(schedule.host_deferral(job.feed, host, self._now))

    def _watch(self) -> None:
        while not self._over.wait(_TICK):
            late = time.monotonic()
            with self._lock:
                live = [(job, each) for job, each in self._live.items() if each.deadline <= late]
            for job, exchange in live:
                exchange.cut()
                if exchange.deadline + _GRACE <= late:
                    self._give_up(job, exchange)

    def _give_up(self, job: Job, exchange: Exchange) -> None:
        if self._report(job, failed(job.feed, job.state, exchange.late(), self._now)):
            self._hire(self._work, "scanner-fetch-relief")


def _weight(outcome: Outcome) -> int:
    return len(outcome.body) if isinstance(outcome, Fetched) else 0
