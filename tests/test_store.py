"""The memory between runs: what goes in comes out, once, and decisions outlive judgements."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import UsageError
from scanner.records import (
    Evidence,
    FeedState,
    HostState,
    Judged,
    Matched,
    Mention,
    Post,
    Reach,
    Scored,
    Verdict,
)
from scanner.store import Event, Store, connect, rehearse

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FEED = "https://example.org/feed.xml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scanner.db"


@pytest.fixture
def store(path: Path):
    with connect(path) as opened:
        yield opened


def a_post(number: int = 1, **changes: Any) -> Post:
    fields: dict[str, Any] = {
        "feed_url": FEED,
        "feed": "Example",
        "guid": f"guid-{number}",
        "url": f"https://example.org/{number}",
        "title": f"Post {number}",
        "text": f"Acme lost invoice {number}",
        "published": NOW - DAY,
    }
    return Post(**(fields | changes))


def judge(post: Post, brand: str = "Acme", negativity: float = 0.9) -> Judged:
    mention = Mention(brand, brand, "text", 0, len(brand), "name", post.text)
    evidence = (Evidence("cue", "lost", 1.5, "text", 5, 9),)
    return Judged(
        Scored(
            Matched(post, brand, (mention,), confidence=0.9, why=("context",)),
            (Verdict(mention, negativity, -0.5, evidence),),
            negativity,
            -0.5,
            evidence,
        ),
        "complaint",
        (("complaint", 0.8), ("question", 0.1)),
        ("billing",),
        evidence,
    )


def save(store: Store, *posts: Post, now: datetime = NOW, rules: str = "rules 1", **state) -> int:
    """What a scan does with one feed."""
    adopted = store.adopt(posts)
    judged = [judge(post) for post in store.unjudged(adopted)]
    return store.save_feed(FeedState(FEED, **state), adopted, judged, rules=rules, now=now)


# --- round trips --------------------------------------------------------------------------------

hostile = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ["\ud800", "a\udfffb", "\ud83d\ude00", "nul\0nul", "😀", "‮", "'; DROP TABLE posts; --"]
)
moments = st.datetimes(timezones=st.just(UTC))
some_posts = st.builds(
    Post,
    feed_url=st.just(FEED),
    feed=hostile,
    guid=hostile,
    url=st.none() | hostile,
    title=hostile,
    text=hostile,
    author=st.none() | hostile,
    published=st.none() | moments,
    updated=st.none() | moments,
    quoted=hostile,
    links=st.lists(hostile, max_size=3).map(tuple),
    language=st.none() | hostile,
    reach=st.builds(Reach, st.none() | st.integers(0, 2**62)),
    rating=st.none() | st.floats(1, 5),
    kind=st.sampled_from(["post", "review"]),
    truncated=st.booleans(),
)


def mended(value: str | None) -> str | None:
    return value and "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)


@settings(max_examples=40, deadline=None)
@given(posts=st.lists(some_posts, max_size=4))
def test_any_post_goes_round_once(tmp_path_factory, posts):
    """Whatever a post holds comes back, lone surrogates as U+FFFD; saving twice is saving once."""
    path = tmp_path_factory.mktemp("round") / "scanner.db"
    with connect(path) as store:
        first = save(store, *posts)
        kept, judged = list(store.posts()), store.judged()
        assert save(store, *posts) == 0
        assert list(store.posts()) == kept
        assert store.judged() == judged
    assert len(kept) == first == len({mended(post.guid) for post in posts})
    assert {(post.guid, post.feed) for post in kept} <= {
        (mended(post.guid), mended(post.feed)) for post in posts
    }
    texts = {(mended(post.title), mended(post.text), post.published) for post in posts}
    assert {(post.title, post.text, post.published) for post in kept} <= texts
    assert {one.post for one in judged} == set(kept)


def test_a_judgement_goes_round_whole(store):
    """A judged post comes back equal to what was saved, every span and weight of it."""
    post = a_post(language="en", reach=Reach(3, 4, 5), links=("https://acme.io/",), rating=1.0)
    judged = judge(post)
    store.save_feed(FeedState(FEED), [post], [judged], rules="r", now=NOW)
    assert store.judged() == [judged]
    assert store.find(judged.id) == judged
    assert store.find("0" * 12) is None


def test_a_judgement_with_half_a_character_is_kept(store):
    """Lone surrogates in a judged post become U+FFFD in the post and in its evidence alike."""
    post = a_post(guid="g\ud800", text="Acme \udfff")
    adopted = store.adopt([post])
    store.save_feed(FeedState(FEED), [post], [judge(post)], rules="r", now=NOW)
    (found,) = store.judged()
    assert found.post.text == "Acme \ufffd"
    assert found.scored.matched.mentions[0].sentence == "Acme \ufffd"
    assert found.post.guid == "g\ufffd"
    assert found.post == adopted[0]


def test_states_of_unchanged_feeds_are_saved_together(store):
    """What a 304 left to remember replaces the state from before; posts and rules stay."""
    save(store, a_post(), etag="1")
    other = FeedState("https://example.org/odd\ud800.xml", etag="2")
    store.save_unchanged([FeedState(FEED, etag="1", checked_at=NOW), other])
    assert store.feed_states() == {
        FEED: FeedState(FEED, etag="1", checked_at=NOW),
        "https://example.org/odd\ufffd.xml": replace(
            other, url="https://example.org/odd\ufffd.xml"
        ),
    }
    assert [post.guid for post in store.posts()] == ["guid-1"]
    assert store.rules() == "rules 1"


def test_half_a_character_in_an_error_or_a_filter_does_no_harm(store):
    """What a server wrote into an error, or a person into a filter, may be no Unicode."""
    store.save_feed(FeedState(FEED, error="odd \udcff"), (), (), rules="r", now=NOW)
    assert store.feed_states()[FEED].error == "odd \ufffd"
    assert store.judged(brands=["\udcff"], feed_urls=["\udcff"]) == []


def test_feed_and_host_states_go_round(store):
    """Validators come back byte for byte; a host is remembered for a week after its rest."""
    state = FeedState(
        FEED, 'W/"ä\x00"', "Fri, 20 Nov 2026 08:15:00 GMT", NOW, NOW, NOW + DAY, 3, NOW, "no", True
    )
    host = HostState("example.org", NOW + timedelta(minutes=5), "429, Retry-After: 300")
    store.save_feed(state, (), (), rules="r", now=NOW, host=host)
    store.save_host(HostState("example.com", NOW - timedelta(days=8), "429"))
    assert store.feed_states() == {FEED: state}
    assert store.host_states(NOW) == {"example.org": host}
    assert store.host_states(NOW + 8 * DAY) == {}


# --- the same post again ------------------------------------------------------------------------


def test_only_new_and_edited_posts_are_unjudged(store):
    """Title, text and rating make a post worth judging anew; reach, language and date do not."""
    save(store, a_post(1), a_post(2), a_post(3), a_post(4))
    seen_again = [
        a_post(1, reach=Reach(99), language="en", updated=NOW),
        a_post(2, title="Edited"),
        a_post(3, text="Edited"),
        a_post(4, rating=1.0),
        a_post(5),
    ]
    assert [post.guid[-1] for post in store.unjudged(seen_again)] == ["2", "3", "4", "5"]
    assert save(store, *seen_again) == 1
    assert store.unjudged(seen_again) == []


def test_what_was_adopted_counts_as_of_its_saving(store):
    """Adopted lists that were saved meanwhile, or shortened, are compared with the store anew."""
    adopted = store.adopt([a_post(1), a_post(2)])
    assert store.unjudged(adopted) == adopted
    assert save(store, a_post(1, title="Edited"), a_post(2)) == 2
    assert [post.guid for post in store.unjudged(adopted)] == ["guid-1"]
    assert store.unjudged(adopted[1:]) == []
    assert store.save_feed(FeedState(FEED), adopted, [], rules="r", now=NOW) == 0
    assert {post.title for post in store.posts()} == {"Post 1", "Post 2"}


def test_a_clock_that_was_set_back_moves_no_post(store):
    """A post without a date keeps the day it was first seen, also when it changes later."""
    save(store, a_post(published=None), now=NOW)
    save(store, a_post(published=None, title="Edited"), now=NOW - 3 * DAY)
    assert [post.title for post in store.posts(NOW)] == ["Edited"]


def test_growing_reach_shows_in_old_judgements(store):
    """A post whose comments grow is not judged again, yet its judgement shows the new number."""
    save(store, a_post(reach=Reach(comments=1)))
    save(store, a_post(reach=Reach(comments=48)))
    assert [one.post.reach.comments for one in store.judged()] == [48]


def test_a_language_once_identified_is_kept_with_the_judgement(store):
    """The judged post carries the language that the text shows, the stored post the feed's."""
    post = a_post(language=None)
    judged = judge(replace(post, language="de"))
    store.save_feed(FeedState(FEED), [post], [judged], rules="r", now=NOW)
    assert [one.post.language for one in store.judged()] == ["de"]
    assert [kept.language for kept in store.posts()] == [None]


def test_an_edited_post_is_rescored_once_and_stays_decided(store):
    """X17: the new judgement replaces the old one; what a person decided stands."""
    save(store, a_post(text="Acme is fine"))
    (before,) = store.judged()
    store.decide(before.id, "ignored", now=NOW)
    save(store, a_post(text="Acme is awful"))
    (after,) = store.judged()
    assert after.id == before.id
    assert after.post.text == "Acme is awful"
    assert store.status([after.id], NOW) == {after.id: "ignored"}


def test_an_edited_post_that_left_the_brand_loses_its_judgement(store):
    """Where an edit takes the brand's name away, no judgement remains."""
    save(store, a_post())
    edited = a_post(text="about something else")
    store.save_feed(FeedState(FEED), [edited], [], rules="r", now=NOW)
    assert store.judged() == []
    assert [post.text for post in store.posts()] == ["about something else"]


def test_an_emptied_feed_loses_nothing(store):
    """X12: a document without posts deletes none."""
    save(store, a_post(1), a_post(2))
    assert save(store) == 0
    assert len(list(store.posts())) == len(store.judged()) == 2


def test_a_guid_twice_in_one_document_counts_once(store):
    """X09: the newest wins, whatever the order; without dates the first in the document."""
    old = a_post(title="old", published=NOW - 2 * DAY)
    new = a_post(title="new", published=NOW - DAY)
    edited = a_post(title="edited", published=NOW - 3 * DAY, updated=NOW)
    assert [post.title for post in store.adopt([old, new])] == ["new"]
    assert [post.title for post in store.adopt([new, old])] == ["new"]
    assert [post.title for post in store.adopt([new, edited, old])] == ["edited"]
    undated = [a_post(title=title, published=None) for title in ("first", "second")]
    assert [post.title for post in store.adopt(undated)] == ["first"]
    assert save(store, new, old) == 1


def test_the_same_guid_in_two_feeds_is_two_posts(store):
    """X09: a guid is an identity within its feed only."""
    other = a_post(feed_url="https://example.org/other.xml")
    save(store, a_post())
    store.save_feed(FeedState(other.feed_url), [other], [judge(other)], rules="r", now=NOW)
    assert len(store.judged()) == 2
    assert [one.post for one in store.judged(feed_urls=[other.feed_url])] == [other]


def test_posts_of_two_feeds_at_once_are_refused(store):
    """A mix-up of feeds is a bug of the caller's and stores nothing."""
    other = a_post(feed_url="https://example.org/other.xml")
    with pytest.raises(ValueError, match="several feeds"):
        store.adopt([a_post(), other])
    with pytest.raises(ValueError, match="another feed"):
        store.save_feed(FeedState(FEED), [other], [], rules="r", now=NOW)
    assert list(store.posts()) == []


# --- re-issued posts ----------------------------------------------------------------------------


def test_fifty_posts_under_new_guids_are_the_fifty_old_ones(store):
    """X11: a feed that renames all its posts brings no new post, and decisions stay with them."""
    old = [a_post(number) for number in range(50)]
    save(store, *old)
    done = judge(old[7]).id
    store.decide(done, "done", now=NOW)
    new = [replace(post, guid=f"tag:example.org,2026:{post.guid}") for post in old]
    assert [post.id for post in store.adopt(new)] == [post.id for post in old]
    assert save(store, *new) == 0
    assert {one.id for one in store.judged()} == {judge(post).id for post in old}
    assert store.status([done], NOW) == {done: "done"}


def test_a_reissued_post_may_be_edited_later(path):
    """Once a new guid was recognised it is remembered, even when the title changes afterwards."""
    with connect(path) as store:
        save(store, a_post())
        save(store, a_post(guid="new"))
    with connect(path) as store:
        edited = a_post(guid="new", title="Another title", text="Other words", published=NOW)
        (adopted,) = store.adopt([edited])
        assert adopted == replace(edited, guid="guid-1")
        assert save(store, edited) == 0
        assert [post.title for post in store.posts()] == ["Another title"]


def test_both_guids_of_a_post_in_one_document_count_once(store):
    """A feed that then lists the post under both guids still has it once."""
    save(store, a_post())
    save(store, a_post(guid="new"))
    assert [post.guid for post in store.adopt([a_post(guid="new"), a_post()])] == ["guid-1"]


def test_what_was_adopted_but_not_saved_is_not_remembered(path):
    """A dry run looks, and leaves the database as it was."""
    with connect(path) as store:
        save(store, a_post())
    before = path.read_bytes()
    with connect(path, write=False) as store:
        assert [post.guid for post in store.adopt([a_post(guid="new")])] == ["guid-1"]
    assert path.read_bytes() == before


LINK = "https://apps.example/acme"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        # the words, or the time, besides link and title
        ({}, {"published": NOW}, True),
        ({}, {"text": "edited on the way"}, True),
        ({}, {"text": "edited", "published": NOW}, False),
        ({"published": None}, {"published": None, "text": "edited"}, False),
        ({}, {"title": "Other"}, False),
        ({}, {"url": "https://example.org/moved"}, False),
        ({"author": "ann"}, {"author": "ann"}, True),
        ({"author": "ann"}, {}, True),
        # two reviews of one app, both headed "Terrible"
        (
            {"url": LINK, "title": "Terrible", "text": "It crashes", "author": "ann"},
            {"url": LINK, "title": "Terrible", "text": "It crashes", "author": "bob"},
            False,
        ),
        # without a link: words and time
        ({"url": None}, {"url": None}, True),
        ({"url": None}, {"url": None, "published": NOW}, False),
        ({"url": None}, {"url": None, "text": "other"}, False),
    ],
)
def test_when_a_new_guid_is_an_old_post(store, old, new, same):
    """Two posts are taken for one only where link, title, and words or time agree."""
    save(store, a_post(**old))
    (adopted,) = store.adopt([a_post(**new | {"guid": "new"})])
    assert (adopted.guid == "guid-1") is same


def test_an_old_post_that_is_still_in_the_feed_is_nobody_elses_old_self(store):
    """A copy beside the original is a post of its own, and two copies are not both one old post."""
    save(store, a_post())
    assert [post.guid for post in store.adopt([a_post(), a_post(guid="copy")])] == [
        "guid-1",
        "copy",
    ]
    copies = [a_post(guid="copy 1"), a_post(guid="copy 2")]
    assert [post.guid for post in store.adopt(copies)] == ["guid-1", "copy 2"]


# --- questions ----------------------------------------------------------------------------------


def test_since_goes_by_publishing_or_else_by_first_sight(store):
    """An undated post is as old as our first sight of it; one from the future no younger."""
    old, new = a_post(1, published=NOW - 20 * DAY), a_post(2, published=NOW - DAY)
    undated, future = a_post(3, published=None), a_post(4, published=NOW + 9000 * DAY)
    save(store, old, new, undated, future)
    save(store, old, new, undated, replace(future, text="again"), now=NOW + 5 * DAY)
    ids = [judge(post).id for post in (future, undated, new, old)]
    assert [one.id for one in store.judged()] == ids
    assert [one.id for one in store.judged(NOW - 14 * DAY)] == ids[:3]
    assert [one.id for one in store.judged(NOW)] == ids[:2]
    assert store.judged(NOW + DAY) == []
    assert [post.guid for post in store.posts(NOW - DAY)] == ["guid-2", "guid-3", "guid-4"]
    assert [post.guid for post in store.posts(feed_urls=[])] == []


def test_judgements_are_chosen_by_brand_and_feed(store):
    """Filters of brands and feeds hold together with the date; none means all."""
    post = a_post()
    both = [judge(post), judge(post, "Globex")]
    store.save_feed(FeedState(FEED), [post], both, rules="r", now=NOW)
    assert {one.brand for one in store.judged()} == {"Acme", "Globex"}
    assert [one.brand for one in store.judged(brands=["Globex", "x"])] == ["Globex"]
    assert store.judged(brands=[]) == store.judged(feed_urls=["x"]) == []
    assert len(store.judged(NOW - 2 * DAY, brands=["Acme"], feed_urls=[FEED])) == 1


def test_posts_are_found_by_their_authors(store):
    """Whatever shape a name has, its folded handle finds it; also after the post was edited."""
    told = ["u/Ana", "@ana@social.example", "Ann", None, "", "@"]
    save(store, *(a_post(n, author=author) for n, author in enumerate(told)))
    save(store, a_post(20, author="ana", published=NOW - 9 * DAY))
    assert [post.author for post in store.posts_by(["ana"], NOW - 2 * DAY)] == told[:2]
    save(store, a_post(0, author="Ann"))
    assert [post.author for post in store.posts_by(["ana"], NOW - 2 * DAY)] == told[1:2]
    assert len(store.posts_by(["ann", "ana"], NOW - 10 * DAY)) == 4
    assert store.posts_by([], NOW - 2 * DAY) == []


def test_questions_go_along_indexes(store):
    """The main questions search, they do not scan posts, judgements or work."""
    save(store, a_post())
    asked: list[str] = []
    store._database.connection.set_trace_callback(asked.append)
    store.judged(NOW - DAY), store.status(["a"], NOW)
    store.adopt([a_post(9)]), list(store.posts(NOW)), store.find("a"), store.history("a")
    store.posts_by(["ana"], NOW - DAY)
    store._database.connection.set_trace_callback(None)
    questions = [sql for sql in asked if sql.startswith("SELECT")]
    assert len(questions) == 10
    plans = [
        row[3] for sql in questions for row in store._database.rows("EXPLAIN QUERY PLAN " + sql)
    ]
    scanned = {plan.split()[1] for plan in plans if plan.startswith("SCAN")}
    assert scanned == {"feeds", "json_each"}
    assert any("posts_by_author (feed=? AND author=? AND dated>?)" in plan for plan in plans)


# --- rules and decisions ------------------------------------------------------------------------


def test_rejudging_replaces_every_judgement_and_no_decision(store):
    """Rule 7: judgements, also vanished ones, are the machine's; decisions are not."""
    save(store, a_post(1), a_post(2))
    first, second = sorted(store.judged(), key=lambda one: one.post.guid)
    store.mark_shown([first.id, second.id], NOW)
    store.decide(first.id, "done", now=NOW)
    store.note(first.id, "refunded", NOW)
    assert store.rules() == "rules 1"

    store.rejudge(
        "rules 2", (judge(post, negativity=0.1) for post in store.posts() if post.guid == "guid-2")
    )

    assert store.rules() == "rules 2"
    assert [(one.id, one.scored.negativity) for one in store.judged()] == [(second.id, 0.1)]
    assert store.status([first.id, second.id], NOW) == {first.id: "done", second.id: "open"}
    assert [event.what for event in store.history(first.id)] == ["shown", "done", "note"]
    assert store.resolve(first.id[:6]) == first.id


def test_a_rejudging_that_fails_changes_nothing(store):
    """Judgements that raise half-way leave the old ones, and the old rules, in place."""
    save(store, a_post(1), a_post(2))
    before = store.judged()

    def breaking():
        yield judge(a_post(1), negativity=0.1)
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError, match="no model"):
        store.rejudge("rules 2", breaking())
    assert store.judged() == before
    assert store.rules() == "rules 1"


def test_the_first_rules_stay_until_everything_is_rejudged(store):
    """A feed saved under newer rules does not hide that the other judgements are older."""
    assert store.rules() is None
    save(store, a_post(1))
    save(store, a_post(2), rules="rules 2")
    assert store.rules() == "rules 1"


def test_a_status_follows_what_was_shown_and_decided(store):
    """new, then open once shown, then what a person says, and open again when told so."""
    id_ = "0123456789ab"
    assert store.status([id_], NOW) == {id_: "new"}
    store.mark_shown([id_], NOW)
    store.mark_shown([id_], NOW + DAY)
    assert store.status([id_], NOW) == {id_: "open"}
    store.decide(id_, "done", now=NOW + DAY)
    store.note(id_, "half \ud800", NOW + DAY)
    assert store.status([id_], NOW) == {id_: "done"}
    store.decide(id_, "open", now=NOW + 2 * DAY)
    assert store.status([id_], NOW) == {id_: "open"}
    assert store.history(id_) == [
        Event(NOW, "shown", None),
        Event(NOW + DAY, "done", None),
        Event(NOW + DAY, "note", "half \ufffd"),
        Event(NOW + 2 * DAY, "open", None),
    ]


def test_a_snooze_ends_by_itself(store):
    """Snoozed until its end, new from then on, so that a scan shows it; once only."""
    store.decide("a" * 12, "snoozed", until=NOW + DAY, now=NOW)
    ids = ["a" * 12]
    assert store.status(ids, NOW + DAY - timedelta(microseconds=1)) == {ids[0]: "snoozed"}
    assert store.status(ids, NOW + DAY) == {ids[0]: "new"}
    assert store.history(ids[0]) == [Event(NOW, "snoozed", "2026-11-21T12:00:00.000000Z")]
    store.mark_shown(ids, NOW + DAY)
    assert store.status(ids, NOW + DAY) == {ids[0]: "open"}
    store.decide(ids[0], "done", now=NOW)
    assert store.status(ids, NOW + 2 * DAY) == {ids[0]: "done"}


def test_a_senseless_decision_is_refused(store):
    """Neither "new" nor a snooze without end, nor an end without snooze, can be decided."""
    with pytest.raises(ValueError, match="never shown"):
        store.decide("a" * 12, "new", now=NOW)
    with pytest.raises(ValueError, match="needs an end"):
        store.decide("a" * 12, "snoozed", now=NOW)
    with pytest.raises(ValueError, match="needs an end"):
        store.decide("a" * 12, "done", until=NOW, now=NOW)
    assert store.history("a" * 12) == []


def test_a_shown_record_is_shown_also_after_an_early_decision(store):
    """Deciding before the first showing does not keep the showing out of the history."""
    store.decide("a" * 12, "done", now=NOW)
    store.mark_shown(["a" * 12], NOW)
    assert store.status(["a" * 12], NOW) == {"a" * 12: "done"}
    assert [event.what for event in store.history("a" * 12)] == ["done", "shown"]


def test_a_prefix_finds_its_record(store):
    """Four digits do, of either case; none or several records is the asker's mistake."""
    for id_ in ("abcd00000000", "abce00000000", *(f"ffff0000000{n}" for n in range(7))):
        store.mark_shown([id_], NOW)
    assert store.resolve(" ABCD ") == "abcd00000000"
    assert store.resolve("abce00000000") == "abce00000000"
    with pytest.raises(UsageError, match="too short"):
        store.resolve("abc")
    with pytest.raises(UsageError, match="No post has the ID 'abcf'"):
        store.resolve("abcf")
    with pytest.raises(UsageError, match="No post has the ID"):
        store.resolve("%%%%\ud800'")
    with pytest.raises(UsageError, match=r"ffff00000000, .*ffff00000004, …"):
        store.resolve("ffff")


# --- reading only -------------------------------------------------------------------------------


def test_reading_what_is_not_there_finds_nothing_and_makes_nothing(path):
    """A reader needs no database and never creates one."""
    with connect(path, write=False) as store:
        assert store.judged() == []
        assert list(store.posts()) == []
        assert store.feed_states() == {}
        assert store.host_states(NOW) == {}
        assert store.rules() is None
        assert store.status(["a"], NOW) == {"a": "new"}
        assert [post.guid for post in store.adopt([a_post()])] == ["guid-1"]
        assert store.unjudged([a_post()]) == [a_post()]
    assert list(path.parent.iterdir()) == []


def test_a_reader_sees_what_a_writer_has_saved(path):
    """D02: while one writes, another reads what was committed, and no more."""
    with connect(path) as writer:
        save(writer, a_post(1))
        with connect(path, write=False) as reader:
            with writer._database.transaction() as connection:
                connection.execute("DELETE FROM judgements")
                assert len(reader.judged()) == 1
            assert reader.judged() == []
            save(writer, a_post(2))
            assert len(reader.judged()) == 1
    with connect(path, write=False) as reader:
        assert len(list(reader.posts())) == 2


def test_a_rehearsal_leaves_no_trace(path):
    """It starts from all that was saved, may be written to, and the file stays as it is."""
    with rehearse(path) as nothing:
        assert save(nothing, a_post(1)) == 1
    assert list(path.parent.iterdir()) == []
    with connect(path) as writer:
        save(writer, a_post(1))
        with rehearse(path) as store:
            assert save(store, a_post(1), a_post(2)) == 1
            store.mark_shown([judge(a_post(1)).id], NOW)
            assert len(store.judged()) == 2
        assert [post.guid for post in writer.posts()] == ["guid-1"]
        assert writer.history(judge(a_post(1)).id) == []
