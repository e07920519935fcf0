"""The fetch room against real servers on this machine: what they saw, and what came of it."""

import gzip
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from scanner import HOMEPAGE, __version__
from scanner.fetch import fetch, moves, schedule
from scanner.fetch.answers import Answer, Trouble, failed, judge, plain
from scanner.fetch.bodies import decode
from scanner.fetch.hosts import Job, Queues, first_turns
from scanner.fetch.transport import user_agent
from scanner.fetch.ways import way_to
from scanner.records import (
    Deferred,
    Failed,
    Feed,
    FeedState,
    Fetched,
    FetchPolicy,
    HostState,
    NotModified,
    Rhythm,
)
from tests.conftest import where_modes_bind

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BODY = b"<rss version='2.0'><channel><title>T</title></channel></rss>"
LM = "Tue, 03 Nov 2026 10:00:00 GMT"
POLICY = FetchPolicy(allow_private=True, host_delay=timedelta(0), timeout=timedelta(seconds=5))
SHORT = replace(POLICY, timeout=timedelta(seconds=0.4))
HELD_UP = 5
"""Seconds. A loaded machine takes less for what SHORT ends; what the tests guard against (a server
that hangs or drips, a resolver) would take at least twice as long."""
PUBLIC = "93.184.216.34"
# A throwaway certificate for feeds.example, secure.example and 127.0.0.1, signed by itself.
PEM = """\
-----BEGIN CERTIFICATE-----
MIIBujCCAV+gAwIBAgIUL78d9pBh1Jm1eZKC0uE2UrOUL/wwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNZmVlZHMuZXhhbXBsZTAgFw0yNjExMjIxODE2NTJaGA8yMTI2
MTAyOTE4MTY1MlowGDEWMBQGA1UEAwwNZmVlZHMuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABAZY5uGeekhWQaR0ukl2ExBqtedAQ2/LXwQHioAMI2S7
yjTFRRoKxoC+EWSchA+ucaJbY5eNau0nsi1JTuY5vzKjgYQwgYEwHQYDVR0OBBYE
FDGSOSINRUOXDGmgtDc0TGC/sKYuMB8GA1UdIwQYMBaAFDGSOSINRUOXDGmgtDc0
TGC/sKYuMA8GA1UdEwEB/wQFMAMBAf8wLgYDVR0RBCcwJYINZmVlZHMuZXhhbXBs
ZYIOc2VjdXJlLmV4YW1wbGWHBH8AAAEwCgYIKoZIzj0EAwIDSQAwRgIhAJSKB7VO
Z9QDC1M/IdVLr7RioZulz8rgwT4VPf1mOJQQAiEAy1qxabO88pqaIeh+K5XufCj0
NBPz9vRPo7V8ofCzYeI=
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWVjaXY2c5YdMFMFb
5GrDK1TC6CCC2kbBAGq+crEeuwOhRANCAAQGWObhnnpIVkGkdLpJdhMQarXnQENv
y18EB4qADCNku8o0xUUaCsaAvhFknIQPrnGiW2OXjWrtJ7ItSU7mOb8y
-----END PRIVATE KEY-----
"""


# --- a server that does as it is told -----------------------------------------------------------


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    at: float
    number: int
    line: str


@dataclass
class Server:
    """Answers by path: bytes, or a function that gets the connection and the request."""

    pages: dict[str, Any] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    certificate: Any = None
    active: int = 0
    most: int = 0

    def __post_init__(self):
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.socket.getsockname()[1]
        self.open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            while self._answer(connection):
                pass
        except OSError:
            pass
        finally:
            connection.close()

    def _answer(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return False
            data += piece
        line, *rest = data.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        headers = {n.lower(): v for n, v in (each.split(": ", 1) for each in rest)}
        path = line.split(" ")[1]
        with self.lock:
            number = sum(path == each.path for each in self.log) + 1
            request = Request(path, headers, time.monotonic(), number, line)
            self.log.append(request)
            self.active += 1
            self.most = max(self.most, self.active)
        try:
            page = self.pages.get(path, reply(404))
            if not callable(page):
                connection.sendall(page)
                return True
            made = page(connection, request)
            if isinstance(made, bytes):
                connection.sendall(made)
            return isinstance(made, bytes)
        finally:
            with self.lock:
                self.active -= 1

    def close(self):
        self.socket.close()
        for each in self.open:
            each.close()

    def feed(self, path="/feed", policy=POLICY, host="127.0.0.1", scheme="http", login=""):
        return Feed(f"{scheme}://{login}{host}:{self.port}{path}", path, policy=policy)


def reply(status, headers=(), body=b"", length=True):
    lines = [f"HTTP/1.1 {status} Words", *(f"{name}: {value}" for name, value in headers)]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def after(seconds, made):
    time.sleep(seconds)
    return made


def hang(connection, request):
    connection.recv(1)


@pytest.fixture
def server():
    made = Server({"/feed": reply(200, [("Content-Type", "application/rss+xml")], BODY)})
    yield made
    made.close()


@pytest.fixture
def internet(server, monkeypatch):
    """Names with public addresses; whatever is dialled, our server answers. Gives the dialled."""
    names: dict[str, Any] = {}
    dialled: list[str] = []
    resolve = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        addresses = names.get(host)
        if addresses is None:
            return resolve(host, port, *args, **kwargs)
        if callable(addresses):
            addresses = addresses()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    class Wire(socket.socket):
        def connect(self, address):
            dialled.append(address[0])
            super().connect(("127.0.0.1", address[1]))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "socket", Wire)
    return names, dialled


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def ask(*feeds, states=None, hosts=None, now=NOW, **options):
    return list(fetch(feeds, states or {}, hosts or {}, now=now, **options))


def one(feed, state=None, **options):
    (outcome,) = ask(feed, states={feed.url: state} if state else {}, **options)
    return outcome


def failure(feed, state=None, **options):
    outcome = one(feed, state, **options)
    assert isinstance(outcome, Failed)
    assert outcome.state is not None
    return outcome


def again(feed, times, hours=2):
    """Ask several times, hours apart, storing the state in between; give the outcomes."""
    state, outcomes = None, []
    for number in range(times):
        outcomes.append(one(feed, state, now=NOW + number * hours * HOUR))
        state = outcomes[-1].state or state
    return outcomes


def crew():
    """The threads of fetch that live now (one may be left behind in a resolver)."""
    return {each for each in threading.enumerate() if each.name.startswith("scanner-")}


def sent(server, name):
    return [request.headers.get(name) for request in server.log]


# --- asking politely ----------------------------------------------------------------------------


@pytest.mark.case("P01")
def test_a_new_feed_costs_one_get(server):
    """One GET and nothing else; the body and a state to store come back."""
    outcome = one(server.feed())
    assert isinstance(outcome, Fetched)
    assert outcome.body == BODY
    assert outcome.content_type == "application/rss+xml"
    assert outcome.url == server.feed().url
    assert [each.line for each in server.log] == ["GET /feed HTTP/1.1"]
    state = outcome.state
    assert state.url == server.feed().url
    assert (state.checked_at, state.ok_at, state.next_check) == (NOW, NOW, NOW + HOUR)
    assert (state.failures, state.error, state.gone) == (0, None, False)


@pytest.mark.case("P23")
def test_what_a_request_says(server):
    """It names us and what it takes; no cookie, referer or login, whatever was set before."""
    server.pages["/feed"] = reply(200, [("Set-Cookie", "a=1; Path=/")], BODY)
    ask(server.feed(), server.feed())
    assert [each.headers for each in server.log] == [server.log[0].headers] * 2
    headers = server.log[0].headers
    assert headers["user-agent"] == f"scanner/{__version__} (+{HOMEPAGE})"
    assert headers["accept-encoding"] == "gzip, deflate"
    assert headers["accept"].startswith("application/atom+xml")
    assert set(headers) == {"host", "user-agent", "accept", "accept-encoding"}


def test_a_contact_goes_into_the_user_agent_and_cannot_break_it(server):
    """Line ends, brackets and other letters are quoted; the header stays one header."""
    one(server.feed(), contact="ada@example.org")
    one(server.feed(), contact="a\r\nX-Evil: 1) (ü")
    first, second = sent(server, "user-agent")
    assert first == f"scanner/{__version__} (+ada@example.org)"
    assert second == f"scanner/{__version__} (+a%0D%0AX-Evil: 1%29 %28%C3%BC)"
    assert sent(server, "x-evil") == [None, None]
    assert user_agent("  ") == user_agent(None)
    assert len(user_agent("x" * 10_000)) < 300


@pytest.mark.case("P02")
def test_validators_survive_a_bare_304(server):
    """Both go back byte for byte each time; a 304 without any erases none."""
    full = reply(200, [("ETag", '"abc-1"'), ("Last-Modified", LM)], BODY)
    server.pages["/feed"] = lambda _, request: (
        b"HTTP/1.1 304 Not Modified\r\n\r\n" if "if-none-match" in request.headers else full
    )
    outcomes = again(server.feed(), 4)
    assert [type(each) for each in outcomes] == [Fetched, NotModified, NotModified, NotModified]
    assert sent(server, "if-none-match") == [None, '"abc-1"', '"abc-1"', '"abc-1"']
    assert sent(server, "if-modified-since") == [None, LM, LM, LM]


@pytest.mark.case("P03", "P04")
@pytest.mark.parametrize(
    ("name", "back", "value"),
    [
        ("ETag", "if-none-match", 'W/"w1"'),
        ("ETag", "if-none-match", "unquoted \xe9  x"),
        ("Last-Modified", "if-modified-since", "Tue, 3 Nov 2026 10:00:00 +0000"),
    ],
)
def test_validators_are_opaque(server, name, back, value):
    """Weak, odd and ill-formed validators go back unchanged."""
    server.pages["/feed"] = reply(200, [(name, value)], BODY)
    again(server.feed(), 2)
    assert sent(server, back) == [None, value]


def test_a_validator_that_could_break_a_header_is_none(server):
    """Control characters and kilobytes are not sent back."""
    server.pages["/feed"] = reply(
        200, [("ETag", '"\x1b[31m"'), ("Last-Modified", "x" * 5000)], BODY
    )
    again(server.feed(), 2)
    assert sent(server, "if-none-match") == [None, None]
    assert sent(server, "if-modified-since") == [None, None]


@pytest.mark.case("P05", "P06")
def test_the_newest_validators_are_stored_for_the_same_bytes_too(server):
    """The same body with new validators is NotModified, with the new ones to store."""
    server.pages["/feed"] = lambda _, request: reply(
        200, [("ETag", f'"{request.number}"'), ("Last-Modified", LM)], BODY
    )
    outcomes = again(server.feed(), 3)
    assert [type(each) for each in outcomes] == [Fetched, NotModified, NotModified]
    assert sent(server, "if-none-match") == [None, '"1"', '"2"']
    assert sent(server, "if-modified-since") == [None, LM, LM]


@pytest.mark.case("P08")
def test_a_validator_no_longer_sent_is_dropped(server):
    """Both are replaced together by a complete answer: no old date beside a new tag."""
    both = [("ETag", '"l1"'), ("Last-Modified", LM)]
    server.pages["/feed"] = lambda _, request: reply(
        200, both if request.number == 1 else [("ETag", '"l2"')], BODY + b" " * request.number
    )
    again(server.feed(), 3)
    assert sent(server, "if-none-match") == [None, '"l1"', '"l2"']
    assert sent(server, "if-modified-since") == [None, LM, None]


@pytest.mark.case("P07", "P27")
def test_a_304_brings_validators_and_hints_too(server):
    """A 304's new ETag is stored, and its max-age counts."""
    new = reply(304, [("ETag", '"n2"'), ("Cache-Control", "max-age=21600")], length=False)
    server.pages["/feed"] = lambda _, request: (
        new if request.number > 1 else reply(200, [("ETag", '"n1"'), ("Last-Modified", LM)], BODY)
    )
    outcomes = again(server.feed(), 3, hours=7)
    assert outcomes[1].state.next_check == NOW + 13 * HOUR
    assert sent(server, "if-none-match") == [None, '"n1"', '"n2"']
    assert sent(server, "if-modified-since") == [None, LM, LM]


@pytest.mark.case("P12")
@pytest.mark.parametrize("page", [reply(304, length=False), reply(200, [], BODY)])
def test_a_feed_that_has_not_changed_keeps_its_rhythm(server, page):
    """What the last document said of ttl and skipHours counts after a 304 and the same bytes."""
    server.pages["/feed"] = lambda _, request: (
        page if request.number > 1 else reply(200, [("ETag", '"a"')], BODY)
    )
    rhythm = Rhythm(ttl=6 * HOUR, skip_hours=(20,))
    first = schedule.paced(one(server.feed()).state, rhythm)
    assert first.next_check == NOW + 6 * HOUR
    assert isinstance(one(server.feed(), first, now=NOW + HOUR), Deferred)
    again = one(server.feed(), first, now=NOW + 2 * HOUR, refetch=True)
    assert isinstance(again, NotModified)
    assert again.state.next_check == NOW + 9 * HOUR
    assert again.state.rhythm == rhythm


@pytest.mark.case("P26")
def test_once_in_eight_days_a_whole_body_is_asked_for(server):
    """A server that says 304 for ever is asked without conditions after 8 days of it."""
    server.pages["/feed"] = lambda _, request: (
        reply(304, length=False)
        if "if-none-match" in request.headers
        else reply(200, [("ETag", '"a"')], BODY)
    )
    again(server.feed(), 11, hours=24)
    assert [value is None for value in sent(server, "if-none-match")] == [
        n in (0, 8) for n in range(11)
    ]


def test_a_304_that_nobody_asked_for_is_a_failure(server):
    """Without conditions and without an earlier body, 304 says nothing."""
    server.pages["/feed"] = reply(304, length=False)
    outcome = one(server.feed())
    assert isinstance(outcome, Failed)
    assert outcome.why == "HTTP 304 to a request without conditions: the server is broken"


@pytest.mark.case("P13")
def test_a_feed_asked_minutes_ago_is_not_asked(server):
    """However often it runs: one request an hour; refetch asks again, conditionally."""
    server.pages["/feed"] = reply(200, [("ETag", '"a"')], BODY)
    state = one(server.feed()).state
    for minutes in range(1, 10):
        outcome = one(server.feed(), state, now=NOW + timedelta(minutes=minutes))
        assert isinstance(outcome, Deferred)
    assert len(server.log) == 1
    one(server.feed(), state, now=NOW + timedelta(minutes=10), refetch=True)
    assert sent(server, "if-none-match") == [None, '"a"']


def test_a_run_with_nothing_due_loads_no_library():
    """Deferring a thousand feeds imports no requests and starts no thread."""
    code = (
        "import sys, threading, datetime as d\n"
        "from scanner.fetch import fetch\n"
        "from scanner.records import Feed, FeedState\n"
        "now = d.datetime(2026, 11, 22, 12, tzinfo=d.UTC)\n"
        "feeds = [Feed(f'https://example.org/{n}', 'x') for n in range(1000)]\n"
        "later = now + d.timedelta(minutes=5)\n"
        "states = {f.url: FeedState(f.url, next_check=later) for f in feeds}\n"
        "assert len(list(fetch(feeds, states, {}, now=now))) == 1000\n"
        "loaded = {'requests', 'ssl', 'email', 'scanner.fetch.crew'} & set(sys.modules)\n"
        "print(sorted(loaded), threading.active_count())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] 1\n"


# --- when a server says no ----------------------------------------------------------------------


@pytest.mark.case("P09", "P20")
def test_429_rests_the_host_and_spares_its_other_feeds(server):
    """One 429 among 20 feeds of a host: the rest is not tried, now or before its time."""
    for n in range(20):
        server.pages[f"/{n}"] = reply(200, [], BODY)
    server.pages["/3"] = reply(429, [("Retry-After", "7200")])
    feeds = [server.feed(f"/{n}") for n in range(20)]
    outcomes = ask(*feeds)
    assert [each.path for each in server.log] == ["/0", "/1", "/2", "/3"]
    assert Counter(type(each) for each in outcomes) == {Fetched: 3, Deferred: 17}
    said = next(each for each in outcomes if getattr(each, "host", None) is not None)
    assert said.feed == feeds[3]
    assert said.why == "127.0.0.1 asked to be left alone (HTTP 429); next at 14:00 UTC"
    assert said.host == HostState(f"127.0.0.1:{server.port}", NOW + 2 * HOUR, "HTTP 429")
    until = NOW + 2 * HOUR
    asked = FeedState(said.feed.url, checked_at=NOW, next_check=until, rest_until=until)
    assert said.state == asked
    hosts = {said.host.host: said.host}
    later = ask(*feeds, hosts=hosts, now=NOW + timedelta(minutes=119), refetch=True)
    assert {type(each) for each in later} == {Deferred}
    assert len(server.log) == 4


@pytest.mark.case("P10", "P21")
def test_503_with_retry_after_rests_one_feed(server):
    """A host of many tenants may have one that is ill: only that feed waits, also on refetch."""
    server.pages["/ill"] = reply(503, [("Retry-After", "7200")])
    feeds = [server.feed("/ill"), server.feed()]
    ill, well = sorted(ask(*feeds), key=lambda each: each.feed.name, reverse=True)
    assert isinstance(ill, Deferred)
    assert ill.state is not None
    assert isinstance(well, Fetched)
    assert ill.host is None
    assert (ill.state.next_check, ill.state.failures) == (NOW + 2 * HOUR, 1)
    assert isinstance(one(feeds[0], ill.state, now=NOW + HOUR, refetch=True), Deferred)


@pytest.mark.case("P18")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 502, 503, 206, 300])
def test_other_statuses_are_failures_that_back_off(server, status):
    """The status is named, with a hint; the wait doubles, and the feed is never given up."""
    server.pages["/feed"] = reply(status, [], b"boom")
    outcomes = again(server.feed(), 12, hours=25)
    assert {type(each) for each in outcomes} == {Failed}
    assert outcomes[0].why == f"HTTP {status}"
    assert outcomes[0].hint
    assert not outcomes[0].offline
    last = outcomes[-1].state
    assert (last.failures, last.failing_since, last.error) == (12, NOW, f"HTTP {status}")
    waits = [each.state.next_check - each.state.checked_at for each in outcomes]
    assert HOUR <= waits[0] <= 1.2 * HOUR
    assert 20 * HOUR <= waits[-1] <= 24 * HOUR
    assert waits == sorted(waits) or waits[:5] == sorted(waits[:5])


def test_a_feed_that_works_again_forgets_its_failures(server):
    """One good answer clears count, reason and date."""
    server.pages["/feed"] = lambda _, request: (
        reply(500) if request.number == 1 else reply(200, [], BODY)
    )
    state = again(server.feed(), 2)[1].state
    assert (state.failures, state.failing_since, state.error) == (0, None, None)


@pytest.mark.case("P17")
def test_410_is_said_once_and_then_kept(server):
    """Gone is a failure once, and afterwards a deferral without end and without a request."""
    server.pages["/feed"] = reply(410)
    first, second = again(server.feed(), 2, hours=9999)
    assert isinstance(first, Failed)
    assert first.state is not None
    assert first.why == "gone (HTTP 410)"
    assert (first.state.gone, first.state.next_check) == (True, None)
    assert isinstance(second, Deferred)
    assert second.until is None
    assert len(server.log) == 1
    server.pages["/feed"] = reply(200, [], BODY)
    revoked = one(server.feed(), first.state, retry_gone=True)
    assert isinstance(revoked, Fetched)
    assert not revoked.state.gone


@pytest.mark.case("N14")
def test_cloudflares_challenge_is_named(server):
    """A challenge is no ordinary 403: it says so, and waits a day."""
    server.pages["/feed"] = reply(403, [("cf-mitigated", "challenge")], b"<html>")
    outcome = one(server.feed())
    assert outcome.why == "blocked by Cloudflare's challenge"
    assert outcome.state.next_check == NOW + 24 * HOUR
    assert "browser" in outcome.hint


@pytest.mark.case("N15")
@pytest.mark.parametrize("page", [reply(200), reply(200, [], b" \n"), reply(204, length=False)])
def test_an_empty_answer_is_a_failure(server, page):
    """Nothing is not a feed with no posts; what was known stays as it is."""
    server.pages["/feed"] = page
    known = FeedState(server.feed().url, etag='"a"', body_hash="x", posts=7)
    outcome = failure(server.feed(), known)
    assert outcome.why.startswith("empty answer")
    assert (outcome.state.etag, outcome.state.posts) == ('"a"', 7)


@pytest.mark.case("P22")
def test_reddit_is_one_host_and_paced_after_its_first_429(server, internet):
    """Two of its feeds fit into the patience of a run; those asked longest ago go first."""
    names, _ = internet
    names["www.reddit.com"] = names["old.reddit.com"] = [PUBLIC]
    feeds = [
        server.feed(f"/r/{n}/.rss", host="www.reddit.com" if n % 2 else "old.reddit.com")
        for n in range(5)
    ]
    server.pages |= {f"/r/{n}/.rss": reply(429) for n in range(5)}
    first = ask(*feeds)
    assert [each.path for each in server.log] == ["/r/0/.rss"]
    host = next(each.host for each in first if each.host)
    assert host == HostState(f"reddit.com:{server.port}", NOW + timedelta(seconds=61), "HTTP 429")
    later = NOW + 2 * HOUR
    states = {
        each.url: FeedState(each.url, checked_at=NOW - n * HOUR) for n, each in enumerate(feeds)
    }
    run = fetch(feeds, states, {host.host: host}, now=later)
    left: list[Any] = [next(run) for _ in range(3)]
    run.close()
    assert [each.feed.url for each in left] == [feeds[n].url for n in (2, 1, 0)]
    assert {each.why for each in left if isinstance(each, Deferred)} == {
        "reddit.com answers one request in 61 s; its turn comes in a run after 14:02 UTC",
        "reddit.com answers one request in 61 s; its turn comes in a run after 14:03 UTC",
        "reddit.com answers one request in 61 s; its turn comes in a run after 14:04 UTC",
    }


@pytest.mark.case("P22")
def test_a_strict_host_keeps_its_pace_from_run_to_run(server, internet):
    """What the run before asked counts: the next one starts where its turn is, or comes later."""
    names, _ = internet
    names["hnrss.org"] = [PUBLIC]
    feeds = [server.feed(f"/{n}", host="hnrss.org") for n in range(12)]
    server.pages |= {f"/{n}": reply(200, [], BODY) for n in range(12)}
    before = {each.url: FeedState(each.url, checked_at=NOW) for each in feeds[:10]}
    asked = [("hnrss.org:80", each.checked_at) for each in before.values()]
    later = NOW + timedelta(seconds=100)
    assert first_turns(asked, NOW) == {"hnrss.org:80": timedelta(seconds=110)}
    assert first_turns(asked, later) == {"hnrss.org:80": timedelta(seconds=10)}
    assert first_turns(asked, NOW + timedelta(seconds=110)) == {}
    assert first_turns([("hnrss.org:80", later)], NOW) == {}
    assert first_turns([("example.org:80", NOW)], NOW) == {}
    states = {feeds[0].url: replace(before[feeds[0].url], checked_at=NOW - timedelta(seconds=10))}
    start = time.monotonic()
    assert isinstance(one(feeds[0], states[feeds[0].url]), Fetched)
    assert time.monotonic() - start >= 0.9
    assert server.log[-1].at - start >= 0.9


# --- many feeds ---------------------------------------------------------------------------------


@pytest.mark.case("P19")
def test_one_host_is_asked_one_by_one_and_others_meanwhile(server):
    """At most per_host in flight and host_delay between starts; another host does not wait."""
    other = Server()
    try:
        polite = replace(POLICY, host_delay=timedelta(seconds=0.1))
        for each in (server, other):
            each.pages |= {f"/{n}": lambda *_: after(0.03, reply(200, [], BODY)) for n in range(5)}
        outcomes = ask(*(s.feed(f"/{n}", polite) for s in (server, other) for n in range(5)))
        assert {type(each) for each in outcomes} == {Fetched}
        for each in (server, other):
            starts = [request.at for request in each.log]
            # 0.1 s between starts as we see them; on their way a busy machine may delay the first
            assert min(b - a for a, b in pairwise(starts)) >= 0.05
            assert starts[-1] - starts[0] >= 0.35
            assert each.most == 1
        assert server.log[0].at < other.log[-1].at
        assert other.log[0].at < server.log[-1].at
    finally:
        other.close()


def test_per_host_lets_more_in_and_connections_are_kept(server):
    """per_host requests run at once; one after the other, they share a connection."""
    server.pages |= {f"/{n}": lambda *_: after(0.05, reply(200, [], BODY)) for n in range(9)}
    ask(*(server.feed(f"/{n}", replace(POLICY, per_host=3)) for n in range(9)))
    assert server.most == 3
    assert len(server.open) == 3
    ask(*(server.feed(f"/{n}") for n in range(4)))
    assert len(server.open) == 4


@pytest.mark.case("N18")
def test_hosts_that_hang_do_not_delay_the_others(server, internet):
    """Five hanging hosts cost the run its timeout once, and the other 60 feeds nothing."""
    names, _ = internet
    names |= {f"h{n}.example": [PUBLIC] for n in range(65)}
    server.pages["/hang"] = hang
    second = replace(POLICY, timeout=timedelta(seconds=1))
    feeds = [
        server.feed("/feed", host=f"h{n}.example")
        if n % 13
        else server.feed("/hang", second, f"h{n}.example")
        for n in range(65)
    ]
    outcomes = ask(*feeds, workers=8)
    assert [type(each) for each in outcomes] == [Fetched] * 60 + [Failed] * 5
    assert server.most >= 5


def test_a_caller_who_waits_is_told_that_nothing_came(server):
    """With a heartbeat there is a None for every while without an outcome, and each outcome."""
    server.pages["/feed"] = lambda *_: after(0.5, reply(200, [], BODY))
    outcomes = ask(server.feed(), heartbeat=timedelta(seconds=0.1))
    assert outcomes[:2] == [None, None]
    assert [type(each) for each in outcomes if each] == [Fetched]


def test_feeds_that_failed_last_time_come_last(server, internet):
    """A dead host waits its turn behind those that worked."""
    names, _ = internet
    names |= {f"h{n}.example": [PUBLIC] for n in range(6)}
    feeds = [server.feed("/feed", host=f"h{n}.example") for n in range(6)]
    states = {feeds[0].url: FeedState(feeds[0].url, failures=3)}
    outcomes = ask(*feeds, states=states, workers=1)
    assert [feeds.index(each.feed) for each in outcomes] == [1, 2, 3, 4, 5, 0]


def test_unread_bodies_hold_further_requests_back():
    """With 64 MiB waiting for the caller, nothing more is asked for until some is read."""
    feed = Feed("http://example.org/", "x", policy=POLICY)
    asked = Job(feed, FeedState(feed.url), feed.url, "example.org:80", way_to(feed))
    queues = Queues([asked, replace(asked)])
    job = queues.take()
    assert job is not None
    queues.done(job, unread=65 * 2**20)
    taken = []
    thread = threading.Thread(target=lambda: taken.append(queues.take()))
    thread.start()
    thread.join(0.1)
    assert taken == []
    queues.read(65 * 2**20)
    thread.join(2)
    assert len(taken) == 1
    assert queues.take() is None
    assert queues.withdraw("example.net:80") == []


# --- time ---------------------------------------------------------------------------------------


def drip(start, piece, pause=0.05):
    def page(connection, request):
        connection.sendall(start)
        for _ in range(200):
            connection.sendall(piece)
            time.sleep(pause)

    return page


@pytest.mark.case("N01", "N02", "N03")
@pytest.mark.parametrize(
    "page",
    [
        hang,
        drip(reply(200, [("Content-Length", "9999")], length=False), b"<"),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
        drip(reply(200, length=False), b" "),
        drip(reply(200, [("Transfer-Encoding", "chunked")], length=False), b"1\r\n<\r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["never", "body", "header", "headers", "body without length", "chunks", "continue"],
)
def test_the_timeout_is_for_everything(server, page):
    """A byte now and then renews nothing: the feed's time ends when it ends."""
    server.pages["/feed"] = page
    start = time.monotonic()
    outcome = failure(server.feed(policy=SHORT))
    assert time.monotonic() - start < HELD_UP
    assert outcome.why == "no whole answer within 0.4 s"
    assert not outcome.offline
    assert outcome.state.etag is None


def test_redirects_share_the_time(server):
    """Each hop takes its part of the one deadline."""
    server.pages |= {
        f"/{n}": lambda _, request: after(
            0.15, reply(302, [("Location", f"/{int(request.path[1:]) + 1}")])
        )
        for n in range(5)
    }
    outcome = one(server.feed("/0", SHORT))
    assert outcome.why == "no whole answer within 0.4 s"
    assert 1 <= len(server.log) <= 3


def test_a_resolver_that_hangs_is_left_behind(server, internet):
    """It cannot be interrupted: its feed fails a second late, and the next feed is asked."""
    names, _ = internet
    answered = threading.Event()
    names["slow.example"] = lambda: [PUBLIC] if answered.wait(2 * HELD_UP) else []
    feeds = [server.feed(policy=SHORT, host="slow.example"), server.feed()]
    start = time.monotonic()
    slow, well = ask(*feeds, workers=1)
    assert time.monotonic() - start < HELD_UP
    answered.set()
    assert slow.why == "no whole answer within 0.4 s"
    assert slow.offline  # no host was reached: it may be our own network
    assert isinstance(well, Fetched)


def test_a_run_that_is_closed_ends_at_once(server):
    """A closed generator, as after Ctrl-C: every thread ends, whatever a server does."""
    server.pages |= {f"/{n}": hang for n in range(4)}
    slow = replace(POLICY, timeout=timedelta(seconds=20), per_host=2)
    before = crew()
    run = fetch(
        [server.feed(policy=slow), *(server.feed(f"/{n}", slow) for n in range(4))],
        {},
        {},
        now=NOW,
    )
    assert isinstance(next(run), Fetched)
    time.sleep(0.1)
    start = time.monotonic()
    run.close()
    assert time.monotonic() - start < HELD_UP
    assert crew() <= before


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_ctrl_c_ends_a_run_that_waits_for_a_server(server):
    """The main thread waits for outcomes and is interrupted there, not when a server answers."""
    server.pages["/hang"] = hang
    code = (
        "import datetime as d, os, signal, threading, time\n"
        "from contextlib import closing\n"
        "from scanner.fetch import fetch\n"
        "from scanner.records import Feed, FetchPolicy\n"
        "p = FetchPolicy(allow_private=True, timeout=d.timedelta(seconds=60))\n"
        f"feed = Feed('http://127.0.0.1:{server.port}/hang', 'x', policy=p)\n"
        "with closing(fetch([feed], {}, {}, now=d.datetime.now(d.UTC))) as run:\n"
        "    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    try:\n"
        "        next(run)\n"
        "    except KeyboardInterrupt:\n"
        "        print('ended')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert (done.stdout, done.stderr) == ("ended\n", "")


def test_an_abandoned_run_does_not_keep_the_program(server):
    """The interpreter ends though a server hangs and nobody closed the generator."""
    server.pages["/hang"] = hang
    code = (
        "import datetime as d\n"
        "from scanner.fetch import fetch\n"
        "from scanner.records import Feed, FetchPolicy\n"
        "p = FetchPolicy(allow_private=True, host_delay=d.timedelta(0))\n"
        f"feeds = [Feed('http://127.0.0.1:{server.port}' + x, x, policy=p)"
        " for x in ('/feed', '/hang')]\n"
        "run = fetch(feeds, {}, {}, now=d.datetime.now(d.UTC))\n"
        "print(type(next(run)).__name__)\n"
    )
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=25, check=True
    )
    assert (done.stdout, done.stderr) == ("Fetched\n", "")
    assert time.monotonic() - start < 3 * HELD_UP


def test_a_kept_connection_that_was_closed_is_replaced_once(server):
    """A request lost with an old connection is asked once more; on a new one, never."""

    def once(connection, request):
        return reply(200, [], BODY) if request.number == 2 else None

    server.pages |= {"/b": once, "/c": lambda *_: None}
    _, second = ask(server.feed(), server.feed("/b"))
    assert isinstance(second, Fetched)
    outcome = one(server.feed("/c"))
    assert outcome.why == "127.0.0.1 broke off or sent no valid answer"
    assert [each.path for each in server.log] == ["/feed", "/b", "/b", "/c"]


def test_a_bug_in_a_thread_is_not_lost(server, monkeypatch):
    """What nobody foresaw comes up in the caller, and the threads end."""

    def broken(*args, **kwargs):
        raise KeyError("a bug")

    before = crew()
    monkeypatch.setattr("requests.PreparedRequest", broken)
    with pytest.raises(KeyError, match="a bug"):
        ask(server.feed())
    assert crew() <= before


# --- bodies -------------------------------------------------------------------------------------


def packed(name, body):
    return reply(200, [("Content-Encoding", name)], body)


RAW = zlib.compressobj(9, zlib.DEFLATED, -15)
DEFLATED = RAW.compress(BODY) + RAW.flush()


@pytest.mark.parametrize(
    "page",
    [
        packed("gzip", gzip.compress(BODY)),
        packed("X-GZIP", gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])),
        packed("gzip", gzip.compress(BODY) + b"\0\0\0"),
        packed("gzip", gzip.compress(BODY) + b"trailing"),
        packed("deflate", zlib.compress(BODY)),
        packed("deflate", DEFLATED),
        packed("deflate", DEFLATED + b"trailing"),
        packed("identity", BODY),
        reply(203, [], BODY),
        reply(200, [("Transfer-Encoding", "chunked")], length=False)
        + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    ],
)
def test_bodies_are_unpacked(server, page):
    """gzip in one or more members, both kinds of deflate, chunks."""
    server.pages["/feed"] = page
    outcome = one(server.feed())
    assert isinstance(outcome, Fetched)
    assert outcome.body == BODY


@pytest.mark.case("N03", "N06", "N07", "N10", "N11")
@pytest.mark.parametrize(
    ("page", "why"),
    [
        (packed("gzip", gzip.compress(BODY)[:-4]), "the gzip stream ends early"),
        (packed("gzip", gzip.compress(BODY) + b"\x1f"), "the gzip stream ends early"),
        (packed("gzip", BODY), "the gzip stream is broken"),
        (packed("deflate", DEFLATED[:-4]), "the deflate stream ends early"),
        (packed("br", BODY), "the body is packed in a way we did not ask for (br)"),
        (packed("zstd", BODY), "the body is packed in a way we did not ask for (zstd)"),
        (
            packed("gzip, gzip", gzip.compress(gzip.compress(BODY))),
            "the body is packed in a way we did not ask for (gzip, gzip)",
        ),
        (
            reply(200, [("Content-Length", "999"), ("ETag", '"t"')], length=False) + BODY,
            "the body ends early",
        ),
        (
            reply(200, [("Transfer-Encoding", "chunked")], length=False) + b"ff\r\nabc",
            "the body ends early",
        ),
        (
            reply(200, [("Content-Length", "5, 6")], length=False) + BODY,
            "127.0.0.1 broke off or sent no valid answer",
        ),
        (b"\x16\x03\x01 no HTTP\r\n\r\n", "127.0.0.1 broke off or sent no valid answer"),
        (reply(200, [("X", "x" * 70_000)], BODY), "the answer's headers are larger than 64 KiB"),
        (
            reply(200, [(f"X-{n}", "a") for n in range(200)], BODY),
            "127.0.0.1 broke off or sent no valid answer",
        ),
        (
            reply(200, [(f"X-{n}", "a" * 9000) for n in range(9)], BODY),
            "the answer's headers are larger than 64 KiB",
        ),
    ],
)
def test_a_broken_answer_stores_nothing(server, page, why):
    """Cut, mispacked or ill-formed: a failure in plain words, and the next request is plain."""
    server.pages["/feed"] = lambda connection, _: connection.sendall(page)
    first, second = again(server.feed(), 2)
    assert (type(first), type(second)) == (Failed, Failed)
    assert first.why == why
    assert (first.state.etag, first.state.body_hash) == (None, None)
    assert sent(server, "if-none-match") == [None, None]


@pytest.mark.case("N03")
@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["plain", "after 100"]
)
def test_headers_have_an_end(server, start):
    """Of endless headers 64 KiB are read, and not one line more."""

    def endless(connection, request):
        connection.sendall(start + b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-Filler: " + b"a" * 30_000 + b"\r\n")

    server.pages["/feed"] = endless
    assert one(server.feed()).why == "the answer's headers are larger than 64 KiB"
    assert sent(server, "host") == [f"127.0.0.1:{server.port}"]


@pytest.mark.case("N09")
def test_a_reset_in_the_body_is_one_feeds_failure(server):
    """The other feed of the run is not touched."""

    def reset(connection, request):
        connection.sendall(reply(200, [("Content-Length", "500")], length=False) + b"abc")
        linger = b"\1\0\0\0\0\0\0\0"
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    server.pages["/reset"] = reset
    broken, well = ask(server.feed("/reset"), server.feed())
    assert isinstance(broken, Failed)
    assert isinstance(well, Fetched)


@pytest.mark.case("N04", "N17")
def test_a_body_above_the_cap_is_refused_at_once(server):
    """By its Content-Length before a byte is read; without one, when the cap is passed."""
    small = replace(POLICY, max_bytes=1000)

    def endless(connection, request):
        connection.sendall(reply(200, length=False))
        while True:
            connection.sendall(b" " * 10_000)

    server.pages |= {
        "/told": reply(200, [("Content-Length", "1001")], length=False),
        "/endless": endless,
        "/fits": reply(200, [], b"x" * 1000),
    }
    for path in ("/told", "/endless"):
        outcome = one(server.feed(path, small))
        assert outcome.why == "the body is larger than 0.000954 MiB"
        assert "max_bytes" in outcome.hint
    assert isinstance(one(server.feed("/fits", small)), Fetched)


@pytest.mark.case("N05")
def test_a_gzip_bomb_is_left_at_the_cap():
    """Of 50 MB in 50 kB not more than the cap and a step is ever unpacked."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"A" * 10**6) for _ in range(50)) + packer.flush()
    read = []

    def pieces():
        for start in range(0, len(bomb), 1024):
            read.append(start)
            yield bomb[start : start + 1024]

    with pytest.raises(Trouble, match="larger than 1 MiB"):
        decode(pieces(), "gzip", 2**20)
    assert len(read) < 4


def test_many_empty_members_are_an_attack():
    """A megabyte of empty gzip members is refused, not chewed."""
    empty = gzip.compress(b"")
    with pytest.raises(Trouble, match="gzip members"):
        decode([empty * 50_000], "gzip", 2**21)


def test_small_pieces_unpack_like_large_ones():
    """Where the network cuts does not matter, also between two members."""
    body = os.urandom(3000) * 3
    wire = gzip.compress(body) + gzip.compress(BODY)
    cut = [wire[n : n + 1] for n in range(len(wire))]
    assert decode(cut, "gzip", 10**6) == body + BODY
    assert decode([], "gzip", 10**6) == b""


# --- redirects ----------------------------------------------------------------------------------


@pytest.mark.case("P14", "P16")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_the_address_is_kept(server, status):
    """The final address comes along for relative links; the next run asks the first again."""
    server.pages["/old"] = reply(status, [("Location", "/feed#part")], b"<html>moved</html>")
    outcome = again(server.feed("/old"), 2)[0]
    assert isinstance(outcome, Fetched)
    assert outcome.url == server.feed("/feed").url
    assert outcome.state.url == server.feed("/old").url
    assert [each.path for each in server.log] == ["/old", "/feed"] * 2


@pytest.mark.case("N06")
def test_a_redirects_body_is_not_read(server):
    """An endless body behind a 302 costs nothing."""

    def endless(connection, request):
        connection.sendall(reply(302, [("Location", "/feed")], length=False))
        while True:
            connection.sendall(b"A" * 10_000)

    server.pages["/old"] = endless
    assert isinstance(one(server.feed("/old")), Fetched)


@pytest.mark.case("N12")
def test_five_redirects_are_the_end(server):
    """A loop or a chain of twenty costs six requests, then fails."""
    server.pages |= {f"/{n}": reply(301, [("Location", f"/{n + 1}")]) for n in range(20)}
    server.pages |= {"/20": reply(200, [], BODY), "/loop": reply(302, [("Location", "/loop")])}
    for path in ("/loop", "/0"):
        server.log.clear()
        assert one(server.feed(path)).why == "more than 5 redirects"
        assert len(server.log) == 6


@pytest.mark.case("S08")
@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("file:///etc/passwd", "a redirect to file: only http and https are followed"),
        ("ftp://127.0.0.1/x", "a redirect to ftp: only http and https are followed"),
        ("data:text/xml,<rss/>", "a redirect to data: only http and https are followed"),
        ("https:///nohost", "a redirect to no valid address"),
        ("http://127.0.0.1:80\\@example.com/", "a redirect to no valid address"),
        ("http://a\x01b/", "a redirect to no valid address"),
        ("http://127.0.0.1:99999/", "a redirect to no valid address"),
        ("http://[::1/", "a redirect to no valid address"),
        ("", "a redirect to no valid address"),
    ],
)
def test_redirects_lead_to_http_only(server, location, why):
    """Other schemes and ill-formed addresses end it."""
    server.pages["/old"] = reply(302, [("Location", location)])
    assert one(server.feed("/old")).why == why
    assert len(server.log) == 1


def test_addresses_in_redirects_are_repaired(server):
    """Spaces and raw UTF-8 are quoted, as browsers do."""
    server.pages["/old"] = reply(302, [("Location", "/caf\xc3\xa9 1?q=\xc3\xa9")])
    server.pages["/caf%C3%A9%201?q=%C3%A9"] = reply(200, [], BODY)
    assert isinstance(one(server.feed("/old")), Fetched)


def test_a_redirect_to_a_resting_host_waits_for_it(server):
    """A host that asked to be left alone is not reached through another one either."""
    other = Server()
    try:
        server.pages["/old"] = reply(302, [("Location", other.feed().url)])
        rests = HostState(f"127.0.0.1:{other.port}", NOW + 2 * HOUR, "HTTP 429")
        outcome = one(server.feed("/old"), hosts={rests.host: rests})
        assert isinstance(outcome, Deferred)
        assert outcome.until == NOW + 2 * HOUR
        assert outcome.why.endswith("next at 14:00 UTC")
        assert other.log == []
        asked = FeedState(server.feed("/old").url, checked_at=NOW, next_check=outcome.until)
        assert outcome.state == asked
        soon = replace(rests, not_before=NOW + HOUR / 4)
        outcome = one(server.feed("/old"), hosts={rests.host: soon})
        assert isinstance(outcome, Deferred)
        assert outcome.state == replace(asked, next_check=NOW + HOUR)
        assert outcome.until == NOW + HOUR
        assert outcome.why.endswith("next at 13:00 UTC")
    finally:
        other.close()


# --- moved for good -----------------------------------------------------------------------------


def daily(feed, days, state=None, start=0):
    """Ask once a day; give the last outcome and the notices that a person got to see."""
    outcome, notices = None, []
    for day in range(start, start + days):
        outcome = one(feed, state, now=NOW + day * 24 * HOUR, refetch=True)
        notices.append(moves.notice(state, outcome.state))
        state = outcome.state
    return outcome, [each for each in notices if each]


@pytest.fixture
def moved(server):
    """A feed at /old that has moved to /feed, and answers 304 there."""
    server.pages |= {
        "/old": reply(301, [("Location", "/hop")]),
        "/hop": reply(308, [("Location", "/feed")]),
        "/feed": lambda _, request: (
            reply(304, length=False)
            if request.headers.get("if-none-match") == '"a"'
            else reply(200, [("ETag", '"a"')], BODY)
        ),
    }
    return server


@pytest.mark.case("P15")
def test_a_move_is_believed_after_ten_answers_over_a_week(moved):
    """Ten answers by permanent redirects alone: the eleventh is asked there, with one notice."""
    outcome, notices = daily(moved.feed("/old"), 12)
    assert [each.path for each in moved.log] == ["/old", "/hop", "/feed"] * 10 + ["/feed"] * 2
    assert notices == [
        f"has moved to {moved.feed().url} and is asked there now; put that into the config"
    ]
    assert isinstance(outcome, NotModified)
    assert outcome.state.url == moved.feed("/old").url
    assert outcome.state.moved_to == moved.feed().url
    assert moved.log[-1].headers["if-none-match"] == '"a"'


@pytest.mark.case("P15")
def test_ten_answers_in_a_day_are_no_week(moved):
    """However often it is asked: the week must pass as well."""
    state = None
    for hour in range(24 * 7):
        if hour % 12 == 0:
            state = one(moved.feed("/old"), state, now=NOW + hour * HOUR, refetch=True).state
            assert moves.address(state) == moved.feed("/old").url
    assert state is not None
    assert state.moves == 14
    later = one(moved.feed("/old"), state, now=NOW + 7 * 24 * HOUR)
    assert moves.address(later.state) == moved.feed("/feed").url


@pytest.mark.case("P15")
@pytest.mark.parametrize(
    "instead",
    [
        reply(302, [("Location", "/feed")]),
        reply(301, [("Location", "/feed?x=1")]),
        reply(301, [("Location", "/new")]),
        reply(200, [], BODY),
    ],
    ids=["temporary", "query", "elsewhere", "no redirect"],
)
def test_another_way_starts_the_count_again(moved, instead):
    """One temporary hop, another target or an answer by itself: ten more are needed."""
    moved.pages |= {path: reply(200, [], BODY + b"  ") for path in ("/new", "/feed?x=1")}
    outcome, _ = daily(moved.feed("/old"), 9)
    usual, moved.pages["/old"] = moved.pages["/old"], instead
    outcome, _ = daily(moved.feed("/old"), 1, outcome.state, 9)
    moved.pages["/old"] = usual
    outcome, notices = daily(moved.feed("/old"), 9, outcome.state, 10)
    assert notices == []
    assert outcome.state.moves == 9
    outcome, notices = daily(moved.feed("/old"), 1, outcome.state, 19)
    assert len(notices) == 1


@pytest.mark.case("P15")
@pytest.mark.parametrize(
    "location", ["/feed?token=once", "http://plain.example/feed"], ids=["query", "no TLS"]
)
def test_some_moves_are_never_believed(location):
    """A query may be a secret or last for one request; a move away from TLS is no move."""
    feed = Feed("https://safe.example/old", "x")
    where = location if location.startswith("http") else f"https://safe.example{location}"
    state = FeedState(feed.url)
    for day in range(30):
        answer = Answer(200, {}, BODY, where, moved=True)
        state = judge(feed, state, answer, NOW + day * 24 * HOUR).state or state
    assert state.moves == 0
    assert "token" not in (state.moved_to or "")
    assert moves.address(state) == feed.url


@pytest.mark.case("P15")
@pytest.mark.parametrize(
    "page",
    [
        reply(404),
        reply(410),
        reply(503, [("Retry-After", "60")]),
        reply(200, [], b""),
        lambda *_: None,
        reply(302, [("Location", "/loop")]),
    ],
    ids=["404", "410", "503", "empty", "broken", "loop"],
)
def test_a_new_address_that_fails_is_left(moved, page):
    """The configured address is asked again, without conditions, and has the last word."""
    moved.pages["/loop"] = reply(302, [("Location", "/loop")])
    outcome, _ = daily(moved.feed("/old"), 11)
    moved.pages["/feed"] = page
    outcome, _ = daily(moved.feed("/old"), 1, outcome.state, 11)
    assert isinstance(outcome, Failed | Deferred)
    left: Any = outcome.state
    assert (left.gone, left.moved_to, left.etag) == (False, None, None)
    moved.pages["/old"] = reply(200, [], BODY)
    moved.log.clear()
    outcome, _ = daily(moved.feed("/old"), 1, outcome.state, 12)
    assert isinstance(outcome, NotModified)
    assert [(each.path, "if-none-match" in each.headers) for each in moved.log] == [("/old", False)]


def test_what_a_new_address_says_is_told_apart(moved):
    """The message names the place that failed; a person sees only the one in the config."""
    outcome, _ = daily(moved.feed("/old"), 11)
    moved.pages["/feed"] = reply(404)
    outcome, _ = daily(moved.feed("/old"), 1, outcome.state, 11)
    assert outcome.why == "HTTP 404 (where it has moved to)"


def test_a_host_that_rests_does_not_undo_a_move(moved):
    """429 is about the host: the feed still lives where it has moved to."""
    outcome, _ = daily(moved.feed("/old"), 11)
    moved.pages["/feed"] = reply(429)
    outcome, _ = daily(moved.feed("/old"), 1, outcome.state, 11)
    assert isinstance(outcome, Deferred)
    assert outcome.state is not None
    assert moves.address(outcome.state) == moved.feed().url


def test_a_move_that_moves_on_is_followed_from_the_start(moved):
    """A believed address that redirects: the answer counts, and the count begins anew."""
    outcome, _ = daily(moved.feed("/old"), 11)
    moved.pages |= {
        "/feed": reply(301, [("Location", "/third")]),
        "/third": reply(200, [("ETag", '"3"')], BODY),
    }
    outcome, _ = daily(moved.feed("/old"), 1, outcome.state, 11)
    assert moves.address(outcome.state) == moved.feed("/old").url
    outcome, _ = daily(moved.feed("/old"), 1, outcome.state, 12)
    assert (outcome.state.moved_to, outcome.state.moves) == (moved.feed("/third").url, 1)


def test_a_304_from_another_address_is_believed_once(server):
    """Validators belong to the address that gave them: the next request has none."""
    new = reply(304, [("ETag", '"b"')], length=False)
    server.pages |= {"/feed": reply(200, [("ETag", '"a"')], BODY), "/new": new}
    first = one(server.feed()).state
    server.pages["/feed"] = reply(301, [("Location", "/new")])
    second = one(server.feed(), first, refetch=True)
    assert isinstance(second, NotModified)
    assert (second.state.etag, second.state.body_hash) == (None, first.body_hash)
    server.pages["/new"] = reply(200, [("ETag", '"b"')], BODY)
    third = one(server.feed(), second.state, refetch=True)
    assert sent(server, "if-none-match") == [None, '"a"', '"a"', None, None]
    assert third.state.etag == '"b"'


def test_a_clock_that_was_ahead_holds_no_move_up():
    """A first redirect noted in the future counts from now."""
    feed = Feed("http://a.example/", "x")
    known = FeedState(feed.url, moved_to="http://b.example/", moved_since=NOW + 999 * HOUR, moves=5)
    answer = Answer(200, {}, BODY, "http://b.example/", moved=True)
    told: Any = judge(feed, known, answer, NOW).state
    assert (told.moved_since, told.moves) == (NOW, 1)


@pytest.mark.case("P15", "S11")
def test_a_login_does_not_move_to_another_host(server, internet):
    """A move to another host is asked there without the login; on the same host it goes along."""
    names, _ = internet
    names["a.example"] = names["b.example"] = [PUBLIC]
    for host in ("a.example", "b.example"):
        there = f"http://{host}:{server.port}/feed"
        feed = server.feed("/old", host="a.example", login="us:canary@")
        since = NOW - 9 * 24 * HOUR
        known = FeedState(feed.url, moved_to=there, moved_since=since, moves=10, ok_at=NOW - HOUR)
        assert isinstance(one(feed, known), Fetched)
    assert sent(server, "host") == [f"{host}:{server.port}" for host in ("a.example", "b.example")]
    assert sent(server, "authorization") == ["Basic dXM6Y2FuYXJ5", None]


# --- logins -------------------------------------------------------------------------------------


@pytest.mark.case("S11")
def test_a_login_stays_with_its_host(server, internet):
    """User and password go as Basic to their own host and port, and to no other."""
    names, _ = internet
    names["a.example"] = names["b.example"] = [PUBLIC]
    server.pages |= {
        "/same": reply(302, [("Location", "/other")]),
        "/other": reply(302, [("Location", f"http://x:y@b.example:{server.port}/back")]),
        "/back": reply(302, [("Location", f"http://a.example:{server.port}/feed")]),
    }
    outcome = one(server.feed("/same", host="a.example", login="us%40er:pa%3Ass@"))
    assert isinstance(outcome, Fetched)
    assert "pa" not in outcome.url
    basic = "Basic dXNAZXI6cGE6c3M="
    assert sent(server, "authorization") == [basic, basic, None, None]


@pytest.mark.case("S11")
def test_a_login_is_dropped_from_https_to_http_and_kept_the_other_way():
    """Safe to safer is the same place; safe to open is not."""
    from scanner.fetch.transport import _keeps_login

    assert _keeps_login("http://h/a", "https://h/b")
    assert _keeps_login("https://H/a", "https://h:443/b")
    assert not _keeps_login("https://h/a", "http://h/a")
    assert not _keeps_login("http://h:8080/a", "https://h/a")
    assert not _keeps_login("https://h/a", "https://h:444/a")
    assert not _keeps_login("https://h/a", "https://h.example/a")


@pytest.mark.case("S12")
def test_netrc_is_not_read(server, tmp_path, monkeypatch):
    """A ~/.netrc entry for the host adds no login."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    one(server.feed())
    assert sent(server, "authorization") == [None]


@pytest.mark.parametrize(
    "page",
    [
        reply(500),
        reply(429),
        reply(302, [("Location", "ftp://user:canary@h/?token=canary")]),
        reply(302, [("Location", "http://[canary/")]),
        b"canary\x1b[2J\r\n\r\n",
        packed("canary" * 99, BODY)[:0] or reply(200, [("Content-Length", "9")], length=False),
    ],
)
def test_no_secret_of_an_address_is_told(server, page):
    """Messages name the host alone: neither login nor query, ours or in a redirect."""
    server.pages["/feed?token=canary"] = lambda connection, _: connection.sendall(page)
    outcome = one(server.feed("/feed?token=canary", login="user:canary@"))
    told = f"{outcome.why} {getattr(outcome, 'hint', '')} {outcome.state.error}"
    assert len(server.log) == 1
    assert "canary" not in told
    assert "\x1b" not in told


def test_what_a_message_echoes_of_an_address_is_hidden():
    """The feed's own secret is no word of a message, wherever it stands in it."""
    feed = Feed("https://ana:canary1@example.org/?token=canary2", "x")
    told = failed(
        feed, FeedState(feed.url), Trouble("no canary2 at //ana:canary1@x (canary1)"), NOW
    )
    assert told.why == "no *** at //***@x (***)"
    assert told.state is not None
    assert told.state.error == told.why


def test_words_are_made_safe_to_print():
    """Control, direction and zero-width characters go; 200 characters stay."""
    assert plain("a\x1b[2J\x9b\u202eb\u200b\nc") == "a[2Jbc"
    assert len(plain("x" * 5000)) == 200


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.case("S01", "S02")
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "0.0.0.0"]
)
def test_this_machine_is_refused_in_every_spelling(server, host):
    """Without allow_private nothing is dialled; the message says how to allow it."""
    outcome = failure(server.feed(policy=replace(POLICY, allow_private=False), host=host))
    assert outcome.why == f"refused to ask {host}: it is this machine"
    assert "allow_private = true" in outcome.hint
    assert not outcome.offline
    assert len(server.open) == 0


@pytest.mark.case("S02")
def test_this_machine_is_refused_in_circled_digits(server):
    """Digits that become a number only on their way to the wire make no host name."""
    outcome = failure(server.feed(policy=GUARDED, host="①②⑦.⓪.⓪.①"))
    assert outcome.why == "not an address that can be asked (①②⑦.⓪.⓪.①)"
    assert len(server.open) == 0


GUARDED = replace(POLICY, allow_private=False)


@pytest.mark.case("S04")
def test_a_redirect_to_a_private_address_is_refused(server, internet):
    """Each hop's address is checked."""
    names, dialled = internet
    names |= {"a.example": [PUBLIC], "inside.example": ["192.168.0.9"]}
    server.pages["/old"] = reply(302, [("Location", f"http://inside.example:{server.port}/feed")])
    outcome = one(server.feed("/old", GUARDED, "a.example"))
    assert outcome.why == "refused to ask inside.example: it is a private network"
    assert dialled == [PUBLIC]
    assert outcome.state.failures == 1
    assert outcome.state.next_check > NOW


def test_what_we_would_not_ask_is_no_attempt(server):
    """Refused before anything was asked: no failure counted, and due again at once."""
    before = FeedState(server.feed().url, failures=2, next_check=NOW - HOUR, etag='"a"')
    refused = failure(server.feed(policy=GUARDED), before)
    assert refused.state == replace(before, next_check=None, error=refused.why)
    assert isinstance(one(server.feed(), refused.state), Fetched)
    wrong = failure(Feed("ftp://example.org/feed", "x"))
    assert wrong.why == "not an address that can be asked (example.org)"
    assert (wrong.state.failures, wrong.state.checked_at, wrong.state.next_check) == (0, None, None)


@pytest.mark.case("S05")
def test_the_address_that_was_checked_is_dialled(server, internet):
    """A name that changes its mind is resolved once: the second answer is never used."""
    names, dialled = internet
    answers = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    names["rebind.example"] = lambda: answers.pop(0)
    assert isinstance(one(server.feed(policy=GUARDED, host="rebind.example")), Fetched)
    assert dialled == [PUBLIC]
    assert len(answers) == 2
    assert sent(server, "host") == [f"rebind.example:{server.port}"]


@pytest.mark.case("S06")
def test_of_mixed_addresses_only_the_public_is_dialled(server, internet):
    """A private address among public ones is passed over."""
    names, dialled = internet
    names["mixed.example"] = ["10.0.0.1", PUBLIC]
    assert isinstance(one(server.feed(policy=GUARDED, host="mixed.example")), Fetched)
    assert dialled == [PUBLIC]


def test_a_connection_that_was_allowed_serves_no_guarded_feed(server):
    """allow_private on one feed opens nothing for another on the same host."""
    allowed, guarded = ask(server.feed(), server.feed("/feed?2", GUARDED))
    assert isinstance(allowed, Fetched)
    assert guarded.why == "refused to ask 127.0.0.1: it is this machine"


@pytest.mark.case("S10")
def test_a_proxy_is_trusted_and_asked_for_everything(server, monkeypatch):
    """HTTP_PROXY may be on this machine; which targets are reached is for it to decide."""
    monkeypatch.setenv("HTTP_PROXY", f"http://u:p@127.0.0.1:{server.port}")
    server.pages["http://feeds.example/x"] = reply(200, [], BODY)
    outcome = one(Feed("http://feeds.example/x", "x", policy=GUARDED))
    assert isinstance(outcome, Fetched)
    assert [each.line for each in server.log] == ["GET http://feeds.example/x HTTP/1.1"]
    assert sent(server, "proxy-authorization") == ["Basic dTpw"]


def test_a_proxy_that_refuses_is_named(monkeypatch):
    """A tunnel that fails is told apart from the site."""
    proxy = Server({"feeds.example:443": reply(407)})
    try:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        outcome = one(Feed("https://feeds.example/x", "x", policy=GUARDED))
        assert outcome.why == "the proxy did not let us through to feeds.example"
        assert outcome.offline
    finally:
        proxy.close()


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:9", "u:pass@host:9", "http://host:x", "http://host:99999"]
)
def test_a_proxy_that_cannot_be_asked_is_named(proxy, monkeypatch):
    """What is wrong in HTTPS_PROXY is no fault of the feed's address, nor is its login shown."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    outcome = one(Feed("https://feeds.example/x", "x", policy=GUARDED))
    assert outcome.why == "the proxy did not let us through to feeds.example"
    assert outcome.hint == "check HTTP_PROXY and HTTPS_PROXY"
    assert outcome.offline


def test_no_proxy_goes_straight(server, monkeypatch):
    """NO_PROXY is obeyed."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert isinstance(one(server.feed()), Fetched)


# --- no network ---------------------------------------------------------------------------------


@pytest.mark.case("N16")
def test_unreached_hosts_may_be_our_own_network(monkeypatch):
    """A name unknown, a port closed: plain words, and a sign that we may be offline."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    refused = one(Feed(f"http://127.0.0.1:{port}/", "x", policy=POLICY))
    assert (refused.why, refused.offline) == ("127.0.0.1 refused the connection", True)
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    nowhere = one(Feed("http://nowhere.example/", "x"))
    assert (nowhere.why, nowhere.offline) == (
        "the name nowhere.example could not be resolved",
        True,
    )
    assert nowhere.hint == "check the address and your network"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (TimeoutError(), "far.example does not take the connection"),
        (OSError(113, "No route to host"), "far.example cannot be reached (No route to host)"),
    ],
)
def test_each_address_is_tried(server, internet, monkeypatch, error, why):
    """The next address is dialled where one is dead; when all are, the last one's fate is told."""
    names, _ = internet
    names |= {"far.example": ["8.8.8.1"], "half.example": ["8.8.8.1", PUBLIC]}
    connect = socket.socket.connect

    def dead(self, address):
        if address[0] == "8.8.8.1":
            raise error
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", dead)
    assert isinstance(one(server.feed(host="half.example")), Fetched)
    outcome = one(server.feed(host="far.example"))
    assert (outcome.why, outcome.offline) == (why, True)


@pytest.mark.parametrize(
    "url", ["http://①②⑦.⓪.⓪.①/", "http://.example.org/", "http://a..b/", "http://*/", "gopher://h/"]
)
def test_an_address_that_makes_no_sense_is_one_feeds_failure(server, url):
    """What the libraries cannot read fails in words, and the run goes on."""
    broken, well = ask(Feed(url, "x"), server.feed())
    assert isinstance(broken, Failed)
    assert isinstance(well, Fetched)


# --- TLS ----------------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path):
    file = tmp_path / "both.pem"
    file.write_text(PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    made = Server({"/feed": reply(200, [], BODY)}, tls=context, certificate=file)
    yield made
    made.close()


@pytest.mark.case("S13", "N16")
def test_a_certificate_nobody_vouches_for_is_refused(secure):
    """TLS fails closed, in plain words; nothing was asked."""
    outcome = one(secure.feed(scheme="https"))
    assert isinstance(outcome, Failed)
    assert outcome.why == "no safe connection to 127.0.0.1: self-signed certificate"
    assert outcome.offline  # where no certificate is good, our clock or network is wrong
    assert secure.log == []
    assert len(secure.open) == 1


@pytest.mark.case("S13")
def test_a_private_authority_can_be_trusted(secure, monkeypatch, internet):
    """REQUESTS_CA_BUNDLE names one; the host name is checked, the checked address dialled."""
    names, dialled = internet
    names |= {"feeds.example": [PUBLIC], "wrong.example": [PUBLIC]}
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.certificate))
    good = secure.feed(policy=GUARDED, host="feeds.example", scheme="https")
    wrong = secure.feed(policy=GUARDED, host="wrong.example", scheme="https")
    assert isinstance(one(good), Fetched)
    assert dialled == [PUBLIC]
    assert "Hostname mismatch" in one(wrong).why
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.certificate.parent))
    assert "certificate" in one(good).why


@pytest.mark.parametrize("page", [hang, drip(reply(200, length=False), b" ")])
def test_the_timeout_holds_over_tls(secure, monkeypatch, page):
    """The socket is cut under TLS too."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.certificate))
    secure.pages["/feed"] = page
    start = time.monotonic()
    assert one(secure.feed(policy=SHORT, scheme="https")).why == "no whole answer within 0.4 s"
    assert time.monotonic() - start < HELD_UP


def test_the_timeout_holds_in_the_handshake():
    """A server that takes the connection and never says hello."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        feed = Feed(f"https://127.0.0.1:{silent.getsockname()[1]}/", "x", policy=SHORT)
        start = time.monotonic()
        assert one(feed).why == "no whole answer within 0.4 s"
        assert time.monotonic() - start < HELD_UP


# --- files --------------------------------------------------------------------------------------


def test_a_file_is_read_when_it_changed(tmp_path):
    """Each run looks; the same file is NotModified, and so are the same bytes written anew."""
    path = tmp_path / "a feed.xml"
    path.write_bytes(BODY)
    feed = Feed(path.as_uri(), "file")
    first = one(feed)
    assert isinstance(first, Fetched)
    assert (first.body, first.url, first.state.next_check) == (BODY, feed.url, None)
    second = one(feed, first.state)
    assert isinstance(second, NotModified)
    os.utime(path, (1, 1))
    third = one(feed, second.state)
    assert isinstance(third, NotModified)
    assert third.state.etag != second.state.etag
    path.write_bytes(BODY + b" ")
    assert isinstance(one(feed, third.state), Fetched)


def test_files_that_cannot_be_read_say_why(tmp_path):
    """Missing, folder, FIFO, too large, empty, far away: path and hint, never a wait."""
    large = tmp_path / "large.xml"
    large.write_bytes(b"x" * 101)
    empty = tmp_path / "empty.xml"
    empty.touch()
    os.mkfifo(tmp_path / "fifo")
    os.symlink("loop", tmp_path / "loop")
    small = replace(POLICY, max_bytes=100)
    expected = {
        (tmp_path / "none.xml").as_uri(): f"no such file: {tmp_path / 'none.xml'}",
        tmp_path.as_uri(): f"{tmp_path} is a folder",
        (tmp_path / "fifo").as_uri(): f"{tmp_path / 'fifo'} is no regular file",
        large.as_uri(): "the body is larger than 9.54e-05 MiB",
        empty.as_uri(): "empty answer",
        "file://example.org/x": "a file:// address with a host name",
        "file:///a%00b": "cannot read /ab: no file name",
        (tmp_path / "loop").as_uri(): f"cannot read {tmp_path / 'loop'}: " + os.strerror(40),
    }
    for url, why in expected.items():
        outcome = failure(Feed(url, "x", policy=small))
        assert outcome.why == plain(why)
        assert outcome.hint
        assert (outcome.state.failures, outcome.state.next_check) == (1, None)


@where_modes_bind
def test_a_file_that_may_not_be_read_says_so(tmp_path):
    """Permission is another trouble than absence."""
    path = tmp_path / "secret.xml"
    path.write_bytes(BODY)
    path.chmod(0)
    assert one(Feed(path.as_uri(), "x")).why == f"not allowed to read {path}"
