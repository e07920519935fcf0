"""How dissatisfied an author is with the brand: promises broken, blame, switches, languages."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import cues, scope
from scanner.errors import ModelError
from scanner.score import polarity, score_text
from scanner.score import score as judge
from scanner.score.weights import weights
from tests.conftest import matched


def score(found, **more):
    return judge(found, **more)


def whole(text, language, **more):
    return score_text(text, language, **more)


def tone(text, language):
    return polarity(text, language)


def negativity(text, **more):
    return score(matched(text, **more), with_polarity=False).negativity


@pytest.mark.parametrize(
    "text",
    [
        "Acme charged me twice and support hasn't answered in two weeks.",
        "Still waiting for Acme to send the confirmation.",
        "Acme won't open on my phone since the last update.",
        "Acme doesnt load, just a blank screen.",
        "I can't log in to Acme and the reset mail never arrived.",
        "Acme keeps crashing on export, had to reinstall three times.",
        "Acme lost all my notes.",
        "2 hours on hold with Acme, then they hung up on me.",
        "Gave up on Acme and moved to Globex.",
        "Acme doubled the price and removed the feature I pay for.",
    ],
)
def test_a_broken_promise_needs_no_sad_word(text):
    """What went wrong is heard without a word of sentiment: over one half."""
    assert negativity(text) > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Thank you Acme, that was quick!",
        "I switched from Globex to Acme and never looked back.",
        "I have had no problems at all with Acme, it just works great.",
        "Acme is awesome.",
        "We use Acme for the invoices.",
    ],
)
def test_thanks_praise_and_plain_use_are_no_complaints(text):
    """Kind and neutral posts stay under one half."""
    assert negativity(text) < 0.4


MISSED = pytest.mark.xfail(strict=True, reason="known miss: the model is under .45 here (.36, .44)")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Acme is broken."),
        ("en", "Do not trust Acme."),
        ("en", "Acme closed my account without notice."),
        ("en", "Acme ate my photos."),
        ("en", "Acme lost it. Weeks of work gone."),
        ("en", "Acme is 30 dollars now, it was 12 last year. Nobody warned us."),
        ("en", "Acme sends passwords in plain text."),
        ("en", "At Acme the page says 5 but they charged 8."),
        ("en", "Zero for the service, Acme."),
        pytest.param("en", "Took me two days to find the settings in Acme.", marks=MISSED),
        ("en", "Acme drives us nuts."),
        ("en", "Acme drops every accent."),
        ("en", "Great, Acme is down again."),
        ("en", "I wrote to Acme twice, nothing."),
        ("de", "Acme: schon wieder Wartungsarbeiten."),
        ("de", "Acme ist schwer zu kündigen."),
        ("de", "Acme zweimal angeschrieben, nichts."),
        ("de", "Acme hat unser Konto ohne Begründung gesperrt."),
        ("de", "Finger weg von Acme."),
        pytest.param("de", "Acme schickt Passwörter im Klartext.", marks=MISSED),
    ],
)
def test_common_plain_complaints_are_heard(language, text):
    """What people say of a product that let them down, without a word of mood: over .45."""
    assert negativity(text, language=language) > 0.45


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Acme refunded the double charge the same day. That's how it's done."),
        ("en", "I can't recommend Acme enough."),
        ("en", "My only complaint is that I didn't discover Acme sooner."),
        ("en", "I used to dread taxes until I found Acme."),
        ("en", "Thanks Acme for the quick fix, the bug is gone."),
        ("en", "Acme: no errors, no crashes, it just works."),
        ("en", "I have been using Acme for three years."),
        ("en", "We lost our cat, she died in May. Acme sent flowers, how lovely."),
        ("de", "Acme, keine Abstürze, keine Fehler."),
        ("de", "Danke Acme für die schnelle Hilfe, der Fehler ist weg."),
    ],
)
def test_good_news_in_the_words_of_complaints_is_good_news(language, text):
    """A problem that is gone, a negated one, or somebody else's grief: under one third."""
    assert negativity(text, language=language) < 0.33


def test_a_phrase_said_again_is_one_piece_of_evidence():
    """Title, first line and list say the same; asking for alternatives is no fury."""
    text = "Alternatives to Acme, alternatives to Acme. Alternatives to Acme."
    scored = score(matched(text, title="Alternatives to Acme"), with_polarity=False)
    assert scored.negativity < 0.6
    assert len([e for e in scored.evidence if "lternatives" in e.text]) == 1
    assert abs(negativity("Acme crashes, crashes, crashes.") - negativity("Acme crashes.")) < 0.1


@pytest.mark.xfail(strict=True, reason="known miss: the model counts what the cues do not (+.05)")
def test_a_word_said_again_adds_nothing():
    """Shouting is no second complaint."""
    assert negativity("Acme crashes, crashes, crashes.") == negativity("Acme crashes.")


def test_a_press_releases_troubles_are_the_markets():
    """The bad words of an announcement weigh little."""
    text = (
        "Acme, a leading provider of backups, today announced its new release. It ends the slow, "
        "broken and unreliable tools that lost data and failed to start, said the chief executive."
    )
    assert negativity(text) < 0.4
    plain = text.replace("a leading provider of", "for").replace("today announced", "has")
    assert negativity(plain) > 0.8


def test_a_sentence_with_its_own_name_keeps_its_cues():
    """ "Foobar is slow. Acme is great." says nothing bad of Acme, rival or not."""
    scored = score(matched("Foobar is slow. Acme is great."), with_polarity=False)
    assert "slow" not in {e.text for e in scored.evidence}
    scored = score(matched("Everything is slow. Acme again."), with_polarity=False)
    assert "slow" in {e.text for e in scored.evidence}


def test_why_somebody_left_is_the_fault_of_who_was_left():
    """ "From X to Y because it fails" blames X, whether or not Y is known as a rival."""
    text = "Ich überlege, von Acme zu Globex zu wechseln, weil der Export nicht funktioniert."
    alone = negativity(text, language="de", rival="Nobody")
    assert negativity(text, language="de") >= alone > 0.6
    turned = "Ich überlege, von Globex zu Acme zu wechseln, weil der Export nicht funktioniert."
    assert negativity(turned, language="de") < 0.3
    assert negativity("Die App von Acme ist blau.", language="de") < 0.4


def test_praise_in_one_paragraph_leaves_the_next_its_complaint():
    """What a new paragraph complains of belongs to the brand that was named last."""
    praise = "The calendar of Acme is lovely and fast."
    other = "What drives me up the wall: exports drop every accent."
    assert negativity(f"{praise}\n\n{other}") > 0.5 > negativity(praise)


def test_negation_turns_a_word_round():
    """ "Not good" is worse than "good", "not only good" is not."""
    assert negativity("Acme is not good.") > 0.4 > negativity("Acme is good.")
    assert negativity("Acme is not only good, it is fast too.") < 0.3


@pytest.mark.xfail(strict=True, reason="known miss: kindness by negation (.50 to .88)")
@pytest.mark.parametrize(
    "text", ["Acme is not only good.", "Acme isn't bad at all.", "I don't hate Acme."]
)
def test_kindness_by_negation_is_kind(text):
    """ "Not bad" is praise, or nearly."""
    assert negativity(text) < 0.3


def test_a_rivals_paragraph_is_not_the_brands():
    """What the next paragraph says of a rival, and an empty or a signing one, changes little."""
    praise = "Acme is great, we love it and the support is friendly and quick."
    rival = "Globex is terrible: it crashes every day, lost our data, and support ignores us."
    for more in (rival, "", "Sent from my phone"):
        assert negativity(f"{praise}\n\n{more}") < 0.15


def test_a_negation_ends_at_a_mark():
    """ "No, Acme is good" praises."""
    assert negativity("No, good Acme.") < 0.3


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Acme is terrible, but Globex works great.", "Globex is terrible, but Acme works great."),
        ("Globex is fine. Acme keeps crashing.", "Acme is fine. Globex keeps crashing."),
        ("I moved from Acme to Globex.", "I moved from Globex to Acme."),
        ("I ditched Acme. Globex it is.", "I ditched Globex. Acme it is."),
        ("Thinking of switching to Globex, Acme.", "Thinking of switching to Acme, Globex."),
    ],
)
def test_blame_goes_to_the_one_who_is_meant(ours, theirs):
    """The same words weigh on the brand or on its rival, by clause, nearness and direction."""
    assert negativity(ours) > negativity(theirs) + 0.25


def test_who_joined_a_rival_has_left_somebody():
    """ "Back to Globex" beside our name speaks against us; "left Globex" for us."""
    plain = negativity("I know Acme and Globex.")
    assert negativity("I know Acme. I went back to Globex") > plain
    assert negativity("I know Acme. I got rid of Globex") < plain


def test_the_clause_counts_more_than_the_rest_of_the_post():
    """One aside in a long merry post is judged by its own sentence and the next, as it is alone.

    That it stays under one half is the model's weakness: the next test.
    """
    merry = "We had a lovely walk and a great lunch with wonderful friends. " * 8
    aside = "I could not load Acme on the train. It just showed an error number. "
    (verdict,) = score(matched(merry + aside + merry), with_polarity=False).verdicts
    assert verdict.negativity == pytest.approx(negativity(aside), abs=0.05)
    fine = negativity(merry + "I could load Acme on the train. It just showed the map. " + merry)
    assert verdict.negativity > fine + 0.25
    assert {"an error", "error", "does not work"} & {e.name for e in verdict.evidence}


@pytest.mark.xfail(strict=True, reason="known miss: a calm aside (.42)")
def test_a_calm_aside_is_a_complaint():
    """An error number in passing is a failure that somebody should hear of."""
    assert negativity("I could not load Acme on the train. It just showed an error number.") > 0.5


def test_far_misery_is_not_the_brands():
    """In a long post about other things, sentences far from the name do not count."""
    gloom = "The weather was terrible and my back hurt. " * 8
    middle = "We paid with Acme. Then we went home by bus. "
    assert negativity("A walk. " + gloom + "Quiet. " + middle + "Quiet. " + gloom) < 0.4


def test_evidence_points_at_its_words():
    """Offsets cut exactly the words out of title or text."""
    found = matched("Support hasn't answered for weeks.", title="Acme charged me twice")
    scored = score(found)
    fields = {"title": found.post.title, "text": found.post.text}
    placed = [(e.text, fields[e.where][e.start : e.end]) for e in scored.evidence]
    assert ("charged me twice", "charged me twice") in placed
    assert ("hasn't answered", "hasn't answered") in placed
    assert all(text == words for text, words in placed)


def test_stars_are_strong_evidence():
    """One star outweighs kind words; without a mention, the whole review is judged."""
    assert negativity("Nice.", rating=1.0) > 0.7
    assert negativity("Hm.", rating=5.0) < 0.1
    scored = score(matched("Hm.", rating=1.0))
    assert scored.verdicts == ()
    assert scored.evidence[-1].name == "rating"


def test_the_worst_mention_leads_the_whole():
    """A post's verdict lies between its mentions' verdicts, nearer to the worst."""
    kind = "Acme is awesome and I love the charts. " + "The lake was blue. " * 12
    scored = score(matched(kind + "But Acme keeps crashing."), with_polarity=False)
    low, high = sorted(v.negativity for v in scored.verdicts)
    assert low < (low + high) / 2 < scored.negativity < high


@pytest.mark.parametrize(
    ("language", "bad", "good"),
    [
        ("de", "Acme funktioniert nicht und niemand antwortet.", "Danke Acme, super Service!"),
        ("fr", "Acme ne fonctionne pas, c'est nul.", "Merci Acme, j'adore !"),
        ("es", "Acme no funciona, pésimo servicio.", "Gracias Acme, excelente."),
        ("it", "Acme non funziona, servizio pessimo.", "Grazie Acme, ottimo servizio."),
        ("pt", "Acme não funciona, péssimo.", "Obrigado Acme, excelente."),
        ("nl", "Acme werkt niet, waardeloos.", "Bedankt Acme, geweldig."),
    ],
)
def test_other_languages_have_cues_of_their_own(language, bad, good):
    """A complaint and thanks are told apart in every language with a lexicon."""
    assert negativity(bad, language=language) > 0.5 > negativity(good, language=language)


def test_a_language_without_cues_is_not_scored():
    """Finnish is known and not covered: None everywhere, no guess."""
    scored = score(matched("Acme ei toimi.", language="fi"))
    assert scored.negativity is None
    assert [v.negativity for v in scored.verdicts] == [None]
    assert whole("Acme ei toimi.", "fi") == (None, None, ())
    assert cues.find("Acme ei toimi.", "fi") == ()


def test_an_unknown_language_is_read_as_english():
    """Short texts have no language; English cues are tried."""
    assert negativity("Acme won't open", language=None) > 0.4


def test_whole_texts_have_negativity_polarity_and_evidence():
    """score_text tells a complaint from thanks, and says by which words."""
    bad, mood, evidence = whole("This is awful, I want a refund.", "en")
    good, _, _ = whole("Thank you, lovely.", "en", with_polarity=False)
    assert bad > 0.7 > 0.2 > good
    assert mood < 0
    assert evidence[0].text == "awful"


def test_polarity_is_textblobs_and_english_only():
    """Great is above zero, awful below; a known other language has none."""
    assert tone("great", "en") > 0 > tone("awful", None)
    assert tone("toll", "de") is None


def test_polarity_is_kept_beside_each_mention():
    """A verdict carries its sentence's polarity; a review without the name, that of the text."""
    scored = score(matched("Acme is great. The weather was awful."))
    assert scored.verdicts[0].polarity > 0.5
    assert scored.polarity == scored.verdicts[0].polarity
    assert score(matched("Great.")).polarity > 0.5
    assert score(matched("Acme is great."), with_polarity=False).polarity is None


def test_a_name_is_no_cue():
    """ "Best Buy" is a shop, not praise."""
    assert negativity("I was at Best Buy.", brand="Best Buy") == pytest.approx(
        negativity("I was at Acme.")
    )


def test_a_text_beyond_the_cap_is_read_around_its_names():
    """A complaint at character 60,000 is found; two far apart are both read."""
    filler = "The lake was calm and the sky was wide. " * 1500
    text = "Acme is fine. " + filler + "Acme keeps crashing. " + filler
    scored = score(matched(text), with_polarity=False)
    assert [v.negativity > 0.4 for v in scored.verdicts] == [False, True]
    cue = next(e for e in scored.verdicts[1].evidence if e.text == "keeps crashing")
    assert text[cue.start : cue.end] == "keeps crashing"


def test_only_so_much_of_a_text_full_of_names_is_read():
    """A name every 4,000 characters: windows are cut off at the cap, and nothing fails."""
    text = ("Acme is down. " + "word " * 800) * 40
    scored = score(matched(text), with_polarity=False)
    assert 0 < len(scored.verdicts) <= scope.MAX_MENTIONS
    assert scored.negativity > 0.4


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["en", "de", None]))
def test_any_text_has_a_probability(text, language):
    """Whatever the text, negativity lies in 0..1 and evidence lies in the text."""
    found, _, evidence = whole(text, language, with_polarity=False)
    assert 0.0 <= found <= 1.0
    assert all(0 <= e.start < e.end <= len(text) for e in evidence)


WORDS = "Acme Globex . but to from moved crashes great not ,"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split())))
def test_any_order_of_names_and_cues_is_judged(words):
    """Every mention gets a verdict between 0 and 1, wherever it stands."""
    found = matched(" ".join(words))
    scored = score(found, with_polarity=False)
    assert len(scored.verdicts) == min(len(found.mentions), scope.MAX_MENTIONS)
    assert all(0.0 <= v.negativity <= 1.0 for v in scored.verdicts)


@pytest.mark.parametrize("unit", ["not ", "a", "!", "charged ", "☀", ":(", "http://", "' ", "?? "])
def test_a_long_run_of_anything_is_read_in_time(unit):
    """Finding cues takes time in line with the length; a quadratic step would take minutes."""
    started = time.process_time()
    cues.find(unit * (200_000 // len(unit)), "en")
    assert time.process_time() - started < 5


def test_damaged_data_is_told(tmp_path, monkeypatch):
    """A lexicon or a table that does not parse stops the run with its name."""
    folder = tmp_path / "data" / "cues"
    folder.mkdir(parents=True)
    (folder / "xx.toml").write_text("[sets", "utf-8")
    (folder / "weights.toml").write_text("[en]\n", "utf-8")
    monkeypatch.setattr("scanner.cues.resources.files", lambda _: tmp_path)
    cues.load.cache_clear()
    weights.cache_clear()
    try:
        with pytest.raises(ModelError, match=r"xx\.toml is damaged"):
            cues.load("xx")
        with pytest.raises(ModelError, match=r"weights\.toml is damaged"):
            weights("en")
    finally:
        cues.load.cache_clear()
        weights.cache_clear()


@pytest.mark.parametrize("language", sorted(cues.languages()))
def test_every_lexicon_uses_only_known_groups_and_signals(language):
    """A misspelt group or signal in a data file would be silently dead."""
    known = weights(language).groups.keys() | weights("en").groups.keys() | {"contrast"}
    tree, found = [cues.load(language).root], set()
    while tree:
        node = tree.pop()
        found.update(node.ends)
        tree.extend(node.next.values())
    assert {c.group for c in found if c.group} <= known
    assert {c.negated for c in found if c.negated} <= known
