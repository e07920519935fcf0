"""More hands for the spine: processes that parse while it fetches, judges and stores.

In: what was fetched. Out: for each, Parsed or Failed, as it is done; posts that may name a brand
are read. Python runs on one core at a time, so a scan of many feeds takes others along. Each
document has a deadline, after which its process is ended and the next one gets a new process.

Touches: another process, the environment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from scanner import match, parse
from scanner.apart import Apart, Gone, TooLate
from scanner.match import Matcher
from scanner.records import Brand, Failed, Feed, FeedState, Fetched, Parsed, Post, Rhythm
from scanner.text import printable

DEADLINE = 25.0
"""Seconds for one document; more than reading a broken one alone may take."""
_MOST = 4
"""Processes beside our own; one takes 50 MB."""
_WAITING = 16
_HELD = 4 * 2**20
"""Documents that wait for each process, and bytes of all of them; with more, the spine does one
itself. They hold memory: a text takes up to four times its bytes while it is read."""


Done = tuple[Fetched, Parsed | Failed]


def opened(post: Post, matcher: Matcher) -> Post:
    """Read a post's body if somebody may be named in it; most posts stay as they came."""
    return parse.read(post) if match.may_find(post, matcher) else post


def parsed(fetched: Fetched, matcher: Matcher, *, apart: bool = True) -> Parsed | Failed:
    """Parse what was fetched, and read the posts that may name a brand. Never raises."""
    found = parse.parse(fetched, apart=apart)
    if isinstance(found, Failed):
        return found
    try:
        return replace(found, posts=tuple(opened(post, matcher) for post in found.posts))
    except Exception as bug:  # as in parse: hostile words must not end a scan
        why = printable(f"a post cannot be read ({type(bug).__name__}: {bug})")[:200]
        return Failed(fetched.feed, "parse", why, "please report it")


class Hands:
    """Processes that parse. To be used by one thread."""

    def __init__(self, brands: Sequence[Brand], about: Mapping[str, str]) -> None:
        """Start them; `about` maps a feed's address to the brand that it is about."""
        self._setting = _Setting(tuple(brands), dict(about))
        self._jobs: SimpleQueue[Fetched | None] = SimpleQueue()
        self._done: SimpleQueue[Done] = SimpleQueue()
        self._at_work = self._bytes = 0
        self._over = threading.Event()
        self._apart: list[Apart] = []
        self._hire()

    def close(self) -> None:
        """End every process, whatever it is at; what waits is left."""
        self._over.set()
        for each in self._apart:
            each.end()
            self._jobs.put(None)

    def take(self, fetched: Fetched) -> bool:
        """Have it parsed elsewhere; False: all hands are full."""
        full = self._at_work >= _WAITING * len(self._apart)
        if full or (self._at_work and self._bytes + len(fetched.body) > _HELD):
            return False
        self._at_work += 1
        self._bytes += len(fetched.body)
        self._jobs.put(fetched)
        return True

    def ready(self) -> Iterator[Done]:
        """Give what is done by now."""
        while self._at_work and not self._done.empty():
            yield self._next()

    def rest(self) -> Iterator[Done]:
        """Wait for all that is still at work."""
        while self._at_work:
            yield self._next()

    def _next(self) -> Done:
        done = self._done.get()
        self._at_work -= 1
        self._bytes -= len(done[0].body)
        return done

    def _hire(self) -> None:
        for _ in range(min(_cores() - 1, _MOST)):
            each = Apart("scanner.hands:answer", DEADLINE)
            try:
                each.start()
            except Gone:  # the system gives no process: the spine does it alone
                return
            self._apart.append(each)
            threading.Thread(target=self._work, args=(each,), daemon=True).start()

    def _work(self, apart: Apart) -> None:
        import msgspec

        setting = b"S" + msgspec.msgpack.encode(self._setting)
        while (fetched := self._jobs.get()) is not None and not self._over.is_set():
            self._done.put((fetched, _asked(apart, setting, fetched)))


def _asked(apart: Apart, setting: bytes, fetched: Fetched) -> Parsed | Failed:
    import msgspec

    feed = fetched.feed
    job = _Job(feed.url, feed.name, feed.origin, fetched.body, fetched.content_type, fetched.url)
    question = b"J" + msgspec.msgpack.encode(job)
    try:
        told = msgspec.msgpack.decode(_answered(apart, setting, question), type=_Told)
    except TooLate:
        why = f"took over {DEADLINE:g} s to read"
    except (Gone, msgspec.MsgspecError):
        why = "could not be read: the process that read it ended"
    else:
        if told.why is None:
            return Parsed(feed, told.posts, told.partial, told.warnings, told.rhythm)
        return Failed(feed, "parse", told.why, told.hint)
    return Failed(feed, "parse", why, "tell its owner; it is asked again, less and less often")


def _answered(apart: Apart, setting: bytes, question: bytes) -> bytes:
    """Ask a process that knows the setting. One that died idle is not the document's fault."""
    if apart.knows:
        with suppress(Gone):
            return apart.ask(question)
    apart.ask(setting)
    return apart.ask(question)


def _cores() -> int:
    """Processor cores that we may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- the other side -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all documents of a run have in common."""

    brands: tuple[Brand, ...]
    about: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Job:
    """What parsing needs to know of a Fetched."""

    feed_url: str
    name: str
    origin: str
    body: bytes
    content_type: str | None
    url: str


@dataclass(frozen=True, slots=True)
class _Told:
    """Parsed, or where `why` is there, Failed; without the feed, which the asker has."""

    posts: tuple[Post, ...] = ()
    partial: bool = False
    warnings: tuple[str, ...] = ()
    rhythm: Rhythm = field(default_factory=Rhythm)
    why: str | None = None
    hint: str | None = None


_matchers: list[Matcher] = []
"""In the other process: the matcher that its first message asked for."""


def answer(message: bytes) -> bytes:
    """What the other process does with a message: "S" and a setting, or "J" and a job."""
    import msgspec

    if message[:1] == b"S":
        setting = msgspec.msgpack.decode(message[1:], type=_Setting)
        _matchers[:] = [match.prepare(setting.brands, setting.about)]
        return b""
    job = msgspec.msgpack.decode(message[1:], type=_Job)
    feed = Feed(job.feed_url, job.name, origin=job.origin)
    fetched = Fetched(feed, job.body, job.content_type, job.url, FeedState(job.feed_url))
    found = parsed(fetched, _matchers[0], apart=False)
    if isinstance(found, Failed):
        told = _Told(why=found.why, hint=found.hint)
    else:
        told = _Told(found.posts, found.partial, found.warnings, found.rhythm)
    return msgspec.msgpack.encode(told)
