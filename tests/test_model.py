"""The trained model: what it says, of hostile texts too, and what becomes of a damaged file."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from scanner import model, scope
from scanner.errors import ModelError
from scanner.model import file, linear, mentions, student, whole, words
from scanner.model.linear import Linear
from scanner.model.student import Student, Weights
from scanner.model.whole import Model
from scanner.model.words import BRAND, RIVAL, Words, mark, nameless, places_of, tokens
from tests.conftest import matched

SHIPPED = model.source()
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")


@pytest.fixture
def shipped():
    """The model that comes with the program."""
    return model.load()


@pytest.fixture
def another():
    """Leave to use another model, until the test is over."""
    yield
    model.choose(None)


def odds(text, language="en", target=None):
    """Log-odds by the shipped model."""
    reading = model.load().read(text, language, target)
    assert reading is not None
    return reading.odds


# --- what any good model says --------------------------------------------------------------------

PAIRS = {
    "en": (
        "I was charged twice, support never answers, and the app keeps crashing. Terrible.",
        "Thank you, it works great and I love it!",
    ),
    "de": (
        "Die App stürzt ständig ab, niemand antwortet, ich will mein Geld zurück. Schrecklich.",
        "Danke, funktioniert super, ich bin begeistert!",
    ),
    "fr": (
        "L'application plante tout le temps, personne ne répond, très déçu. C'est nul.",
        "Merci, ça marche très bien, je l'adore !",
    ),
    "es": (
        "La aplicación no funciona, nadie responde y me cobraron dos veces. Pésimo servicio.",
        "¡Gracias, funciona genial y me encanta!",
    ),
    "it": (
        "L'app non funziona, nessuno risponde e mi hanno addebitato due volte. Pessimo servizio.",
        "Grazie, funziona benissimo e la adoro!",
    ),
    "pt": (
        "O aplicativo não funciona, ninguém responde e fui cobrado duas vezes. Péssimo serviço.",
        "Obrigado, funciona muito bem e eu adoro!",
    ),
    "nl": (
        "De app werkt niet, niemand reageert en ik wil mijn geld terug. Slechte service.",
        "Bedankt, het werkt geweldig en ik ben er erg blij mee!",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plain_complaint_is_one_in_every_language(language):
    """A complaint is likelier one than not, and far likelier than praise in the same language."""
    complaint, praise = (odds(text, language) for text in PAIRS[language])

    assert complaint > 0 > praise
    assert complaint > praise + 1


def test_it_knows_the_languages_that_it_is_said_to_know(shipped):
    """Seven languages and no others; the first head is the one that both halves know."""
    assert shipped.languages == set(LANGUAGES)
    assert shipped.heads[0] == whole.NEGATIVE
    assert len(set(shipped.heads)) == len(shipped.heads)


def test_a_language_that_it_does_not_know_has_no_reading(shipped):
    """Finnish is a language and was not learnt: None, not a guess."""
    assert shipped.read("Ei toimi.", "fi", None) is None
    assert not model.covered("fi")


def test_an_unknown_language_is_read_as_english():
    """A post whose language could not be told has the verdict that it has as English."""
    post = "Acme is broken again and nobody answers."
    unknown, english = matched(post, language=None), matched(post, language="en")

    assert model.covered(None)
    assert model.covered("en")
    assert model.towards(unknown) == model.towards(english)


def test_a_language_that_is_not_covered_is_heard_as_nothing():
    """Who does not ask `covered` first gets even odds, and no trait nor evidence."""
    post = matched("Acme ei toimi.", language="fi")

    assert model.towards(post) == (model.Heard(0.0, {}, ()),)


@pytest.mark.parametrize(
    ("text", "bad", "good"),
    [
        ("Acme is terrible, but Globex is great.", (0, 4), (22, 28)),
        ("Globex is great, but Acme is terrible.", (21, 25), (0, 6)),
    ],
)
def test_marks_say_whom_a_text_is_about(text, bad, good):
    """With brand and rival exchanged, the same words are a complaint or praise."""
    assert odds(text, "en", ([bad], [good])) > odds(text, "en", ([good], [bad])) + 0.2


def test_a_names_own_words_say_nothing():
    """ "Terrible Toys" is a shop: the verdict is that of any name."""
    assert odds("I was at Terrible Toys.", "en", ([(9, 22)], [])) == pytest.approx(
        odds("I was at Acme.", "en", ([(9, 13)], [])), abs=1e-5
    )


def test_signs_in_a_text_are_no_marks():
    """A post that holds the control characters of our marks is read as if it held blanks."""
    assert odds("\x01 is bad, \x02 is good") == odds("  is bad,   is good")


def test_nul_is_no_letter():
    """A NUL stands for nothing: it is no mark, and ends no text."""
    assert BRAND not in tokens(mark("\0 broken \0", ()))
    assert odds("It is broken.\0") > odds("\0")


def test_every_head_has_a_probability(shipped):
    """Intents, reasons and the rest lie between 0 and 1, and complaint leads where one is made."""
    complaint, praise = (shipped.read(text, "en", None).traits for text in PAIRS["en"])

    assert set(complaint) == set(shipped.heads)
    assert all(0 < chance < 1 for chance in (*complaint.values(), *praise.values()))
    assert complaint["intent/complaint"] > praise["intent/complaint"]
    assert praise["positive"] > complaint["positive"]


# --- evidence ------------------------------------------------------------------------------------

NAMING = [
    ("en", "Acme keeps crashing", "I hate Acme! Acme's support is useless, @Acme #AcmeFail."),
    ("en", "", "Acme is full of lies and Globex is wonderful, said nobody but Acme."),
    ("de", "Nie wieder Acme", "Die Acme-App ist kaputt, niemand antwortet bei Acme."),
    ("fr", "", "Acme ne répond jamais, le service d'Acme est nul."),
    ("es", "Pésimo", "Acme no funciona y nadie responde."),
    ("it", "", "Il servizio di Acme è pessimo, non funziona niente."),
    ("pt", "Acme não funciona", "Péssimo."),
    ("nl", "", "Acme werkt niet en niemand reageert."),
]


@pytest.mark.parametrize(("language", "title", "text"), NAMING)
def test_evidence_is_cut_out_of_the_post_and_names_nobody(language, title, text):
    """Each phrase stands in title or text where it says, strongest first, without a name in it."""
    post = matched(text, title=title, language=language)
    found = [one for heard in model.towards(post) for one in heard.evidence]

    assert found
    for one in found:
        body = title if one.where == "title" else text
        assert one.text == " ".join(body[one.start : one.end].split())
        assert "acme" not in one.text.lower()
        assert "globex" not in one.text.lower()
        assert abs(one.weight) >= model.LEAST
        assert one.name == model.NAME
    for heard in model.towards(post):
        strength = [abs(one.weight) for one in heard.evidence]
        assert strength == sorted(strength, reverse=True)
        assert len(strength) <= model.MAX_EVIDENCE


def test_no_phrase_runs_from_the_title_into_the_text():
    """What would span both is left out: no offsets could say where it is."""
    post = matched("crashing all day and it is useless.", title="Acme keeps")
    found = [one for heard in model.towards(post) for one in heard.evidence]

    assert all(" ".join(("keeps", "crashing")) not in one.text for one in found)


def test_phrases_are_asked_for(shipped):
    """Without asking there are none; with asking the word that carries a text is among them."""
    text = "The new editor is nice, but the Export is BROKEN again."
    told = shipped.read(text, "en", None, 5).phrases

    assert shipped.read(text, "en", None).phrases == ()
    assert any("BROKEN" in text[start:end] for _, _, start, end in told)
    assert len(shipped.read(text, "en", None, 1).phrases) == 1


def test_an_empty_text_has_no_phrases(shipped):
    """There is a verdict of it, and nothing to show."""
    assert shipped.read("", "en", None, 5).phrases == ()


def _told(text, moved):
    """Phrases of a text whose words moved the verdict so much."""
    return whole._said(text, list(zip(tokens(text), moved, places_of(text), strict=True)), 9)


def test_phrases_are_neighbours_that_move_the_same_way():
    """Four words at most; a mark, a turn and a word that says little end one."""
    text = "one two three four five six. seven eight nine"

    told = _told(text, [1, 1, 1, 1, 1, -1, 1, 1, 0.01, 1])

    assert told == [
        ("one two three four", 4, 0, 18),
        ("five", 1, 19, 23),
        ("six", -1, 24, 27),
        ("seven", 1, 29, 34),
        ("nine", 1, 41, 45),
    ]


@pytest.mark.parametrize("text", ["awful https://acme.example/shop service", "awful @acme service"])
def test_addresses_and_accounts_are_no_evidence(text):
    """They are all alike to the model; a phrase must not bring a name along."""
    told = _told(text, [1.0] * len(tokens(text)))

    assert [words for words, *_ in told if "acme" in words] == []


# --- hostile texts -------------------------------------------------------------------------------

HOSTILE = [
    "a" * 1_000_000,
    "ж" * 1_000_000,
    "?!" * 500_000,
    ". " * 500_000,
    "@a" * 500_000,
    "@a " * 300_000,
    "http" * 250_000,
    "https://" * 120_000,
    "http://a " * 100_000,
    "www." * 250_000,
    "a'" * 500_000,
    "not " * 250_000,
    "\x01\x02" * 100_000,
    "\0" * 1_000,
    "\ud800 broken \udfff",
    "",
    " ",
    "😡",
    "🏴\U000e0067\U000e0062" * 100_000,
    "ﷺ" * 100_000,
    "e\u0301" * 100_000,
    "broken сломано 壊れた معطل kaputt " * 1_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:6]))
def test_hostile_texts_are_judged_in_time(shipped, text):
    """Whatever comes has a verdict, and its evidence lies in the text, in under 2 s of CPU."""
    started = time.process_time()
    reading = shipped.read(text, "en", None, 5)

    assert time.process_time() - started < 2
    assert np.isfinite(reading.odds)
    assert all(0 <= start < end <= len(text) for _, _, start, end in reading.phrases)


@pytest.mark.parametrize("text", ["Acme " * 50_000, "@Acme" * 50_000, "Acme Globex " * 20_000])
def test_a_post_that_is_all_names_is_judged_in_time(text):
    """A hundred thousand marks cost no more than 3 s of CPU."""
    post = matched(text)
    page = scope.read(post)
    started = time.process_time()
    heard = model.towards(post)

    assert time.process_time() - started < 3
    assert len(heard) == len(page.mentions)
    assert all(np.isfinite(one.odds) for one in heard)


PIECES_OF_TEXT = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["http://a.b/c", "HTTPS://X", "www.x.y", "WWW.", "@user", "@@a", "a@b.c", "@http://x"]
        ),
        st.sampled_from(["broken", "don’t", " ", "\n", "!?", "\x01", "\x02", "ﬁ", "ẞ", "ΟΔΟΣ"]),
    ),
    max_size=12,
).map("".join)


@given(PIECES_OF_TEXT, st.sampled_from(LANGUAGES), st.data())
def test_any_text_has_a_probability(text, language, data):
    """Whatever the characters, and whatever is marked in it, the odds are a number."""
    target = None
    if len(text) > 3 and data.draw(st.booleans()):
        low = data.draw(st.integers(0, len(text) - 2))
        high = data.draw(st.integers(low + 1, len(text) - 1))
        target = ([(low, high)], [(high, len(text))])
    reading = model.load().read(text, language, target, 3)

    assert reading is not None
    assert abs(reading.odds) < 200
    assert all(0 <= chance <= 1 for chance in reading.traits.values())
    assert all(0 <= start < end <= len(text) for _, _, start, end in reading.phrases)


# --- words ---------------------------------------------------------------------------------------


@given(PIECES_OF_TEXT)
@example("İyi, don’t İ")
@example("see HTTP://x.y/z, @Me and www.a.b’s don’t")
@example("ahttp://x@y z")
@example("ſhttpſ://x www.ſ")
def test_every_word_has_its_place(text):
    """`tokens` and `places_of` find the same words, and each place holds its word."""
    found, places = tokens(text), places_of(text)

    assert len(found) == len(places)
    for word, (start, end) in zip(found, places, strict=True):
        assert 0 <= start < end <= len(text)
        if word not in ("http", "user") and not word.startswith(("user", "http")):
            here = text[start:end].replace("’", "'").replace("İ", "i").lower()
            assert word.endswith("http") or here.replace("ς", "σ") == word.replace("ς", "σ")


def test_letters_that_grow_in_small_letters_move_no_word():
    """ "İ" is the one letter that `str.lower` makes two of; words behind it keep their places."""
    text = "İyi değil, broken"

    assert len(tokens(text)) == len(places_of(text))
    assert text[slice(*places_of(text)[tokens(text).index("broken")])] == "broken"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It ISN’T working...", ["it", "isn't", "working", "..."]),
        ("@Acme see https://a.b/c?d or WWW.x.y!", ["@", "user", "see", "http", "or", "http"]),
        ("a@b.c 😡", ["a", "@", "b", ".", "c", "😡"]),
        (f"{BRAND}'s {RIVAL}", [BRAND, "'", "s", RIVAL]),
        ("snake_case", ["snake_case"]),
    ],
)
def test_texts_are_cut_into_words_and_marks(text, expected):
    """Small letters; addresses and accounts are all alike; marks and signs stand alone."""
    assert tokens(text) == expected


def test_no_more_words_are_cut_than_are_read():
    """The 401st word is not looked at, nor is what stands behind 20,000 letters."""
    assert len(tokens("a " * 1_000)) == len(places_of("a " * 1_000)) == words.MAX_TOKENS
    assert tokens(" " * words.MAX_CHARS + "late") == []


def test_marks_stand_where_the_names_stood():
    """Each name is a sign and blanks; every other letter keeps its place."""
    text = "Acme and Globex, \x01Acme"

    assert mark(text, [(18, 22), (0, 4)], [(9, 15)]) == "\x01    and \x02     ,  \x01   "
    assert nameless(text, ([(0, 4), (18, 22)], [(9, 15)])) == "     and       ,      "
    assert nameless("\x01 Acme", None) == "  Acme"


def _words(weights=None, pieces=("▁a", "▁b", "a", "b", "not", "▁", "!")):
    """A few pieces, and weights by chance."""
    if weights is None:
        weights = np.random.default_rng(7).standard_normal(1 << 12).astype(np.float32)
    return Words(pieces, -np.arange(1, len(pieces) + 1).astype(np.float32), weights)


def test_a_word_is_cut_into_its_likeliest_pieces():
    """The dearest way through wins; what no piece covers is unknown, letter by letter."""
    known = _words(pieces=("▁", "b", "r", "▁br", "oken", "▁bro"))

    found = known.rows(["broken", "xb", BRAND, RIVAL, "!"])

    assert known.pieces(found).tolist() == [7, 8, 4, 1, 5, 2, 3, 1]
    assert known.pieces(found[1:2]).tolist() == [4, 1, 5]


def test_letters_are_told_by_three_to_five_with_edges():
    """A mark alone has none; a word has those of its edges too."""
    known = _words()

    assert known.grams("!") == []
    assert len(known.grams("ab")) == 2 + 1  # <ab ab> <ab>
    assert len(known.grams("x" * 5_000)) == 24 + 23 + 22


def test_words_forgotten_change_no_verdict(monkeypatch):
    """More words than there is room for: all are learnt anew, and say the same."""
    monkeypatch.setattr(words, "CACHE", 1_500)
    small = Model(SHIPPED)
    text = "It is broken and nobody answers."
    before = small.read(text, "en", None, 5)
    for start in range(0, 4_000, 400):
        small.read(" ".join(f"w{n}x" for n in range(start, start + 400)), "en", None, 5)

    assert small.read(text, "en", None, 5) == before
    assert len(small._words._known) < 1_500


# --- the linear half -----------------------------------------------------------------------------

WORDS = st.lists(
    st.sampled_from(
        ["a", "b", "not", "broken", "isn't", "but", ",", ".", "!", "@", "user", BRAND, RIVAL, "ok"]
    ),
    max_size=30,
)


@given(WORDS)
@example([BRAND])
@example([RIVAL, "a"])
@example(["not", "a"])
def test_the_odds_are_the_sum_over_buckets(text):
    """What the program judges with is what the training fits: the same buckets and counts."""
    known = _words()
    half = Linear(known, 0.25)
    rows = known.rows(text)
    at, counts = half.buckets(text, rows)

    assert half.judge(text, rows) == pytest.approx(
        0.25 + float(known.weights[at] @ counts), abs=1e-4
    )


@given(WORDS.filter(lambda text: BRAND not in text and text))
def test_what_the_words_add_is_the_verdict(text):
    """Without a brand the words' shares and the bias are all there is."""
    known = _words()
    half = Linear(known, -1.0)
    rows = known.rows(text)

    assert half.judge(text, rows) == pytest.approx(-1.0 + float(half.shares(rows).sum()), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("not a b c d", [0, 1, 1, 1, 0]),
        ("not a . b c", [0, 1, 0, 0, 0]),
        ("isn't not a", [0, 1, 1]),
        ("a b", [0, 0]),
        ("not", [0]),
        (f"not {BRAND} a", [0, 1, 1]),
    ],
)
def test_a_negation_reaches_three_words_up_to_a_mark(text, denied):
    """The words after "not" are other words; a mark ends its reach."""
    known = _words()

    found = Linear(known, 0.0).denied(known.rows(text.split()))

    assert found.tolist() == [bool(one) for one in denied]


def test_clauses_decide_who_is_nearer():
    """Behind "but" a word is the rival's, though the brand is as near."""
    known = _words()
    half = Linear(known, 0.0)
    plain, parted = [BRAND, "a", "b", RIVAL], [BRAND, "but", "b", RIVAL]
    crc = [known.crc[known.rows([word])[0]].item() for word in plain]

    assert known.mix(crc[1], linear._S) in half._beside(plain, crc)
    crc[1] = known.crc[known.rows(["but"])[0]].item()
    assert known.mix(crc[2], linear._X) in half._beside(parted, crc)


# --- the student ---------------------------------------------------------------------------------


def _weights(width, dim=4, filters=3, rows=11, heads=2, seed=3):
    chance = np.random.default_rng(seed)

    def some(*shape):
        return chance.standard_normal(shape).astype(np.float32)

    table = some(rows, dim)
    table[0] = 0
    conv = some(width, dim + student.PLACES, filters)
    out = some(2 * filters + dim, heads)
    return Weights(table, conv, some(filters), out, some(heads), some(2 * filters + dim))


def _places(ids):
    """Nearness to brand and rival, piece by piece."""
    out = np.zeros((len(ids), 6))
    for n in range(len(ids)):
        for column, sign in ((0, 2), (2, 3)):
            behind = [n - k for k in range(n + 1) if ids[k] == sign]
            before = [k - n for k in range(n, len(ids)) if ids[k] == sign]
            out[n, column] = np.exp(-min(behind) / 6) if behind else 0
            out[n, column + 1] = np.exp(-min(before) / 6) if before else 0
        out[n, 4], out[n, 5] = max(out[n, 0], out[n, 1]), ids[n] in (2, 3)
    return out


def _features(ids, w):
    """The convolution and its maxima, number by number."""
    width, deep, filters = w.conv.shape
    beside = _places(ids) if 2 in ids else np.array([[0, 0, 0, 0, 1, 0]] * len(ids))
    x = np.hstack([w.table[ids], beside])
    hidden = np.zeros((len(ids), filters))
    for n in range(len(ids)):
        for f in range(filters):
            total = float(w.conv_bias[f])
            for k in range(width):
                at = n + k - width // 2
                if 0 <= at < len(ids):
                    total += sum(float(x[at, d]) * float(w.conv[k, d, f]) for d in range(deep))
            hidden[n, f] = max(0.0, total)
    near = hidden * beside[:, 4:5]
    return np.concatenate([hidden.max(axis=0), near.max(axis=0), w.table[ids].mean(axis=0)])


@settings(max_examples=30)
@given(WORDS, st.sampled_from([1, 3, 5]))
@example([], 5)
@example(["a"], 5)
@example([BRAND, RIVAL], 3)
def test_features_are_those_of_a_convolution_in_loops(text, width):
    """Matrix products on windows give what the definition gives, with and without a brand."""
    known, w = _words(), _weights(width)
    half, rows = Student(w, known), known.rows(text)
    ids = known.pieces(rows) if text else np.array([1])

    assert half.find(text, rows).features == pytest.approx(_features(ids, w), abs=1e-3)
    assert half.judge(text, rows) == pytest.approx(_features(ids, w) @ w.out + w.out_bias, abs=1e-2)


def test_a_text_of_many_pieces_is_read_whole():
    """What lies behind the first matrix product counts as well."""
    known, w = _words(), _weights(3)
    text = ["a"] * 390 + ["!"] + ["b"] * 9

    found = Student(w, known).find(text, known.rows(text))

    assert found.features == pytest.approx(_features(known.pieces(known.rows(text)), w), abs=1e-3)


@pytest.mark.parametrize("many", [1, 2, 3, 4, 5, 8])
def test_a_filters_share_falls_to_the_words_that_it_looked_at(many):
    """A filter of width five that fired at the last word: that word and the two before it."""
    known = _words()
    w = _weights(5, filters=1)
    text = [f"{'ab'[n % 2]}" for n in range(many)]
    rows = known.rows(text)
    moved = float((1 - w.usual[0]) * w.out[0, 0])
    features = w.usual.copy()
    features[0] = 1.0
    fired = np.zeros((many, 1), np.float32)
    fired[-1] = 1.0

    shares = Student(w, known).shares(rows, student.Found(features, fired, fired), 0)

    seen = [moved / 5 if n >= many - 3 else 0.0 for n in range(many)]
    assert shares == pytest.approx(seen, abs=1e-5)


# --- which text is read --------------------------------------------------------------------------


def test_each_mention_of_a_long_post_has_its_own_surroundings():
    """What is said more than 600 letters away is not read."""
    quiet = "We went along the river and looked at the boats. " * 30
    text = (
        f"Acme ruined everything, a total disaster, it never works.\n\n{quiet}\n\n"
        "Acme is wonderful, we love it."
    )
    post = matched(text, title="Acme")
    heard = model.towards(post)

    assert heard[1].odds > heard[-1].odds + 0.5


def test_a_post_without_a_mention_is_read_from_its_beginning():
    """A feed about the brand need not name it: title and text are one passage without marks."""
    post = matched("It is broken.", title="Why")
    passage = mentions.unnamed(post)

    assert passage == mentions.Passage("Why\nIt is broken.", ((), ()), 0, 4)
    assert model.towards(post)[0].odds == odds("Why\nIt is broken.")


def test_a_handle_is_marked_with_its_sign():
    """ "@Acme" and "#Acme" are one name to the model, sign included."""
    assert mentions._whole_name("hi @Acme", (4, 8)) == (3, 8)
    assert mentions._whole_name("Acme", (0, 4)) == (0, 4)


def test_spans_that_overlap_are_marked_once():
    """A rival's name inside the brand's own is not marked beside it."""
    assert mentions._free([(0, 4), (2, 6), (8, 9)]) == [(0, 4), (8, 9)]
    assert mentions._free([(0, 4), (5, 9), (12, 14)], [(6, 7), (9, 10)]) == [(0, 4), (12, 14)]


def test_surroundings_are_cut_between_words():
    """A window begins at a word, or behind the paragraph before; it ends the same way."""
    body = "w" * 30 + " " + "word " * 400
    low, high = mentions._window(body, (1_000, 1_004))
    assert body[low - 1] == " "
    assert 400 <= low <= 440
    assert body[high] == " "
    assert 0 <= 1_004 + mentions.AROUND - high < 40

    parted = "x" * 900 + "\n\nAcme here\n\n" + "y" * 900
    assert parted[slice(*mentions._window(parted, (902, 906)))] == "Acme here"


def test_an_aside_is_read_in_its_own_sentence_and_the_next():
    """In a long post on something else the model reads what stands at the name."""
    around = "We went along the river and looked at the boats. "
    text = f"{around * 8}I saw an Acme there. It was broken. {around * 8}"
    post = matched(text)
    page = scope.read(post)

    assert not page.subject
    assert [one.body for one in mentions.passages(post, page)] == [
        "I saw an Acme there. It was broken."
    ]


# --- the file ------------------------------------------------------------------------------------

SMALL = {"note": "né"}
SMALL_ARRAYS: file.Arrays = {"t": np.arange(50, dtype=np.int8), "u": np.ones((3, 4), np.float16)}


def _put(tmp_path, body):
    path: Path = tmp_path / "model.npz"
    path.write_bytes(body)
    return path


def _npz(**members):
    """An archive of these bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(f"{name}.npy", body)
    return out.getvalue()


def _npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def _claims(header):
    """An array's file that is all header."""
    told = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(told).to_bytes(2, "little") + told


def _head(told):
    return _npz(header=_npy(np.frombuffer(json.dumps(told).encode(), np.uint8)))


WHOLE = SHIPPED.read_bytes()
DAMAGED = {
    "empty": b"",
    "text": b"no archive at all",
    "beginning": b"PK\x03\x04",
    "half": WHOLE[: len(WHOLE) // 2],
    "all but the end": WHOLE[:-1],
    "another archive": _npz(something=_npy(np.zeros(3))),
    "no arrays": _npz(header=b"hello"),
    "pickle": _npz(header=_npy(np.frombuffer(b"{}", np.uint8))),
    "header is a list": _head([1]),
    "header is null": _head(None),
    "header says no format": _head({}),
    "header says no more": _head({"format": file.FORMAT, "crc32": {}}),
    "header is nested": _npz(header=_npy(np.frombuffer(b"[" * 100_000, np.uint8))),
    "header is no UTF-8": _npz(header=_npy(np.frombuffer(b"\xff\xfe\x00", np.uint8))),
    "an array larger than it is": _npz(
        header=_claims("{'descr': '|u1', 'fortran_order': False, 'shape': (10000000,)}")
    ),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_told(tmp_path, body):
    """A file that is no model stops the run with its name."""
    with pytest.raises(ModelError, match=r"model\.npz: damaged, or no model of scanner's: "):
        Model(_put(tmp_path, body))


@pytest.mark.parametrize(
    "body",
    [
        _npz(
            header=_claims("{'descr': '|u1', 'fortran_order': False, 'shape': (90000000000000,)}")
        ),
        _npz(header=_claims("{'descr': ( ")),
        _npz(header=_claims("(" * 90)),
    ],
    ids=["terabytes", "unfinished", "brackets"],
)
def test_a_crafted_array_is_told(tmp_path, body):
    """What an array's own header claims, too, stops the run with the file's name."""
    with pytest.raises(ModelError, match=r"model\.npz: damaged"):
        Model(_put(tmp_path, body))


def test_no_pickle_is_opened(tmp_path):
    """An array of objects is refused, not run."""
    pickled = io.BytesIO()
    np.save(pickled, np.array([{}], dtype=object), allow_pickle=True)

    with pytest.raises(ModelError, match="damaged"):
        Model(_put(tmp_path, _npz(header=pickled.getvalue())))


def test_an_archive_that_would_fill_the_memory_is_not_unpacked(tmp_path):
    """Members that say they are larger than 64 MB together are not looked at."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in "ab":
            archive.writestr(f"{name}.npy", bytes(file.MOST // 2 + 1))

    with pytest.raises(ModelError, match=r"model\.npz: .* would unpack to more than 64 MB"):
        Model(_put(tmp_path, bomb.getvalue()))


def test_a_missing_file_is_told(tmp_path):
    """ "no such model file", with its name; a folder is told too."""
    with pytest.raises(ModelError, match=r"none\.npz: no such model file"):
        Model(tmp_path / "none.npz")
    with pytest.raises(ModelError, match="damaged"):
        Model(tmp_path)


@pytest.fixture
def parts():
    """Header and arrays of the shipped model, to be changed."""
    head, arrays = file.read(SHIPPED)
    return dict(head), {name: array for name, array in arrays.items() if name != "header"}


def test_a_changed_number_is_told(tmp_path, parts):
    """Each array has a checksum; one that was changed is named."""
    head, arrays = parts
    told = _npy(np.frombuffer(json.dumps(head).encode(), np.uint8))
    body = _npz(header=told, **{name: _npy(array) for name, array in arrays.items()})
    assert Model(_put(tmp_path, body)).heads == head["heads"]

    arrays["conv_bias"] = arrays["conv_bias"] + 1
    body = _npz(header=told, **{name: _npy(array) for name, array in arrays.items()})
    with pytest.raises(ModelError, match="conv_bias is not what was written"):
        Model(_put(tmp_path, body))


def test_a_newer_format_is_told(tmp_path):
    """A file that a later program wrote says so."""
    newer = _head({"format": file.FORMAT + 1, "crc32": {}})

    with pytest.raises(
        ModelError, match=f"format {file.FORMAT + 1}, and this program reads {file.FORMAT}"
    ):
        Model(_put(tmp_path, newer))


WRONG = {
    "no blend": {"blend": {}},
    "a head too few": {"heads": ["negative"]},
    "no such head": {"heads": ["kind"] * 29},
    "other bits": {"bits": 5},
    "bits below 0": {"bits": -1},
    "no languages": {"languages": None},
    "a thousand times the bits": {"bits": 40},
    "endless bits": {"bits": float("inf")},
    "no blend for brands": {"blend": {"text": {"other": [1.0, 0.0, 0.0]}}},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_header_that_does_not_fit_is_told(tmp_path, parts, change):
    """Arrays and header belong together; where they do not, the file is named as it is read."""
    head, arrays = parts

    with pytest.raises(ModelError, match=r"model\.npz: damaged"):
        Model(_put(tmp_path, file.write(head | change, arrays)))


MISSED = {
    "heads are no list": {"heads": {}},
    "a blend is a list": {"blend": {"text": [], "target": []}},
    "a bias that is no number": {"linear_bias": float("nan")},
}


@pytest.mark.parametrize("change", MISSED.values(), ids=MISSED)
def test_a_crafted_header_is_told(tmp_path, parts, change):
    """What is no list, no table or no number is told when the file is read."""
    head, arrays = parts

    with pytest.raises(ModelError, match=r"model\.npz: damaged"):
        Model(_put(tmp_path, file.write(head | change, arrays)))


def test_an_array_that_is_too_short_is_told(tmp_path, parts):
    """What only evidence needs is looked at when the file is read, too."""
    head, arrays = parts
    arrays["usual"] = arrays["usual"][:3]

    with pytest.raises(ModelError, match=r"model\.npz: damaged"):
        Model(_put(tmp_path, file.write(head, arrays)))


@settings(max_examples=150)
@given(st.data())
def test_a_changed_byte_is_told_or_means_nothing(tmp_path_factory, data):
    """Whatever one byte of a file is changed to: it is told, or what comes out is the same."""
    body = file.write(SMALL, SMALL_ARRAYS)
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + data.draw(st.binary(min_size=1, max_size=1)) + body[at + 1 :]
    path = tmp_path_factory.getbasetemp() / "changed.npz"
    path.write_bytes(changed)
    try:
        head, arrays = file.read(path)
    except ModelError as told:
        assert str(path) in str(told)  # noqa: PT017
    else:
        assert head["note"] == "né"
        assert all((arrays[name] == array).all() for name, array in SMALL_ARRAYS.items())


def test_the_same_model_has_the_same_bytes():
    """Neither the clock nor the order of arrays shows in a file; what is written is read."""
    body = file.write(SMALL, SMALL_ARRAYS)

    assert file.write(dict(SMALL), dict(reversed([*SMALL_ARRAYS.items()]))) == body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_shipped_file_can_be_written_again(tmp_path, parts):
    """What was read and is written comes out as it was, and is a model."""
    head, arrays = parts
    path = _put(tmp_path, file.write(head, arrays))
    told, again = file.read(path)

    assert told == head
    assert {*again} == {*arrays, "header"}
    assert all((again[name] == array).all() for name, array in arrays.items())
    assert Model(path).read("Hm.", "en", None) == Model(SHIPPED).read("Hm.", "en", None)


numbers = st.floats(-8, 8, width=32)


@given(arrays_of.arrays(np.float32, st.just(64), elements=numbers), st.integers(1, 64))
def test_weights_come_back_within_half_a_step(weights, keep):
    """The heaviest come back to half of 1/127 of the heaviest; no others come."""
    back = file.unpack_linear(file.pack_linear(weights, keep), 64)
    kept = np.flatnonzero(back)
    step = float(np.abs(weights).max(initial=0)) / 127
    heaviest = np.sort(np.abs(weights))[::-1][:keep]

    assert len(kept) <= keep
    assert np.abs(back[kept] - weights[kept]).max(initial=0) <= step * 0.501 + 1e-7
    assert np.sort(np.abs(back))[::-1][:keep] == pytest.approx(heaviest, abs=step * 0.501 + 1e-7)


@given(
    arrays_of.arrays(
        np.float32, st.tuples(st.integers(1, 6), st.sampled_from([2, 8])), elements=numbers
    )
)
@example(np.zeros((2, 2), np.float32))
@example(np.full((1, 2), 1e-20, np.float32))
def test_a_table_comes_back_within_half_a_step(table):
    """Four bits a number: off by no more than half of a seventh of the row's largest."""
    back = file.unpack_table(file.pack_table(table))
    # The scale is kept in 16 bits: 1/1024 of it, and 1e-6 where a row is nearly nothing.
    most = np.abs(table).max(axis=1) * (0.5 / 7 + 1 / 1024) + 1e-6

    assert (np.abs(back - table) <= most[:, None]).all()


def test_a_rounded_table_stays_as_it_is():
    """What has been rounded once is not moved by rounding it again."""
    table = np.random.default_rng(5).standard_normal((9, 8)).astype(np.float32)
    once = file.unpack_table(file.pack_table(table))

    assert file.unpack_table(file.pack_table(once)) == pytest.approx(once, abs=2e-3)


# --- when it is loaded, and from where -----------------------------------------------------------


def test_it_is_loaded_when_the_first_text_is_read():
    """The room, and what tells one model from another, need no numpy; reading does."""
    probe = (
        "import sys\n"
        "from scanner import model, score\n"
        "assert model.digest() and model.covered(None)\n"
        "assert 'numpy' not in sys.modules\n"
        "assert score.score_text('It is broken.', 'en')[0] is not None\n"
        "assert 'numpy' in sys.modules\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", probe], check=False, capture_output=True, text=True, timeout=100
    )

    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("body", [None, b"", WHOLE[:1000]], ids=["none", "empty", "cut"])
def test_another_model_that_is_none_stops_the_run(cli, another, body):
    """SCANNER_MODEL names the file; without it, or damaged, `score` ends with 1 and its name."""
    path = cli.folder / "mine.npz"
    if body is not None:
        path.write_bytes(body)

    ran = cli("score", "--text", stdin="It is broken.\n", SCANNER_MODEL=str(path))

    assert ran.code == 1
    assert "mine.npz: " in ran.err.replace("\n", "")
    assert ran.out == ""


def test_a_model_may_be_chosen(tmp_path, parts, another):
    """Another file is another model with another digest, until the shipped one is chosen again."""
    head, arrays = parts
    first, said = model.digest(), odds("It is broken.")
    blend = {"other": [0.0, 0.0, -2.0]}
    changed = head | {"blend": {"text": blend, "target": blend}}
    model.choose(_put(tmp_path, file.write(changed, arrays)))
    assert odds("It is broken.") == -2.0
    assert model.digest() != first

    model.choose(None)
    assert (model.digest(), odds("It is broken.")) == (first, said)


def test_no_file_has_no_digest(tmp_path, another):
    """What tells models apart cannot be told of a file that is not there."""
    model.choose(tmp_path / "none.npz")

    with pytest.raises(ModelError, match=r"none\.npz: no such model file"):
        model.digest()
