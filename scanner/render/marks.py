"""A post's title or text with the brand's names and the evidence marked in place.

In: a Ranked and which of its two texts. Out: a `rich.text.Text`; without colour the marks are
signs, «» around the brand and * * around evidence.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from scanner.records import Evidence, Ranked, Where
from scanner.render.style import Style
from scanner.render.terminal import BRAND, PROOF, words

if TYPE_CHECKING:
    from rich.text import Text

Spans = list[tuple[int, int]]


def marked(ranked: Ranked, where: Where, style: Style, look: str = "") -> Text:
    """Mark the title or the text; offsets that lie outside are ignored."""
    from rich.text import Text

    scored = ranked.judged.scored
    post = scored.matched.post
    whole = post.title if where == "title" else post.text
    names = ((one.start, one.end) for one in scored.matched.mentions if one.where == where)
    proofs = ((one.start, one.end) for one in _evidence(ranked) if one.where == where)
    page, at, on = Text(style=look, overflow="fold"), 0, {BRAND: False, PROOF: False}
    for place, kind, sign in _signs(_merged(names, len(whole)), _merged(proofs, len(whole))):
        page.append(_piece(whole[at:place], on, where, style))
        if not style.color:
            page.append(words(sign, style))
        on[kind] = not on[kind]
        at = place
    return page.append(_piece(whole[at:], on, where, style))


def _evidence(ranked: Ranked) -> Iterator[Evidence]:
    judged = ranked.judged
    yield from judged.scored.evidence
    yield from judged.signals
    for verdict in judged.scored.verdicts:
        yield from verdict.evidence


def _merged(spans: Iterable[tuple[int, int]], length: int) -> Spans:
    """Join spans that touch or overlap, so that no mark opens twice."""
    merged: Spans = []
    for start, end in sorted(span for span in spans if 0 <= span[0] < span[1] <= length):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _signs(names: Spans, proofs: Spans) -> list[tuple[int, str, str]]:
    """Put all marks in reading order; at one place: names close, evidence closes, then opens."""
    ends = [(end, 0, BRAND, "»") for _, end in names] + [(end, 1, PROOF, "*") for _, end in proofs]
    starts = [(at, 2, PROOF, "*") for at, _ in proofs] + [(at, 3, BRAND, "«") for at, _ in names]
    return [(place, kind, sign) for place, _, kind, sign in sorted(ends + starts)]


def _piece(text: str, on: dict[str, bool], where: Where, style: Style) -> Text:
    look = " ".join(kind for kind, lit in on.items() if lit)
    return words(text, style, look, newlines=where == "text")
