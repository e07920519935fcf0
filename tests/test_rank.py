"""What a story is worth a reply: a receipt that adds up, an order that never wavers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.rank import WHY_MAX, WORDS, rank, weigh
from scanner.reasons import SIGNALS
from scanner.records import (
    INTENTS,
    Answer,
    Evidence,
    Judged,
    Matched,
    Mention,
    Past,
    Post,
    Reach,
    Scored,
    Story,
    Weights,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BODY = "words " * 30


NAME = Mention("Acme", "Acme", "text", 0, 4, "name")


def make(
    n=0,
    *,
    negativity=0.5,
    intent="complaint",
    signals=(),
    reasons=(),
    confidence=1.0,
    why=(),
    named=True,
    **post,
):
    fields: dict[str, Any] = {
        "text": BODY,
        "published": NOW - timedelta(hours=2),
        "title": "",
        "url": None,
    }
    whole = Post(feed_url="https://f.example/", feed="f", guid=f"g{n}", **(fields | post))
    scored = Scored(
        Matched(whole, "Acme", (NAME,) * named, (), confidence, tuple(why)),
        (),
        negativity,
        evidence=(Evidence("billing", "charged me twice", 1.5, "text", 0, 5),),
    )
    seen = tuple(Evidence(name, name, 1.0) for name in signals)
    return Judged(scored, intent, ((intent, 0.8),), tuple(reasons), seen)


def story(*members):
    return Story("0" * 12, members)


def one(**more):
    (ranked,) = rank([story(make(**more))], now=NOW)
    return ranked


def worth(**more):
    return one(**more).worth


def test_nothing_ranks_as_nothing():
    """No stories, no rows."""
    assert rank([], now=NOW) == []


def test_the_receipt_adds_up_and_names_its_words():
    """Worth is the sum of the terms' points; negativity carries the words that made it."""
    ranked = one(negativity=0.9, signals=("first_hand", "unresolved"), reasons=("billing",))
    assert ranked.worth == round(sum(term.points for term in ranked.terms), 1)
    words = {term.name: term.evidence for term in ranked.terms}
    assert words["negativity"] == "charged me twice"
    assert words["reason"] == "billing"


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ({"negativity": 0.9}, {"negativity": 0.2}),
        ({"intent": "question"}, {"intent": "other"}),
        ({"intent": "praise"}, {"intent": "promotion"}),
        ({"signals": ("first_hand",)}, {}),
        ({"signals": ("asks_for_help",)}, {}),
        ({"signals": ("unresolved",)}, {"signals": ("resolved",)}),
        ({"signals": ("leaving",)}, {}),
        ({}, {"signals": ("headline",)}),
        ({}, {"signals": ("digest",)}),
        ({}, {"signals": ("promotion",)}),
        ({}, {"signals": ("reported",)}),
        ({}, {"signals": ("rival",)}),
        ({}, {"confidence": 0.4}),
        ({"reasons": ("bug",)}, {"reasons": ("other",)}),
        ({"reach": Reach(comments=48)}, {"reach": Reach(comments=2)}),
        ({"reach": Reach(views=500_000)}, {"reach": Reach(views=None)}),
        ({"rating": 1.0}, {"rating": 5.0}),
        ({}, {"published": NOW - timedelta(days=9)}),
        ({}, {"published": None}),
        ({"published": None}, {"published": NOW - timedelta(days=30)}),
        (
            {"published": NOW - timedelta(days=9), "kind": "review"},
            {"published": NOW - timedelta(days=9)},
        ),
        ({}, {"text": "ok"}),
        ({}, {"text": "just ten short words stand here in this little post"}),
    ],
)
def test_what_is_worth_more(more, less):
    """Each thing that speaks for a reply raises the worth, each that speaks against lowers it."""
    assert worth(**more) > worth(**less)


def test_confidence_scales_all_that_speaks_for_an_answer():
    """One term takes (1 - confidence) of every positive point back; a homonym is worth nothing."""
    told: dict[str, Any] = {"signals": ("first_hand",), "reasons": ("billing",), "rating": 1.0}
    sure = one(**told)
    assert "confidence" not in {term.name for term in sure.terms}
    assert one(**told, confidence=0.5).worth == pytest.approx(sure.worth / 2, abs=0.1)
    assert one(**told, confidence=0.03).worth < 3.0
    assert one(**told, confidence=0.0).worth == 0.0
    assert one(confidence=0.0, intent="promotion", signals=("promotion",)).worth == 0.0


def test_the_confidence_term_tells_only_what_speaks_against():
    """What speaks for the name is no reason for a minus."""
    why = ("a capital in mid-sentence", "against: an everyday word, and no context")
    terms = {term.name: term for term in one(confidence=0.5, why=why).terms}
    assert terms["confidence"].points < 0
    assert terms["confidence"].evidence == "x 0.5, an everyday word, and no context"


def test_only_a_post_that_names_the_brand_is_called_named():
    """Where the feed alone says what a post is about, the receipt says so."""
    names = {term.name for term in one(named=False, why=("the feed is about Acme",)).terms}
    assert "about" in names
    assert "named" not in names
    assert "named" in {term.name for term in one().terms}


def test_a_member_is_weighed_in_its_story():
    """A folded member has its own words and the story's size."""
    members = [make(1, negativity=0.9), make(2, negativity=0.2)]
    ranked = weigh(members[1], story(*members), now=NOW)
    assert ranked.judged is members[1]
    assert ranked.story.members == tuple(members)
    assert {term.name: term.evidence for term in ranked.terms}["story"] == "2 posts"


def test_a_future_date_counts_as_now():
    """A clock that runs ahead gains nothing."""
    assert worth(published=NOW + timedelta(days=400)) == worth(published=NOW)


def test_a_larger_story_is_worth_more():
    """Four who tell it weigh more than one."""
    (four,) = rank([story(*(make(n) for n in range(4)))], now=NOW)
    assert four.worth > worth()


def test_the_best_member_speaks_for_its_story():
    """Highest worth first; among equals the oldest, then the lowest ID."""
    (ranked,) = rank([story(make(1, negativity=0.2), make(2, negativity=0.9))], now=NOW)
    assert ranked.judged.post.guid == "g2"
    early, late = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    (ranked,) = rank([story(make(1, published=late), make(2, published=early))], now=NOW)
    assert ranked.judged.post.guid == "g2"
    twins = [make(n) for n in range(5)]
    (ranked,) = rank([story(*twins)], now=NOW)
    assert ranked.judged.id == min(judged.id for judged in twins)


def test_a_feeds_weight_is_a_term():
    """Half the weight is half the worth, told on the receipt; an unknown feed is left alone."""
    (half,) = rank([story(make())], now=NOW, feeds={"https://f.example/": 0.5})
    assert half.worth == pytest.approx(worth() / 2, abs=0.1)
    assert half.terms[-1].name == "feed weight"
    (same,) = rank([story(make())], now=NOW, feeds={"https://other.example/": 0.5})
    assert same.worth == worth()


def test_worth_stays_between_0_and_100_by_terms():
    """What is too much or too little is taken off by a term, so the sum still holds."""
    everything = ("first_hand", "asks_for_help", "unresolved", "leaving")
    (high,) = rank([story(make(signals=everything))], now=NOW, feeds={"https://f.example/": 9.0})
    assert high.worth == 100.0
    assert high.terms[-1].name == "cap"
    low = one(negativity=0.0, intent="promotion", signals=("job", "digest", "promotion"))
    assert low.worth == 0.0
    assert low.terms[-1].name == "floor"


def points(ranked):
    return {term.name: term.points for term in ranked.terms}


@pytest.mark.parametrize(
    ("weights", "more", "term", "earned"),
    [
        ({"negativity": 10.0}, {"negativity": 0.5}, "negativity", 5.0),
        ({"concrete": 7.0}, {"reasons": ("bug",)}, "reason", 7.0),
        ({"named": 1.0}, {}, "named", 1.0),
        ({"named": 1.0}, {"named": False}, "about", 1.0),
        ({"intent": {"complaint": 10.0}}, {}, "intent", 8.0),
        ({"signals": {"question": 2.5}}, {"signals": ("question",)}, "question", 2.5),
        ({"rating": {2: -1.5}}, {"rating": 2.0}, "rating", -1.5),
        ({"reach_step": 1.0}, {"reach": Reach(comments=9)}, "reach", 1.0),
        ({"reach_max": 0.5}, {"reach": Reach(comments=9)}, "reach", 0.5),
        ({"age_max": 8.0}, {"published": NOW - timedelta(days=4)}, "age", 4.0),
        (
            {"half_life": {"post": timedelta(days=1)}},
            {"published": NOW - timedelta(days=1)},
            "age",
            6.0,
        ),
        ({"age_unknown": 1.0}, {"published": None}, "age", 1.0),
        ({"wordless": -1.0}, {"text": "!"}, "substance", -1.0),
        ({"short": -2.0, "short_words": 9}, {"text": "seven words are not enough for it"},
         "substance", -2.0),
        ({"long": 4.0, "long_words": 30}, {}, "substance", 4.0),
    ],
)  # fmt: skip
def test_every_weight_moves_its_term(weights, more, term, earned):
    """Each weight is what its term is made of, and the receipt still adds up."""
    (ranked,) = rank([story(make(**more))], now=NOW, weights=Weights(**weights))
    assert points(ranked)[term] == earned
    assert ranked.worth == round(sum(term.points for term in ranked.terms), 1)


def test_a_storys_weights_move_its_term():
    """So much for each doubling, up to so much."""
    four = story(*(make(n) for n in range(4)))
    for weights, earned in (
        (Weights(story_step=1.5), 3.0),
        (Weights(story_max=1.0), 1.0),
    ):
        assert points(rank([four], now=NOW, weights=weights)[0])["story"] == earned


def test_a_weight_of_0_leaves_the_words_and_takes_the_term():
    """Who counts a signal for nothing still reads of it."""
    weights = Weights(signals={"leaving": 0.0})
    (ranked,) = rank([story(make(signals=("leaving",)))], now=NOW, weights=weights)
    assert "leaving" not in points(ranked)
    assert "leaving" in ranked.why


def test_every_signal_that_weighs_has_words():
    """What moves the worth can be said in the line."""
    assert set(Weights().signals) == set(WORDS)


@pytest.mark.parametrize(
    ("days", "told", "why"),
    [
        ((19,), "2nd complaint since 3 Nov", "complaint, second complaint, 2 h old"),
        ((19, 3), "3rd complaint since 3 Nov", "complaint, complains again, 2 h old"),
        ((365, 9, 8), "4th complaint since 22 Nov 2025", "complaint, complains again, 2 h old"),
        ((19,) * 10, "11th complaint since 3 Nov", "complaint, complains again, 2 h old"),
        ((19,) * 20, "21st complaint since 3 Nov", "complaint, complains again, 2 h old"),
    ],
)
def test_who_complains_again_is_worth_more(days, told, why):
    """A second strike is a term of its own, told with the day of the first."""
    judged = make()
    before = Past(tuple(NOW - timedelta(days=each) for each in days))
    (ranked,) = rank([story(judged)], now=NOW, past={judged.id: before})
    (term,) = [term for term in ranked.terms if term.name == "second strike"]
    assert (term.points, term.evidence) == (5.0, told)
    assert ranked.worth == pytest.approx(worth() + 5.0)
    assert ranked.why == why


def test_what_was_answered_falls_behind():
    """An answer takes half of a pressing complaint's worth, and the line says so first."""
    judged = make(negativity=0.95, signals=("first_hand", "unresolved"), reasons=("billing",))
    answered = Past((), Answer("@acmehq", NOW - timedelta(days=1)))
    (plain,) = rank([story(judged)], now=NOW)
    (ranked,) = rank([story(judged)], now=NOW, past={judged.id: answered})
    (term,) = [term for term in ranked.terms if term.name == "answered"]
    assert (term.points, term.evidence) == (-40.0, "by @acmehq on 21 Nov")
    assert ranked.worth == pytest.approx(plain.worth - 40.0)
    assert ranked.worth < worth(negativity=0.3, intent="question", signals=("first_hand",))
    assert ranked.why == "billing complaint, answered, first-hand, unresolved, 2 h old"


def test_a_copy_that_was_not_answered_speaks_for_its_story():
    """Where nobody from us has answered, an answer is still wanted."""
    members = make(1), make(2)
    answered = {members[0].id: Past((), Answer("@acmehq", NOW))}
    (ranked,) = rank([story(*members)], now=NOW, past=answered)
    assert ranked.judged is members[1]


def test_why_reads_like_a_persons_line():
    """Reason and intent, what speaks for it, age, reach."""
    ranked = one(
        reasons=("billing",), signals=("first_hand", "asks_for_help"), reach=Reach(comments=48)
    )
    assert ranked.why == "billing complaint, first-hand, asks for help, 2 h old, 48 comments"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"intent": "other"}, "mention, 2 h old"),
        ({"negativity": None, "intent": "other"}, "mention, language not judged, 2 h old"),
        ({"reasons": ("support_silence",)}, "support silence complaint, 2 h old"),
        ({"reasons": ("other",)}, "complaint, 2 h old"),
        ({"reasons": ("billing", "other", "bug", "price")}, "billing and bug complaint, 2 h old"),
        ({"intent": "question", "reasons": ("billing",)}, "question about billing, 2 h old"),
        ({"intent": "praise", "reasons": ("bug",)}, "praise, 2 h old"),
        ({"intent": "news", "reasons": ("bug",)}, "news, 2 h old"),
        ({"intent": "promotion", "signals": ("promotion",)}, "promotion, 2 h old"),
        ({"rating": 1.0, "published": None}, "complaint, 1 star"),
        ({"rating": 2.0, "published": None}, "complaint, 2 stars"),
        ({"published": NOW - timedelta(minutes=5)}, "complaint, 5 min old"),
        ({"published": NOW - timedelta(days=3)}, "complaint, 3 d old"),
        ({"reach": Reach(comments=1)}, "complaint, 2 h old, 1 comment"),
    ],
)
def test_why_in_other_words(more, why):
    """The line for other kinds of post."""
    assert one(**more).why == why


def test_why_is_short_whatever_was_seen():
    """Signals are left out before the line grows too long; age and reach stay."""
    ranked = one(signals=SIGNALS, reasons=("missing_feature",), reach=Reach(comments=48))
    assert len(ranked.why) <= WHY_MAX
    assert ranked.why.endswith("2 h old, 48 comments")


JUDGED = st.builds(
    make,
    st.integers(0, 9),
    negativity=st.none() | st.floats(0, 1),
    intent=st.sampled_from(INTENTS),
    signals=st.lists(st.sampled_from(SIGNALS), unique=True),
    confidence=st.floats(0, 1),
    rating=st.none() | st.floats(1, 5),
    reach=st.builds(Reach, comments=st.none() | st.integers(-5, 10**9)),
    published=st.none() | st.datetimes(timezones=st.just(UTC)),
)


POINTS = st.floats(-100, 100)
UPWARDS = st.floats(0, 100)
WEIGHTS = st.builds(
    Weights,
    negativity=POINTS,
    second_strike=POINTS,
    answered=POINTS,
    reach_step=UPWARDS,
    reach_max=UPWARDS,
    story_step=UPWARDS,
    story_max=UPWARDS,
    short_words=st.integers(0, 500),
    intent=st.fixed_dictionaries(dict.fromkeys(INTENTS, POINTS)),
    signals=st.dictionaries(st.sampled_from(SIGNALS), POINTS),
)
PAST = {
    make(1).id: Past((NOW - timedelta(days=19),)),
    make(2).id: Past((), Answer("@acmehq", NOW - timedelta(days=1))),
}


@settings(max_examples=60, deadline=None)
@given(st.lists(JUDGED, max_size=6), st.randoms(use_true_random=False), st.floats(0, 5), WEIGHTS)
def test_any_ranking_adds_up_and_is_total(judged, shuffle, factor, weights):
    """Sums hold under any weights, worth is 0 to 100, best first, whatever the input's order."""
    stories = [story(each) for each in {j.id: j for j in judged}.values()]
    turned = stories[:]
    shuffle.shuffle(turned)
    feeds = {"https://f.example/": factor}
    ranked = rank(stories, now=NOW, weights=weights, feeds=feeds, past=PAST)
    again = rank(turned, now=NOW, weights=weights, feeds=feeds, past=PAST)
    assert [r.judged for r in ranked] == [r.judged for r in again]
    assert [r.worth for r in ranked] == sorted((r.worth for r in ranked), reverse=True)
    for each in ranked:
        assert 0.0 <= each.worth <= 100.0
        assert each.worth == round(sum(term.points for term in each.terms), 1)


def test_an_old_post_has_the_age_that_the_table_gives_it():
    """The why line and the age column tell one age, in months where days are no help."""
    from scanner.render.glance import age

    then = NOW - timedelta(days=75)

    assert age(then, NOW) == "2 mo"
    assert "2 mo old" in one(published=then).why


def test_a_receipt_counts_as_people_do():
    """One star and one word, not "1 stars" and "1 words"."""
    receipt = {term.name: term.evidence for term in one(rating=1.0, title="", text="Bah.").terms}

    assert receipt["rating"] == "1 star"
    assert receipt["substance"] == "1 word"
