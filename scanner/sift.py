"""What of the ranked queue a person wants to see: filters, order, and how many.

In: Ranked posts and a Wanted. Out: those that fit, in the order that was asked for.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from scanner.records import Intent, Ranked, Status

UNDECIDED: tuple[Status, ...] = ("new", "open")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ranked posts a person wants to see."""

    since: timedelta
    limit: int = 0
    """0 = all."""
    min_worth: float = 0.0
    brands: tuple[str, ...] = ()
    """Empty = every brand."""
    intents: tuple[Intent, ...] = ()
    reasons: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    """Feed names; empty = every feed of the config."""
    statuses: tuple[Status, ...] = UNDECIDED


def sift(ranked: Sequence[Ranked], wanted: Wanted) -> tuple[Ranked, ...]:
    """Leave out what does not fit, keep the order, and cut to the limit."""
    chosen = tuple(one for one in ranked if _is_wanted(one, wanted))
    return chosen[: wanted.limit] if wanted.limit else chosen


def _is_wanted(one: Ranked, wanted: Wanted) -> bool:
    judged = one.judged
    return (
        one.worth >= wanted.min_worth
        and one.status in wanted.statuses
        and (not wanted.brands or judged.brand in wanted.brands)
        and (not wanted.intents or judged.intent in wanted.intents)
        and (not wanted.reasons or bool(set(wanted.reasons) & set(judged.reasons)))
        and (not wanted.feeds or any(m.post.feed in wanted.feeds for m in one.story.members))
    )
