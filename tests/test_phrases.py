"""Reasons of a person's own: found as whole phrases near the brand, told with their words."""

from __future__ import annotations

import time

import pytest

from scanner.phrases import compiled
from scanner.reasons import assign
from scanner.records import OwnReason
from scanner.score import score
from tests.conftest import matched

OWN = compiled(
    [
        OwnReason("accessibility", ("screen reader", "keyboard only", "low-vision", "user's aid")),
        OwnReason("billing", ("dunning letter",)),
        OwnReason("acme", ("acme",)),
    ]
)


def judge(text="", **more):
    return assign(score(matched(text, **more)), OWN)


@pytest.mark.parametrize(
    "text",
    [
        "Acme does not work with a screen reader.",
        "Acme does not work with a SCREEN  Reader!",
        "With a screen-reader Acme is useless.",
        "Acme and low vision do not go together.",
        "Acme ignores a user’s aid.",
        "Acme. It has no way to be used keyboard only.",
    ],
)
def test_a_phrase_is_found_whole_whatever_its_case(text):
    """Words are compared without case and the marks between them."""
    assert "accessibility" in judge(text).reasons


@pytest.mark.parametrize(
    "text",
    [
        "Acme does not work with screen readers.",
        "Acme does not work on a screen. Reader mode neither.",
        "Acme shows keyboards only.",
        "Acme is open. They said screen, then reader.",
    ],
)
def test_half_a_phrase_is_none(text):
    """Not inside longer words, not over the end of a sentence, not with words between."""
    assert "accessibility" not in judge(text).reasons


def test_the_words_are_evidence():
    """The judgement carries them with their place, and they move no score."""
    text = "Acme does not work with a Screen Reader."
    judged = judge(text)
    (told,) = [e for e in judged.scored.evidence if e.name == "accessibility"]
    assert (told.text, told.weight) == ("Screen Reader", 0.0)
    assert text[told.start : told.end] == "Screen Reader"
    plain = assign(score(matched(text)))
    assert (judged.scored.negativity, judged.intents) == (plain.scored.negativity, plain.intents)
    assert judged.signals == plain.signals


def test_a_title_counts():
    """A phrase beside the name in the title is as good as one in the text."""
    judged = judge("We gave up.", title="Acme without a screen reader")
    assert judged.reasons[0] == "accessibility"


def test_a_built_in_reason_may_have_more_words():
    """The same reason from either's words, told once."""
    assert judge("Acme sent a dunning letter.").reasons == ("billing",)
    assert judge("Acme charged me twice, then a dunning letter.").reasons == ("billing",)


def test_a_rivals_trouble_is_not_ours():
    """What is said of the rival is no reason of a post about the brand."""
    judged = judge("Acme is fine. Globex does not work with a screen reader.")
    assert "accessibility" not in judged.reasons
    judged = judge("Globex is fine. Acme does not work with a screen reader.")
    assert "accessibility" in judged.reasons


def test_a_names_own_words_are_no_reason():
    """A brand called by the phrase would otherwise give it to every post."""
    assert judge("Acme is down again.").reasons == ("outage",)


def test_own_reasons_come_first_among_equals():
    """What a person asked for is not crowded out by what weighs the same."""
    assert judge("An outage of Acme, and of its screen reader.").reasons == (
        "accessibility",
        "outage",
    )


def test_what_comes_before_a_but_weighs_less():
    """As the lexicons' cues do."""
    before = "Acme has screen reader support, but the price doubled."
    after = "Acme charged me, but the screen reader support is gone."
    assert "accessibility" in judge(before).reasons
    assert judge(after).reasons[0] == "accessibility"


@pytest.mark.parametrize("language", ["pl", None, "de"])
def test_phrases_are_found_in_any_language(language):
    """Also where the house has no lexicon."""
    judged = judge("Acme nie działa: dunning letter.", language=language)
    assert judged.reasons == ("billing",)


def test_the_longest_of_a_reasons_phrases_counts_once():
    """Overlapping phrases of one reason are one place."""
    own = compiled([OwnReason("a", ("red", "red tape", "tape measure", "tape"))])
    judged = assign(score(matched("Acme is red tape.")), own)
    assert [e.text for e in judged.scored.evidence if e.name == "a"] == ["red tape"]


def test_no_phrases_are_none():
    """A config without [reasons] costs nothing."""
    assert compiled([]) is None


def test_a_hostile_text_takes_no_time():
    """A text that always nearly is a phrase is read in time linear in its length."""
    own = compiled([OwnReason("a", ("x " * 39 + "y",))])
    found = matched("Acme " + "x " * 500_000)
    scored = score(found)
    start = time.process_time()
    assign(scored, own)
    assert time.process_time() - start < 3
