"""What each story is worth a reply, as a sum of named terms.

In: stories, the time it is now, feeds' weights. Out: `Ranked` ones, best first.

Touches: nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from scanner.records import Intent, Judged, Kind, Post, Ranked, Story, Term
from scanner.text import length

# Points. What people said makes a post worth a reply gave the order; the sizes are round numbers
# chosen so that a first-hand, unresolved, fresh complaint comes to about 80 of 100.
NEGATIVITY = 34.0
INTENT: dict[Intent, float] = {
    "complaint": 12.0,
    "question": 12.0,
    "request": 12.0,
    "comparison": 8.0,
    "praise": 5.0,
    "other": 0.0,
    "news": -6.0,
    "promotion": -12.0,
}
SIGNALS = {
    "first_hand": (10.0, "first-hand"),
    "asks_for_help": (8.0, "asks for help"),
    "unresolved": (6.0, "unresolved"),
    "leaving": (9.0, "leaving"),
    "considering": (3.0, "weighs rivals"),
    "resolved": (-8.0, "resolved"),
    "headline": (-12.0, "headline"),
    "digest": (-12.0, "link roundup"),
    "promotion": (-12.0, "promotion"),
    "job": (-20.0, "job ad"),
    "release": (-8.0, "release note"),
    "reported": (-3.0, "others' trouble"),
    "aside": (-3.0, "an aside"),
    "rival": (-8.0, "mostly about a rival"),
}
"""Points of a signal at full strength, and the words for it."""
CONCRETE = 6.0
"""A failure can be answered, a mood only soothed."""
RATING = {1: 8.0, 2: 7.0, 3: 4.0, 4: 0.0, 5: -4.0}
NAMED = 6.0
"""Every post about the brand starts here, so that what speaks against it shows in the order: it
names the brand, or stands in a feed about it."""
REACH_MAX, REACH_STEP = 8.0, 3.0
"""Points for each tenfold of reach."""
AGE_MAX, AGE_UNKNOWN = 12.0, 6.0
"""Points of a post of this minute; of one without a date."""
HALF_LIFE: dict[Kind, timedelta] = {
    "post": timedelta(days=4),
    "comment": timedelta(days=2),
    "review": timedelta(days=21),
    "question": timedelta(days=10),
    "release": timedelta(days=4),
    "news": timedelta(days=2),
}
"""A talk moves on in days; a review and an open question are read for weeks."""
STORY_MAX, STORY_STEP = 6.0, 2.0
SHORT, SHORT_POINTS = 5, -6.0
"""Words below which there is little to answer."""
WORDLESS_POINTS = -30.0
"""Stars or a thumb alone: nobody to answer, and nothing to say."""
LONG, LONG_POINTS = 25, 3.0
AGAINST = "against: "
"""What `match` puts before that which speaks against the name being this brand's."""
WHY_MAX = 90
"""Characters of `why`: with the title it must fit a terminal's line."""
WHY_REASONS = 2
"""Reasons named in it; the third is mostly an aside."""


def rank(
    stories: Sequence[Story], *, now: datetime, weights: Mapping[str, float] = {}
) -> list[Ranked]:
    """Order stories by what their best member is worth; ties by age, then ID: always the same.

    `weights` multiplies what a feed's posts are worth (feed_url -> factor).
    The best member has the highest worth, then was published first, then has the lowest ID.
    """
    ranked = [_best(story, now, weights) for story in stories]
    return sorted(ranked, key=_order)


def weigh(judged: Judged, story: Story, now: datetime, weights: Mapping[str, float]) -> Ranked:
    """Say what one member of a story is worth, and why; the receipt adds up to tenths.

    What speaks for an answer counts as far as the name means the brand: one term takes
    (1 - confidence) of it back. `weights` is as in `rank`.
    """
    terms = [Term(t.name, round(t.points, 1), t.evidence) for t in _terms(judged, story, now)]
    terms = [term for term in terms if term.points]
    terms += _doubt(judged, terms)
    factor = weights.get(judged.post.feed_url, 1.0)
    if factor != 1.0:
        change = round((factor - 1.0) * max(0.0, _total(terms)), 1)
        terms.append(Term("feed weight", change, f"x {factor:g}"))
    total = _total(terms)
    if total > 100.0:
        terms.append(Term("cap", round(100.0 - total, 1), "at most 100"))
    if total < 0.0:
        terms.append(Term("floor", -total, "at least 0"))
    return Ranked(judged, _total(terms), tuple(terms), _why(judged, now), story)


def _doubt(judged: Judged, terms: Sequence[Term]) -> list[Term]:
    """Take back what a name that may be another's has earned, and say what speaks against it."""
    matched = judged.scored.matched
    earned = sum(term.points for term in terms if term.points > 0)
    points = round(-(1 - matched.confidence) * earned, 1)
    against = [why.removeprefix(AGAINST) for why in matched.why if why.startswith(AGAINST)]
    words = ", ".join([f"x {matched.confidence:.2g}", *against])
    return [Term("confidence", points, _cut(words, 80))] if points else []


def _best(story: Story, now: datetime, weights: Mapping[str, float]) -> Ranked:
    return min((weigh(member, story, now, weights) for member in story.members), key=_order)


def _order(ranked: Ranked) -> tuple[float, bool, float, str]:
    published = ranked.judged.post.published
    stamp = published.timestamp() if published else 0.0
    return (-ranked.worth, published is None, stamp, ranked.judged.id)


def _total(terms: Sequence[Term]) -> float:
    return round(sum(term.points for term in terms), 1) + 0.0


def _terms(judged: Judged, story: Story, now: datetime) -> Iterator[Term]:
    scored, post = judged.scored, judged.post
    if scored.matched.mentions:
        yield Term("named", NAMED, judged.brand)
    else:
        yield Term("about", NAMED, _cut("; ".join(scored.matched.why), 80))
    if scored.negativity is not None:
        words = ", ".join(e.text for e in scored.evidence if e.weight > 0 and e.start >= 0)
        yield Term("negativity", NEGATIVITY * scored.negativity, _cut(words, 80))
    strength = dict(judged.intents).get(judged.intent, 0.0)
    yield Term("intent", INTENT[judged.intent] * strength, judged.intent)
    if judged.intent in ("complaint", "question", "request") and judged.reasons[:1] != ("other",):
        yield Term("reason", CONCRETE * bool(judged.reasons), ", ".join(judged.reasons))
    for signal in judged.signals:
        if signal.name in SIGNALS:
            yield Term(signal.name, SIGNALS[signal.name][0] * signal.weight, signal.text)
    if post.rating is not None:
        stars = min(5, max(1, round(post.rating)))
        yield Term("rating", RATING[stars], f"{post.rating:g} stars")
    yield from _reach(post)
    yield _age(post, now)
    size = len(story.members)
    yield Term("story", min(STORY_MAX, STORY_STEP * math.log2(size)), f"{size} posts")
    yield from _substance(post)


def _reach(post: Post) -> Iterator[Term]:
    """Logarithmic; a comment takes more effort than a vote, a vote more than a look."""
    comments, points, views = post.reach.comments, post.reach.points, post.reach.views
    effort = max(0, comments or 0) + max(0, points or 0) / 3 + max(0, views or 0) / 300
    told = [_plural(n, what) for n, what in _counts(post) if n]
    yield Term("reach", min(REACH_MAX, REACH_STEP * math.log10(1 + effort)), ", ".join(told))


def _counts(post: Post) -> tuple[tuple[int | None, str], ...]:
    reach = post.reach
    return ((reach.comments, "comments"), (reach.points, "points"), (reach.views, "views"))


def _age(post: Post, now: datetime) -> Term:
    if post.published is None:
        return Term("age", AGE_UNKNOWN, "no date")
    age = max(timedelta(0), now - post.published)
    return Term("age", AGE_MAX * 0.5 ** (age / HALF_LIFE[post.kind]), length(age))


def _substance(post: Post) -> Iterator[Term]:
    words = sum(any(map(str.isalnum, w)) for w in f"{post.title} {post.text[:1000]}".split())
    if not words:
        yield Term("substance", WORDLESS_POINTS, "no words")
    elif words < SHORT:
        yield Term("substance", SHORT_POINTS, f"{words} words")
    elif words >= LONG:
        yield Term("substance", LONG_POINTS, f"{words} words" if words < 150 else "a long post")


def _why(judged: Judged, now: datetime) -> str:
    """A person's line: "billing complaint, first-hand, asks for help, 2 h old, 48 comments"."""
    post = judged.post
    parts = [_subject(judged)]
    if judged.scored.negativity is None:
        parts.append("language not judged")
    if post.rating is not None:
        parts.append(_plural(post.rating, "stars"))
    signals = [SIGNALS[s.name] for s in judged.signals if s.name in SIGNALS]
    parts += [words for points, words in signals if words != judged.intent]
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


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
