"""Points that the terms of a post's worth get, unless the TOML says otherwise.

In: nothing. Out: `Weights`, which travels in a `Config`.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.records import Intent, Kind


def _intent_points() -> Mapping[Intent, float]:
    return {
        "complaint": 12.0,
        "question": 12.0,
        "request": 12.0,
        "comparison": 8.0,
        "praise": 5.0,
        "other": 0.0,
        "news": -6.0,
        "promotion": -12.0,
    }


def _signal_points() -> Mapping[str, float]:
    return {
        "first_hand": 10.0,
        "asks_for_help": 8.0,
        "unresolved": 6.0,
        "leaving": 9.0,
        "considering": 3.0,
        "resolved": -8.0,
        "headline": -12.0,
        "digest": -12.0,
        "promotion": -12.0,
        "job": -20.0,
        "release": -8.0,
        "reported": -3.0,
        "aside": 1.0,
        "rival": -8.0,
    }


def _rating_points() -> Mapping[int, float]:
    return {1: 8.0, 2: 7.0, 3: 4.0, 4: 0.0, 5: -4.0}


def _half_lives() -> Mapping[Kind, timedelta]:
    return {
        "post": timedelta(days=4),
        "comment": timedelta(days=2),
        "review": timedelta(days=21),
        "question": timedelta(days=10),
        "release": timedelta(days=4),
        "news": timedelta(days=2),
    }


@dataclass(frozen=True, slots=True)
class Weights:
    """Points that the terms of a post's worth get. Set in [rank], under the same names.

    What people said makes a post worth a reply gave the order; the sizes are round numbers chosen
    so that a first-hand, unresolved, fresh complaint comes to about 80 of 100.
    """

    negativity: float = 34.0
    """At a negativity of 1; less gets its share."""
    concrete: float = 6.0
    """A complaint, question or request with a reason: a failure can be answered, a mood soothed."""
    named: float = 6.0
    """Every post about the brand starts here, so that what speaks against it shows in the order: it
    names the brand, or stands in a feed about it."""
    second_strike: float = 5.0
    """The author has complained of the brand before, in another story. Who comes back was not
    helped; less than "unresolved" (6), which such a post mostly says as well."""
    answered: float = -40.0
    """One of the brand's accounts has replied. Half of what a pressing complaint earns (80): it
    falls behind one that waits, and behind a plain open question (50)."""
    reach_step: float = 3.0
    """For each tenfold of reach, up to reach_max."""
    reach_max: float = 8.0
    age_max: float = 12.0
    """Of a post of this minute; half of it after half_life."""
    age_unknown: float = 6.0
    """Of a post without a date."""
    story_step: float = 2.0
    """For each doubling of a story's posts, up to story_max."""
    story_max: float = 6.0
    wordless: float = -30.0
    """Stars or a thumb alone: nobody to answer, and nothing to say."""
    short: float = -6.0
    """Fewer than short_words words: little to answer."""
    short_words: int = 5
    long: float = 3.0
    """From long_words words on."""
    long_words: int = 25
    intent: Mapping[Intent, float] = field(default_factory=_intent_points)
    """At full strength."""
    signals: Mapping[str, float] = field(default_factory=_signal_points)
    """At full strength; the signals that are not here weigh nothing. An aside is where a complaint
    is overlooked: from -3 to 1 our six scenarios gained .02 of nDCG, to 5 .04 (four of them up)."""
    rating: Mapping[int, float] = field(default_factory=_rating_points)
    """By stars."""
    half_life: Mapping[Kind, timedelta] = field(default_factory=_half_lives)
    """A talk moves on in days; a review and an open question are read for weeks."""
