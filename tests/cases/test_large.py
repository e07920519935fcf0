"""A store of years that stays quick (D19), and clocks that jump (D15)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from scanner import judgement, queue
from scanner.config import load
from scanner.records import FeedState, Judged, Matched, Mention, Post, Scored
from scanner.sift import Wanted
from scanner.store import codec, connect
from tests.cases.pages import NOW, fine

YEARS = timedelta(days=3 * 365)
HOUR = timedelta(hours=1)
NEGATIVE_AGE = re.compile(r"(?<![\w-])-\d+ (?:s|min|h|d|mo|y)\b")


# --- D15 ------------------------------------------------------------------------------------------


@pytest.mark.case("D15")
@pytest.mark.parametrize("ahead", [timedelta(days=3652), timedelta(days=20), HOUR], ids=str)
def test_a_clock_that_was_ahead_starves_no_feed(world, ahead):
    """Scanned by a clock that is put back afterwards, each feed is asked again within its hour."""
    world.server.pages["/down"] = lambda exchange: fine(b"no feed at all")
    world.watch("/ok", "/down")
    world.scan()
    world.scan(after=ahead + HOUR)
    known = len(world.server.asked("/ok")), len(world.server.asked("/down"))

    world.now = NOW + 2 * HOUR
    world.scan()
    for feed in ("/ok", "/down"):
        assert world.state(feed).next_check - world.now < timedelta(days=7), feed
    world.scan(after=HOUR + timedelta(minutes=1))
    assert len(world.server.asked("/ok")) == known[0] + 1
    world.scan(after=timedelta(days=1))
    assert len(world.server.asked("/down")) == known[1] + 1


@pytest.mark.case("D15")
def test_a_host_that_asked_for_a_rest_by_a_wrong_clock_rests_as_long_as_it_asked(world):
    """Two hours that were noted while the clock was ten years ahead are two hours from now."""
    world.watch("/429")
    world.now = NOW + timedelta(days=3652)
    world.scan()
    asked = len(world.server.asked("/429"))
    assert asked == 1

    world.now = NOW
    world.scan()
    world.scan(after=timedelta(hours=1, minutes=59))
    assert len(world.server.asked("/429")) == asked, "it still rests"
    world.scan(after=timedelta(minutes=2))

    assert len(world.server.asked("/429")) == asked + 1


@pytest.mark.case("D15")
def test_no_age_is_negative_after_the_clock_was_put_back(world):
    """Posts, feeds and the history of a post are from now at the latest, whatever was noted."""
    world.watch("/ok")
    world.now = NOW + timedelta(days=3652)
    world.scan()
    world.now = NOW
    options = ("--now", NOW.isoformat(), "--status", "all")
    row = world.cli("list", *options, "--format", "jsonl").rows[0]
    seen = [
        world.cli("list", *options).out,
        world.cli("list", *options, "--format", "json").out,
        world.cli("show", row["id"], "--now", NOW.isoformat()).out,
        world.cli("feeds", "list", "--now", NOW.isoformat()).out,
        world.cli("scan", "-v", "--all").err,
    ]

    assert "Acme" in seen[0]
    assert [NEGATIVE_AGE.findall(text) for text in seen] == [[]] * len(seen)
    assert all(0 <= term["points"] <= 100 for term in row["terms"] if term["name"] == "age")


@pytest.mark.case("D15")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be set")
@pytest.mark.parametrize("night", ["2026-10-25T00:30", "2027-03-28T00:30"], ids=["back", "on"])
def test_summer_time_asks_a_feed_neither_twice_nor_late(world, monkeypatch, night):
    """In the nights when local clocks jump, a feed is asked each hour, as on any other."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        world.watch("/ok")
        world.now = datetime.fromisoformat(night).replace(tzinfo=UTC)
        for n in range(4):
            world.scan(after=timedelta(minutes=61) if n else None)
            world.scan(after=timedelta(minutes=10))
    finally:
        monkeypatch.undo()
        time.tzset()

    assert len(world.server.asked("/ok")) == 4


# --- D19 ------------------------------------------------------------------------------------------

FEEDS, POSTS, ABOUT, RECENT = 40, 1200, 200, 30


@pytest.fixture
def large(cli, monkeypatch):
    """A store of three years: 1,200 posts of 40 feeds, 200 about Acme, 30 of these recent.

    Gives the config, the database, and how many records of each kind are decoded from now on.
    """
    config = load(cli.config(*(f"https://host-{n % 7}.example/{n}.xml" for n in range(FEEDS))))
    path = cli.folder / "scanner.db"
    cli.environ["SCANNER_DB"] = str(path)
    with connect(path) as store:
        rules = judgement.fingerprint(config)
        for at, feed in enumerate(config.feeds):
            posts = [_post(feed, number) for number in range(at, POSTS, FEEDS)]
            judged = [_judged(post) for post in posts if int(post.guid) < ABOUT]
            state = FeedState(feed.url, checked_at=NOW, ok_at=NOW, next_check=NOW + HOUR)
            adopted = store.adopt(posts)
            store.save_feed(state, adopted, judged, rules=rules, now=NOW)
    decoded: Counter[str] = Counter()
    real = codec.load

    def counted(kind, body):
        decoded[kind.__name__] += 1
        return real(kind, body)

    monkeypatch.setattr(codec, "load", counted)
    return config, path, decoded


def _post(feed, number):
    age = (
        timedelta(hours=number) if number < RECENT else timedelta(days=20) + YEARS * number / POSTS
    )
    return Post(
        feed_url=feed.url,
        feed=feed.name,
        guid=str(number),
        url=f"https://site.example/{number}",
        title=f"Acme, part {number}",
        text=f"Acme lost {' '.join(f'word{number * 31 + n * n}' for n in range(20))}.",
        published=NOW - age,
    )


def _judged(post):
    mention = Mention("Acme", "Acme", "text", 0, 4, "name")
    return Judged(Scored(Matched(post, "Acme", (mention,)), (), 0.5), "other", ())


@pytest.mark.case("D19")
def test_a_look_at_the_queue_reads_what_it_reaches_back_to(large):
    """`list` and `show` decode the recent posts about the brand, not those of three years."""
    config, path, decoded = large
    with connect(path, write=False) as store:
        shown, _ = queue.pick(config, store, Wanted(since=config.since), now=NOW)
        assert len(shown) == RECENT
        assert decoded == {"Judged": RECENT, "Post": RECENT}
        decoded.clear()
        queue.find(config, store, shown[0].judged.id, now=NOW)

    assert decoded["Post"] <= RECENT + 1
    assert decoded["Judged"] <= RECENT + 1


@pytest.mark.case("D19")
def test_a_scan_with_nothing_due_reads_each_feed_state_a_few_times(large, cli, monkeypatch):
    """It reads no post that is older than the queue reaches, and asks nobody."""
    _, _, decoded = large
    monkeypatch.setattr("scanner.cli.shell.datetime", _at(NOW + timedelta(minutes=5)))

    ran = cli("scan", "--format", "jsonl", "--limit", "0")

    assert (ran.code, len(ran.rows)) == (0, RECENT)
    assert decoded["Post"] <= 2 * RECENT
    assert decoded["FeedState"] <= 3 * FEEDS


def _at(moment):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return moment

    return Clock


LOADED = """
import json, sys
from scanner.cli import main
sys.argv = ["scanner", *json.loads(sys.argv[1])]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.mark.case("D19")
def test_a_look_at_the_queue_loads_nothing_that_it_does_not_use(large, cli):
    """`list` loads neither what fetches, parses or judges, nor the patterns that clean bodies."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(["list", "--now", NOW.isoformat()])],
        env=os.environ | cli.environ,
        cwd=cli.folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = set(json.loads(ran.stderr.splitlines()[-1]))

    assert "Acme, part" in ran.stdout
    assert (
        loaded
        & {
            "numpy",
            "requests",
            "feedparser",
            "textblob",
            "py3langid",
            "scanner.parse",
            "scanner.match",
            "scanner.score",
            "scanner.language",
            "scanner.text.body",
            "scanner.text.markup",
        }
        == set()
    )
