"""Posts that come unread: kept as they came, and as read once a judgement points into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.records import Body, FeedState, Judged, Matched, Post, Reach, Scored
from scanner.store import Store, codec, connect

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FEED = "https://example.org/feed.xml"


@pytest.fixture
def store(tmp_path: Path):
    with connect(tmp_path / "scanner.db") as opened:
        yield opened


def unread(number: int = 1, said: str = "Acme lost it", **changes: Any) -> Post:
    fields: dict[str, Any] = {
        "feed_url": FEED,
        "feed": "Example",
        "guid": f"guid-{number}",
        "url": f"https://example.org/{number}",
        "title": f"Post {number}",
        "text": "",
        "published": NOW - DAY,
        "body": Body(f"<p>{said} {number}</p>"),
    }
    return Post(**(fields | changes))


def read(post: Post) -> Post:
    """What reading makes of an unread post, and of others what they are."""
    if post.body is None:
        return post
    words = post.body.markup.removeprefix("<p>").removesuffix("</p>").replace("HALF", "\ud83d")
    return replace(post, text=words, quoted="> q", links=("https://acme.example/",), body=None)


def judge(post: Post) -> Judged:
    """What the street does: finds a language that the feed does not tell."""
    return Judged(
        Scored(Matched(replace(read(post), language="en"), "Acme", ()), (), 0.5), "other", ()
    )


def scan(store: Store, *posts: Post, about: str = "Acme") -> list[str]:
    """Read posts that name the brand, save all; gives the guids of those that were unjudged."""
    opened = [read(p) if p.body and about in p.body.markup else p for p in posts]
    adopted = store.adopt(opened)
    unjudged = store.unjudged(adopted)
    judged = [judge(post) for post in unjudged if post.body is None]
    store.save_feed(FeedState(FEED), adopted, judged, rules="r", now=NOW)
    return [post.guid for post in unjudged]


def test_an_unread_post_is_kept_as_it_came(store):
    """What names no brand is stored with its markup and comes back equal, beside what was read."""
    plain, html = unread(1, body=Body("nothing", html=False)), unread(2, said="nothing")
    scan(store, plain, html, unread(3))
    assert list(store.posts()) == [plain, html, read(unread(3))]


def test_the_same_markup_again_is_neither_judged_nor_written_again(store):
    """A feed tells its posts on every visit; what is known costs the feed's own row alone."""
    posts = [unread(1), unread(2, said="nothing")]
    assert scan(store, *posts) == ["guid-1", "guid-2"]
    before = store._database.connection.total_changes
    assert scan(store, *posts) == []
    assert store._database.connection.total_changes - before == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"said": "something"},
        {"title": "Edited"},
        {"rating": 1.0},
        {"body": Body("<p>nothing 1</p>", html=False)},
        {"said": "Acme after all"},
    ],
)
def test_an_edited_markup_is_judged_anew(store, changes):
    """Title, markup, its kind, and stars are what a judgement of an unread post rests on."""
    scan(store, unread(said="nothing"))
    assert scan(store, unread(said="nothing", reach=Reach(comments=7))) == []
    assert scan(store, unread(**{"said": "nothing"} | changes)) == ["guid-1"]
    assert len(store.judged()) == ("Acme" in changes.get("said", ""))


def test_an_edited_post_that_left_the_brand_is_unread_again(store):
    """Nothing points into its words any more, so it is kept as it came."""
    scan(store, unread())
    scan(store, unread(said="nothing"))
    assert list(store.posts()) == [unread(said="nothing")]
    assert store.judged() == []


def test_markup_is_no_text(store):
    """A read post whose text looks like the markup of an unread one is another content."""
    markup = "<p>x</p>"
    told = unread(body=Body(markup))
    assert codec.content_of(told) != codec.content_of(replace(told, text=markup, body=None))


def test_an_unread_post_under_a_new_guid_is_the_old_one(store):
    """Without a date its markup tells that it is the same; other markup is another post."""
    told = unread(published=None, said="nothing")
    scan(store, told)
    assert store.adopt([replace(told, guid="new")]) == [told]
    other = unread(guid="other", published=None, said="something")
    assert store.adopt([other]) == [other]


def test_rejudging_keeps_what_it_read(store):
    """Posts that the new rules match are kept as read; the next visit has nothing to do."""
    posts = [unread(n, said=f"{'Globex' if n % 3 else 'Initech'} " * 50) for n in range(300)]
    scan(store, *posts)
    assert list(store.posts()) == posts
    wanted = {post.guid for n, post in enumerate(posts) if n % 3}

    store.rejudge("rules 2", (judge(p) for p in store.posts() if p.guid in wanted))

    kept = {post.guid: post for post in store.posts()}
    assert kept == {p.guid: read(p) if p.guid in wanted else p for p in posts}
    assert {one.post.text for one in store.judged()} == {kept[guid].text for guid in wanted}
    before = store._database.connection.total_changes
    assert scan(store, *posts, about="Globex") == []
    assert store._database.connection.total_changes - before == 1


def test_a_rejudging_that_fails_leaves_posts_unread(store):
    """Words and judgements are saved together or not at all."""
    scan(store, unread(1, said="Globex"), unread(2, said="Globex"))

    def breaking() -> Iterator[Judged]:
        yield judge(unread(1, said="Globex"))
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError, match="no model"):
        store.rejudge("rules 2", breaking())
    assert list(store.posts()) == [unread(1, said="Globex"), unread(2, said="Globex")]


def test_half_a_character_read_out_of_a_body_is_mended(store):
    """Whatever reading finds in a body, what is stored is Unicode."""
    scan(store, unread(body=Body("<p>Globex HALF</p>")))
    store.rejudge("rules 2", map(judge, store.posts()))
    assert [kept.text for kept in store.posts()] == ["Globex \ufffd"]
    assert [one.post.text for one in store.judged()] == ["Globex \ufffd"]
