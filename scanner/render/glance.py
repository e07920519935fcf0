"""What a person sees of a post at a glance: its age, its short ID, the words about the brand.

In: ranked posts and now. Out: short plain strings, still as hostile as the post itself.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import islice, pairwise

from scanner.records import Evidence, Mention, Post, Ranked, Scored, Verdict
from scanner.text import Span, length, sentences

SHORTEST_ID = 6
"""Hex digits: among 10,000 posts in a store, 1 in 1,700 shares them with another one."""

QUOTE_ROOM = 240
"""Characters of a quote: about four lines of a table that is 80 columns wide."""

UNTITLED_ROOM = 160
"""Characters of a text that stand in for a title: two or three lines."""

_PROOFS = 20
"""Pieces of evidence looked for in each sentence; a post of 256 KB may hold thousands of both."""

_WANTING = frozenset({"complaint", "question", "request"})
"""Intents whose `why` names reasons."""

_NAMED = 2
"""Reasons that `why` names."""

_CHOICE = 8
"""Sentences considered for the second place."""

_ALSO = 0.2
"""Points (log-odds, and one for a named reason) from which a second sentence is worth its room."""

_FAR, _FARTHEST = 0.1, 5
"""Points lost for each sentence between the evidence and the name: half a named reason in all."""

_WORD_ROOM = 24
"""How far a cut moves to spare a word; longer "words" are cut (Chinese has no spaces)."""


def age(then: datetime | None, now: datetime) -> str:
    """Say how long ago; "" where unknown."""
    return "" if then is None else length(now - then)


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """Shorten each ID to the shortest prefix that no other one has, 6 digits at least."""
    ordered = sorted(set(ids))
    room = dict.fromkeys(ordered, SHORTEST_ID)
    for one, other in pairwise(ordered):
        shared = _shared(one, other)
        room[one], room[other] = max(room[one], shared + 1), max(room[other], shared + 1)
    return {one: one[:length] for one, length in room.items()}


def _shared(one: str, other: str) -> int:
    same = (at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)
    return next(same, min(len(one), len(other)))


def workings(ranked: Ranked) -> list[str]:
    """Say who is to answer, as "for Kim", and with which tags, as "#refund"."""
    owner = [f"for {ranked.owner}"] if ranked.owner else []
    return owner + [f"#{tag}" for tag in ranked.tags]


def headline(post: Post) -> str:
    """Say what the post calls itself; where it has no title, how it begins."""
    begins = _one_line(post.text[: 2 * UNTITLED_ROOM])
    return _one_line(post.title) or clip(begins, 0, UNTITLED_ROOM) or "(no title)"


def quote(ranked: Ranked, room: int | None) -> str:
    """Give the author's words about the brand, at most `room` characters of them, or "".

    Of a complaint, question or request: the sentences, two at most, that hold what `why` names.
    Else the sentence of the mention that carries the verdict; where the headline says it already,
    the words around the strongest evidence in the text; where there is none, how it begins.
    """
    post = ranked.judged.post
    if ranked.judged.intent in _WANTING and ranked.judged.scored.negativity is not None:
        proven = _proven(ranked, room)
        if proven:
            return proven
    mention = _telling(ranked.judged.scored)
    if mention is not None:
        sentence = _one_line(mention.sentence)
        if sentence and not _said(sentence, post):
            return clip(sentence, max(0, sentence.find(mention.text)), room)
    start = _strongest(ranked)
    begin = max(0, start - 2 * QUOTE_ROOM)
    before, near = post.text[begin:start], post.text[begin : start + 2 * QUOTE_ROOM]
    around = clip(_one_line(near), len(_one_line(before)), room or QUOTE_ROOM)
    return "" if _said(around, post) else around


def _proven(ranked: Ranked, room: int | None) -> str:
    """Join the best sentence and, for a reason it leaves open, another; "" where there is none."""
    best = sorted(_proofs(ranked), key=lambda one: (-one.points, one.place))[:_CHOICE]
    if not best:
        return ""
    first = best[0]
    more = (one for one in best[1:] if one.reasons - first.reasons or one.points >= _ALSO)
    chosen = sorted([first, *islice(more, 1)], key=lambda one: one.place)
    if len(chosen) == 1:
        return clip(first.words, first.at, room)
    mark = " " if chosen[1].place - chosen[0].place == 1 else " … "
    half = None if room is None else (room - len(mark)) // 2
    spare = None if half is None else max(half, 2 * half - min(len(c.words) for c in chosen))
    return mark.join(clip(one.words, one.at, _room(one, half, spare)) for one in chosen)


@dataclass(frozen=True, slots=True)
class _Proof:
    """A sentence of the text that holds evidence."""

    place: int
    words: str
    at: int
    """Where in the words the strongest evidence stands."""
    points: float
    reasons: frozenset[str]


def _room(one: _Proof, half: int | None, spare: int | None) -> int | None:
    """What a short sentence leaves over goes to the other one."""
    return half if half is None or len(one.words) <= half else spare


def _proofs(ranked: Ranked) -> Iterator[_Proof]:
    """Weigh every sentence that holds evidence and is not in the headline."""
    post, named = ranked.judged.post, frozenset(ranked.judged.reasons[:_NAMED])
    placed: dict[tuple[int, int, str], Evidence] = {
        (one.start, one.end, one.name): one
        for one in nlargest(_PROOFS, _evidence(ranked.judged.scored), key=lambda e: e.weight)
        if one.where == "text" and one.start >= 0 and (one.weight > 0 or one.name in named)
    }
    for one in ranked.judged.scored.evidence:
        if one.where == "text" and one.name in named:
            placed.setdefault((one.start, one.end, one.name), one)
    spans = sentences(post.text) if placed else []
    mentions = [m.start for m in ranked.judged.scored.matched.mentions if m.where == "text"]
    near = {number for number, span in enumerate(spans) for m in mentions if _holds(span, m)}
    for number, span in enumerate(spans):
        here = [one for one in placed.values() if _holds(span, one.start)]
        words = _one_line(post.text[span.start : span.end])
        if not here or _said(words, post):
            continue
        reasons = frozenset(one.name for one in here) & named
        far = min((abs(number - place) for place in near), default=0)
        points = sum(one.weight for one in here) + len(reasons) - _FAR * min(far, _FARTHEST)
        first = max(here, key=lambda one: (one.name in named, one.weight, -one.start))
        at = len(_one_line(post.text[span.start : first.start]))
        yield _Proof(number, words, at, points, reasons)


def _holds(span: Span, at: int) -> bool:
    return span.start <= at < span.end


def _said(words: str, post: Post) -> bool:
    """Whether the headline says it already."""
    title, bare = headline(post).strip("… ."), words.strip("… .")
    return bare in title or (not post.title.strip() and bare.startswith(title))


def names(ranked: Ranked) -> tuple[str, ...]:
    """List how the author calls the brand, longest first."""
    found = {mention.text for mention in ranked.judged.scored.matched.mentions if mention.text}
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def clip(text: str, at: int, room: int | None) -> str:
    """Cut a text to `room` characters that hold position `at`, between words, marked by "…"."""
    if room is None or len(text) <= room:
        return text
    left = max(0, min(at - room // 3, len(text) - room))
    right = min(len(text), left + room)
    if left:
        space = text.find(" ", left, min(left + _WORD_ROOM, at))
        left = space + 1 if space >= 0 else left
    if right < len(text):
        space = text.rfind(" ", max(right - _WORD_ROOM, at), right)
        right = space if space >= 0 else right
    return ("…" if left else "") + text[left:right] + ("…" if right < len(text) else "")


def _telling(scored: Scored) -> Mention | None:
    """Find the mention whose verdict is nearest to the whole post's: that is what is ranked.

    Among equals, the one in whose sentence there is most evidence; then the first.
    """
    whole = scored.negativity
    known = [one for one in scored.verdicts if one.negativity is not None]
    if whole is None or not known:
        return next(iter(scored.matched.mentions), None)
    proofs = nlargest(_PROOFS, _evidence(scored), key=lambda one: abs(one.weight))

    def closeness(verdict: Verdict) -> tuple[float, float]:
        sentence = verdict.mention.sentence
        proven = sum(abs(one.weight) for one in proofs if one.text and one.text in sentence)
        return round(abs((verdict.negativity or 0.0) - whole), 2), -proven

    return min(known, key=closeness).mention


def _strongest(ranked: Ranked) -> int:
    placed = [
        one for one in _evidence(ranked.judged.scored) if one.where == "text" and one.start >= 0
    ]
    return max(placed, key=lambda one: (one.weight, -one.start)).start if placed else 0


def _evidence(scored: Scored) -> Iterator[Evidence]:
    yield from scored.evidence
    for verdict in scored.verdicts:
        yield from verdict.evidence


def _one_line(text: str) -> str:
    return " ".join(text.split())
