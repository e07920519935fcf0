"""The queue: what the store holds, told as stories, ranked, and what of it a person wants to see.

In: a Config, an open Store, and what is wanted. Out: Ranked posts, best first.

Touches: the disk (through store).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scanner.errors import UsageError
from scanner.records import Config, Judged, Ranked, Status, Story
from scanner.sift import UNDECIDED, Wanted, sift

if TYPE_CHECKING:
    from scanner.store import Store, Work

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
    shown = sift(ranked, wanted, now)
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
    return _with_work([ranked], store, now)[0]


def copies(config: Config | None, store: Store, *records: str) -> list[str]:
    """Every record of the stories that these belong to, themselves first: a decision is for all.

    Stories are told from the config's feeds, as `list` shows them; without one, from all.
    """
    feeds = None if config is None else {feed.url for feed in config.feeds}
    found = [one for record in records if (one := store.find(record))]
    wanted, others = set(records), []
    for brand in dict.fromkeys(one.brand for one in found):
        dates = [one.post.published for one in found if one.brand == brand]
        known = [date for date in dates if date]
        since = min(known) - NEAR if len(known) == len(dates) else None
        for story in _stories(store.judged(since, brands=[brand], feed_urls=feeds)):
            ids = [member.id for member in story.members]
            if not wanted.isdisjoint(ids):
                others += ids
    return list(dict.fromkeys([*records, *others]))


def again(one: Ranked, store: Store, *, now: datetime) -> Ranked:
    """The same record, as its story stands by now."""
    return _with_work([one], store, now)[0]


def members(ranked: Iterable[Ranked]) -> Iterator[str]:
    """Every record ID that was shown when these were: the story's copies count as seen too."""
    return (member.id for one in ranked for member in one.story.members)


def _ranked(config: Config, store: Store, since: datetime, now: datetime) -> list[Ranked]:
    from scanner import past, rank

    stories = _stories(_judged(config, store, since))
    around = past.past(stories, config.brands, store, since)
    ranked = rank.rank(stories, now=now, weights=config.rank, feeds=_factors(config), past=around)
    return _with_work(ranked, store, now)


def _judged(config: Config, store: Store, since: datetime) -> list[Judged]:
    brands, feeds = {brand.name for brand in config.brands}, {feed.url for feed in config.feeds}
    judged = store.judged(since, brands=brands, feed_urls=feeds)
    # What sleeps, or has slept, comes back however old it is by then.
    known = {one.id for one in judged}
    slept = (store.find(id_) for id_ in store.snoozed(since) if id_ not in known)
    judged += [o for o in slept if o and o.brand in brands and o.post.feed_url in feeds]
    return judged


def _stories(judged: Iterable[Judged]) -> list[Story]:
    from scanner import cluster

    return cluster.cluster(list(judged))


def _factors(config: Config) -> dict[str, float]:
    return {feed.url: feed.weight for feed in config.feeds}


def _with_work(ranked: Sequence[Ranked], store: Store, now: datetime) -> list[Ranked]:
    """A story stands where its members do: a copy of what was handled is handled."""
    stands = store.work(members(ranked), now)
    joint = (_joint([stands[member.id] for member in one.story.members]) for one in ranked)
    return [
        replace(one, status=work.status, owner=work.owner, tags=work.tags)
        for one, work in zip(ranked, joint, strict=True)
    ]


def _settle(ranked: Iterable[Ranked], store: Store, now: datetime) -> None:
    """Decide for new copies what was decided for their story: it outlives feeds and `since`."""
    told = [one for one in ranked if len(one.story.members) > 1]
    stands = store.work(members(told), now)
    stories = [[member.id for member in one.story.members] for one in told]
    # asked first without the writer's lock: mostly there is nothing to write
    behind = [ids for ids in stories if _followed({id_: stands[id_] for id_ in ids})]
    if behind:
        store.settle(behind, _followed, now)


def _followed(stands: Mapping[str, Work]) -> dict[str, Work]:
    """How those records of a story should stand that do not follow it yet."""
    story = _joint(list(stands.values()))
    settled = {id_: _settled(record, story) for id_, record in stands.items()}
    return {id_: record for id_, record in settled.items() if record != stands[id_]}


def _settled(record: Work, story: Work) -> Work:
    """Where a record stands once it has followed its story, with the actions that it follows."""
    if record.status in UNDECIDED and story.status not in UNDECIDED:
        record = replace(record, status=story.status, until=story.until, decided=story.decided)
    if record.assigned is None and story.owner is not None:
        record = replace(record, owner=story.owner, assigned=story.assigned)
    if set(record.tags) < set(story.tags):
        record = replace(record, tags=story.tags, tagged=story.tagged)
    return record


def _joint(works: Sequence[Work]) -> Work:
    """Where a story stands: by the last word on any of its posts, in all their tags together."""
    # where no action is known, what was done outweighs what was put off
    decided = max(works, key=lambda work: (work.decided or 0, -_PRECEDENCE.index(work.status)))
    owned = max(works, key=lambda work: work.assigned or 0)
    return replace(
        decided,
        owner=owned.owner,
        assigned=owned.assigned,
        tags=tuple(sorted({tag for work in works for tag in work.tags})),
        tagged=max((work.tagged for work in works if work.tagged), default=None),
    )


_PRECEDENCE: tuple[Status, ...] = ("done", "ignored", "snoozed", "open", "new")
