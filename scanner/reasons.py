"""What the author wants, what it is about, and what else speaks for or against an answer.

In: a `Scored` post (or a bare text). Out: a `Judged` one: intent with strengths, reasons, signals.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scanner import scope
from scanner.records import INTENTS, Evidence, Intent, Judged, Matched, Post, Scored

REASONS = (
    "billing",
    "price",
    "bug",
    "outage",
    "performance",
    "usability",
    "missing_feature",
    "delivery",
    "support_silence",
    "support_quality",
    "cancellation",
    "account_access",
    "data_loss",
    "security",
    "policy",
    "other",
)
"""Every reason there is, in the order that settles ties."""
SIGNALS = (
    "first_hand",
    "asks_for_help",
    "unresolved",
    "resolved",
    "leaving",
    "considering",
    "question",
    "headline",
    "digest",
    "promotion",
    "job",
    "release",
    "reported",
    "aside",
    "rival",
)
"""Every signal there is. A signal's weight is its strength, 0 to 1."""

MAX_REASONS = 3
LEAST_REASON = 0.5
"""A reason needs one weighed cue near the name, or two words that only touch the subject."""
LEAST_INTENT = 0.15
"""Weaker intents are not told."""
OTHER = 0.3
"""Strength of "other": any real sign beats it."""
LEAST_COMPLAINT = 0.4
"""Negativity from which a post is called a complaint: a text without any cue has .24 to .35."""
MANY_LINKS = 12
"""Links from which a post is taken for a collection of links."""

_Near = list[tuple[scope.Placed, float]]


def assign(scored: Scored) -> Judged:
    """Add intent, reasons and signals, from the cues said of the brand (not of a rival)."""
    matched = scored.matched
    page = scope.read(matched)
    near = _about(page)
    signals = _signals(page, near, matched)
    intents = _intents(near, signals, scored.negativity, matched)
    reasons = _reasons(near, intents[0][0])
    scored = replace(scored, evidence=(*scored.evidence, *_proofs(near, reasons, scored.evidence)))
    return Judged(scored, intents[0][0], intents, reasons, signals)


def assign_text(
    text: str, language: str | None, negativity: float | None
) -> tuple[Intent, tuple[tuple[Intent, float], ...], tuple[str, ...]]:
    """Intent, intents and reasons of a whole text without a brand."""
    post = Post(feed_url="", feed="", guid="", url=None, title="", text=text, language=language)
    judged = assign(Scored(Matched(post, "", ()), (), negativity))
    return judged.intent, judged.intents, judged.reasons


def _about(page: scope.Page) -> _Near:
    """Cues with the greatest share that any mention of the brand gives them; rivals' left out."""
    if not page.mentions:
        return [(cue, 1.0) for cue in page.cues]
    best: dict[int, tuple[scope.Placed, float]] = {}
    for mention in page.mentions:
        for cue, share in scope.shares(page, mention):
            if share > best.get(id(cue), (cue, 0.0))[1]:
                best[id(cue)] = (cue, share)
    return list(best.values())


def _reasons(near: _Near, intent: Intent) -> tuple[str, ...]:
    weight: dict[str, float] = {}
    for cue, share in near:
        reason = cue.hit.cue.reason
        if reason and not cue.hit.negated:
            weight[reason] = weight.get(reason, 0.0) + share * (1.0 if cue.hit.group else 0.4)
    other = weight.pop("other", 0.0)
    told = [r for r in weight if weight[r] >= LEAST_REASON]
    told.sort(key=lambda reason: (-weight[reason], REASONS.index(reason)))
    if not told and intent == "complaint" and other:
        return ("other",)
    return tuple(told[:MAX_REASONS])


def _proofs(near: _Near, reasons: Sequence[str], known: Sequence[Evidence]) -> Iterator[Evidence]:
    """The words that each reason was read from, where they do not stand as evidence of it yet."""
    for reason in reasons:
        told = [(c, s) for c, s in near if c.hit.cue.reason == reason and not c.hit.negated]
        # A weighed phrase before a word that only touches the subject; then the nearest.
        cue = max(told, key=lambda pair: (bool(pair[0].hit.group), pair[1], -pair[0].start))[0]
        if all((e.name, e.where, e.start) != (reason, cue.where, cue.start) for e in known):
            yield Evidence(reason, cue.words, 0.0, cue.where, cue.start, cue.end)


def _signals(page: scope.Page, near: _Near, matched: Matched) -> tuple[Evidence, ...]:
    found: dict[str, Evidence] = {}
    for name, least in _LEAST.items():
        # What a text is (news, advertising) shows anywhere in it; what happened, near the name.
        cues = [(c, 1.0) for c in page.cues] if name in _WHOLE else near
        mine = [(c, s) for c, s in cues if c.hit.cue.signal == name]
        strength = min(1.0, sum(share for _, share in mine) / least)
        if mine and strength >= 0.5:
            first = max(mine, key=lambda pair: (pair[1], -pair[0].start))[0]
            found[name] = Evidence(
                name, first.words, round(strength, 2), first.where, first.start, first.end
            )
    _considering(near, matched, found)
    _leaving(page, found)
    _by_shape(page, matched, found)
    if "resolved" in found:
        found.pop("unresolved", None)
    if _question(page, matched) and "question" not in found:
        found["question"] = Evidence("question", "?", 1.0)
    return tuple(found[name] for name in SIGNALS if name in found)


_LEAST = {
    "first_hand": 1.0,
    "asks_for_help": 1.0,
    "unresolved": 1.0,
    "resolved": 1.0,
    "leaving": 1.0,
    "considering": 1.0,
    "headline": 3.0,
    "digest": 2.0,
    "promotion": 3.0,
    "job": 2.0,
    "reported": 1.0,
}
"""Cues that make a signal certain; half of it makes one. Words of news and advertising are common
in all posts, so these want more."""
_WHOLE = frozenset({"headline", "digest", "promotion", "job"})


def _considering(near: _Near, matched: Matched, found: dict[str, Evidence]) -> None:
    """Rivals are weighed where one is known, or another tool is asked for."""
    sought = [(cue, share) for cue, share in near if cue.hit.cue.signal == "seeking"]
    if sought:
        cue, share = max(sought, key=lambda pair: (pair[1], -pair[0].start))
        strength = round(min(1.0, max(0.5, share)), 2)
        place = (cue.where, cue.start, cue.end)
        found["considering"] = Evidence("considering", cue.words, strength, *place)
        if cue.hit.group:  # "alternatives to Acme" is half a farewell, "which is better" none
            found.setdefault("leaving", Evidence("leaving", cue.words, strength / 2, *place))
    elif not matched.rivals:
        found.pop("considering", None)


def _leaving(page: scope.Page, found: dict[str, Evidence]) -> None:
    """A switch verb that goes with a name: away from the brand, or to a rival."""
    ways = [(m, "left") for m in page.mentions] + [(m, "joined") for m in page.rivals]
    for mention, way in ways:
        found_way = scope.role(page, mention)
        if found_way and found_way[1] == way and "leaving" not in found:
            verb = found_way[0]
            start, end = min(verb.start, mention.start), max(verb.end, mention.end)
            words = " ".join(page.fields[verb.where][start:end].split())
            found["leaving"] = Evidence("leaving", words, 0.8, verb.where, start, end)


def _by_shape(page: scope.Page, matched: Matched, found: dict[str, Evidence]) -> None:
    """Signals that no words carry: the kind of post, its links, where the name stands."""
    post = matched.post
    if post.rating is not None:
        found.setdefault("first_hand", Evidence("first_hand", "review", 1.0))
    if post.kind == "question":
        # A question site's post is its author's own, and open.
        found.setdefault("first_hand", Evidence("first_hand", "own question", 0.8))
        found.setdefault("asks_for_help", Evidence("asks_for_help", "a question", 0.5))
    if post.kind == "news":
        found["headline"] = Evidence("headline", "news", 1.0)
    if post.kind == "release":
        found["release"] = Evidence("release", "release", 1.0)
    if len(post.links) >= MANY_LINKS:
        found["digest"] = Evidence("digest", f"{len(post.links)} links", 1.0)
    if not page.subject:
        found["aside"] = Evidence("aside", "named in passing", 1.0)
    if len(page.rivals) > 2 * len(page.mentions) and page.mentions:
        found["rival"] = Evidence("rival", page.rivals[0].text, 1.0)


def _question(page: scope.Page, matched: Matched) -> bool:
    """Whether something is asked in the title, or in a sentence with the name or the next one."""
    post = matched.post
    if post.kind == "question" or post.title.rstrip().endswith("?"):
        return True
    places = {page.places[m] for m in page.mentions} or set(range(len(page.sentences)))
    near = places | {at + 1 for at in places}
    return any(
        cue.hit.cue.group == "question_mark" or cue.words.startswith("??")
        for cue in page.cues
        if cue.sentence in near
    )


def _intents(
    near: _Near, signals: Sequence[Evidence], negativity: float | None, matched: Matched
) -> tuple[tuple[Intent, float], ...]:
    """Every intent with its strength, strongest first; "other" where none is seen."""
    seen = {signal.name: signal.weight for signal in signals}
    named: dict[str, float] = {}
    for cue, share in near:
        intent = cue.hit.cue.intent
        if intent and not cue.hit.negated:
            named[intent] = named.get(intent, 0.0) + share
    public = max(seen.get("promotion", 0.0), seen.get("job", 0.0), 0.8 * seen.get("headline", 0.0))
    negative = 0.0 if negativity is None else negativity
    strength: dict[Intent, float] = {
        "complaint": negative * (1 - 0.4 * public) * (1.0 if negative >= LEAST_COMPLAINT else 0.5),
        "question": _question_strength(seen, named, matched),
        "request": min(0.9, 0.3 * named.get("request", 0.0)),
        "praise": (1 - negative) * min(1.0, 0.4 * named.get("praise", 0.0)),
        "comparison": min(0.8, 0.4 * named.get("comparison", 0.0))
        if "considering" in seen
        else 0.0,
        "news": 0.9 * seen.get("headline", seen.get("release", 0.0)),
        "promotion": max(seen.get("promotion", 0.0), seen.get("job", 0.0)),
        "other": OTHER,
    }
    told = [(i, round(strength[i], 2)) for i in INTENTS if strength[i] >= LEAST_INTENT]
    return tuple(sorted(told, key=lambda pair: (-pair[1], INTENTS.index(pair[0]))))


def _question_strength(seen: dict[str, float], named: dict[str, float], matched: Matched) -> float:
    if "question" not in seen and "asks_for_help" not in seen:
        return 0.0
    asked = 0.35 * seen.get("question", 0.0) + 0.35 * seen.get("asks_for_help", 0.0)
    kind = 0.2 if matched.post.kind == "question" else 0.0
    return min(0.95, asked + kind + 0.05 * min(3.0, named.get("question", 0.0)))
