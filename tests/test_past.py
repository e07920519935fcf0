"""What happened around a post: its author's earlier complaints, and what the brand answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.past import past, strikes
from scanner.records import Answer, Brand, FeedState, Judged, Matched, Past, Post, Scored, Story
from scanner.store import Store, connect

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=30)
FORUM, OTHER = "https://forum.example/feed", "https://other.example/feed"
PAGE = "https://forum.example/topic/7"
ACME = Brand("Acme", accounts=("@acmehq",))


def make(
    guid: str = "1", *, days: float | None = 3, intent: Any = "complaint", **post: Any
) -> Judged:
    """A complaint of Ana's about Acme, three days old, on a page of the forum."""
    fields: dict[str, Any] = {
        "feed_url": FORUM,
        "feed": "Forum",
        "url": PAGE,
        "title": "",
        "text": "Acme lost it",
        "author": "Ana",
        "published": None if days is None else NOW - timedelta(days=days),
    }
    whole = Post(guid=guid, **(fields | post))
    return Judged(Scored(Matched(whole, "Acme", ()), (), 0.9), intent, ((intent, 0.8),))


def stories(*judged: Judged) -> list[Story]:
    """Each a story of its own."""
    return [Story(one.id, (one,)) for one in judged]


def days_ago(*days: float) -> Past:
    return Past(tuple(NOW - timedelta(days=each) for each in days))


# --- the same author, again ----------------------------------------------------------------------


def test_a_second_complaint_knows_of_the_first():
    """Only what came before counts, so the first complaint is no strike."""
    first, second, third = make("1", days=19), make("2", days=9), make("3", days=1)
    found = strikes(stories(third, first, second))
    assert found == {second.id: days_ago(19), third.id: days_ago(19, 9)}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"author": " ANA "}, True),
        ({"feed_url": OTHER, "url": "https://www.forum.example/topic/9"}, True),
        ({"url": None}, True),
        ({"feed_url": OTHER, "url": "https://other.example/9"}, False),
        ({"feed_url": OTHER, "url": None}, False),
        ({"feed_url": OTHER, "url": "http://[bad"}, False),
        ({"author": "Ann"}, False),
        ({"author": None}, False),
        ({"intent": "question"}, False),
        ({"days": None}, False),
        ({"days": 1}, False),
    ],
)
def test_an_author_is_a_name_in_one_feed_or_on_one_host(changes, same):
    """The same name elsewhere may be another person; an undated post does not come before."""
    second = make("2", days=1)
    before = strikes(stories(make("1", **({"days": 9} | changes)), second))
    assert before == ({second.id: days_ago(9)} if same else {})


@pytest.mark.parametrize("name", ["Anonymous", "A Google user", "[deleted]", "Gast", "", "Anónimo"])
def test_names_that_many_share_are_nobody(name):
    """Two guests are not one person who complains twice."""
    assert strikes(stories(make("1", days=9, author=name), make("2", author=name))) == {}


def test_a_feed_that_signs_everything_is_nobody():
    """Twenty complaints may be one angry person's, more come from a feed with one author."""
    twenty = [make(str(n), days=1 + n / 10) for n in range(20)]
    found = strikes(stories(*twenty))
    assert len(found) == 19
    assert len(found[twenty[0].id].complaints) == 19
    assert strikes(stories(*twenty, make("20", days=9))) == {}


def test_a_story_is_one_complaint_made_when_it_was_first_told():
    """A repost is no second strike, and two copies of an earlier complaint are one."""
    told, again = make("1", days=9), make("2", days=2)
    early, late = make("3", days=5), make("4", days=4)
    found = strikes([Story("a", (again, told)), Story("b", (early, late))])
    assert found == {early.id: days_ago(9), late.id: days_ago(9)}


# --- our answers ---------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path):
    with connect(tmp_path / "scanner.db") as opened:
        yield opened


def reply(store: Store, days: float | None = 1, **post: Any) -> None:
    """A post of ours, stored as it comes in a feed: it matches nothing."""
    ours = make("reply", days=days, **({"author": "acmehq"} | post)).post
    store.save_feed(FeedState(ours.feed_url), store.adopt([ours]), [], rules="r", now=NOW)


def answer(store: Store, judged: Judged, brand: Brand = ACME) -> Answer | None:
    """What answered this post, as far as the store knows."""
    return past(stories(judged), [brand], store, SINCE).get(judged.id, Past()).answer


ANSWERED = Answer("@acmehq", NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"url": PAGE}, {"url": f"{PAGE}#comment-9"}),
        ({"url": f"{PAGE}/?utm_source=rss&id=3"}, {"url": "http://www.forum.example/topic/7?id=3"}),
        ({"url": "https://forum.example/?t=3"}, {"url": "https://forum.example/?t=3&fbclid=x"}),
        ({"url": "https://blog.example/", "thread_url": PAGE}, {"url": f"{PAGE}#c"}),
        ({"url": "https://x.example/1", "thread_url": PAGE}, {"url": None, "thread_url": PAGE}),
        (
            {"url": "https://x.example/1", "comments_feed": "http://www.other.example/feed/"},
            {"url": None, "feed_url": OTHER},
        ),
        (
            {"url": "https://old.reddit.com/r/crm/comments/1p0a01/acme_lost_it/"},
            {"url": "https://www.reddit.com/r/crm/comments/1p0a01/acme_lost_it/nq81x2/"},
        ),
        (
            {"url": "https://community.example/t/acme-lost-it/812"},
            {"url": "https://community.example/t/acme-lost-it/812/4"},
        ),
    ],
)  # fmt: skip
def test_a_reply_in_the_same_thread_is_an_answer(store, asked, told):
    """The same page, thread or comments feed, however the addresses are decorated."""
    reply(store, **told)
    assert answer(store, make(**asked)) == ANSWERED


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, {"url": "https://forum.example/topic/8"}),
        ({"url": f"{PAGE}?p=1"}, {"url": f"{PAGE}?p=2"}),
        ({"url": f"{PAGE}?1"}, {"url": f"{PAGE}?2"}),
        ({}, {"author": "acmefan"}),
        ({}, {"author": None}),
        ({}, {"days": 3}),
        ({}, {"days": 4}),
        ({}, {"days": None}),
        ({"days": None}, {}),
        ({"url": None}, {"url": None}),
        ({"url": "https://forum.example/"}, {"url": "https://forum.example"}),
        ({"url": "http://[bad"}, {"url": "http://[bad"}),
        ({"kind": "review"}, {}),
        ({"comments_feed": FORUM + "/7"}, {"url": None}),
    ],
)  # fmt: skip
def test_what_is_no_answer(store, asked, told):
    """Another page, another author, no later than the post, or a page that is no thread."""
    reply(store, **told)
    assert answer(store, make(**asked)) is None


def test_the_first_answer_after_the_post_counts(store):
    """Of several it is the first that stopped the waiting."""
    own = [make(str(d), days=d, author="@AcmeHQ").post for d in (4, 2, 1)]
    store.save_feed(FeedState(FORUM), store.adopt(own), [], rules="r", now=NOW)
    assert answer(store, make()) == Answer("@acmehq", NOW - timedelta(days=2))


def test_who_comes_back_after_the_answer_is_not_answered(store):
    """The later complaint in the thread waits again, and is a second strike."""
    reply(store, days=2)
    first, back = make("1", days=3), make("2", days=1)
    found = past(stories(first, back), [ACME], store, SINCE)
    assert found[first.id] == Past((), Answer("@acmehq", NOW - timedelta(days=2)))
    assert found[back.id] == days_ago(3)


@pytest.mark.parametrize(
    ("account", "author", "own"),
    [
        ("acmehq", "u/AcmeHQ", True),
        ("@acmehq@social.example", "@acmehq@social.example", True),
        ("@acmehq@social.example", "acmehq", True),
        ("@acmehq@social.example", "@acmehq@else.example", False),
        ("@acmehq", "Acme HQ (@acmehq)", True),
    ],
)
def test_an_account_is_ours_in_every_shape(store, account, author, own):
    """As where posts of ours are kept out of the queue; a host must agree where both name one."""
    reply(store, author=author)
    found = answer(store, make(), Brand("Acme", accounts=(account,)))
    assert found == (Answer("@" + account.lstrip("@"), ANSWERED.at) if own else None)


def test_an_answer_by_another_brand_or_without_accounts_is_none(store):
    """A brand is answered for by its own accounts."""
    reply(store)
    assert answer(store, make(), Brand("Globex", accounts=("@acmehq",))) is None
    assert answer(store, make(), Brand("Acme")) is None


def test_an_answer_of_another_feed_counts(store):
    """Where the reply was read does not matter."""
    reply(store, feed_url=OTHER)
    assert answer(store, make()) == ANSWERED
