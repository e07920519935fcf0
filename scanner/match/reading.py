"""A post and what is looked for in, a post that has been read out: the places of every name.

What is decided here: names inside addresses and other people's handles do not count, and where
names overlap the longest wins, whoever's it is ("Visual Studio Code" is no "Visual Studio").

Touches: nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from scanner.match.brands import How, Index, Pattern, Place
from scanner.match.tokens import (
    Token,
    folded_words,
    handles,
    hashtags,
    masked,
    tokenize,
)
from scanner.records import Body, Mention, Post, Where
from scanner.text import letters, sketch

_MAX_PLACES = 5000
"""In a title or text. 256 kB of nothing but names hold 50,000 and took 10 s on two busy cores."""


@dataclass(slots=True)
class Lexicon:
    """Everything that is looked for, whoever looks for it."""

    index: Index = field(default_factory=Index)
    handles: dict[str, list[Pattern]] = field(default_factory=dict)
    """Folded accounts, and domains (on Bluesky a handle is a domain)."""
    prefixes: dict[str, list[Pattern]] = field(default_factory=dict)
    prefix_lengths: set[int] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    """First words: a post without any of them, nor a prefix, names nobody."""
    needles: set[tuple[bytes, ...]] = field(default_factory=set)
    """The words of each name, reduced as `text.sketch` reduces a body that has not been read."""

    def occurs_in(self, text: str) -> bool:
        """Tell whether a closer look is worth it; what most posts cost, so it is done by C code."""
        if not self.keys.isdisjoint(folded_words(text)):
            return True
        if ("#" in text or "＃" in text) and any(
            token.folded in self.keys for parts in hashtags(text) for token in parts
        ):
            return True
        if self.prefixes:
            words = folded_words(text)
            starts = self.prefixes.keys()
            if any(not starts.isdisjoint(w[:n] for w in words) for n in self.prefix_lengths):
                return True
        return self.index.has_signs(text)

    def may_occur_in(self, body: Body) -> bool:
        """Tell whether a body that has not been read may hold what `occurs_in` would find."""
        if () in self.needles or self.index.has_any_sign:
            return True  # a name in another script, or without letters, leaves no trace there
        found = sketch(body.markup, html=body.html)
        return any(all(word in found for word in words) for words in self.needles)

    def look_for(self, words: Iterable[str]) -> None:
        """Have `may_occur_in` look for the words of a name.

        For each by itself: what `clean` takes out (code, addresses) may stand between them.
        """
        self.needles.add(tuple(found for word in words if (found := letters(word))))

    def begun(self, word: str) -> list[Pattern]:
        """Return the prefix patterns that a word begins with."""
        return [p for n in self.prefix_lengths for p in self.prefixes.get(word[:n], ())]


class Found(NamedTuple):
    """A place, and the part of the post it is in."""

    part: Part
    place: Place

    def mention(self, brand: str, how: How | None = None) -> Mention:
        """Make the record of it."""
        start, end = self.place.start, self.place.end
        return Mention(
            brand,
            self.part.text[start:end],
            self.part.where,
            start,
            end,
            how or self.place.pattern.how,
            self.part.sentence(start),
        )


@dataclass(eq=False, slots=True)
class Part:
    """A post's title or text, in words."""

    where: Where
    text: str
    tokens: list[Token] = field(init=False)
    _word_ends: list[int] = field(init=False)
    _sentence_starts: list[int] | None = None
    _sentences: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Split it into words."""
        self.tokens = tokenize(self.text)
        self._word_ends = [token.end for token in self.tokens]

    def word_at(self, offset: int) -> int:
        """Return the number of the word that an offset is in, or of the next one."""
        return bisect_right(self._word_ends, offset)

    def sentence(self, offset: int) -> str:
        """Return the sentence around an offset; a title is one. Equal sentences are one object."""
        if self.where == "title":
            return self.text
        if self._sentence_starts is None:
            from scanner.text import sentences

            spans = sentences(self.text)
            self._sentence_starts = [span.start for span in spans]
            self._sentences = [self.text[span.start : span.end] for span in spans]
        place = bisect_right(self._sentence_starts, offset) - 1
        return self._sentences[max(place, 0)] if self._sentences else self.text


class Reading:
    """A post that has been read: who is named where."""

    def __init__(self, post: Post, lexicon: Lexicon) -> None:
        """Read title and text."""
        self.post = post
        self.parts = (Part("title", post.title), Part("text", post.text))
        self.by_owner: dict[str, list[Found]] = {}
        for part in self.parts:
            places = list(dict.fromkeys(islice(_places(part, lexicon), _MAX_PLACES)))
            if len(places) == _MAX_PLACES:
                # The last word's exclude phrase may be what was cut off: leave that word out.
                places = [place for place in places if place.first != places[-1].first]
            for place in _longest(places, len(part.text)):
                self.by_owner.setdefault(place.pattern.owner, []).append(Found(part, place))

    def of(self, owner: str) -> list[Found]:
        """Return where an owner's names stand, in reading order, title first."""
        return self.by_owner.get(owner, [])


def _places(part: Part, lexicon: Lexicon) -> Iterator[Place]:
    """Yield everything that stands in a part and is not inside an address."""
    text, tokens = part.text, part.tokens
    names, domains = _blocked(part)
    for place in lexicon.index.find(text, tokens):
        if (domains if place.pattern.domain else names).find(1, place.start, place.end) < 0:
            yield place
    for place in (*_in_hashtags(part, lexicon), *lexicon.index.find_signs(text)):
        first = part.word_at(place.start)
        if names.find(1, place.start, place.end) < 0:
            yield place._replace(first=first, after=max(first + 1, part.word_at(place.end - 1) + 1))
    yield from _in_handles(part, lexicon, domains)
    if lexicon.prefixes:
        for number, token in enumerate(tokens):
            for pattern in lexicon.begun(token.folded):
                if names.find(1, token.start, token.end) < 0:
                    yield Place(pattern, token.start, token.end, number, number + 1)


def _blocked(part: Part) -> tuple[bytearray, bytearray]:
    """Mark the characters where names, and where domains, do not count."""
    names, domains = bytearray(len(part.text)), bytearray(len(part.text))
    for mask in masked(part.text):
        names[mask.start : mask.end] = domains[mask.start : mask.end] = b"\1" * (
            mask.end - mask.start
        )
        domains[mask.host_start : mask.host_end] = bytes(mask.host_end - mask.host_start)
    for handle in handles(part.text):
        names[handle.start : handle.end] = b"\1" * (handle.end - handle.start)
    return names, domains


def _in_hashtags(part: Part, lexicon: Lexicon) -> Iterator[Place]:
    for parts in hashtags(part.text):
        yield from lexicon.index.find(part.text, parts)


def _in_handles(part: Part, lexicon: Lexicon, blocked: bytearray) -> Iterator[Place]:
    for handle in handles(part.text):
        if blocked.find(1, handle.start, handle.end) >= 0:
            continue
        first = part.word_at(handle.start)
        after = part.word_at(handle.end - 1) + 1
        account = lexicon.handles.get(handle.folded, ())
        for pattern in account or lexicon.index.exactly(handle.folded):
            yield Place(pattern, handle.start, handle.end, first, after)


def _longest(places: list[Place], length: int) -> Iterator[Place]:
    """Keep the longest of overlapping names; equal spans may have several owners.

    Query terms and exclude phrases (owners that are not in the contest) are all kept.
    """
    spans: dict[tuple[int, int], list[Place]] = {}
    kept: list[Place] = []
    for place in places:
        if place.pattern.contends:
            spans.setdefault((place.start, place.end), []).append(place)
        else:
            kept.append(place)
    taken = bytearray(length)
    for (start, end), each in sorted(spans.items(), key=lambda item: item[0][0] - item[0][1]):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            kept += {place.pattern.owner: place for place in reversed(each)}.values()
    return iter(sorted(kept, key=lambda place: (place.start, place.end)))
