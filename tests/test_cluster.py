"""Which posts become one story, and that it takes time in line with their number."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import cluster as room
from scanner.cluster import canonical, cluster
from scanner.records import Evidence, Judged, Matched, Mention, Post, Scored

LONG = (
    "Since Tuesday the Acme desktop client loses every second note that I type on the train and "
    "nobody at the help desk could tell me whether the old ones will ever come back to my account"
)
OTHER = (
    "Yesterday we took the dog to the lake, had cake with my aunt and talked for hours about the "
    "garden, her new greenhouse and the tomatoes that she wants to grow there next summer"
)


def make(
    text="", *, n=0, title="", url=None, author=None, brand="Acme", day=1, feed="feed", named=False
):
    post = Post(
        feed_url=f"https://{feed}.example/",
        feed="feed",
        guid=f"guid-{n}",
        url=url,
        title=title,
        text=text,
        author=author,
        published=datetime(2026, 11, day, tzinfo=UTC) if day else None,
    )
    at = text.find(brand)
    mentions = (Mention(brand, brand, "text", at, at + len(brand), "name"),) * named
    scored = Scored(Matched(post, brand, mentions), (), 0.5)
    return Judged(scored, "complaint", (("complaint", 0.5),))


def sizes(*posts):
    return sorted(len(story.members) for story in cluster(posts))


def test_nothing_makes_no_story():
    """No posts, no stories."""
    assert cluster([]) == []


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://www.site.example/a/?utm_source=x&id=7", "site.example/a?id=7"),
        ("http://site.example/a?id=7&fbclid=123#top", "site.example/a?id=7"),
        ("https://SITE.example/a/?b=2&a=1", "site.example/a?a=1&b=2"),
        ("https://site.example/a#comment-12", "site.example/a#comment-12"),
        ("http://[broken/", "http://[broken/"),
    ],
)
def test_an_address_loses_what_changes_on_the_way(url, plain):
    """Scheme, www., tracking, order of parameters, fragment and last slash do not count."""
    assert canonical(url) == plain


def test_same_address_is_one_story():
    """Two texts at one address are one story; another address is another."""
    one = make(LONG, n=1, url="https://www.site.example/a/?utm_medium=rss")
    two = make(OTHER, n=2, url="http://site.example/a", feed="search")
    three = make(
        "Something else altogether was said here today, at length", n=3, url="http://b.example/"
    )
    assert sizes(one, two, three) == [1, 2]


def test_an_address_that_one_feed_gives_twice_is_no_identity():
    """Reviews that all link to the app, and comments under one page, stay apart."""
    page = "https://apps.example/app?id=1"
    assert sizes(make(LONG, n=1, url=page), make(OTHER, n=2, url=page)) == [1, 1]
    first, second = (f"https://blog.example/post/#comment-{n}" for n in (1, 2))
    assert sizes(make(LONG, n=1, url=first), make(OTHER, n=2, url=second, feed="b")) == [1, 1]


def test_two_people_who_say_the_same_thing_shortly_are_two():
    """A shared turn of phrase makes no copy of a short post; equal words do."""
    one = "Acme lost my order and I am still waiting for an answer"
    two = "Acme crashes all the time and I am still waiting for an answer"
    assert sizes(make(one, n=1, author="ana"), make(two, n=2, author="ben")) == [1, 1]
    assert sizes(make(one, n=1, author="ana"), make(one + "!!", n=2, author="ben")) == [2]


def test_nearly_the_same_words_are_one_story():
    """A syndicated copy with a line added joins its original; another text does not."""
    copy = "From our partners: " + LONG.replace("Tuesday", "Monday")
    assert sizes(make(LONG, n=1), make(copy, n=2), make(OTHER, n=3)) == [1, 2]


FORM = (
    "Hello support team, I am writing because of a matter that needs your attention. My plan is "
    "the small one, my browser is up to date, I have cleared the cache, I have signed out and in "
    "again, I have read the help pages, and I have asked a colleague to try the same steps on "
    "another machine. Please find the details below and let me know if you need any more of them "
    "from my side. "
)
FRAME = " This story first appeared on the Daily Page, subscribe there for more of this kind."


@pytest.mark.parametrize("feed", ["feed", "elsewhere"])
def test_a_form_that_two_filled_in_is_two_stories(feed):
    """70 words in common do not hide what each says of its own, in one feed or in two."""
    one = make(FORM + "Acme charged me twice in May.", n=1, author="ana", named=True)
    two = make(FORM + "Acme deleted all of my photos.", n=2, author="ben", feed=feed, named=True)
    assert sizes(one, two) == [1, 1]


def test_in_one_feed_an_empty_form_hides_no_filled_one():
    """One has only the form, the other a sentence more: by two people, that is two stories."""
    one = make(FORM, n=1)
    two = make(FORM + "The pages that were printed on Monday came out upside down.", n=2)
    assert sizes(one, two) == [1, 1]


def test_two_people_in_one_feed_must_agree_nearly_word_by_word():
    """Half a text in common is a quote of somebody else there, and a repost by its author."""
    half = " ".join(FORM.split()[:45])
    assert sizes(make(FORM, n=1, author="ana"), make(half, n=2, author="ben")) == [1, 1]
    assert sizes(make(FORM, n=1, author="ana"), make(half, n=2, author="ana")) == [2]


def test_a_quotation_is_no_copy_of_the_long_text_around_it():
    """A third of a text, word for word, on another site: what they share is under .4 of both."""
    words = f"{LONG} {PRESS}".split()
    third = " ".join(words[: len(words) // 3])
    assert sizes(make(" ".join(words), n=1, feed="a"), make(third, n=2, feed="b")) == [1, 1]


def test_copies_on_other_sites_join_with_line_frame_or_half():
    """What another site adds, or leaves out, makes no new story."""
    text = FORM + "Acme charged me twice in May."
    one = make(text, n=1, named=True)
    assert sizes(one, make("Acme news of today: " + text, n=2, feed="b", named=True)) == [2]
    framed = make(text + FRAME, n=2, feed="b", named=True)
    other = make("Our partners told us about what follows here. " + text, n=3, feed="c", named=True)
    assert sizes(one, framed, other) == [3]
    assert sizes(make(" ".join(text.split()[:45]), n=2, feed="b"), one) == [2]


def test_brands_are_kept_apart():
    """The same post judged for two brands is a story in each brand's queue."""
    assert sizes(make(LONG, n=1), make(LONG, n=1, brand="Rival")) == [1, 1]


def test_short_posts_need_more_than_equal_words():
    """ "Acme is down" by two people is two complaints; by one, or under one title, a repeat."""
    short = "Acme is down again!"
    assert sizes(make(short, n=1, author="ann"), make(short, n=2, author="bob")) == [1, 1]
    assert sizes(make(short, n=1, author="ann"), make("acme is down again", n=2, author="ann")) == [
        2
    ]
    assert sizes(make(short, n=1, title="Down"), make(short, n=2, title="down")) == [2]


def test_posts_without_words_or_address_stay_alone():
    """Two empty posts have nothing in common."""
    assert sizes(make(n=1), make(n=2)) == [1, 1]


def test_members_stand_in_order_of_time():
    """Oldest first; a post without a date stands last."""
    posts = [make(LONG, n=1, day=0), make(LONG, n=2, day=9), make(LONG, n=3, day=2)]
    (story,) = cluster(posts)
    assert [m.post.guid for m in story.members] == ["guid-3", "guid-2", "guid-1"]


def test_a_story_keeps_its_id_when_a_larger_member_joins():
    """The ID is 12 hex digits that depend on the smallest member's ID only."""
    posts = sorted((make(LONG, n=n) for n in range(4)), key=lambda judged: judged.id)
    (small,) = cluster(posts[:2])
    (large,) = cluster(posts)
    assert large.id == small.id
    assert len(small.id) == 12
    assert int(small.id, 16) >= 0


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, max_size=12), st.randoms(use_true_random=False))
def test_order_of_input_does_not_matter(texts, shuffle):
    """Every post is in exactly one story, and the stories are the same in any order."""
    posts = [make(text, n=n, author="a") for n, text in enumerate(texts)]
    turned = posts[:]
    shuffle.shuffle(turned)
    first, second = cluster(posts), cluster(turned)
    assert {(s.id, s.members) for s in first} == {(s.id, s.members) for s in second}
    assert sorted(m.id for s in first for m in s.members) == sorted(p.id for p in posts)


def test_thousands_take_seconds():
    """5,000 posts of 40 words, one in ten a copy, are gathered in time (2 s on two idle cores)."""
    chance = random.Random(7)
    vocabulary = [f"word{n}" for n in range(2000)]
    texts = [" ".join(chance.choices(vocabulary, k=40)) for _ in range(4500)]
    posts = [make(text, n=n) for n, text in enumerate([*texts, *texts[:500]])]
    started = time.process_time()
    stories = cluster(posts)
    assert time.process_time() - started < 4.0
    assert len(stories) == 4500


def test_a_crowd_of_shared_phrases_stays_fast():
    """A footer in 3,000 posts does not make each be compared with each."""
    chance = random.Random(8)
    footer = "sent from my telephone please excuse the brevity of this message"
    posts = [
        make(" ".join(f"w{chance.randrange(10**6)}" for _ in range(30)) + " " + footer, n=n)
        for n in range(3000)
    ]
    started = time.process_time()
    assert len(cluster(posts)) == 3000
    assert time.process_time() - started < 5.0


def told(text, n, *against, **more):
    """A post with the brand named wherever it stands, and evidence in the words against it."""
    one = make(text, n=n, **more)
    mentions = tuple(
        Mention("Acme", "Acme", "text", found.start(), found.end(), "name")
        for found in re.finditer("Acme", text)
    )
    evidence = tuple(
        Evidence("cue", words, 1.0, "text", text.index(words), text.index(words) + len(words))
        for words in against
    )
    matched = replace(one.scored.matched, mentions=mentions)
    return replace(one, scored=replace(one.scored, matched=matched, evidence=evidence))


PRESS = (
    "Customers of Acme have waited eleven days for parcels that were paid in advance, and the "
    "telephone line for complaints plays music until it hangs up. A spokesman said on Friday that "
    "a move of the warehouse took longer than planned; several hundred orders had to be looked "
    "for by hand, and nobody could say when the rest of them would leave the yard in the north."
)


def test_a_syndicated_report_in_each_sites_frame_is_one_story():
    """A headline before it, a teaser after it, half of it: the report holds them together."""
    frames = (
        PRESS,
        "Parcel trouble at Acme grows by the day, our own correspondent writes. " + PRESS,
        PRESS + " Read more about Acme and its rivals in our shop for papers and books.",
        " ".join(PRESS.split()[:44]) + " …",
    )
    posts = [
        told(text, n, "waited eleven days", feed=f"site{n}", day=n + 1)
        for n, text in enumerate(frames)
    ]
    assert sizes(*posts) == [4]
    assert sizes(posts[1], posts[2]) == [1, 1], "without the report the two frames differ"


def test_a_repost_with_a_line_added_is_its_authors_only():
    """Who posts a text again with a new line repeats it; somebody else who does speaks anew."""
    again = FORM + "It is a week later now and not a soul has written a single line back to us."
    assert sizes(make(FORM, n=1, author="ana"), make(again, n=2, author="ana", day=8)) == [2]
    assert sizes(make(FORM, n=1, author="ana"), make(again, n=2, author="ben", day=8)) == [1, 1]


@pytest.mark.parametrize("days", [*permutations((1, 2, 3))], ids=str)
def test_an_empty_form_ties_no_two_complaints_together(days):
    """The bare form is a copy of both, and goes with one of them; they stay two stories."""
    one = told(FORM + "Acme charged me twice in May.", 1, "charged me twice", day=days[0])
    two = told(FORM + "Acme lost all of my photos.", 2, "lost all", feed="b", day=days[1])
    bare = told(FORM, 3, feed="c", day=days[2])
    stories = [{m.post.guid for m in story.members} for story in cluster([one, two, bare])]
    assert len(stories) == 2
    assert {"guid-1", "guid-2"} not in [guids - {"guid-3"} for guids in stories]


FOOTER = (
    "sent from my telephone please excuse the brevity of this message and any odd word in it the "
    "views above are mine alone and bind nobody else who may read them here or somewhere else"
)


def crowd(count):
    """Posts of 30 words each of its own, all under one footer of 34."""
    chance = random.Random(count)
    return [
        " ".join(f"w{chance.randrange(10**6)}" for _ in range(30)) + " " + FOOTER
        for _ in range(count)
    ]


def form(count):
    """Complaints in one form of 70 words, each with ten of its own."""
    chance = random.Random(count)
    return [
        FORM + "Acme " + " ".join(f"w{chance.randrange(10**6)}" for _ in range(10))
        for _ in range(count)
    ]


@pytest.mark.parametrize("texts", [crowd, form])
def test_twice_the_posts_are_twice_the_comparisons(texts, monkeypatch):
    """However many share a footer or a form: each post is compared with a bounded number."""
    compared = []
    real = room._near

    def counted(*pair):
        compared.append(pair)
        return real(*pair)

    monkeypatch.setattr(room, "_near", counted)
    counts = []
    for many in (100, 200):
        compared.clear()
        posts = [make(text, n=n, feed=f"f{n}", named=True) for n, text in enumerate(texts(many))]
        assert len(cluster(posts)) == many
        counts.append(len(compared))
    assert counts[0] > 100, "the texts do meet"
    assert counts[1] < 2.5 * counts[0], "all pairs would be four times as many"
    assert counts[1] <= 200 * room.SKETCH * room.CROWD


def mixed():
    """Sixty posts under one footer, sixty without, and a copy of every fourth, edited."""
    chance = random.Random(11)
    vocabulary = [f"word{n}" for n in range(2000)]
    own = [chance.choices(vocabulary, k=chance.randint(40, 90)) for _ in range(120)]
    texts = [words + FOOTER.split() if n % 2 else words for n, words in enumerate(own)]
    for words in texts[:120:4] + texts[1:120:4]:
        copy = words[:]
        copy[chance.randrange(len(copy))] = "edited"
        texts.append(chance.choices(vocabulary, k=6) + copy)
    return [make(" ".join(words), n=n, feed=f"f{n}") for n, words in enumerate(texts)]


def told_apart(posts):
    return sorted((story.id, [m.id for m in story.members]) for story in cluster(posts))


def test_every_edited_copy_is_found_and_nothing_else():
    """60 copies with one word changed and six before them, half of them in a crowd."""
    assert sizes(*mixed()) == [1] * 60 + [2] * 60


def test_any_order_gives_the_same_stories():
    """Posts that come in another order make the same stories, crowds and all."""
    posts = mixed()
    first = told_apart(posts)
    for seed in (1, 2):
        random.Random(seed).shuffle(posts)
        assert told_apart(posts) == first


def test_every_process_tells_the_same_stories():
    """Python salts the hashes of strings anew in each process; no story depends on it."""
    code = "from tests.test_cluster import mixed, told_apart; print(told_apart(mixed()))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=True,
            timeout=240,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert printed == {str(told_apart(mixed()))}
