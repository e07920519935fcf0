"""Which text the model reads for which mention.

In: a matched post laid out by `scope`. Out: for each mention the span of the body around it, and
where in it the brand and its rivals stand.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanner import scope
from scanner.model.words import Span, Target
from scanner.records import Matched, Mention

AROUND = 600
"""Characters on each side of a mention that the model reads; with them about 200 words, under
its cap of 400 and like the posts that it learnt from. A post that is no longer is read whole."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a post's body, which is its title, a line feed, and its text."""

    body: str
    target: Target
    low: int
    """Where it begins in the body."""
    offset: int
    """Where the post's text begins in the body."""

    def within(self, start: int, end: int) -> Passage:
        """A part of it."""
        names = (_inside(self.target[0], start, end), _inside(self.target[1], start, end))
        return Passage(self.body[start:end], names, self.low + start, self.offset)


def passages(matched: Matched, page: scope.Page) -> list[Passage]:
    """One for each of the page's mentions; who shares the surroundings shares the passage.

    An aside is read in its own sentence and the next: the rest of the post is on something else.
    """
    post = matched.post
    body = f"{post.title}\n{post.text}" if post.title else post.text
    offset = len(body) - len(post.text)
    brand = _free(_whole_name(body, span) for span in _spans(matched.mentions, offset))
    rivals = _free((_whole_name(body, span) for span in _spans(matched.rivals, offset)), brand)
    if page.subject:
        windows = [_window(body, span) for span in _spans(page.mentions, offset)]
    else:
        windows = [_aside(page, mention, offset) for mention in page.mentions]
    return [
        Passage(
            body[low:high], (_inside(brand, low, high), _inside(rivals, low, high)), low, offset
        )
        for low, high in windows
    ]


def unnamed(matched: Matched) -> Passage:
    """The beginning of a post that names no brand."""
    post = matched.post
    body = f"{post.title}\n{post.text}" if post.title else post.text
    return Passage(body[: scope.MAX_CHARS], ((), ()), 0, len(body) - len(post.text))


def _spans(mentions: Iterable[Mention], offset: int) -> list[Span]:
    return [
        (m.start, m.end) if m.where == "title" else (m.start + offset, m.end + offset)
        for m in mentions
    ]


def _whole_name(body: str, span: Span) -> Span:
    """The name with its @ or #, as the model learnt it."""
    return (span[0] - (body[max(0, span[0] - 1) : span[0]] in ("@", "#")), span[1])


def _free(spans: Iterable[Span], taken: Sequence[Span] = ()) -> list[Span]:
    """Spans that overlap none before them, nor any that is taken."""
    free: list[Span] = []
    others = sorted(taken)
    at = 0
    for start, end in sorted(spans):
        while at < len(others) and others[at][1] <= start:
            at += 1
        clear = at == len(others) or end <= others[at][0]
        if clear and (not free or free[-1][1] <= start):
            free.append((start, end))
    return free


def _inside(spans: Iterable[Span], low: int, high: int) -> tuple[Span, ...]:
    return tuple((a - low, b - low) for a, b in spans if low <= a and b <= high)


def _aside(page: scope.Page, mention: Mention, offset: int) -> Span:
    """The sentence of a mention, the next, and the one before where it speaks on."""
    at = page.places[mention]
    first = max(0, at - page.sentences[at].pronoun)
    beside = [s for s in page.sentences[first : at + 2] if s.where == mention.where]
    back = 0 if mention.where == "title" else offset
    low = max(beside[0].start, mention.start - AROUND)
    return low + back, min(beside[-1].end, mention.end + AROUND) + back


def _window(body: str, span: Span) -> Span:
    """The surroundings of a mention, cut between words."""
    if len(body) <= 2 * AROUND:
        return 0, len(body)
    low, high = max(0, span[0] - AROUND), min(len(body), span[1] + AROUND)
    if low:
        low = max(low, body.rfind(" ", low, low + 40) + 1, body.find("\n\n", low, span[0]) + 2)
    if high < len(body):
        gap = body.rfind("\n\n", span[1], high)
        high = gap if gap > 0 else max(body.rfind(" ", high - 40, high), span[1]) or high
    return low, high
