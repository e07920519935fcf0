"""A feed becomes bytes, or a reason why not.

In: feeds, what is remembered of them and of their hosts, now. Out: one outcome for each feed, as
it is known: Fetched, NotModified, Deferred or Failed, with the state to store beside the posts.
Nothing is written here. A run in which no feed is due starts no thread and imports no library.

    addresses   which addresses may be dialled          schedule    when a feed may be asked
    answers     what an answer means                    bodies      content coding, size cap
    dialling    sockets, deadlines                      transport   one GET with its redirects
    hosts       queues and pace of each host            crew        threads and watchdog
    moves       feeds that have moved for good          waits       why a feed waits
    local       feeds that are files                    ways        real addresses, and the veil

Touches: the network, the disk, the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime, timedelta

from scanner.fetch import moves
from scanner.fetch.local import is_local, read
from scanner.fetch.schedule import deferral, host_key
from scanner.fetch.ways import Way, is_hidden, way_to
from scanner.records import Deferred, Feed, FeedState, HostState, Outcome

Resolve = Callable[[Sequence[Feed]], Sequence[Feed]]


def fetch(  # noqa: PLR0913 - the room's whole interface
    feeds: Sequence[Feed],
    states: Mapping[str, FeedState],
    hosts: Mapping[str, HostState],
    *,
    now: datetime,
    workers: int = 32,
    contact: str | None = None,
    refetch: bool = False,
    retry_gone: bool = False,
    heartbeat: timedelta | None = None,
    resolve: Resolve = lambda feeds: feeds,
) -> Generator[Outcome | None]:
    """Ask the feeds that are due, politely, and yield each feed's outcome as it is known.

    `states` goes by feed address, `hosts` by "host:port" in lower case. `refetch` asks at once,
    conditionally: it skips a feed's `every`, the hints of caches and the backoff of a feed that
    fails; it does not skip what a server asked for (Retry-After, a host that rests), nor 410.
    `retry_gone` asks feeds again that were gone (410). With a `heartbeat` None is yielded whenever
    nothing came for so long, so that the caller can do something else. Closing the generator ends
    every request within a second; feeds without an outcome stay as they are.

    `resolve` finds the secrets of feeds that are about to be asked, before anything else is done;
    what it raises ends the run. Outcomes carry the feeds as they were given.
    """

    def waits(feed: Feed, state: FeedState, host: HostState | None) -> Deferred | None:
        return deferral(feed, state, host, now, refetch=refetch, retry_gone=retry_gone)

    hidden = [feed for feed in feeds if is_hidden(feed)]
    wanted = [feed for feed in hidden if waits(feed, *_known(feed, states, hosts)) is None]
    found = {feed.url: feed for feed in resolve(wanted)} if wanted else {}
    due: list[tuple[Feed, FeedState, str, str, Way]] = []
    asked: list[tuple[str, datetime | None]] = []
    for feed in feeds:
        state = states.get(feed.url) or FeedState(feed.url)
        if is_local(feed.url):
            yield read(feed, state, now)
            continue
        opened = way_to(found[feed.url]) if feed.url in found else None
        where = moves.address(state)
        if opened is not None and not moves.believed(state):
            where = opened.url
        key = host_key(where)
        asked.append((key, state.checked_at))
        rests = waits(feed, state, hosts.get(key))
        if rests is not None:
            yield rests
            continue
        way = opened or way_to(feed)
        url = where if moves.believed(state) else way.url
        due.append((feed, state, url, key, way))
    if not due:
        return

    from scanner.fetch.crew import Crew
    from scanner.fetch.hosts import Job, first_turns, over_patience

    turns = first_turns(asked, now)
    jobs, left = over_patience([Job(*one) for one in due], turns, now)
    yield from left
    crew = Crew(jobs, hosts, turns, now=now, workers=workers, contact=contact)
    try:
        yield from crew.outcomes(heartbeat)
    finally:
        crew.dismiss()


def _known(
    feed: Feed, states: Mapping[str, FeedState], hosts: Mapping[str, HostState]
) -> tuple[FeedState, HostState | None]:
    """Give what is remembered of a feed and, as far as its address is known, of its host."""
    state = states.get(feed.url) or FeedState(feed.url)
    return state, hosts.get(host_key(moves.address(state)))
