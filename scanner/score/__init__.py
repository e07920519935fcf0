"""How dissatisfied the author of a post is with the brand, mention by mention.

In: a `Matched` post (or a bare text). Out: a `Scored` one: a probability for each mention and
for the whole, with the words that made it.

A sum of weighed cues through a logistic: log-odds = prior + sum(weight * share * count). Cues and
weights are data (`data/cues/`); what a cue is said of is `scope`'s business.

Touches: nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from scanner import cues, scope
from scanner.records import Evidence, Matched, Mention, Scored, Verdict
from scanner.score.polarity import polarity
from scanner.score.weights import Weights, weights

__all__ = ["polarity", "score", "score_text"]

MAX_COUNT = 3.0
"""A group counts at most this often: the fit was made with it, and ranting adds no certainty."""
MAX_EVIDENCE = 12
"""Pieces of evidence kept, strongest first; `show` highlights them."""
WORST = 0.75
"""Share of the worst mention in the whole post's verdict; the mean of all has the rest. One bad
aside in praise is still worth reading, but nine kind mentions do count."""
SWITCH = {"role_left": 1.5, "role_joined": -1.2}
"""Log-odds for "moved from Acme" and "moved to Acme"; about one strong word's worth."""
SWITCH_RIVAL = {"role_left": -0.8, "role_joined": 0.9}
"""The same for a rival's name beside the brand's: who left Rival came to somebody."""
STARS = {1: 3.0, 2: 2.0, 3: 0.3, 4: -1.5, 5: -2.5}
"""Log-odds for a rating. 1-2 stars are dissatisfied authors in about 95 % of app reviews whatever
the words (logit .95 = 2.9), 4-5 stars rarely; 3 stars leave it to the words."""


def score(matched: Matched, *, with_polarity: bool = True) -> Scored:
    """Judge every mention (the first `scope.MAX_MENTIONS`) and the whole post.

    Post-level negativity is `WORST` of the worst mention plus the rest of the mean, in log-odds;
    without mentions (a feed about the brand) it is that of title and text together.
    None where the post's language has no cues.
    """
    post = matched.post
    page = scope.read(matched)
    if not cues.covered(post.language):
        silent = tuple(Verdict(mention, None) for mention in page.mentions)
        return Scored(matched, silent, None)
    table = weights(post.language)
    stars = _stars(post.rating)
    judged = [
        _judge(scope.shares(page, m), table, stars, _switches(page, m)) for m in page.mentions
    ]
    if not judged:
        whole = _judge([(cue, cue.factor) for cue in page.cues], table, stars)
        tone = _tone(f"{post.title}\n{post.text}", post.language, with_polarity)
        return Scored(matched, (), _probability(whole[0]), tone, whole[1])
    verdicts = tuple(
        Verdict(mention, _probability(odds), _near(page, mention, matched, with_polarity), evidence)
        for mention, (odds, evidence) in zip(page.mentions, judged, strict=True)
    )
    odds = [one for one, _ in judged]
    whole_odds = WORST * max(odds) + (1 - WORST) * sum(odds) / len(odds)
    tones = [verdict.polarity for verdict in verdicts if verdict.polarity is not None]
    tone = sum(tones) / len(tones) if tones else None
    return Scored(
        matched, verdicts, _probability(whole_odds), tone, _merge(found for _, found in judged)
    )


def score_text(
    text: str, language: str | None, *, with_polarity: bool = True
) -> tuple[float | None, float | None, tuple[Evidence, ...]]:
    """Negativity, polarity and evidence of a whole text without a brand."""
    if not cues.covered(language):
        return None, None, ()
    sentences: list[scope.Sentence] = []
    placed: list[scope.Placed] = []
    scope.lay(text[: scope.MAX_CHARS], 0, "text", language, (sentences, placed))
    odds, evidence = _judge([(cue, cue.factor) for cue in placed], weights(language), 0.0)
    return _probability(odds), _tone(text, language, with_polarity), evidence


def _judge(
    shares: Sequence[tuple[scope.Placed, float]],
    table: Weights,
    stars: float,
    switches: Sequence[tuple[scope.Placed, float]] = (),
) -> tuple[float, tuple[Evidence, ...]]:
    """Log-odds and evidence from cues with their shares."""
    counts: dict[str, float] = {}
    evidence = []
    for cue, share in shares:
        group = cue.hit.group
        weight = table.groups.get(group, 0.0) if group else 0.0
        if group is None or not weight:
            continue
        room = MAX_COUNT - abs(counts.get(group, 0.0))
        counted = max(-room, min(room, share))
        if not counted:
            continue
        counts[group] = counts.get(group, 0.0) + counted
        evidence.append(_evidence(cue, weight * counted))
    if stars:
        evidence.append(Evidence("rating", "stars", stars))
    evidence.extend(_evidence(cue, weight) for cue, weight in switches)
    switched = sum(weight for _, weight in switches)
    odds = table.prior + stars + switched + sum(table.groups[g] * n for g, n in counts.items())
    return odds, _strongest(evidence)


def _switches(page: scope.Page, mention: Mention) -> list[tuple[scope.Placed, float]]:
    """What switch verbs before the names say about the brand: who was left, who was joined."""
    own = scope.role(page, mention)
    if own:
        return [(own, SWITCH[own.hit.cue.signal or ""])]
    at = page.places[mention]
    verbs = [scope.role(page, rival) for rival in page.rivals if abs(page.places[rival] - at) < 2]
    return [(verb, SWITCH_RIVAL[verb.hit.cue.signal or ""]) for verb in verbs if verb][:1]


def _evidence(cue: scope.Placed, weight: float) -> Evidence:
    name = f"not {cue.hit.cue.name}" if cue.hit.negated else cue.hit.cue.name
    return Evidence(name, cue.words, round(weight, 3), cue.where, cue.start, cue.end)


def _strongest(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    ordered = sorted(evidence, key=lambda e: (-abs(e.weight), e.where != "title", e.start))
    return tuple(ordered[:MAX_EVIDENCE])


def _merge(found: Iterable[tuple[Evidence, ...]]) -> tuple[Evidence, ...]:
    """Evidence of all mentions, each place once with its greatest weight."""
    best: dict[tuple[str, int, str], Evidence] = {}
    for evidence in found:
        for one in evidence:
            key = (one.where, one.start, one.name)
            if key not in best or abs(one.weight) > abs(best[key].weight):
                best[key] = one
    return _strongest(best.values())


def _stars(rating: float | None) -> float:
    return STARS[min(5, max(1, round(rating)))] if rating is not None else 0.0


def _near(
    page: scope.Page, mention: Mention, matched: Matched, with_polarity: bool
) -> float | None:
    """Polarity of the mention's sentence."""
    sentence = page.sentences[page.places[mention]]
    body = matched.post.title if mention.where == "title" else matched.post.text
    return _tone(body[sentence.start : sentence.end], matched.post.language, with_polarity)


def _tone(text: str, language: str | None, with_polarity: bool) -> float | None:
    return polarity(text, language) if with_polarity else None


def _probability(odds: float) -> float:
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))), 4)
