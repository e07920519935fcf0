"""What the author wants, what it is about, and what else speaks for or against an answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.reasons import REASONS, SIGNALS, assign, assign_text
from scanner.records import INTENTS
from scanner.score import score, score_text
from tests.conftest import matched


def judge(text="", **more):
    return assign(score(matched(text, **more), with_polarity=False))


def signals(judged):
    return {signal.name for signal in judged.signals}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Acme charged me twice and support hasn't answered in two weeks.", "complaint"),
        ("How do I export my notes from Acme? Does anyone know?", "question"),
        ("I wish Acme had tags. Please add tags, it would be nice.", "request"),
        ("I love Acme, it is awesome, best thing I bought.", "praise"),
        ("Acme vs Globex, compared to each other: both have charts.", "comparison"),
        ("According to its CEO, Acme acquired a rival, shares rose, a spokesperson said.", "news"),
        (
            "We are excited to announce our new Acme bundle. Sign up today, 20% discount!",
            "promotion",
        ),
        ("We had Acme open on the table.", "other"),
    ],
)
def test_every_intent_is_told(text, intent):
    """One plain example of each intent."""
    assert judge(text).intent == intent


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Acme charged me twice.", "billing"),
        ("Acme doubled the price.", "price"),
        ("Acme keeps crashing.", "bug"),
        ("Acme is down again, an outage.", "outage"),
        ("Acme is so slow, it eats memory.", "performance"),
        ("Acme is confusing and hard to use.", "usability"),
        ("Acme removed the calendar. No way to get it back.", "missing_feature"),
        ("My Acme parcel never arrived.", "delivery"),
        ("Acme hasn't answered.", "support_silence"),
        ("Acme customer service, rude staff.", "support_quality"),
        ("I cancelled my Acme subscription.", "cancellation"),
        ("Acme locked me out.", "account_access"),
        ("Acme lost all my notes.", "data_loss"),
        ("Acme had a data breach, privacy is gone.", "security"),
        ("Acme changed its policy and the terms of service.", "policy"),
        ("Acme sucks.", "other"),
    ],
)
def test_every_reason_is_told(text, reason):
    """One plain example of each reason, among the first three."""
    found = judge(text).reasons
    assert reason in found
    assert set(found) <= set(REASONS)


def test_each_reason_has_its_words():
    """A reason points at the words it was read from, so that a quote can show them."""
    judged = judge("Acme charged me twice. And customer service is asleep.")
    proofs = {e.name: e.text for e in judged.scored.evidence}
    assert judged.reasons == ("billing", "support_quality")
    assert proofs["billing"] == "charged me twice"
    judged = judge("Acme keeps crashing.")
    assert {"bug": "keeps crashing"}.items() <= {
        e.name: e.text for e in judged.scored.evidence
    }.items()


def test_rivals_are_weighed_only_where_one_is_known_or_asked_for():
    """ "Instead of" alone weighs nothing; a rival's name or a search for another tool does."""
    assert "considering" not in signals(judge("I walked instead of opening Acme."))
    assert "considering" in signals(judge("I prefer Globex, instead of Acme."))
    assert "considering" in signals(judge("What do you recommend, is Acme good?"))
    assert {"considering", "leaving"} <= signals(judge("Any alternatives to Acme?"))


def test_a_switch_verb_may_stand_apart_from_the_name():
    """ "Move all our notes from Acme" leaves; the words of the signal are the author's."""
    leaving = judge("We move all our old notes from Acme.").signal("leaving")
    assert leaving.text == "move all our old notes from Acme"
    assert judge("An email from Acme.").signal("leaving") is None


def test_no_problem_is_no_reason():
    """A negated problem word names no bug."""
    assert "bug" not in judge("Acme has never had an error.").reasons


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("I use Acme daily.", "first_hand"),
        ("Can anyone help me with Acme? Please help.", "asks_for_help"),
        ("Still waiting for Acme.", "unresolved"),
        ("Acme crashed, but it is fixed now.", "resolved"),
        ("I moved from Acme to Globex.", "leaving"),
        ("Looking for an alternative to Acme.", "considering"),
        ("Is Acme any good?", "question"),
        ("According to a spokesperson, Acme announced quarterly earnings.", "headline"),
        ("Weekly roundup, this week in tools: Acme and more.", "digest"),
        ("We're thrilled to announce Acme Pro. Sign up today!", "promotion"),
        ("Acme is hiring: 5 years of experience, full time.", "job"),
        ("Many users say Acme crashes.", "reported"),
        ("Acme and Globex, Globex, Globex.", "rival"),
        ("Acme. " + "The lake was wide and the sky was blue. " * 9, "aside"),
    ],
)
def test_every_signal_of_words_is_seen(text, signal):
    """One plain example of each signal, with the words that show it."""
    found = judge(text).signal(signal)
    assert found is not None
    assert 0.5 <= found.weight <= 1.0
    assert found.text


def test_signals_that_no_words_carry():
    """Kind, rating and links speak for themselves."""
    assert "headline" in signals(judge("Acme in the paper", kind="news"))
    assert "release" in signals(judge("Acme 2.0", kind="release"))
    assert "first_hand" in signals(judge("Ok.", kind="review", rating=3.0))
    assert {"first_hand", "question"} <= signals(judge("Acme and tabs", kind="question"))
    links = [f"https://site.example/{n}" for n in range(12)]
    assert "digest" in signals(judge("Acme and others", links=tuple(links)))


def test_solved_is_not_unresolved():
    """Where a problem was put right, what was waited for does not count."""
    found = signals(judge("Still waiting for Acme. Edit: solved, Acme works now."))
    assert "resolved" in found
    assert "unresolved" not in found


def test_signals_stand_in_a_fixed_order():
    """The order of SIGNALS, so that output is the same every time."""
    found = [s.name for s in judge("Please help, I am still waiting for Acme. Why?").signals]
    assert found == [name for name in SIGNALS if name in found]
    assert len(found) >= 3


def test_what_is_said_of_a_rival_is_no_reason():
    """ "Globex charged me twice" is not Acme's billing."""
    assert judge("Globex charged me twice. So I asked Acme.").reasons == ()


def test_offsets_of_signals_cut_out_their_words():
    """A signal points at its words."""
    judged = judge("Today I moved from Acme to Globex.")
    leaving = judged.signal("leaving")
    assert judged.post.text[leaving.start : leaving.end] == leaving.text == "moved from Acme"


def test_an_unjudged_language_has_other_as_intent():
    """Without cues there is nothing to say."""
    judged = judge("Acme ei toimi.", language="fi")
    assert judged.intent == "other"
    assert judged.reasons == ()


def test_a_text_without_a_brand_is_judged_whole():
    """assign_text tells intent, strengths and reasons of a bare text."""
    text = "They charged me twice and nobody answers."
    bad, _, _ = score_text(text, "en", with_polarity=False)
    intent, intents, reasons = assign_text(text, "en", bad)
    assert intent == "complaint" == intents[0][0]
    assert {"billing", "support_silence"} <= set(reasons)


WORDS = "Acme Globex . ? I help crash love vs wish announce but"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split())))
def test_strengths_are_ordered_and_bounded(words):
    """Intents come strongest first, between 0 and 1, each once, and the first is the intent."""
    judged = judge(" ".join(words))
    strengths = [strength for _, strength in judged.intents]
    assert strengths == sorted(strengths, reverse=True)
    assert all(0.0 < strength <= 1.0 for strength in strengths)
    assert len({i for i, _ in judged.intents}) == len(judged.intents)
    assert judged.intent == judged.intents[0][0]
    assert judged.intent in INTENTS
