"""What each story is worth a reply, as a sum of named terms.

In: stories, the time it is now, the terms' weights, feeds' factors, what happened around the posts.
Out: `Ranked` ones, best first.

Touches: nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

from scanner.records import Judged, Past, Post, Ranked, Story, Term, Weights
from scanner.text import length

WORDS = {
    "first_hand": "first-hand",
    "asks_for_help": "asks for help",
    "unresolved": "unresolved",
    "leaving": "leaving",
    "considering": "weighs rivals",
    "resolved": "resolved",
    "headline": "headline",
    "digest": "link roundup",
    "promotion": "promotion",
    "job": "job ad",
    "release": "release note",
    "reported": "others' trouble",
    "aside": "an aside",
    "rival": "mostly about a rival",
}
"""The signals that weigh, in the words of `why`; their points are in `Weights`."""
AGAINST = "against: "
"""What `match` puts before that which speaks against the name being this brand's."""
WHY_MAX = 90
"""Characters of `why`: with the title it must fit a terminal's line."""
WHY_REASONS = 2
"""Reasons named in it; the third is mostly an aside."""


_PLAIN = Weights()
_NOTHING = Past()


def rank(
    stories: Sequence[Story],
    *,
    now: datetime,
    weights: Weights = _PLAIN,
    feeds: Mapping[str, float] = {},
    past: Mapping[str, Past] = {},
) -> list[Ranked]:
    """Order stories by what their best member is worth; ties by age, then ID: always the same.

    `feeds` multiplies what a feed's posts are worth (feed_url -> factor); `past` is what happened
    around a post (by its record's ID).
    The best member has the highest worth, then was published first, then has the lowest ID.
    """
    best = []
    for story in stories:
        members = (
            weigh(member, story, now=now, weights=weights, feeds=feeds, past=past)
            for member in story.members
        )
        best.append(min(((_order(one), one) for one in members), key=itemgetter(0)))
    return [one for _, one in sorted(best, key=itemgetter(0))]


def weigh(
    judged: Judged,
    story: Story,
    *,
    now: datetime,
    weights: Weights = _PLAIN,
    feeds: Mapping[str, float] = {},
    past: Mapping[str, Past] = {},
) -> Ranked:
    """Say what one member of a story is worth, and why; the receipt adds up to tenths.

    What speaks for an answer counts as far as the name means the brand: one term takes
    (1 - confidence) of it back. `weights`, `feeds` and `past` are as in `rank`.
    """
    before = past.get(judged.id, _NOTHING)
    found = (*_said(judged, weights), *_around(judged, story, now, weights))
    found = (*found, *_since(before, now, weights))
    terms = [
        term if term.points == points else Term(term.name, points, term.evidence)
        for term in found
        if (points := round(term.points, 1))
    ]
    terms += _doubt(judged, terms)
    factor = feeds.get(judged.post.feed_url, 1.0)
    if factor != 1.0:
        change = round((factor - 1.0) * max(0.0, _total(terms)), 1)
        terms.append(Term("feed weight", change, f"x {factor:g}"))
    total = _total(terms)
    if total > 100.0:
        terms.append(Term("cap", round(100.0 - total, 1), "at most 100"))
    if total < 0.0:
        terms.append(Term("floor", -total, "at least 0"))
    return Ranked(judged, _total(terms), tuple(terms), _why(judged, before, now), story)


def _doubt(judged: Judged, terms: Sequence[Term]) -> list[Term]:
    """Take back what a name that may be another's has earned, and say what speaks against it."""
    matched = judged.scored.matched
    earned = sum(term.points for term in terms if term.points > 0)
    points = round(-(1 - matched.confidence) * earned, 1)
    against = [why.removeprefix(AGAINST) for why in matched.why if why.startswith(AGAINST)]
    words = ", ".join([f"x {matched.confidence:.2g}", *against])
    return [Term("confidence", points, _cut(words, 80))] if points else []


def _order(ranked: Ranked) -> tuple[float, bool, float, str]:
    published = ranked.judged.post.published
    stamp = published.timestamp() if published else 0.0
    return (-ranked.worth, published is None, stamp, ranked.judged.id)


def _total(terms: Sequence[Term]) -> float:
    return round(sum(term.points for term in terms), 1) + 0.0


def _said(judged: Judged, weights: Weights) -> Iterator[Term]:
    """What the post says of the brand."""
    scored, post = judged.scored, judged.post
    if scored.matched.mentions:
        yield Term("named", weights.named, judged.brand)
    else:
        yield Term("about", weights.named, _cut("; ".join(scored.matched.why), 80))
    if scored.negativity is not None:
        words = ", ".join(e.text for e in scored.evidence if e.weight > 0 and e.start >= 0)
        yield Term("negativity", weights.negativity * scored.negativity, _cut(words, 80))
    strength = dict(judged.intents).get(judged.intent, 0.0)
    yield Term("intent", weights.intent[judged.intent] * strength, judged.intent)
    if judged.intent in ("complaint", "question", "request") and judged.reasons[:1] != ("other",):
        yield Term("reason", weights.concrete * bool(judged.reasons), ", ".join(judged.reasons))
    for signal in judged.signals:
        points = weights.signals.get(signal.name, 0.0)
        yield Term(signal.name, points * signal.weight, signal.text)
    if post.rating is not None:
        stars = min(5, max(1, round(post.rating)))
        yield Term("rating", weights.rating[stars], _plural(post.rating, "stars"))


def _around(judged: Judged, story: Story, now: datetime, weights: Weights) -> Iterator[Term]:
    """How far it reaches, how old and how long it is, how many tell it."""
    post, size = judged.post, len(story.members)
    yield _reach(post, weights)
    yield _age(post, now, weights)
    copies = min(weights.story_max, weights.story_step * math.log2(size))
    yield Term("story", copies, f"{size} posts")
    words = _words(f"{post.title} {post.text[:1000]}")
    if not words:
        yield Term("substance", weights.wordless, "no words")
    elif words < weights.short_words:
        yield Term("substance", weights.short, _plural(words, "words"))
    elif words >= weights.long_words:
        told = _plural(words, "words") if words < 150 else "a long post"
        yield Term("substance", weights.long, told)


def _words(text: str) -> int:
    """Count what has a letter or a digit in it; most words begin with one."""
    return len([w for w in text.split() if w[0].isalnum() or any(map(str.isalnum, w))])


def _since(past: Past, now: datetime, weights: Weights) -> Iterator[Term]:
    """What its author and the brand did before and after it."""
    if past.complaints:
        times = _ordinal(len(past.complaints) + 1)
        words = f"{times} complaint since {_day(past.complaints[0], now)}"
        yield Term("second strike", weights.second_strike, words)
    if past.answer:
        words = f"by {past.answer.account} on {_day(past.answer.at, now)}"
        yield Term("answered", weights.answered, words)


def _reach(post: Post, weights: Weights) -> Term:
    """Logarithmic; a comment takes more effort than a vote, a vote more than a look."""
    comments, points, views = post.reach.comments, post.reach.points, post.reach.views
    effort = max(0, comments or 0) + max(0, points or 0) / 3 + max(0, views or 0) / 300
    told = [_plural(n, what) for n, what in _counts(post) if n]
    earned = min(weights.reach_max, weights.reach_step * math.log10(1 + effort))
    return Term("reach", earned, ", ".join(told))


def _counts(post: Post) -> tuple[tuple[int | None, str], ...]:
    reach = post.reach
    return ((reach.comments, "comments"), (reach.points, "points"), (reach.views, "views"))


def _age(post: Post, now: datetime, weights: Weights) -> Term:
    if post.published is None:
        return Term("age", weights.age_unknown, "no date")
    age = max(timedelta(0), now - post.published)
    return Term("age", weights.age_max * 0.5 ** (age / weights.half_life[post.kind]), length(age))


def _why(judged: Judged, past: Past, now: datetime) -> str:
    """A person's line: "billing complaint, first-hand, asks for help, 2 h old, 48 comments"."""
    post = judged.post
    parts = [_subject(judged)]
    if past.answer:
        parts.append("answered")
    if past.complaints:
        parts.append("second complaint" if len(past.complaints) == 1 else "complains again")
    if judged.scored.negativity is None:
        parts.append("language not judged")
    if post.rating is not None:
        parts.append(_plural(post.rating, "stars"))
    signals = [WORDS[s.name] for s in judged.signals if s.name in WORDS]
    parts += [words for words in signals if words != judged.intent]
    tail = []
    if post.published is not None:
        tail.append(f"{length(now - post.published)} old")
    tail += [_plural(n, what) for n, what in _counts(post)[:1] if n and n > 0]
    while len(", ".join([*parts, *tail])) > WHY_MAX and len(parts) > 1:
        parts.pop()
    return ", ".join([*parts, *tail])


def _subject(judged: Judged) -> str:
    """ "billing and outage complaint", "question about billing"; news and praise name no reason."""
    reasons = [r.replace("_", " ") for r in judged.reasons if r != "other"][:WHY_REASONS]
    if judged.intent == "other":
        return "mention"
    if reasons and judged.intent == "complaint":
        return f"{' and '.join(reasons)} complaint"
    if reasons and judged.intent in ("question", "request"):
        return f"{judged.intent} about {' and '.join(reasons)}"
    return judged.intent


def _plural(number: float, things: str) -> str:
    return f"{number:g} {things.removesuffix('s') if number == 1 else things}"


def _ordinal(number: int) -> str:
    teens = 10 < number % 100 < 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _day(moment: datetime, now: datetime) -> str:
    """ "3 Nov"; with its year where that is not plain."""
    year = f" {moment.year}" if abs(now - moment) > _PLAIN_YEAR else ""
    return f"{moment.day} {_MONTHS[moment.month - 1]}{year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLAIN_YEAR = timedelta(days=300)
"""A month named without a year is taken for the last of that name."""


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
