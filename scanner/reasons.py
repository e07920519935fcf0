"""What the author wants, what it is about, and what else speaks for or against an answer.

In: a `Scored` post (or a bare text). Out: a `Judged` one: intent with strengths, reasons, signals.

Touches: the disk (through model).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from scanner import model, phrases, scope
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
"""Every built-in reason, in the order that settles ties; a person's own come before them."""
_ORDER = {reason: place for place, reason in enumerate(REASONS)}
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
WORDS = 0.4
"""What a reason's own words near the name add to the model's probability of it."""
LEAST_REASON = 0.2
"""Both together from which a reason is told. Pooled F1 on the tenth of our training posts that
taught nothing: .26 (words alone .10, the model alone .17); on held-out posts .16."""
LEAST_ALONE = 0.35
"""The model's probability of a reason that no words near the name show; right in 58 % there."""
TROUBLED = frozenset(("complaint", "question", "request", "comparison"))
"""Intents of posts that have a reason even where no word names it; praise needs the words."""
LEAST_OWN = 0.5
"""A person's own reason needs one phrase in the name's sentence or next to it."""
LEAST_INTENT = 0.15
"""Weaker intents are not told."""
OTHER = 0.2
"""Least strength of "other": any real sign beats it."""
QUESTION = 0.45
"""Least strength of a question that is asked and asks for help; one mark alone makes half of it."""
NEWS = 0.9
"""Strength of news and advertising where its own words or its feed say so."""
MANY_LINKS = 12
"""Links from which a post is taken for a collection of links."""

_Near = list[tuple[scope.Placed, float]]


def assign(scored: Scored, own: phrases.Phrases | None = None) -> Judged:
    """Add intent, reasons and signals, from the cues said of the brand (not of a rival).

    `own` are phrases of a person's own reasons, which speak for these and for nothing else.
    """
    matched = scored.matched
    page = scope.read(matched)
    near = _about(page)
    traits = _traits(matched)
    signals = _signals(page, near, matched, traits)
    intents = _intents(traits, signals, scored.negativity)
    near = near + _about(phrases.page(page, own)) if own else near
    reasons = _reasons(near, traits, intents[0][0])
    scored = replace(scored, evidence=(*scored.evidence, *_proofs(near, reasons, scored.evidence)))
    return Judged(scored, intents[0][0], intents, reasons, signals)


def assign_text(
    text: str, language: str | None, negativity: float | None
) -> tuple[Intent, tuple[tuple[Intent, float], ...], tuple[str, ...]]:
    """Intent, intents and reasons of a whole text without a brand."""
    post = Post(feed_url="", feed="", guid="", url=None, title="", text=text, language=language)
    judged = assign(Scored(Matched(post, "", ()), (), negativity))
    return judged.intent, judged.intents, judged.reasons


def _traits(matched: Matched) -> Mapping[str, float]:
    """What the model makes of the post: of each trait the strongest that any mention has."""
    post = matched.post
    if not model.covered(post.language) or not any(map(str.isalpha, f"{post.title}{post.text}")):
        return {}
    heard = model.towards(matched)
    return {name: max(one.traits[name] for one in heard) for name in heard[0].traits}


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


def _reasons(near: _Near, traits: Mapping[str, float], intent: Intent) -> tuple[str, ...]:
    """What the words touch and the model expects, strongest first; a person's own come first."""
    weight: dict[str, float] = {}
    for cue, share in near:
        reason = cue.hit.cue.reason
        if reason and not cue.hit.negated:
            weight[reason] = weight.get(reason, 0.0) + share * (1.0 if cue.hit.group else 0.4)
    other = weight.pop("other", 0.0)
    expected = {reason: traits.get(f"reason/{reason}", 0.0) for reason in REASONS[:-1]}
    sure = {
        reason: expected.get(reason, 1.0) + WORDS * min(1.0, weight.get(reason, 0.0))
        for reason in {**expected, **weight}
        if reason in _ORDER or weight[reason] >= LEAST_OWN
    }
    alone = LEAST_ALONE if intent in TROUBLED else 1.0
    told = [
        reason for reason in sure if sure[reason] >= (LEAST_REASON if reason in weight else alone)
    ]
    told.sort(key=lambda reason: (-sure[reason], _ORDER.get(reason, -1), reason))
    if intent == "complaint" and other and not any(reason in weight for reason in told):
        return ("other",)
    return tuple(told[:MAX_REASONS])


def _proofs(near: _Near, reasons: Sequence[str], known: Sequence[Evidence]) -> Iterator[Evidence]:
    """The words that each reason was read from, where they do not stand as evidence of it yet."""
    for reason in reasons:
        told = [(c, s) for c, s in near if c.hit.cue.reason == reason and not c.hit.negated]
        if not told:  # the model alone expects it
            continue
        # A weighed phrase before a word that only touches the subject; then the nearest.
        cue = max(told, key=lambda pair: (bool(pair[0].hit.group), pair[1], -pair[0].start))[0]
        if all((e.name, e.where, e.start) != (reason, cue.where, cue.start) for e in known):
            yield Evidence(reason, cue.words, 0.0, cue.where, cue.start, cue.end)


def _signals(
    page: scope.Page, near: _Near, matched: Matched, traits: Mapping[str, float]
) -> tuple[Evidence, ...]:
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
    _by_model(traits, found)
    _by_shape(page, matched, found)
    if traits.get("first_hand", 1.0) < _HEARSAY and "first_hand" not in found:
        found.setdefault("reported", Evidence("reported", BY_MODEL, 1.0))
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


_READ: Mapping[str, tuple[float, float]] = {
    "first_hand": (0.0, 0.65),
    "resolved": (0.6, 0.35),
    "leaving": (0.6, 0.3),
}
"""What cues add to the model's probability, and the least sum that makes a signal. Best F1 on our
own posts that were kept out: .98, .30 and .41, where cues alone had .66, .30 and .23."""
_HEARSAY = 0.3
"""Probability of first hand below which a post is hearsay."""
BY_MODEL = "as the model reads it"
"""Evidence of what no single word shows."""


def _by_model(traits: Mapping[str, float], found: dict[str, Evidence]) -> None:
    """Signals that the model hears better than any list of words."""
    for name, (words, least) in _READ.items():
        if name not in traits:
            continue
        known = found.pop(name, Evidence(name, BY_MODEL))
        sure = traits[name] + words * known.weight
        if sure >= least:
            found[name] = replace(known, weight=round(min(1.0, max(0.5, sure)), 2))


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
    traits: Mapping[str, float], signals: Sequence[Evidence], negativity: float | None
) -> tuple[tuple[Intent, float], ...]:
    """Every intent with its strength, strongest first; "other" where none is seen.

    A complaint is one as far as it is negative towards the brand: the mean of both probabilities,
    in logarithms. What the feed says a post is (news, a question) counts at least so much.
    """
    seen = {signal.name: signal.weight for signal in signals}
    strength: dict[Intent, float] = {i: traits.get(f"intent/{i}", 0.0) for i in INTENTS}
    strength["complaint"] = math.sqrt(strength["complaint"] * (negativity or 0.0))
    shown: dict[Intent, float] = {
        "question": QUESTION * (seen.get("asks_for_help", 0.0) + seen.get("question", 0.0)) / 2,
        "news": NEWS * seen.get("headline", seen.get("release", 0.0)),
        "promotion": NEWS * max(seen.get("promotion", 0.0), seen.get("job", 0.0)),
    }
    for intent, least in shown.items():
        strength[intent] = max(strength[intent], least)
    strength["other"] = max(strength["other"], OTHER)
    told = [(i, round(strength[i], 2)) for i in INTENTS if strength[i] >= LEAST_INTENT]
    return tuple(sorted(told, key=lambda pair: (-pair[1], INTENTS.index(pair[0]))))
