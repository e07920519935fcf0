"""What of the queue is wanted: filters, search and order, on ranked posts made by hand."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.errors import ScannerError, UsageError
from scanner.records import Judged, Ranked, Reach, Scored, Story
from scanner.search import search
from scanner.sift import ORDERS, Wanted, sift
from tests.conftest import matched

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
_numbers = count()


def judged(
    text: str = "", *, negativity: float | None = 0.5, reasons: Any = (), **post: Any
) -> Judged:
    number = next(_numbers)
    found = matched(f"{text} {number}", **post)
    scored = Scored(found, (), negativity)
    return Judged(scored, post.get("intent", "complaint"), (), reasons)


def ranked(*members: Judged, worth: float = 50.0, **work: Any) -> Ranked:
    return Ranked(members[0], worth, (), "", Story("s", members), **work)


def one(text: str = "", *, worth: float = 50.0, work: Any = None, **post: Any) -> Ranked:
    return ranked(judged(text, **post), worth=worth, **(work or {}))


def sifted(queue: list[Ranked], **wanted: Any) -> list[int]:
    """Where in the queue what is wanted stands."""
    asked = Wanted(since=14 * DAY, **({"statuses": ("new", "open", "done")} | wanted))
    return [queue.index(found) for found in sift(queue, asked, NOW)]


# --- filters --------------------------------------------------------------------------------------


def test_nothing_asked_is_what_is_undecided():
    """As `list` has it: new and open, in the order of the queue."""
    queue = [one(work={"status": status}) for status in ("done", "open", "snoozed", "new")]
    assert [queue.index(found) for found in sift(queue, Wanted(since=DAY), NOW)] == [1, 3]


def test_worth_has_two_ends():
    """Both ends belong to what is wanted."""
    queue = [one(worth=worth) for worth in (90.0, 60.0, 40.0, 10.0)]
    assert sifted(queue, min_worth=40, max_worth=60) == [1, 2]


def test_an_owner_is_anyone_or_nobody():
    """Whatever the case; nobody is a choice like any other."""
    queue = [one(work={"owner": owner}) for owner in ("Ann", None, "Bob")]
    assert sifted(queue, owners=("ANN",)) == [0]
    assert sifted(queue, owners=(None,)) == [1]
    assert sifted(queue, owners=(None, "bob")) == [1, 2]


def test_one_tag_of_several_is_enough():
    """As with reasons."""
    queue = [one(work={"tags": tags}) for tags in (("a", "b"), ("c",), ())]
    assert sifted(queue, tags=("b", "c")) == [0, 1]
    assert sifted(queue, tags=("d",)) == []


def test_an_author_is_known_by_name_or_handle():
    """ "ines" is u/ines and "Ines Roth (@ines)", and no Agnes; a copy's author counts as well."""
    queue = [
        one(author="Ines Roth (@ines)"),
        one(author="/u/Ines"),
        one(author="Agnes"),
        one(author=None),
        ranked(judged(author="Site"), judged(author="@ines@social.example")),
    ]
    assert sifted(queue, authors=("INES",)) == [0, 1, 4]
    assert sifted(queue, authors=("ines roth (@ines)",)) == [0, 1, 4]
    assert sifted(queue, authors=("nobody", "agnes")) == [2]
    assert sifted(queue, authors=("@",)) == []


def test_ages_are_the_posts_own():
    """Newer, older, both; a post without a date may be new, and is never old."""
    queue = [one(published=NOW - days * DAY) for days in (1, 5, 9)] + [one(published=None)]
    assert sifted(queue, newer_than=5 * DAY) == [0, 1, 3]
    assert sifted(queue, older_than=5 * DAY) == [1, 2]
    assert sifted(queue, newer_than=8 * DAY, older_than=2 * DAY) == [1]


def test_a_feed_counts_by_any_copy():
    """A story is in each feed that one of its posts is in."""
    queue = [ranked(judged(), judged()), one()]
    assert sifted(queue, feeds=("feed",)) == [0, 1]
    assert sifted(queue, feeds=("other",)) == []


def test_the_limit_cuts_what_was_sorted():
    """First the order, then the first of them."""
    queue = [one(published=NOW - days * DAY) for days in (1, 5, 9)]
    assert sifted(queue, order="oldest", limit=2) == [2, 1]


# --- order ----------------------------------------------------------------------------------------


def reach(comments=None, points=None):
    return {"reach": Reach(comments, points)}


@pytest.mark.parametrize(
    ("order", "posts", "expected"),
    [
        ("newest", [{"published": NOW - DAY}, {"published": NOW}, {}], [1, 0, 2]),
        ("oldest", [{"published": NOW}, {}, {"published": NOW - DAY}], [2, 0, 1]),
        ("negativity", [{"negativity": None}, {"negativity": 0.1}, {"negativity": 0.9}], [2, 1, 0]),
        ("comments", [reach(), reach(2), reach(5, 0)], [2, 1, 0]),
        ("reach", [reach(), reach(2), reach(1, 9)], [2, 1, 0]),
        ("author", [{"author": "b"}, {"author": ""}, {"author": "A"}], [2, 0, 1]),
        ("brand", [{"brand": "b"}, {"brand": "A"}, {"brand": "C"}], [1, 0, 2]),
        ("feed", [{}, {}], [0, 1]),
        ("status", [{"work": {"status": "done"}}, {"work": {"status": "new"}}], [1, 0]),
        ("owner", [{"work": {"owner": None}}, {"work": {"owner": "b"}}, {"work": {"owner": "A"}}],
         [2, 1, 0]),
        ("worth", [{"worth": 1.0}, {"worth": 2.0}], [1, 0]),
    ],
)  # fmt: skip
def test_orders(order, posts, expected):
    """Each goes the way a person expects; what is unknown comes last."""
    queue = [one(**post) for post in posts]
    assert sifted(queue, order=order) == expected


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("reverse", [False, True])
def test_ties_stay_in_the_order_of_the_queue(order, reverse):
    """The same posts always come in the same order, forwards and backwards."""
    queue = [one(published=NOW, author="a", work={"owner": "b"}) for _ in range(5)]
    assert sifted(queue, order=order, reverse=reverse) == [0, 1, 2, 3, 4]


def test_the_unknown_comes_last_also_backwards():
    """Nobody sorts by owner to see what has none."""
    queue = [one(work={"owner": owner}) for owner in (None, "a", "b")]
    assert sifted(queue, order="owner", reverse=True) == [2, 1, 0]


# --- search ---------------------------------------------------------------------------------------

SAID = [
    one("The café's login is broken since Friday", title="Help", author="Zoë (@zoe)"),
    one("Refund? Still waiting for a refund, not well-known", title="Acme charged me twice"),
    ranked(judged("A story about logins"), judged("退款还没有到账", author="Ärger")),
]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("LOGIN", [0]),
        ("login*", [0, 2]),
        ("cafe", [0]),
        ("zoe", [0]),
        ("arger", [2]),
        ("broken login", [0]),
        ('"login is broken"', [0]),
        ('"broken login"', []),
        ("login OR refund", [0, 1]),
        ("login* NOT broken", [2]),
        ("login* AND NOT broken", [2]),
        ("title : charged", [1]),
        ("(login OR refund) AND friday", [0]),
        ("well-known", [1]),
        ("-login", [0]),
        ("login: broken", [0]),
        ("Friday's", []),
        ("refund?", [1]),
        ('"unclosed login', []),
        ("退款", [2]),
        ('"退款还"', [2]),
        ("款退", []),
        ("*login", [0]),
        ("*reads", []),
        ("*id", []),
        ("login\0broken", [0]),
        ("'; DROP TABLE words; --", []),
    ],
)
def test_search(wanted, expected):
    """Words, phrases, beginnings and operators; else plain words, and never an error."""
    assert [SAID.index(found) for found in search(SAID, wanted)] == expected


@pytest.mark.parametrize("wanted", ["", "?!", '"" ""', "(", "*", "\0"])
def test_a_search_without_a_word_is_a_mistake(wanted):
    """Everything or nothing would both be a surprise."""
    with pytest.raises(UsageError, match="no word"):
        search(SAID, wanted)


@pytest.mark.parametrize("wanted", ["NOT login", "login AND", "(login OR refund", "NEAR(login"])
def test_operators_that_do_not_fit_are_a_mistake(wanted):
    """ "NOT login" as two plain words would find the opposite of what was meant."""
    with pytest.raises(UsageError, match="a NOT b"):
        search(SAID, wanted)


def test_a_search_has_a_length():
    """FTS5's time grows with the words, and nobody types so many."""
    assert search(SAID, "x " * 500) == []
    with pytest.raises(UsageError, match="1000 characters"):
        search(SAID, "x" * 1001)


@given(wanted=st.text(max_size=60) | st.text('"()*^+-:{}ANDORTE x\0', max_size=200))
@example("NEAR(" * 60)
@example('"' * 999)
@example("( " * 499)
@example("a OR " * 199 + "a")
@example("a* " * 333)
@example("\ud800 x")
def test_no_search_can_do_more_than_fail_plainly(wanted):
    """Whatever is typed: posts of the queue in their order, or a usage error."""
    try:
        found = search(SAID, wanted)
    except UsageError:
        return
    places = [SAID.index(each) for each in found]
    assert places == sorted(set(places))


def test_the_longest_searches_take_no_time():
    """Hostile shapes at the full length: each well under a second."""
    for wanted in ('"' * 1000, "(" * 1000, "a* " * 333, "款" * 1000, "AND NOT " * 125, "x" * 1000):
        start = time.monotonic()
        with suppress(UsageError):
            search(SAID, wanted)
        assert time.monotonic() - start < 1, wanted


def test_search_goes_over_what_the_other_filters_left():
    """And keeps the order that was asked for."""
    queue = [one("login", published=NOW - days * DAY) for days in (1, 5, 9)] + [one("x")]
    assert sifted(queue, search="login", newer_than=6 * DAY, order="oldest") == [1, 0]


def test_a_python_without_fts5_says_so(monkeypatch):
    """Some systems build SQLite without it; everything else works there."""
    real = sqlite3.connect

    class Poor(sqlite3.Connection):
        """A connection that may not make virtual tables: as if the module were missing."""

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = real(*arguments, factory=Poor, **named)
        connection.set_authorizer(
            lambda action, *_: (
                sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_CREATE_VTABLE else sqlite3.SQLITE_OK
            )
        )
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(ScannerError, match="FTS5"):
        search(SAID, "login")
