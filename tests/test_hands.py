"""Documents parsed by other processes: the same posts as here, whatever happens to a process."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import hands, match, scan
from scanner.apart import Apart
from scanner.hands import Hands, parsed
from scanner.parse import slowly
from scanner.records import (
    Brand,
    Config,
    Failed,
    Feed,
    FeedState,
    Fetched,
    Judged,
    Outcome,
    Parsed,
    Post,
    Report,
)
from scanner.store import connect

from .conftest import rss

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BRANDS = (Brand("Acme", domains=("acme.example",)), Brand("Inkwell"), Brand("Ёлка"))
ABOUT = {"https://feeds.example/youtube.xml": "Acme"}
TAKEN = 6
"""Documents that two processes take before they are full."""


def fetched(body: bytes | str, name: str = "feed.xml") -> Fetched:
    address = f"https://feeds.example/{name}"
    data = body.encode() if isinstance(body, str) else body
    return Fetched(Feed(address, name), data, None, address, FeedState(address))


def item(words: str) -> str:
    return f"<rss><channel><item><title>t</title><guid>1</guid><description>{words}</description>\
</item></channel></rss>"


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three cores, so that there are two processes on any machine, each with three documents."""
    monkeypatch.setattr(hands, "_cores", lambda: 3)
    monkeypatch.setattr(hands, "_WAITING", TAKEN // 2)
    monkeypatch.setattr(scan, "MANY", 10**9)  # call others as `ALONE` says, and not before


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Every process that is started meanwhile; what a test leaves is ended."""
    seen: list[subprocess.Popen[bytes]] = []

    class _Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            seen.append(self)

    monkeypatch.setattr("scanner.apart.subprocess.Popen", _Noted)
    # Its own reader of broken XML: the one that other tests share is not to be ended here.
    reader = Apart("scanner.parse.slowly:answer", slowly.DEADLINE)
    monkeypatch.setattr(slowly, "_apart", reader)
    before = set(threading.enumerate())
    yield seen
    # A thread that was given up by its Hands may start one more.
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        for process in seen:
            process.kill()
            process.wait()
        if set(threading.enumerate()) <= before:
            break
        time.sleep(0.02)
    for stream in (stream for process in seen for stream in (process.stdin, process.stdout)):
        with suppress(OSError):
            if stream is not None:
                stream.close()


def left(started: list[subprocess.Popen[bytes]]) -> int:
    """How many processes run still, or again, once whoever was at work has had a moment."""
    time.sleep(0.4)
    return sum(process.poll() is None for process in started)


def through(helpers: Hands, documents: Iterable[Fetched]) -> dict[str, Parsed | Failed]:
    """What other processes make of documents, by address, each of them once."""
    found: dict[str, Parsed | Failed] = {}

    def _note(done: tuple[Fetched, Parsed | Failed]) -> None:
        assert done[0].feed.url not in found
        found[done[0].feed.url] = done[1]

    for document in documents:
        while not helpers.take(document):
            _note(next(helpers.rest()))
        for done in helpers.ready():
            _note(done)
    for done in helpers.rest():
        _note(done)
    return found


# --- the same as here -----------------------------------------------------------------------------

ODD = {
    "empty.xml": b"",
    "page.html": b"<html><body>Acme</body></html>",
    "entities.xml": b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>',
    "early.xml": rss([{"text": "Acme lost it"}, {"text": "x"}]).encode()[:-40],
    "broken.xml": item("Acme</b>").encode(),
    "deep.json": b"[" * 100_000,
    "list.json": b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "\\ud800",'
    b' "content_text": "Acme \\udfff \\u0000 bad", "title": "\\ud83d"}]}',
    "undated.xml": item("&lt;p>Ёлка&lt;/p>").replace("<guid>1</guid>", "").encode(),
    "rhythm.xml": b"<rss><channel><ttl>7</ttl><skipDays><day>Sunday</day></skipDays></channel>"
    b"</rss>",
    "year1.xml": item("Acme").replace("<guid>", "<pubDate>1 Jan 0001</pubDate><guid>").encode(),
    "utf16.xml": item("Acme für Ёлка 😀").encode("utf-16"),
    "twice.xml": item("Ãcme fÃ¼r Acme").encode(),
}


def _everything() -> list[Fetched]:
    files = [*(HERE / "feeds").iterdir(), *(HERE / "sources").iterdir()]
    documents = {path.name: path.read_bytes() for path in sorted(files)}
    return [fetched(body, name) for name, body in (documents | ODD).items()]


def test_every_document_is_read_as_it_is_here() -> None:
    """Posts, warnings, rhythm and failures are those of this process, in whatever order they come.

    Once forwards and once backwards: what one document leaves behind does not touch the next.
    """
    matcher = match.prepare(BRANDS, ABOUT)
    here = {one.feed.url: parsed(one, matcher) for one in _everything()}
    opened = [
        post.body is None and bool(post.text)
        for found in here.values()
        if isinstance(found, Parsed)
        for post in found.posts
    ]
    assert any(opened)
    assert not all(opened)
    helpers = Hands(BRANDS, ABOUT)
    assert through(helpers, _everything()) == here
    assert through(helpers, reversed(_everything())) == here
    helpers.close()


@given(
    st.integers(1, 10**6),
    st.sampled_from(["hourly", "daily", "weekly", "yearly"]),
    st.integers(1, 99),
)
def test_a_rhythm_passes_whole(ttl: int, period: str, frequency: int) -> None:
    """Lengths of time come over to the microsecond."""
    for said in (
        f"<ttl>{ttl}</ttl>",
        f"<sy:updatePeriod>{period}</sy:updatePeriod>"
        f"<sy:updateFrequency>{frequency}</sy:updateFrequency>",
    ):
        document = fetched(
            '<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>'
            f"{said}</channel></rss>"
        )
        assert _answered(document) == parsed(document, match.prepare(()))


def _answered(document: Fetched) -> Parsed | Failed:
    """What the other side makes of a document, here."""

    class _Here(Apart):
        def ask(self, message: bytes) -> bytes:
            return hands.answer(message)

    return hands._asked(_Here("", 1), b"S" + _encoded(hands._Setting((), {})), document)


def _encoded(thing: object) -> bytes:
    import msgspec

    return msgspec.msgpack.encode(thing)


def test_a_feed_keeps_its_settings() -> None:
    """What the config says of a feed is not lost on the way."""
    feed = Feed("https://feeds.example/x", "Näme", about="Acme", weight=2.0, origin="a/b.xml")
    one = Fetched(feed, item("x").encode(), "text/xml", feed.url, FeedState(feed.url, etag="1"))
    helpers = Hands(BRANDS, {feed.url: "Acme"})
    helpers.take(one)
    ((given_back, found),) = helpers.rest()
    helpers.close()
    assert given_back is one
    assert isinstance(found, Parsed)
    assert found.feed is feed
    assert (found.posts[0].origin, found.posts[0].feed) == ("a/b.xml", "Näme")
    assert found.posts[0].text == "x"  # of a feed about a brand all posts are read


# --- full hands, no hands -------------------------------------------------------------------------


def test_full_hands_take_no_more() -> None:
    """Three documents wait for each process; what is done makes room once it is given back."""
    helpers = Hands(BRANDS, {})
    took = [helpers.take(fetched(item("x"), f"{number}.xml")) for number in range(TAKEN + 2)]
    assert took == [True] * TAKEN + [False] * 2
    next(helpers.rest())
    assert helpers.take(fetched(item("x"), "one more.xml"))
    assert not helpers.take(fetched(item("x"), "and one.xml"))
    assert len(list(helpers.rest())) == TAKEN
    assert list(helpers.ready()) == []
    helpers.close()


def test_large_documents_take_turns() -> None:
    """Of documents that wait, few megabytes are held; one alone is taken however large it is."""
    large = item("x" * (hands._HELD - 1_000))
    helpers = Hands(BRANDS, {})
    assert helpers.take(fetched(large + " " * 1_000_000, "1.xml"))
    assert not helpers.take(fetched(item("x"), "2.xml"))
    next(helpers.rest())
    assert helpers.take(fetched(large, "3.xml"))
    assert helpers.take(fetched(item("x"), "4.xml"))
    assert not helpers.take(fetched(large, "5.xml"))
    assert len(list(helpers.rest())) == 2
    helpers.close()


def test_ready_does_not_wait(stumbles: None) -> None:
    """`ready` gives what is there by now and nothing else."""
    helpers = Hands(BRANDS, {})
    helpers.take(fetched(item("STALL"), "stall.xml"))
    began = time.monotonic()
    assert list(helpers.ready()) == []
    assert time.monotonic() - began < 1
    helpers.close()


def test_on_one_core_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, started: list[Any]
) -> None:
    """Where there is no other core, the spine does it all."""
    monkeypatch.setattr(hands, "_cores", lambda: 1)
    helpers = Hands(BRANDS, {})
    assert [helpers.take(fetched(item("x"))) for _ in range(3)] == [False] * 3
    assert (list(helpers.ready()), list(helpers.rest()), started) == ([], [], [])
    helpers.close()


def test_no_more_than_four_are_started(monkeypatch: pytest.MonkeyPatch, started: list[Any]) -> None:
    """A machine of 64 cores does not start 63 processes."""
    monkeypatch.setattr(hands, "_cores", lambda: 64)
    helpers = Hands(BRANDS, {})
    helpers.take(fetched(item("x")))
    assert len(list(helpers.rest())) == 1
    helpers.close()
    assert len(started) == 4


def test_cores_are_those_we_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container it is our share that counts; where nobody can say, the machine's."""
    monkeypatch.undo()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5, 7}, raising=False)
    assert hands._cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert hands._cores() == 1


def test_where_no_process_can_be_started_the_spine_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's limit of processes is no reason to fail: nobody takes anything."""

    def _refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("scanner.apart.subprocess.Popen", _refuse)
    helpers = Hands(BRANDS, {})
    assert helpers.take(fetched(item("x"))) is False


# --- processes that die or stall ------------------------------------------------------------------


def stumbling(message: bytes) -> bytes:
    """What the other process does here: stall or die where the document says so."""
    if b"STALL" in message:
        time.sleep(60)
    if b"DIE" in message:
        os._exit(1)
    return hands.answer(message)


class Hurried(Apart):
    """Somebody else who may stumble, and has a second for that, but all the time to start."""

    def __init__(self, name: str, deadline: float) -> None:
        assert (name, deadline) == ("scanner.hands:answer", hands.DEADLINE)
        super().__init__("tests.test_hands:stumbling", deadline)

    def ask(self, message: bytes) -> bytes:
        self._deadline = 0.7 if b"STALL!" in message else hands.DEADLINE
        return super().ask(message)


@pytest.fixture
def stumbles(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Hands whose processes stumble where a document says so."""
    monkeypatch.setattr(hands, "Apart", Hurried)


def test_one_that_stalls_or_dies_costs_only_itself(stumbles: None, started: list[Any]) -> None:
    """Its feed fails with the reason; every other document is read as it is here."""
    words = ["Acme 1", "STALL!", "Acme 2", "DIE", "Acme 3", "DIE", "Acme 4", "no", "Acme 5", "no"]
    documents = [fetched(item(each), f"{number}.xml") for number, each in enumerate(words)]
    helpers = Hands(BRANDS, {})
    found = through(helpers, documents)
    helpers.close()
    assert left(started) == 0
    matcher = match.prepare(BRANDS)
    hint = "tell its owner; it is asked again, less and less often"
    whys = {
        "STALL!": "took over 25 s to read",
        "DIE": "could not be read: the process that read it ended",
    }
    for document, said in zip(documents, words, strict=True):
        expected = parsed(document, matcher)
        if said in whys:
            expected = Failed(document.feed, "parse", whys[said], hint)
        assert found[document.feed.url] == expected
    # One more for each that stumbled, if it is needed again; and one for each document that ended
    # a process which had worked before: that might have died idle, so it is asked once more.
    assert 3 <= len(started) <= 2 + 3 + 2


def test_close_ends_who_stalls_at_once(stumbles: None, started: list[Any]) -> None:
    """A person who interrupts a scan does not wait for a document."""
    helpers = Hands(BRANDS, {})
    for number in range(2):
        helpers.take(fetched(item("STALL"), f"{number}.xml"))
    time.sleep(0.2)
    began = time.monotonic()
    helpers.close()
    assert time.monotonic() - began < 1
    assert left(started) == 0


def test_close_leaves_what_waits_alone(stumbles: None, started: list[Any]) -> None:
    """After `close` nothing more is begun, and no process is left, however much was waiting."""
    helpers = Hands(BRANDS, {})
    for number in range(TAKEN):
        assert helpers.take(fetched(item("STALL"), f"{number}.xml"))
    time.sleep(0.2)
    helpers.close()
    assert left(started) == 0


def test_close_without_work(started: list[Any]) -> None:
    """Who took nothing is ended as well; twice is as good as once."""
    helpers = Hands(BRANDS, {})
    helpers.close()
    helpers.close()
    assert (len(started), left(started)) == (2, 0)


def test_a_process_that_cannot_be_started_again_fails_one_feed(
    stumbles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a process dies and the system gives no other, its documents fail; nobody waits."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    helpers = Hands(BRANDS, {})
    helpers.take(fetched(item("DIE"), "dies.xml"))
    next(helpers.rest())

    def _refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("scanner.apart.subprocess.Popen", _refuse)
    for number in range(TAKEN):
        helpers.take(fetched(item("DIE"), f"{number}.xml"))
    found: list[Any] = []
    ends = time.monotonic() + 2
    while len(found) < TAKEN and time.monotonic() < ends:
        found += helpers.ready()
        time.sleep(0.01)
    helpers.close()
    assert len(found) == TAKEN


# --- a hostile body -------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", ["1" * 5_000, "0" * 5_000 + "65"])
def test_a_reference_of_5000_digits_ends_no_scan(digits: str) -> None:
    """A body can be opened whatever is in it: `parsed` never raises."""
    found = parsed(fetched(item(f"Acme &amp;#{digits}; bad")), match.prepare(BRANDS))
    assert isinstance(found, Parsed)
    assert found.posts[0].text.startswith("Acme")


# --- a whole scan ---------------------------------------------------------------------------------


def _feeds(folder: Path) -> tuple[Feed, ...]:
    """40 files: most with a post that names a brand, some about one, some broken, some no feed."""
    feeds = []
    for number in range(40):
        path = folder / f"{number}.xml"
        words = [
            f"Acme has lost my order {number} and nobody answers. I want my money back.",
            f"A walk by the river, number {number}.",
            f"I left <b>Ink</b>well after {number} years; support never called back.",
        ]
        body = rss(
            [
                {
                    "guid": f"{number}-{n}",
                    "text": f"<p>{text}</p>",
                    "when": NOW - timedelta(hours=n),
                }
                for n, text in enumerate(words)
            ]
        )
        if number % 9 == 4:
            body = body.replace("</guid>", "</b></guid>", 1)
        elif number % 9 == 5:
            body = body[:-60]
        elif number % 9 == 6:
            body = "<html>down for maintenance</html>"
        path.write_text(body)
        about = "Acme" if number % 8 == 0 else None
        feeds.append(Feed(path.as_uri(), f"feed {number}", about=about))
    return tuple(feeds)


class Seen(list[tuple[str, str, int]]):
    """What `watch` was told, in order."""

    def __call__(self, outcome: Outcome, new: int) -> None:
        self.append((outcome.feed.name, type(outcome).__name__, new))


def _scanned(
    feeds: tuple[Feed, ...], path: Path, watch: Callable[[Outcome, int], None]
) -> tuple[Report, list[Post], list[Judged], dict[str, FeedState]]:
    config = Config(None, BRANDS[:2], feeds)
    with connect(path) as store:
        report = scan.scan(config, store, clock=NOW, watch=watch)
        return report, list(store.posts()), list(store.judged()), store.feed_states()


def test_a_scan_stores_the_same_with_hands_as_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[Any]
) -> None:
    """Posts, judgements, states and what is reported do not depend on who parses."""
    feeds = _feeds(tmp_path)
    monkeypatch.setattr(scan, "ALONE", 10**9)
    without, alone = Seen(), tmp_path / "alone.db"
    report, *stored = _scanned(feeds, alone, without)
    assert len(started) == 1  # the one that reads broken XML
    monkeypatch.setattr(scan, "ALONE", 4)
    seen = Seen()
    again, *shared = _scanned(feeds, tmp_path / "shared.db", seen)
    assert len(started) == 1 + 2
    assert left(started[1:]) == 0

    def _sorted(rows: list[Any]) -> list[Any]:
        return [
            sorted(map(repr, row)) if isinstance(row, list) else sorted(map(repr, row.items()))
            for row in rows
        ]

    assert _sorted(shared) == _sorted(stored)
    assert sorted(seen) == sorted(without)
    assert len(seen) == 40
    counts = (report.fetched, report.posts, report.matched, len(report.failed))
    assert counts == (again.fetched, again.posts, again.matched, len(again.failed))
    assert counts[0] == 36
    assert sorted(report.warnings) == sorted(again.warnings)
    assert sorted(map(repr, report.failed)) == sorted(map(repr, again.failed))


@pytest.mark.parametrize("waiting", [2, (TAKEN)])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_scan_leaves_no_process(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stumbles: None,
    started: list[Any],
    error: type[BaseException],
    waiting: int,
) -> None:
    """Ctrl-C, or a fault, in the middle: the processes end, and what was stored stays whole."""
    alone = 4
    monkeypatch.setattr(scan, "ALONE", alone)
    monkeypatch.setattr(hands, "_WAITING", waiting // 2)
    feeds = []
    for number in range(20):
        path = tmp_path / f"{number}.xml"
        path.write_text(item("STALL: Acme never answers. I want my money back."))
        feeds.append(Feed(path.as_uri(), f"feed {number}"))
    seen = 0

    def _interrupt(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen > alone:  # all hands are full: this is one that the spine has read itself
            time.sleep(0.3)
            raise error

    with pytest.raises(error):
        _scanned(tuple(feeds), tmp_path / "store.db", _interrupt)
    assert len(started) >= 2
    assert left(started) == 0
    with connect(tmp_path / "store.db", write=False) as store:
        assert len({post.feed_url for post in store.posts()}) == alone + 1


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_while_the_spine_waits(stumbles: None, started: list[Any]) -> None:
    """`rest` can be interrupted although everybody stalls."""
    helpers = Hands(BRANDS, {})
    helpers.take(fetched(item("STALL")))

    def _interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, _interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            list(helpers.rest())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    helpers.close()
    assert left(started) == 0
