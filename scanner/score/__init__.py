"""How dissatisfied the author of a post is with the brand, mention by mention.

In: a `Matched` post (or a bare text). Out: a `Scored` one: a probability for each mention and
for the whole, with the words that made it.

Two judges, blended in log-odds: a small trained model that reads the text around a mention
(`model`), and a sum of weighed cues, prior + sum(weight * share * count), where `scope` says what
a cue is said of. Stars and switch verbs ("moved from Acme") are added to both.

Touches: the disk (through model).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from scanner import cues, model, scope
from scanner.records import Evidence, Matched, Mention, Post, Scored, Verdict
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
AGAIN = 0.5
"""Repeating is insisting: at 0 a scenario of reviews and blogs lost .04 of nDCG@10, at 1 a title
that is also the first line counts twice."""
SWITCH: dict[scope.Role, float] = {"left": 2.0, "joined": -1.2}
"""Log-odds for "moved from Acme" and "moved to Acme"; about one strong word's worth."""
APART = 0.6
"""Times that where the verb does not touch the name ("moved my notes from Acme"): surer that
somebody went than that it was in anger."""
SWITCH_RIVAL: dict[scope.Role, float] = {"left": -1.2, "joined": 1.2}
"""The same for a rival's name beside the brand's: who left Rival came to somebody."""
STARS = {1: 3.0, 2: 2.0, 3: 0.3, 4: -1.5, 5: -2.5}
"""Log-odds for a rating. 1-2 stars are dissatisfied authors in about 95 % of app reviews whatever
the words (logit .95 = 2.9), 4-5 stars rarely; 3 stars leave it to the words."""
PUBLIC = -0.5
"""Most log-odds that the model's reading of a press release counts: it is the firm that speaks."""
WORDS_BESIDE_STARS = 2.0
"""Log-odds that words may add to a rating or take from it: one star stays over one half."""


def score(matched: Matched, *, with_polarity: bool = True) -> Scored:
    """Judge every mention (the first `scope.MAX_MENTIONS`) and the whole post.

    Post-level negativity is `WORST` of the worst mention plus the rest of the mean, in log-odds;
    without mentions (a feed about the brand) it is that of title and text together.
    None where the model has not learnt the post's language, or there are no cues in it.
    """
    post = matched.post
    page = scope.read(matched)
    if not covered(post.language):
        silent = tuple(Verdict(mention, None) for mention in page.mentions)
        return Scored(matched, silent, None)
    table = weights(post.language)
    stars = _stars(post.rating)
    heard = model.towards(matched)
    shares = [scope.shares(page, m) for m in page.mentions]
    judged = [
        _judge((share, _heard(page, share, said)), table, stars, _switches(page, m))
        for m, share, said in zip(page.mentions, shares, heard, strict=False)
    ]
    if not judged:
        whole = _judge(([(cue, cue.factor) for cue in page.cues], heard[0]), table, stars)
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


def covered(language: str | None) -> bool:
    """Whether posts in the language are judged; an unknown one (None) is read as English."""
    return cues.covered(language) and model.covered(language)


def score_text(
    text: str, language: str | None, *, with_polarity: bool = True
) -> tuple[float | None, float | None, tuple[Evidence, ...]]:
    """Negativity, polarity and evidence of a whole text without a brand."""
    post = Post(feed_url="", feed="", guid="", url=None, title="", text=text, language=language)
    scored = score(Matched(post, "", ()), with_polarity=with_polarity)
    return scored.negativity, scored.polarity, scored.evidence


def _judge(
    found: tuple[Sequence[tuple[scope.Placed, float]], model.Heard],
    table: Weights,
    stars: float,
    switches: Sequence[tuple[scope.Placed, float]] = (),
) -> tuple[float, tuple[Evidence, ...]]:
    """Log-odds and evidence from cues with their shares, and from what the model said.

    A phrase is one piece of evidence, however often it is said. Kind words in one paragraph take
    back only a quarter of what another complains of (`WORST`).
    """
    shares, said = found
    counts: dict[str, float] = {}
    paragraphs: dict[int, float] = {}
    evidence = []
    for cue, share in _once(shares, switches):
        group = cue.hit.group
        weight = table.groups.get(group, 0.0) if group else 0.0
        if group is None or not weight:
            continue
        room = MAX_COUNT - abs(counts.get(group, 0.0))
        counted = max(-room, min(room, share))
        if not counted:
            continue
        counts[group] = counts.get(group, 0.0) + counted
        paragraphs[cue.paragraph] = paragraphs.get(cue.paragraph, 0.0) + weight * counted
        evidence.append(_evidence(cue, table.cues * weight * counted))
    evidence.extend(_beside(evidence, said.evidence, table.model))
    if stars:
        evidence.append(Evidence("rating", "stars", stars))
    evidence.extend(_evidence(cue, weight) for cue, weight in switches)
    total, worst = sum(paragraphs.values()), max(paragraphs.values(), default=0.0)
    heard = table.prior + max(total, WORST * worst + (1 - WORST) * total)
    moved = sum(weight for _, weight in switches)
    blended = table.cues * heard + table.model * said.odds + table.base + moved
    if stars:
        blended = max(-WORDS_BESIDE_STARS, min(WORDS_BESIDE_STARS, blended))
    return blended + stars, _strongest(evidence)


def _heard(
    page: scope.Page, shares: Sequence[tuple[scope.Placed, float]], said: model.Heard
) -> model.Heard:
    """What the model said, less what was said of somebody else.

    Phrases that are cues of another name are no evidence here; in a press release the bad words are
    the market's.
    """
    mine = {id(cue) for cue, share in shares if share > 0}
    others = [cue for cue in page.cues if id(cue) not in mine]
    evidence = tuple(
        one
        for one in said.evidence
        if not any(
            cue.where == one.where and cue.start < one.end and one.start < cue.end for cue in others
        )
    )
    odds = min(PUBLIC, said.odds) if page.public else said.odds
    return replace(said, odds=odds, evidence=evidence)


def _once(
    shares: Sequence[tuple[scope.Placed, float]],
    switches: Sequence[tuple[scope.Placed, float]],
) -> list[tuple[scope.Placed, float]]:
    """Each phrase where it counts most; what a switch verb already says is left out.

    Said again in another sentence it adds `AGAIN` of that, in the same one nothing.
    """
    best: dict[tuple[str, str], tuple[scope.Placed, float]] = {}
    again: dict[tuple[str, str], dict[int, float]] = {}
    for cue, share in shares:
        if any(_within(cue, switch) for switch, _ in switches):
            continue
        key = (cue.hit.cue.name, cue.words.lower())
        said = again.setdefault(key, {})
        if abs(share) > abs(said.get(cue.sentence, 0.0)):
            said[cue.sentence] = share
        if key not in best or abs(share) > abs(best[key][1]):
            best[key] = (cue, share)
    return [
        (cue, (1 - AGAIN) * share + AGAIN * sum(again[key].values()))
        for key, (cue, share) in best.items()
    ]


def _within(cue: scope.Placed, switch: scope.Placed) -> bool:
    overlap = cue.start < switch.end and switch.start < cue.end
    return overlap and cue.where == switch.where


def _switches(page: scope.Page, mention: Mention) -> list[tuple[scope.Placed, float]]:
    """What switch verbs before the names say about the brand: who was left, who was joined."""
    own = scope.role(page, mention)
    if own:
        apart = own[0].hit.cue.signal == "role_switch"
        return [(own[0], SWITCH[own[1]] * (APART if apart else 1.0))]
    at = page.places[mention]
    ways = [scope.role(page, rival) for rival in page.rivals if abs(page.places[rival] - at) < 2]
    return [(way[0], SWITCH_RIVAL[way[1]]) for way in ways if way][:1]


def _evidence(cue: scope.Placed, weight: float) -> Evidence:
    name = f"not {cue.hit.cue.name}" if cue.hit.negated else cue.hit.cue.name
    return Evidence(name, cue.words, round(weight, 3), cue.where, cue.start, cue.end)


def _beside(evidence: Sequence[Evidence], said: Iterable[Evidence], share: float) -> list[Evidence]:
    """The model's phrases that no cue has shown already."""
    shown = [(e.where, e.start, e.end) for e in evidence]
    return [
        replace(one, weight=round(share * one.weight, 3))
        for one in said
        if not any(w == one.where and a < one.end and one.start < b for w, a, b in shown)
    ]


def _strongest(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    ordered = sorted(evidence, key=lambda e: (-abs(e.weight), e.where != "title", e.start))
    return tuple(ordered[:MAX_EVIDENCE])


def _merge(found: Iterable[tuple[Evidence, ...]]) -> tuple[Evidence, ...]:
    """Evidence of all mentions, each phrase once with its greatest weight.

    What the model heard in the words of a cue is told as the cue.
    """
    best: dict[tuple[str, str], Evidence] = {}
    for evidence in found:
        for one in evidence:
            key = (one.text.lower(), one.name)
            if key not in best or abs(one.weight) > abs(best[key].weight):
                best[key] = one
    cued = [words for words, name in best if name != model.NAME]
    return _strongest(
        one
        for (words, name), one in best.items()
        if name != model.NAME or not any(words in cue or cue in words for cue in cued)
    )


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
