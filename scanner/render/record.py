"""A ranked post as the flat record that scripts rely on.

In: a Ranked. Out: a Record, the same names and order in json, jsonl and csv; `schema` describes it.
Fields are added, never renamed. Nothing is removed from the text: every format defuses it anew.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import floor, fsum

from scanner.records import Matched, Ranked, Reach, Scored, Status, Term, Where

SCHEMA_VERSION = 1
"""Goes up when a field changes its meaning, which the contract forbids; not when one is added."""


@dataclass(frozen=True, slots=True)
class MentionRecord:
    """One place where the brand is named."""

    text: str
    start: int
    end: int
    sentence: str
    negativity: float | None
    polarity: float | None
    where: Where


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """The story that the post stands for."""

    id: str
    size: int


@dataclass(frozen=True, slots=True)
class Record:
    """One judged post, as printed; `schema.schema()` says what each field means."""

    id: str
    url: str | None
    title: str
    author: str | None
    feed: str
    published: str | None
    language: str | None
    brand: str
    brand_confidence: float
    mentions: tuple[MentionRecord, ...]
    negativity: float | None
    polarity: float | None
    intent: str
    intents: dict[str, float]
    reasons: tuple[str, ...]
    reach: Reach
    worth: float
    terms: tuple[Term, ...]
    why: str
    story: StoryRecord
    status: Status
    text: str
    rating: float | None
    kind: str
    signals: tuple[str, ...]
    truncated: bool
    schema_version: int = SCHEMA_VERSION
    owner: str | None = None
    tags: tuple[str, ...] = ()


def record(ranked: Ranked) -> Record:
    """Flatten a ranked post; probabilities to 3 decimals, polarity to 2, points to 1.

    `worth` is the sum of the rounded terms to the last digit, and no more than 0.05 off
    what it was before.
    """
    judged, post = ranked.judged, ranked.judged.post
    scored = judged.scored
    terms = _rounded(ranked.terms)
    return Record(
        id=judged.id,
        url=valid(post.url) if post.url and is_web(post.url) else None,
        title=valid(post.title),
        author=_or_none(post.author),
        feed=valid(post.feed),
        published=instant(post.published),
        language=_or_none(post.language),
        brand=valid(judged.brand),
        brand_confidence=round(scored.matched.confidence, 3) + 0.0,
        mentions=_mentions(scored.matched, scored),
        negativity=_round(scored.negativity, 3),
        polarity=_round(scored.polarity, 2),
        intent=judged.intent,
        intents={name: round(strength, 3) + 0.0 for name, strength in judged.intents},
        reasons=tuple(valid(reason) for reason in judged.reasons),
        reach=post.reach,
        worth=_round(fsum(term.points for term in terms), 1) or 0.0,
        terms=terms,
        why=valid(ranked.why),
        story=StoryRecord(valid(ranked.story.id), len(ranked.story.members)),
        status=ranked.status,
        text=valid(post.text),
        rating=_round(post.rating, 2),
        kind=post.kind,
        signals=tuple(valid(signal.name) for signal in judged.signals),
        truncated=post.truncated,
        owner=_or_none(ranked.owner),
        tags=tuple(valid(tag) for tag in ranked.tags),
    )


def instant(when: datetime | None) -> str | None:
    """Write a time as RFC 3339 in UTC, to the second: 2026-11-20T08:15:00Z."""
    if when is None:
        return None
    utc = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def valid(text: str) -> str:
    r"""Replace lone surrogates (from "\ud800" in JSON) by U+FFFD; offsets stay what they were."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def is_web(url: str | None) -> bool:
    """Whether an address may become a link: http or https with a host, and nothing else (X15)."""
    return url is not None and _WEB.match(url) is not None


_SURROGATE = re.compile("[\ud800-\udfff]")
_WEB = re.compile(r"https?://[^/?#\s\\]", re.IGNORECASE)


def _mentions(matched: Matched, scored: Scored) -> tuple[MentionRecord, ...]:
    verdicts = {verdict.mention: verdict for verdict in scored.verdicts}
    rows = []
    for mention in matched.mentions:
        verdict = verdicts.get(mention)
        rows.append(
            MentionRecord(
                text=valid(mention.text),
                start=mention.start,
                end=mention.end,
                sentence=valid(mention.sentence),
                negativity=_round(verdict.negativity if verdict else None, 3),
                polarity=_round(verdict.polarity if verdict else None, 2),
                where=mention.where,
            )
        )
    return tuple(rows)


def _rounded(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Round points to tenths so that they add up to the rounded sum.

    Largest remainder: round all down, then give the tenths that are missing to those that lost
    most. Rounding each alone may miss the sum by 0.05 a term, and show 100.1 for 100.
    """
    tenths = [term.points * 10 for term in terms]
    down = [floor(tenth) for tenth in tenths]
    missing = round(fsum(tenths)) - sum(down)
    lost_most = sorted(range(len(terms)), key=lambda at: (down[at] - tenths[at], at))
    up = set(lost_most[:missing])
    return tuple(
        Term(valid(term.name), (down[at] + (at in up)) / 10, valid(term.evidence))
        for at, term in enumerate(terms)
    )


def _round(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits) + 0.0  # no "-0.0"


def _or_none(text: str | None) -> str | None:
    return valid(text) if text else None
