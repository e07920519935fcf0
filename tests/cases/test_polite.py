"""P01 to P27: polite fetching, told by the server's log alone."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

import scanner
from tests.cases.conftest import PUBLIC, Internet, World
from tests.cases.pages import (
    MODIFIED,
    NOW,
    ODD_DATE,
    document,
    fine,
    in_turn,
    late,
)
from tests.cases.server import reply

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
NEVER = (None, None)


def lines(text: str, word: str) -> list[str]:
    """The lines that hold a word."""
    return [line for line in text.splitlines() if word in line]


# --- one request, and what it says ----------------------------------------------------------------


@pytest.mark.case("P01")
def test_a_new_feed_costs_one_get(world):
    """The first scan of a feed sends one GET and nothing else."""
    world.watch("/ok")

    ran = world.scan()

    assert (ran.code, len(ran.rows)) == (0, 5)
    assert [request.line for request in world.server.log] == ["GET /ok HTTP/1.1"]
    assert world.server.dialled == 1


@pytest.mark.case("P23")
def test_what_a_request_says(world):
    """It names us and gzip; no cookie that was set, no referer, not a word more in the query."""
    world.server.pages["/old?a=1&b=%20"] = reply(302, {"Location": "/cookie"})
    world.watch("/old?a=1&b=%20", "/cookie")

    world.scans(2)

    assert world.server.paths == ["/old?a=1&b=%20", "/cookie", "/cookie"] * 2
    named = rf"scanner/{re.escape(scanner.__version__)} \(\+https?://\S+\)"
    for request in world.server.log:
        assert re.fullmatch(named, request.headers["user-agent"])
        assert "gzip" in request.headers["accept-encoding"]
        assert "br" not in request.headers["accept-encoding"]
        assert not {"cookie", "referer", "authorization", "from"} & request.headers.keys()


@pytest.mark.case("P24")
@pytest.mark.parametrize("twin", ["/ok", "/ok#part", "/ok#"])
def test_one_address_is_one_feed(world, twin):
    """The same address twice, or with a fragment, is a mistake with its line: nothing is asked."""
    world.watch("/ok", twin)

    ran = world.scan()

    assert ran.code == 2
    assert "has this address already" in ran.err
    assert world.server.dialled == 0


@pytest.mark.case("P24")
def test_a_fragment_is_not_sent(world):
    """A fragment is cut off before the one request that is sent."""
    world.watch("/ok#part")

    assert world.scan().code == 0
    assert world.server.paths == ["/ok"]


@pytest.mark.case("P25")
def test_adding_a_feed_asks_nothing(world):
    """`feeds add` and the first scan are one unconditional GET in all."""
    world.cli.write("scanner.toml", "[fetch]\nallow_private = true\n[[brands]]\nname = 'Acme'\n")

    assert world.cli("feeds", "add", world.server.url("/cond")).code == 0
    assert world.server.dialled == 0
    assert world.scan().code == 0

    assert world.conditions("/cond") == [NEVER]
    assert world.server.dialled == 1


# --- validators -----------------------------------------------------------------------------------


@pytest.mark.case("P02")
def test_a_bare_304_erases_no_validator(world):
    """After a 304 without validators both are still sent back, byte for byte."""
    world.watch("/cond")

    world.scans(4)

    assert world.conditions("/cond") == [NEVER, *[('"abc-1"', MODIFIED)] * 3]
    assert len(world.posts) == 5


@pytest.mark.case("P03")
def test_a_weak_tag_goes_back_as_it_came(world):
    """`W/` and the quotes stay."""
    world.watch("/weak")

    world.scans(3)

    assert world.conditions("/weak") == [NEVER, ('W/"w1"', None), ('W/"w1"', None)]


@pytest.mark.case("P04")
def test_a_date_is_never_written_anew(world):
    """An odd Last-Modified goes back byte for byte."""
    world.watch("/odd-date")

    world.scans(3)

    assert world.conditions("/odd-date") == [NEVER, (None, ODD_DATE), (None, ODD_DATE)]


@pytest.mark.case("P05")
def test_the_newest_validators_win_though_the_body_stays(world):
    """The same bytes with new validators leave the new ones behind."""
    world.watch("/touch")

    world.scans(3)

    date = MODIFIED.replace("10:00:00", "10:00:{:02}")
    expected = [NEVER, ('"t1"', date.format(1)), ('"t2"', date.format(2))]
    assert world.conditions("/touch") == expected


@pytest.mark.case("P06")
def test_a_new_tag_under_an_old_date_is_kept(world):
    """Both validators are replaced together, though only one of them changed."""
    world.watch("/etag-only")

    world.scans(3)

    assert world.conditions("/etag-only") == [NEVER, ('"e1"', MODIFIED), ('"e2"', MODIFIED)]


@pytest.mark.case("P07")
def test_a_304_may_bring_a_new_tag(world):
    """A validator in a 304 replaces the stored one (RFC 9111, 4.3.4)."""
    world.watch("/304-new")

    world.scans(3)

    assert world.conditions("/304-new") == [NEVER, ('"n1"', MODIFIED), ('"n2"', MODIFIED)]


@pytest.mark.case("P08")
def test_a_date_no_longer_sent_is_dropped(world):
    """No old date is sent beside a new tag."""
    world.watch("/date-gone")

    world.scans(3)

    assert world.conditions("/date-gone") == [NEVER, ('"l1"', MODIFIED), ('"l2"', None)]


@pytest.mark.case("P26")
def test_a_server_that_says_304_for_ever_is_asked_for_the_whole(world):
    """After 8 days of nothing but 304 one request carries no conditions; then they do again."""
    world.watch("/cond")

    world.scans(11, DAY)

    plain = [n for n, pair in enumerate(world.conditions("/cond")) if pair == NEVER]
    assert plain == [0, 8]


# --- how often ------------------------------------------------------------------------------------


@pytest.mark.case("P13")
def test_ten_scans_in_a_minute_are_one_request(world):
    """However often it runs, a feed is asked once an hour; then once more."""
    world.watch("/ok")

    world.scans(10, timedelta(seconds=6))
    assert world.server.paths == ["/ok"]
    world.scan(after=58 * MINUTE)
    assert world.server.paths == ["/ok"]
    world.scan(after=2 * MINUTE)
    assert world.server.paths == ["/ok", "/ok"]


@pytest.mark.case("P13")
def test_a_crash_forgets_no_request(world):
    """A scan that was killed while another feed hung has not forgotten whom it asked."""
    world.now = datetime.now(UTC)  # a process of its own has a clock of its own
    world.watch("/ok", world.server.url("/hang", door=world.server.door()))

    with subprocess.Popen(
        [sys.executable, "-m", "scanner", "-v", "scan"],
        env=world.cli.environ,
        cwd=world.cli.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stderr
        assert b"5 new" in run.stderr.readline()
        run.send_signal(signal.SIGKILL)
    world.watch("/ok")

    assert world.scan().code == 0
    assert world.server.asked("/ok")[1:] == []
    assert len(world.posts) == 5


@pytest.mark.case("P11")
def test_a_servers_max_age_is_kept(world):
    """`max-age=86400` is a day without a request."""
    world.watch("/max-age")

    world.scan()
    world.scan(after=MINUTE)
    world.scan(after=23 * HOUR)
    assert len(world.server.log) == 1
    world.scan(after=HOUR)
    assert len(world.server.log) == 2


@pytest.mark.case("P11")
@pytest.mark.parametrize(
    ("told", "hours"),
    [
        ("max-age=604800", 24),
        ("no-cache, max-age=315360000", 1),
        ("max-age=315360000", 1),
        ("no-store", 1),
        ("max-age=60", 1),
    ],
)
def test_what_max_age_cannot_do(world, told, hours):
    """A day is the most; what a cache must not keep, or years, counts as nothing said."""
    world.server.pages["/feed"] = fine(Cache_Control=told)
    world.watch("/feed")

    world.scan()
    world.scan(after=hours * HOUR - MINUTE)
    assert len(world.server.log) == 1
    world.scan(after=MINUTE)
    assert len(world.server.log) == 2


@pytest.mark.case("P27")
def test_a_304_has_hints_too(world):
    """`Cache-Control` on a 304 moves the next request as on a 200."""
    quiet = reply(304, {"Cache-Control": "max-age=21600"}, length=False)
    world.server.pages["/feed"] = in_turn(fine(ETag='"a"'), quiet)
    world.watch("/feed")

    world.scans(2, HOUR)
    assert len(world.server.log) == 2
    world.scan(after=6 * HOUR - MINUTE)
    assert len(world.server.log) == 2
    world.scan(after=MINUTE)
    assert world.conditions("/feed") == [NEVER, ('"a"', None), ('"a"', None)]


def due(world: World, channel: str, headers: dict[str, str] | None = None) -> timedelta:
    """How long after the first request the second is sent, and not a minute sooner."""
    world.server.pages["/feed"] = fine(document(channel=channel), **headers or {})
    world.watch("/feed")
    world.scan()
    until = world.state("/feed").next_check
    assert until is not None
    world.scan(after=until - NOW - MINUTE)
    assert len(world.server.log) == 1
    world.scan(after=MINUTE)
    assert len(world.server.log) == 2
    return until - NOW


@pytest.mark.case("P12")
@pytest.mark.parametrize(
    ("channel", "headers", "wait"),
    [
        ("<ttl>1440</ttl>", {}, DAY),
        ("<ttl>180</ttl>", {}, 3 * HOUR),
        ("<ttl>1</ttl>", {}, HOUR),
        ("<ttl>20160</ttl>", {}, DAY),
        ("<ttl>soon</ttl>", {}, HOUR),
        ("<ttl>180</ttl>", {"Cache_Control": "max-age=7200"}, 3 * HOUR),
        ("<ttl>120</ttl>", {"Cache_Control": "max-age=10800"}, 3 * HOUR),
        ("<ttl>120</ttl>", {"Expires": "Fri, 20 Nov 2026 15:00:00 GMT"}, 3 * HOUR),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", {}, DAY),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            {},
            6 * HOUR,
        ),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", {}, DAY),
    ],
)
def test_the_longest_hint_counts(world, channel, headers, wait):
    """Our hour, `ttl`, the update period, max-age and Expires: the longest wins, up to a day."""
    assert due(world, channel, headers) == wait


def hours(*numbers: int) -> str:
    """A <skipHours> of these."""
    return f"<skipHours>{''.join(f'<hour>{n}</hour>' for n in numbers)}</skipHours>"


@pytest.mark.case("P12")
@pytest.mark.parametrize(
    ("channel", "wait"),
    [
        (hours(13, 14, 15), 4 * HOUR),
        (hours(12, 14), HOUR),
        (hours(*range(13, 24)), 12 * HOUR),
        ("<ttl>1440</ttl>" + hours(12, 13), DAY + 2 * HOUR),
        ("<ttl>780</ttl><skipDays><day>Saturday</day></skipDays>", 36 * HOUR),
        ("<ttl>780</ttl><skipDays><day>Saturday</day></skipDays>" + hours(0), 37 * HOUR),
    ],
)
def test_hours_and_days_to_skip_are_skipped(world, channel, wait):
    """What would fall into an hour or a day to skip (UTC) moves to its end."""
    assert due(world, channel) == wait


@pytest.mark.case("P12")
def test_a_feed_that_skips_every_hour_is_not_starved(world):
    """All 24 hours to skip is a mistake: the feed is asked again within a day and an hour."""
    assert due(world, "<ttl>60</ttl>" + hours(*range(24))) <= DAY + HOUR


# --- when a server says no ------------------------------------------------------------------------


@pytest.mark.case("P09")
def test_429_is_a_rest_for_everybody(world):
    """Until its Retry-After is over nothing is sent, also on --refetch; the first run says when."""
    world.watch("/429")

    first, *again = world.scans(4, 30 * MINUTE, "--refetch")

    assert [request.path for request in world.server.log] == ["/429"]
    assert "next at 14:00 UTC" in first.err
    assert [ran.code for ran in (first, *again)] == [1] * 4
    assert {ran.err for ran in again} == {""}
    assert "not working" in world.scan("-v").err
    world.server.pages["/429"] = fine()
    assert world.scan(after=30 * MINUTE).code == 0
    assert len(world.server.log) == 2


@pytest.mark.case("P10")
def test_503_with_a_time_is_kept_to(world):
    """Seconds and dates in any zone are honoured, the past is not, and a week is the most."""
    said = {
        "/seconds": "7200",
        "/date": "Fri, 20 Nov 2026 14:00:00 GMT",
        "/east": "Fri, 20 Nov 2026 16:00:00 +0200",
        "/west": "Fri, 20 Nov 2026 06:00:00 -0800",
        "/past": "Fri, 20 Nov 2026 11:00:00 GMT",
        "/ages": "1000000000",
        "/nonsense": "soon",
    }
    for path, wait in said.items():
        world.server.pages[path] = reply(503, {"Retry-After": wait})
    world.watch(*said, fetch='allow_private = true\nevery = "5m"')

    def asked(after: timedelta) -> set[str]:
        """Who is asked at that time after the start."""
        before = len(world.server.log)
        world.scan("--refetch", after=NOW + after - world.now)
        return set(world.server.paths[before:])

    assert asked(timedelta(0)) == set(said)
    assert asked(2 * HOUR - MINUTE) == {"/past", "/nonsense"}
    assert asked(2 * HOUR + MINUTE) == {"/seconds", "/date", "/east", "/west", "/past", "/nonsense"}
    assert "/ages" not in asked(7 * DAY - MINUTE)
    assert "/ages" in asked(7 * DAY + MINUTE)


@pytest.mark.case("P17")
def test_gone_is_gone_until_a_person_says_otherwise(world):
    """A 410 is said once and listed; nobody asks again but with --retry-gone."""
    world.watch("/410", "/ok")

    first, *later = world.scans(4, DAY)

    assert [len(lines(ran.err, "410")) for ran in (first, *later)] == [1, 0, 0, 0]
    assert {ran.code for ran in (first, *later)} == {3}
    assert world.feeds[0]["status"] == "gone"
    world.scan("--refetch")
    assert len(world.server.asked("/410")) == 1
    world.server.pages["/410"] = fine(document(word="answer"))
    assert world.scan("--retry-gone", after=DAY).code == 0
    assert len(world.server.asked("/410")) == 2
    assert world.feeds[0]["status"] == "ok"


@pytest.mark.case("P18")
def test_what_fails_is_asked_less_and_less_and_never_given_up(world):
    """Over 48 hourly runs the waits double from an hour to a day; then the feed is asked again."""
    feeds = ["/404", "/403", "/500"]
    world.watch(*feeds)
    asked: dict[str, list[int]] = {path: [] for path in feeds}

    for hour in range(49):
        before = len(world.server.log)
        world.scan(after=HOUR if hour else None)
        for path in world.server.paths[before:]:
            asked[path].append(hour)

    for path in feeds:
        waits = [b - a for a, b in pairwise(asked[path])]
        assert waits == sorted(waits), path
        assert waits[0] in (1, 2)
        assert 16 <= waits[-1] <= 24
        assert 5 <= len(asked[path]) <= 7
    assert len({world.state(path).next_check for path in feeds}) == 3, "jitter tells them apart"
    for path in feeds:
        world.server.pages[path] = fine(document(word=path[1:]))
    assert world.scan(after=DAY).code == 0
    assert len(world.posts) == 15


# --- redirects ------------------------------------------------------------------------------------


@pytest.mark.case("P14")
@pytest.mark.parametrize("status", [301, 308])
def test_a_move_for_good_is_not_believed_at_once(world, status):
    """A permanent redirect is followed, and the next run asks the address in the config."""
    moved = reply(status, {"Location": "/moved"})
    world.server.pages["/feed"] = in_turn(moved, moved, fine())
    world.watch("/feed")

    world.scans(4)

    assert world.server.paths == ["/feed", "/moved", "/feed", "/moved", "/feed", "/feed"]


@pytest.mark.case("P15")
@pytest.mark.parametrize("status", [301, 308])
def test_a_move_that_lasts_is_believed(world, status):
    """After ten in a week the new address is asked; that is said once, and the TOML stays."""
    world.server.pages["/feed"] = reply(status, {"Location": "/moved"})
    path = world.watch("/feed")
    toml = path.read_bytes()

    runs = world.scans(10, 17 * HOUR)
    assert world.server.paths == ["/feed", "/moved"] * 10
    runs += world.scans(3, 17 * HOUR)

    before = len(world.server.log)
    runs.append(world.scan(after=17 * HOUR))
    assert world.server.paths[before:] == ["/moved"]
    told = [line for ran in runs for line in lines(ran.err, "/moved")]
    assert len(told) == 1
    assert path.read_bytes() == toml
    assert len(world.posts) == 5


@pytest.mark.case("P15")
def test_ten_moves_in_a_day_are_not_enough(world):
    """A permanent redirect is believed only after a week of it."""
    world.watch("/301")

    world.scans(12)

    assert world.server.paths == ["/301", "/moved"] * 12


@pytest.mark.case("P16")
@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_detour_is_a_detour_for_ever(world, status):
    """A temporary redirect leaves no trace: the original is asked every time, for two weeks too."""
    world.server.pages["/feed"] = reply(status, {"Location": "/moved"})
    world.watch("/feed")

    world.scans(12, 30 * HOUR)

    assert world.server.paths == ["/feed", "/moved"] * 12


# --- hosts ----------------------------------------------------------------------------------------


@pytest.mark.case("P19")
def test_a_host_is_asked_one_by_one_and_others_meanwhile(world):
    """12 feeds of a host: one in flight, the delay between starts; another host does not wait."""
    other = world.server.door()
    world.server.pages |= {f"/{n}": late(0.02, fine(document(word=f"w{n}"))) for n in range(24)}
    feeds = [world.server.url(f"/{n}", door=other if n % 2 else 0) for n in range(24)]
    world.watch(*feeds, fetch='allow_private = true\nhost_delay = "0.1s"')

    assert world.scan().code == 0

    starts: dict[int, list[float]] = {world.server.port: [], other: []}
    for request in world.server.log:
        starts[request.door].append(request.at)
    for door, times in starts.items():
        assert len(times) == 12
        assert world.server.most[door] == 1
        # eleven times 0.1 s as we start them; on its way a busy machine may hold up the first
        assert times[-1] - times[0] >= 0.8
    assert starts[other][0] < starts[world.server.port][-1]
    assert starts[world.server.port][0] < starts[other][-1]


@pytest.mark.case("P19")
def test_the_delay_is_a_second_if_nobody_says_otherwise(world):
    """Two feeds of a host are asked a second apart."""
    path = world.watch("/ok", "/cond")
    path.write_text(path.read_text("utf-8").replace('host_delay = "0s"', ""), "utf-8")

    world.scan()

    first, second = world.server.log
    assert second.at - first.at >= 0.7  # as they arrive


@pytest.mark.case("P20")
def test_one_429_spares_the_rest_of_its_host(world):
    """Of 20 feeds of a host none is tried after a 429, in this run or until its time is over."""
    for n in range(20):
        world.server.pages[f"/{n}"] = fine(document(word=f"w{n}"))
    world.server.pages["/3"] = reply(429, {"Retry-After": "7200"})
    world.watch(*(f"/{n}" for n in range(20)))

    first = world.scan()

    assert world.server.paths == ["/0", "/1", "/2", "/3"]
    assert (first.code, len(world.posts)) == (3, 15)
    world.scan("--refetch", after=119 * MINUTE)
    assert len(world.server.log) == 4
    world.server.pages["/3"] = fine(document(word="w3"))
    assert world.scan(after=2 * MINUTE).code == 0
    assert len(world.posts) == 100


@pytest.mark.case("P21")
def test_503_of_one_feed_is_that_feeds_alone(world):
    """A host of many tenants may have one that is ill: the others are fetched."""
    world.watch("/503", "/ok", "/cond")

    assert world.scan().code == 3
    assert sorted(world.server.paths) == ["/503", "/cond", "/ok"]
    world.scan("--refetch", after=HOUR)
    assert sorted(world.server.paths[3:]) == ["/cond", "/ok"]


SUBREDDITS = [f"/r/{letter}/.rss" for letter in "abcde"]


@pytest.fixture
def subreddits(world: World, internet: Internet) -> World:
    """Five feeds of Reddit's, under two of its names; it refuses all of them, with no body."""
    names = ("www.reddit.com", "old.reddit.com")
    internet.names |= {name: [PUBLIC] for name in names}
    world.server.pages |= dict.fromkeys(SUBREDDITS, reply(429, {"X-RateLimit-Reset": "90"}))
    hosts = [names[n % 2] for n in range(5)]
    world.watch(*map(lambda path, host: world.server.url(path, host=host), SUBREDDITS, hosts))
    return world


@pytest.mark.case("P22")
def test_reddits_429_is_a_rest_and_no_broken_feed(subreddits):
    """A 429 with an empty body rests all of Reddit until its X-RateLimit-Reset."""
    first = subreddits.scan()

    assert subreddits.server.paths == SUBREDDITS[:1]
    assert first.code != 0
    assert "HTTP 429" in first.err
    assert "not a feed" not in first.err
    assert "empty" not in first.err
    assert not [row for row in subreddits.feeds if row["status"] == "failing"]
    subreddits.scan("--refetch", after=timedelta(seconds=89))
    assert len(subreddits.server.log) == 1
    subreddits.scan("--refetch", after=timedelta(seconds=2))
    assert len(subreddits.server.log) == 2


@pytest.mark.case("P22")
def test_reddit_is_asked_the_longest_waiting_first(subreddits):
    """While it says 429, each run tries one feed: the one that was not asked the longest."""
    subreddits.scans(5, 5 * MINUTE)

    assert subreddits.server.paths == SUBREDDITS


@contextmanager
def interrupted(when: Callable[[], bool]) -> Iterator[None]:
    """Press Ctrl-C once `when` holds."""

    def look(*_: object) -> None:
        if when():
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.case("P22")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a timer stands for Ctrl-C")
def test_reddit_gets_one_request_a_minute_from_the_start(subreddits):
    """Without a token not even the first run asks Reddit twice at once, nor does the next run."""
    server = subreddits.server
    server.pages |= {path: fine(document(word=path[3])) for path in SUBREDDITS}

    with interrupted(lambda: bool(server.log) and time.monotonic() - server.log[0].at > 1.5):
        first = subreddits.scan()
    assert (first.code, server.paths) == (130, SUBREDDITS[:1])

    began = time.monotonic()
    with interrupted(lambda: time.monotonic() - began > 1.5):
        second = subreddits.scan(after=timedelta(seconds=5))
    assert (second.code, server.paths) == (130, SUBREDDITS[:1])
    assert len(subreddits.posts) == 5
