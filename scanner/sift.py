"""What of the ranked queue a person wants to see: filters, search, order.

In: Ranked posts, best first, and a Wanted. Out: those that fit, in the order that was asked for.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from scanner.records import STATUSES, Intent, Judged, Ranked, Status
from scanner.text import handle_of

UNDECIDED: tuple[Status, ...] = ("new", "open")

Order = Literal[
    "worth",
    "newest",
    "oldest",
    "negativity",
    "reach",
    "comments",
    "author",
    "feed",
    "brand",
    "status",
    "owner",
]
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ranked posts a person wants to see."""

    since: timedelta
    """How far back the queue is read; what slept comes back however old it is."""
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
    owners: tuple[str | None, ...] = ()
    """None among them is nobody; empty = whoever."""
    tags: tuple[str, ...] = ()
    """One of them is enough, as with reasons."""
    authors: tuple[str, ...] = ()
    """Names as feeds tell them, or handles."""
    max_worth: float = 100.0
    newer_than: timedelta | None = None
    older_than: timedelta | None = None
    search: str = ""
    order: Order = "worth"
    reverse: bool = False


def sift(ranked: Sequence[Ranked], wanted: Wanted, now: datetime) -> tuple[Ranked, ...]:
    """Leave out what does not fit, put the rest in order, and cut to the limit.

    Raises UsageError where the search holds no word.
    """
    chosen = [one for one in ranked if _is_wanted(one, wanted) and _is_of_age(one, wanted, now)]
    if wanted.search:
        from scanner import search

        chosen = search.search(chosen, wanted.search)
    chosen = _ordered(chosen, wanted.order, backwards=wanted.reverse)
    return tuple(chosen[: wanted.limit] if wanted.limit else chosen)


def _is_wanted(one: Ranked, wanted: Wanted) -> bool:
    judged = one.judged
    return (
        wanted.min_worth <= one.worth <= wanted.max_worth
        and one.status in wanted.statuses
        and (not wanted.brands or judged.brand in wanted.brands)
        and (not wanted.intents or judged.intent in wanted.intents)
        and (not wanted.reasons or bool(set(wanted.reasons) & set(judged.reasons)))
        and (not wanted.feeds or any(m.post.feed in wanted.feeds for m in one.story.members))
        and (not wanted.owners or _folded(one.owner) in map(_folded, wanted.owners))
        and (not wanted.tags or bool(set(wanted.tags) & set(one.tags)))
        and (not wanted.authors or _is_by(one.story.members, wanted.authors))
    )


def _folded(name: str | None) -> str | None:
    return name and name.casefold()


def _is_by(members: Iterable[Judged], wanted: Iterable[str]) -> bool:
    """Whether one of them is by one of these: by the whole name, or by the handle in it."""
    told = {author for member in members if (author := member.post.author)}
    names = {author.casefold() for author in told}
    handles = {handle_of(author)[0] for author in told} - {""}
    return any(w.strip().casefold() in names or handle_of(w)[0] in handles for w in wanted)


def _is_of_age(one: Ranked, wanted: Wanted, now: datetime) -> bool:
    """Whether the post is of the age that was asked for; without a date it is never old.

    It may have come a minute ago, and what is old is often decided on in one go.
    """
    published = one.judged.post.published
    if published is None:
        return wanted.older_than is None
    old = now - published
    return (wanted.newer_than is None or old <= wanted.newer_than) and (
        wanted.older_than is None or old >= wanted.older_than
    )


def _ordered(ranked: list[Ranked], order: Order, *, backwards: bool) -> list[Ranked]:
    """Sort; what is equal stays in the order of the queue (worth, age, ID), forwards or backwards.

    What is unknown comes last, either way: nobody asked for it.
    """
    value, falling = _ORDERS[order]
    known = [one for one in ranked if value(one) is not None]
    unknown = [one for one in ranked if value(one) is None]
    return sorted(known, key=value, reverse=falling is not backwards) + unknown


def _seen(one: Ranked) -> int | None:
    """All that a feed counts, added up: who has seen it, answered it or voted on it."""
    reach = one.judged.post.reach
    counts = [count for count in (reach.comments, reach.points, reach.views) if count is not None]
    return sum(counts) if counts else None


def _published(one: Ranked) -> float | None:
    published = one.judged.post.published
    return published.timestamp() if published else None


_ORDERS: dict[Order, tuple[Callable[[Ranked], Any], bool]] = {
    "worth": (lambda one: one.worth, True),
    "newest": (_published, True),
    "oldest": (_published, False),
    "negativity": (lambda one: one.judged.scored.negativity, True),
    "reach": (_seen, True),
    "comments": (lambda one: one.judged.post.reach.comments, True),
    "author": (lambda one: _folded(one.judged.post.author or None), False),
    "feed": (lambda one: _folded(one.judged.post.feed), False),
    "brand": (lambda one: _folded(one.judged.brand), False),
    "status": (lambda one: STATUSES.index(one.status), False),
    "owner": (lambda one: _folded(one.owner), False),
}
"""What each order goes by, and whether the highest comes first."""
