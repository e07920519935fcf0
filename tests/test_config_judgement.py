"""[rank] and [reasons]: what a person overrules in the judgement, and adds to it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from scanner import config
from scanner.config.judgement import KEYS, MOST_REASONS
from scanner.errors import ConfigError
from scanner.records import Config, OwnReason, Weights

FILE = Path("/home/ana/scanner.toml")
REST = '[[brands]]\nname = "Acme"\n[[feeds]]\nurl = "https://example.org/feed.xml"\n'
PLAIN = Weights()


def read(text: str) -> Config:
    return config.check(text + "\n" + REST, FILE)


def complaints(text: str) -> list[str]:
    """The complaints about these lines, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.exit_code == 2
    return [line.removeprefix(f"{FILE}:") for line in caught.value.complaints]


def test_weights_are_overruled_one_by_one():
    """What is written counts, in numbers, points of a table and lengths of time; the rest stays."""
    found = read(
        "[rank]\nnegativity = 40\nanswered = -99.5\nshort_words = 3\n"
        "[rank.intent]\ncomplaint = 20\n[rank.signals]\nleaving = 0\n"
        '[rank.rating]\n1 = 10\n[rank.half_life]\nreview = "1w"\n'
    )
    assert found.rank == replace(
        PLAIN,
        negativity=40.0,
        answered=-99.5,
        short_words=3,
        intent={**PLAIN.intent, "complaint": 20.0},
        signals={**PLAIN.signals, "leaving": 0.0},
        rating={**PLAIN.rating, 1: 10.0},
        half_life={**PLAIN.half_life, "review": timedelta(weeks=1)},
    )


def test_every_weight_has_a_key():
    """The table is the dataclass: a default that is written out changes nothing, a 1 one field."""
    assert [field.name for field in fields(Weights)] == list(KEYS)
    numbers = [key for key in KEYS if isinstance(getattr(PLAIN, key), int | float)]
    text = "[rank]\n" + "".join(f"{key} = {getattr(PLAIN, key)}\n" for key in numbers)
    assert read(text).rank == read("").rank == PLAIN
    for key in numbers:
        changed = read(f"[rank]\n{key} = 1\n").rank
        differing = [k for k in KEYS if getattr(changed, k) != getattr(PLAIN, k)]
        assert (differing, getattr(changed, key)) == ([key], 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rank]\nnegativty = 3", '2: rank.negativty: unknown key; did you mean "negativity"?'),
        ("[rank]\nnegativity = 101",
         "2: rank.negativity: expected a number from -100 to 100, not 101"),
        ("[rank]\nanswered = true",
         "2: rank.answered: expected a number from -100 to 100, not true"),
        ("[rank]\nreach_max = -1", "2: rank.reach_max: expected a number from 0 to 100, not -1"),
        ("[rank]\nlong_words = 2.5",
         "2: rank.long_words: expected a whole number, from 0 to 500, not 2.5"),
        ("[rank]\nwordless = nan", "2: rank.wordless: expected a number from -100 to 100, not nan"),
        ("[rank]\nleaving = 9", "2: rank.leaving: unknown key; it belongs in [rank.signals]"),
        ("[rank]\npromotion = 9",
         "2: rank.promotion: unknown key; it belongs in [rank.intent] or [rank.signals]"),
        ("[rank.intent]\ncomplaints = 3",
         '2: rank.intent.complaints: unknown key; did you mean "complaint"?'),
        ("[rank.signals]\nleaving = '9'",
         '2: rank.signals.leaving: expected a number from -100 to 100, not "9"'),
        ("[rank.rating]\n6 = 1", "2: rank.rating.6: unknown key; known here: 1, 2, 3, 4, 5"),
        ("[rank.half_life]\nreview = 21",
         '2: rank.half_life.review: expected a duration such as "90s", "60m", "2h", "14d" or "1w",'
         ' not "21"; did you mean "21s"?'),
        ("[rank.half_life]\nnews = 0", "2: rank.half_life.news: expected at least 1m, not 0"),
        ("[rank]\nintent = 3", "2: rank.intent: expected a table, written [rank.intent]"),
        ("rank = 3", "1: rank: expected a table, written [rank]"),
        ("[scanner]\nanswered = -20", "2: scanner.answered: unknown key; it belongs in [rank]"),
    ],
)  # fmt: skip
def test_a_wrong_weight_is_told_with_its_place(text, said):
    """Line, key, what was expected, and the key that was meant."""
    assert complaints(text) == [said]


def test_reasons_are_read_in_file_order():
    """Reasons of one's own and words for a built-in one; white space is tidied, twice is once."""
    found = read(
        '[reasons]\naccessibility = ["screen  reader", "keyboard only", "screen reader"]\n'
        'billing = ["dunning letter"]\n'
    )
    assert found.reasons == (
        OwnReason("accessibility", ("screen reader", "keyboard only")),
        OwnReason("billing", ("dunning letter",)),
    )
    assert found.warnings == ()
    assert read("").reasons == ()


@pytest.mark.parametrize("name", ["a11y", "gdpr_request", "x" * 40])
def test_names_of_reasons(name):
    """Lower-case letters, digits and underscores."""
    assert read(f'[reasons]\n{name} = ["word"]').reasons == (OwnReason(name, ("word",)),)


@pytest.mark.parametrize("name", ["A11y", "a-b", '"a b"', "11y", '"é"', '""', "x" * 41])
def test_names_that_are_none(name):
    """What could not be typed after --reason, or sorted with the others, is refused."""
    (said,) = complaints(f'[reasons]\n{name} = ["word"]')
    assert said.endswith(
        ": expected a name of a lower-case letter, then lower-case letters, digits or _, "
        "40 in all at most"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('a = "word"', '2: reasons.a: expected a list of strings, not "word"; write ["word"]'),
        ("a = []", '2: reasons.a: expected words or phrases, such as ["screen reader"]'),
        ('a = [" "]', "2: reasons.a[0]: expected a string that is not empty"),
        ("a = [3]", "2: reasons.a[0]: expected a string in quotes, not 3"),
        ('a = ["ok", "C++"]', "2: reasons.a[1]: expected a word or phrase that begins and ends "
         'with a letter or a digit, not "C++"'),
        (f'a = ["{"x" * 81}"]', "2: reasons.a[0]: expected at most 80 characters, not 81"),
    ],
)  # fmt: skip
def test_a_wrong_phrase_is_told_with_its_place(line, said):
    """Each item of a list by itself."""
    assert complaints(f"[reasons]\n{line}") == [said]


def test_reasons_must_be_a_table():
    """One list for all of them says nothing."""
    assert complaints('reasons = ["a"]') == ["1: reasons: expected a table, written [reasons]"]


def test_there_are_at_most_forty_of_ones_own():
    """Each one more is told; words for built-in reasons do not count."""
    own = "".join(f'own_{number} = ["word"]\n' for number in range(MOST_REASONS))
    text = '[reasons]\nbilling = ["dunning"]\n' + own
    assert len(read(text).reasons) == MOST_REASONS + 1
    assert complaints(text + 'more = ["word"]\n') == [
        "43: reasons.more: expected at most 40 reasons of your own"
    ]


def test_a_misspelt_built_in_reason_is_a_warning():
    """It is accepted, because it may be meant; a word that is only alike is no misprint."""
    assert read('[reasons]\nbiling = ["dunning"]').warnings == (
        f'{FILE}:2: reasons.biling: taken for a reason of your own; did you mean "billing"?',
    )
    assert read('[reasons]\naccessibility = ["dunning"]').warnings == ()
