"""Retention: old posts lose their words and stay known; decisions lose nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.records import Body, FeedState, Judged, Matched, Post, Scored
from scanner.store import Store, connect, prune

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEEP = NOW - 365 * DAY
FEED = "https://example.org/feed.xml"
SECRET = "Zanzibar"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scanner.db"


@pytest.fixture
def store(path: Path):
    with connect(path) as opened:
        yield opened


def post(number: int, days: int = 400, **changes) -> Post:
    fields: dict[str, Any] = {
        "feed_url": FEED,
        "feed": "Example",
        "guid": f"guid {number}",
        "url": f"https://example.org/{number}",
        "title": f"{SECRET} {number}",
        "text": f"Acme lost it in {SECRET} {number}",
        "author": f"{SECRET}Ann{number}",
        "published": NOW - days * DAY,
    }
    return Post(**(fields | changes))


def judge(one: Post, brand: str = "Acme") -> Judged:
    return Judged(Scored(Matched(one, brand, ()), (), 0.5), "other", ())


def scan(
    store: Store, *posts: Post, brands=("Acme",), now: datetime = NOW
) -> tuple[int, list[str]]:
    """What the spine does; gives how many posts were new, and the guids of those judged."""
    adopted = store.adopt(posts)
    unjudged = store.unjudged(adopted)
    judged = [judge(one, brand) for one in unjudged for brand in brands]
    new = store.save_feed(FeedState(FEED), adopted, judged, rules="r", now=now)
    return new, [one.guid for one in unjudged]


def rows(store: Store, sql: str):
    return store._database.rows(sql)


def test_old_posts_lose_their_words_and_judgements_younger_ones_do_not(path, store):
    """Not a letter of the title, text, body, author or judgement is left; the row is."""
    unread = post(3, text="", body=Body(f"<p>{SECRET}</p>"))
    scan(store, post(1), post(2, days=364, title="Kept", text="whole", author="Bob"), unread)
    assert store.prune(KEEP) == 2
    assert [one.title for one in store.posts()] == ["Kept"]
    assert [one.post.title for one in store.judged()] == ["Kept"]
    assert rows(store, "SELECT count(*) FROM posts") == [(3,)]
    kept = b"".join(str(row).encode() for row in rows(store, "SELECT * FROM posts"))
    assert SECRET.encode() not in kept
    assert SECRET.lower().encode() not in kept
    assert rows(store, "SELECT count(*) FROM judgements") == [(1,)]


def test_what_is_exactly_as_old_as_is_kept_stays(store):
    """The bound is the first moment that is kept."""
    scan(store, post(1, published=KEEP), post(2, published=KEEP - timedelta(microseconds=1)))
    assert store.prune(KEEP) == 1
    assert [one.guid for one in store.posts()] == ["guid 1"]


@pytest.mark.parametrize(
    "changes",
    [{}, {"text": "edited"}, {"title": "edited", "url": None}, {"body": Body("<p>x</p>")}],
    ids=["unchanged", "edited", "other title", "unread"],
)
def test_a_pruned_post_that_comes_again_is_not_new(store, changes):
    """As it was or edited: neither new nor judged, and its words do not come back."""
    scan(store, post(1), post(2))
    store.mark_shown([judge(post(1)).id], NOW)
    assert store.prune(KEEP) == 2
    again = [replace(post(1), **changes), replace(post(2), **changes)]
    assert scan(store, *again) == (0, [])
    assert list(store.posts()) == []
    assert store.judged() == []
    assert store.prune(KEEP) == 0


def test_a_pruned_post_under_a_new_guid_is_not_new(store):
    """A feed that gives all its posts new guids after a year brings nothing new."""
    scan(store, post(1), post(2, url=None))
    assert store.prune(KEEP) == 2
    renamed = [post(1, guid="other 1"), post(2, guid="other 2", url=None)]
    assert scan(store, *renamed) == (0, [])
    assert scan(store, *renamed) == (0, []), "nor the next time, when the new guid is known"
    assert rows(store, "SELECT count(*) FROM posts") == [(2,)]


def test_a_post_without_a_date_is_as_old_as_its_first_sight(store):
    """Pruned and still in the feed, it does not begin anew."""
    old = post(1, published=None)
    scan(store, old, now=NOW - 400 * DAY)
    assert store.prune(KEEP) == 1
    assert scan(store, replace(old, guid="guid 2")) == (0, [])


def test_rejudging_passes_over_pruned_posts(store):
    """A feed that is about a brand would else have empty posts judged."""
    scan(store, post(1), post(2, days=1))
    store.prune(KEEP)
    store.rejudge("other rules", [judge(one) for one in store.posts()])
    assert [one.post.guid for one in store.judged()] == ["guid 2"]


DECISIONS = {
    "done": lambda store, id_: store.decide([id_], "done", now=NOW),
    "ignored": lambda store, id_: store.decide([id_], "ignored", now=NOW),
    "snoozed": lambda store, id_: store.decide([id_], "snoozed", until=NOW + DAY, now=NOW),
    "open": lambda store, id_: store.decide([id_], "open", now=NOW),
    "note": lambda store, id_: store.note([id_], "wrote to them", NOW),
    "owner": lambda store, id_: store.assign([id_], "ann", NOW),
    "tag": lambda store, id_: store.tag([id_], ["refund"], [], NOW),
}


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_what_a_person_decided_on_keeps_its_post_whole(store, decide):
    """On one of its records is enough; history and work stay to the letter."""
    scan(store, post(1), post(2), brands=("Acme", "Apex"))
    decide(store, judge(post(1), "Apex").id)
    before = rows(store, "SELECT * FROM work"), rows(store, "SELECT * FROM events")
    assert store.prune(KEEP) == 1
    assert store.prune(NOW) == 0
    assert list(store.posts()) == [post(1)]
    assert sorted(one.brand for one in store.judged()) == ["Acme", "Apex"]
    assert (rows(store, "SELECT * FROM work"), rows(store, "SELECT * FROM events")) == before


def test_a_decision_that_was_taken_back_counts_too(store):
    """Somebody once read it with care; the history of it should tell of something."""
    scan(store, post(1))
    store.decide([judge(post(1)).id], "done", now=NOW)
    assert store.undo(NOW)
    assert store.prune(KEEP) == 0


def test_a_decision_for_a_brand_that_left_the_config_counts_too(store):
    """Its judgement is gone, so the record's ID is found by the brands that there ever were."""
    scan(store, post(1), post(2), brands=("Apex",))
    store.decide([judge(post(1), "Apex").id], "done", now=NOW)
    store.rejudge("other rules", [judge(one) for one in store.posts()])
    assert store.prune(KEEP) == 1
    assert list(store.posts()) == [post(1)]


def test_a_decision_for_a_brand_judged_for_elsewhere_counts_too(store):
    """Somebody with a config of their own decides by a copy in memory, which judges for Apex."""
    scan(store, post(1), post(2))
    store.remember_brands(["Acme", "Apex"])
    store.decide([judge(post(1), "Apex").id], "done", now=NOW)
    assert store.prune(KEEP) == 1
    assert list(store.posts()) == [post(1)]


def test_a_decision_for_another_brand_in_the_midst_of_pruning_counts_too(store, path, monkeypatch):
    """Brands are told anew for each few posts."""
    monkeypatch.setattr(prune, "AT_ONCE", 1)
    scan(store, post(1, days=500), post(2))
    old = prune._old

    def with_a_decision_between(*told):
        first, *others = old(*told)
        yield first
        with connect(path, alone=False) as ann:
            ann.remember_brands(["Apex"])
            ann.decide([judge(post(2), "Apex").id], "done", now=NOW)
        yield from others

    monkeypatch.setattr(prune, "_old", with_a_decision_between)
    assert store.prune(KEEP) == 1
    assert list(store.posts()) == [post(2)]


def test_being_shown_is_no_decision(store):
    """Nobody said anything; that it was shown is remembered."""
    scan(store, post(1))
    id_ = judge(post(1)).id
    store.mark_shown([id_], NOW)
    assert store.prune(KEEP) == 1
    assert store.status([id_], NOW) == {id_: "open"}


def test_old_posts_that_come_late_are_pruned_too(store):
    """A new feed brings posts from before the last run's bound; a longer keep comes first."""
    scan(store, post(1))
    assert store.prune(KEEP) == 1
    scan(store, post(1), post(2, days=500), post(3, days=380))
    assert store.prune(KEEP - 30 * DAY) == 1
    assert [one.guid for one in store.posts()] == ["guid 3"]
    assert store.prune(KEEP) == 1
    assert store.prune(KEEP + 30 * DAY) == 0


def test_a_run_is_bounded_and_the_next_goes_on(store, monkeypatch):
    """In transactions of a few posts each, so that a decision need not wait for all of them."""
    monkeypatch.setattr(prune, "AT_ONCE", 3)
    scan(store, *(post(n) for n in range(20)))
    store.decide([judge(post(0)).id], "done", now=NOW)
    commits: list[str] = []
    store._database.connection.set_trace_callback(
        lambda sql: commits.append(sql) if sql == "COMMIT" else None
    )
    assert store.prune(KEEP, 10) == 11, "three at a time, less the one that is kept"
    assert len(commits) == 5, "four of posts, and one of brands"
    assert store.prune(KEEP, 10) == 8
    assert store.prune(KEEP, 10) == 0
    assert len(list(store.posts())) == 1


def test_nothing_is_read_again_that_was_pruned_before(store):
    """A full run leaves word of how far it came, so that years of empty posts cost nothing."""
    scan(store, *(post(n) for n in range(50)))
    store.prune(KEEP)
    asked: list[str] = []
    store._database.connection.set_trace_callback(asked.append)
    scan(store, post(51, days=366))
    asked.clear()
    assert store.prune(KEEP) == 1
    touched = [sql for sql in asked if sql.startswith("UPDATE posts")]
    assert len(touched) == 1
    assert rows(store, "SELECT count(*) FROM posts WHERE content LIKE '-%'") == [(51,)]
    assert rows(store, "SELECT count(*) FROM posts WHERE content LIKE '--%'") == [(0,)]


KILLED = """
import sys
from datetime import datetime, UTC, timedelta
from pathlib import Path
from scanner.store import connect, prune
prune.AT_ONCE = 10
with connect(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    store.prune(datetime(2025, 11, 20, 12, tzinfo=UTC))
"""


def test_a_kill_while_pruning_leaves_each_post_whole_or_empty(path):
    """Never a judgement on an emptied post; the next run does the rest."""
    with connect(path) as store:
        scan(store, *(post(n) for n in range(300)))
    with subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE) as run:
        assert run.stdout
        run.stdout.readline()
        time.sleep(0.02)
        run.kill()
    with closing(sqlite3.connect(path)) as connection:
        (torn,) = connection.execute(
            """SELECT count(*) FROM posts JOIN judgements ON judgements.post = posts.number
            WHERE content LIKE '-%'"""
        ).fetchone()
    assert torn == 0
    with connect(path) as store:
        store.prune(KEEP)
        assert list(store.posts()) == []


@pytest.mark.case("D19")
def test_pruning_is_quick(store):
    """Two thousand posts in well under two seconds, and a run with nothing to do in a moment."""
    scan(store, *(post(n) for n in range(2000)))
    began = time.perf_counter()
    assert store.prune(KEEP) == 2000
    pruned = time.perf_counter()
    assert store.prune(KEEP + timedelta(hours=1)) == 0
    assert pruned - began < 2
    assert time.perf_counter() - pruned < 0.1
