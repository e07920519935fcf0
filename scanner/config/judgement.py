"""[rank] and [reasons]: what a person overrules in the judgement, and adds to it.

In: what tomli made of these tables. Out: `Weights` and `OwnReason`s, and notes on what is wrong.
A weight has the name that it has in `Weights`; what is not written keeps its default.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, TypeVar

from scanner.config import table
from scanner.config.table import Reader, Table
from scanner.config.values import shown
from scanner.records import OwnReason, Weights

K = TypeVar("K")
V = TypeVar("V")

MOST_REASONS = 40
"""Reasons of one's own: more than twice the built-in ones, and as many as a filter can list."""
_LONGEST_PHRASE = 80
"""Characters; a longer one is a sentence that nobody will write again."""

_LIKE = 0.85
"""Likeness (difflib's ratio) of a misspelt built-in reason: "biling" has .92, "accessibility" is
as like "usability" as .73."""

_PLAIN = Weights()
_POINTS = table.number(-100, 100)  # worth goes from 0 to 100: more could only be capped
_UPWARDS = table.number(0, 100)  # of what is a share, or a most: below 0 it would turn around
_WORDS = table.whole(0, 500)  # about as many are counted
_LIFE = table.duration(timedelta(minutes=1))  # of 0, nothing would be left of any age

_NUMBERS: dict[str, Reader[float]] = {
    "negativity": _POINTS,
    "concrete": _POINTS,
    "named": _POINTS,
    "second_strike": _POINTS,
    "answered": _POINTS,
    "reach_step": _UPWARDS,
    "reach_max": _UPWARDS,
    "age_max": _UPWARDS,
    "age_unknown": _UPWARDS,
    "story_step": _UPWARDS,
    "story_max": _UPWARDS,
    "wordless": _POINTS,
    "short": _POINTS,
    "short_words": _WORDS,
    "long": _POINTS,
    "long_words": _WORDS,
}
_TABLES: dict[str, tuple[str, ...]] = {
    name: tuple(str(key) for key in getattr(_PLAIN, name))
    for name in ("intent", "signals", "rating", "half_life")
}
KEYS = tuple(field.name for field in fields(Weights))
"""The keys of [rank], its tables included."""
_HOMES = {
    key: " or ".join(f"[rank.{name}]" for name, keys in _TABLES.items() if key in keys)
    for keys in _TABLES.values()
    for key in keys
}


def weights(root: Table) -> Weights:
    """Read [rank]; what is wrong is noted, and its default stands in for it."""
    found = root.inner("rank", KEYS, _HOMES)
    numbers: dict[str, Any] = {
        key: found.take(key, reader, getattr(_PLAIN, key)) for key, reader in _NUMBERS.items()
    }
    tables = {key: found.inner(key, keys, _HOMES) for key, keys in _TABLES.items()}
    return Weights(
        **numbers,
        intent=_each(tables["intent"], _PLAIN.intent, _POINTS),
        signals=_each(tables["signals"], _PLAIN.signals, _POINTS),
        rating=_each(tables["rating"], _PLAIN.rating, _POINTS),
        half_life=_each(tables["half_life"], _PLAIN.half_life, _LIFE),
    )


def _each(found: Table, defaults: Mapping[K, V], read: Reader[V]) -> dict[K, V]:
    return {key: found.take(str(key), read, default) for key, default in defaults.items()}


# --- [reasons] ------------------------------------------------------------------------------------

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def reasons(root: Table) -> tuple[OwnReason, ...]:
    """Read [reasons]: every key is a reason, built-in or of one's own, with a list of phrases."""
    if "reasons" not in root:
        return ()
    from difflib import get_close_matches

    from scanner.reasons import REASONS

    found = root.inner("reasons")
    own = [name for name in found if name not in REASONS]
    for name in own[MOST_REASONS:]:
        found.complain(name, f"expected at most {MOST_REASONS} reasons of your own")
    for name in own:
        if not _NAME.fullmatch(name):
            wanted = "a lower-case letter, then lower-case letters, digits or _, 40 in all at most"
            found.complain(name, f"expected a name of {wanted}")
        elif meant := get_close_matches(name, REASONS, n=1, cutoff=_LIKE):
            found.warn(name, f'taken for a reason of your own; did you mean "{meant[0]}"?')
    return tuple(OwnReason(name, _phrases(found, name)) for name in found)


def _phrases(found: Table, name: str) -> tuple[str, ...]:
    if found.is_empty(name):
        found.complain(name, 'expected words or phrases, such as ["screen reader"]')
    return found.many(name, _phrase)


def _phrase(value: object) -> str:
    """Read words that can be found whole: signs around them would not be looked at."""
    phrase = table.text(value)
    if not (phrase[0].isalnum() and phrase[-1].isalnum()):
        raise ValueError(
            f"expected a word or phrase that begins and ends with a letter or a digit, "
            f"not {shown(phrase)}"
        )
    if len(phrase) > _LONGEST_PHRASE:
        raise ValueError(f"expected at most {_LONGEST_PHRASE} characters, not {len(phrase)}")
    return phrase
