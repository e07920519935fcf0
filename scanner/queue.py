"""The queue: what the store holds, told as stories, ranked, and what of it a person wants to see.

In: a Config, an open Store, and what is wanted. Out: Ranked posts, best first.

Touches: the disk (through store).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scanner.errors import UsageError
from scanner.records import Config, Judged, Ranked, Status, Story
from scanner.sift import UNDECIDED, Wanted, sift

if TYPE_CHECKING:
    from scanner.store import Store

NEAR = timedelta(days=30)
"""Copies of a story that are further apart are not looked for."""


def pick(
    config: Config, store: Store, wanted: Wanted, *, now: datetime, settle: bool = False
) -> tuple[tuple[Ranked, ...], int]:
    """Rank what the store holds; return what is wanted, best first, and how many are left out.

    Stories are told from all feeds and brands of the config; only then are some left out, so
    that a post has the same story, worth and status under every filter of feed, brand or kind.
    With `settle` a decision on a story is written down for the copies that came after it.
    """
    ranked = _ranked(config, store, now - wanted.since, now)
    if settle:
        _settle(ranked, store, now)
    shown = sift(ranked, wanted)
    return shown, len(ranked) - len(shown)


def find(config: Config, store: Store, record: str, *, now: datetime) -> Ranked:
    """Return a record as the queue ranks it; one that is folded into a story, as itself in it."""
    from scanner import past, rank

    one = store.find(record)
    if one is None:
        raise UsageError(f"{record}: by the rules as they are now, this post names no brand")
    since = now - config.since  # as the queue reaches back: the story must be the same
    if one.post.published is not None and one.post.published < since:
        since = one.post.published - NEAR
    stories = _stories(_judged(config, store, since))
    alone = Story(record, (one,))
    story = next((s for s in stories if any(m.id == record for m in s.members)), alone)
    if story is alone:
        stories.append(alone)
    around = past.past(stories, config.brands, store, since)
    ranked = rank.weigh(
        one, story, now=now, weights=config.rank, feeds=_factors(config), past=around
    )
    return _with_status([ranked], store, now)[0]


def copies(store: Store, record: str) -> list[str]:
    """Every record of the story that this one belongs to, itself first: one decision is for all."""
    one = store.find(record)
    if one is None:
        return [record]
    since = one.post.published - NEAR if one.post.published else None
    stories = _stories(store.judged(since, brands=[one.brand]))
    ids = next((ids for story in stories if record in (ids := [m.id for m in story.members])), [])
    return [record, *(id_ for id_ in ids if id_ != record)]


def members(ranked: Iterable[Ranked]) -> Iterator[str]:
    """Every record ID that was shown when these were: the story's copies count as seen too."""
    return (member.id for one in ranked for member in one.story.members)


def _ranked(config: Config, store: Store, since: datetime, now: datetime) -> list[Ranked]:
    from scanner import past, rank

    stories = _stories(_judged(config, store, since))
    around = past.past(stories, config.brands, store, since)
    ranked = rank.rank(stories, now=now, weights=config.rank, feeds=_factors(config), past=around)
    return _with_status(ranked, store, now)


def _judged(config: Config, store: Store, since: datetime) -> list[Judged]:
    return store.judged(
        since,
        brands=[brand.name for brand in config.brands],
        feed_urls=[feed.url for feed in config.feeds],
    )


def _stories(judged: Iterable[Judged]) -> list[Story]:
    from scanner import cluster

    return cluster.cluster(list(judged))


def _factors(config: Config) -> dict[str, float]:
    return {feed.url: feed.weight for feed in config.feeds}


def _with_status(ranked: Sequence[Ranked], store: Store, now: datetime) -> list[Ranked]:
    """A story has the status of its members: a copy of what was handled is handled."""
    statuses = store.status(members(ranked), now)
    return [
        replace(one, status=_joint(statuses.get(m.id, "new") for m in one.story.members))
        for one in ranked
    ]


def _settle(ranked: Iterable[Ranked], store: Store, now: datetime) -> None:
    """Decide for new copies what was decided for their story: it outlives feeds and `since`."""
    decided = [one for one in ranked if one.status in ("done", "ignored")]
    statuses = store.status(members(decided), now)
    for one in decided:
        for member in one.story.members:
            if statuses[member.id] in UNDECIDED:
                store.decide(member.id, one.status, now=now)


def _joint(statuses: Iterable[Status]) -> Status:
    seen = Counter(statuses)
    order: tuple[Status, ...] = ("done", "ignored", "snoozed", "open")
    return next((status for status in order if seen[status]), "new")
