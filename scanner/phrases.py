"""Reasons of a person's own: their phrases, and where they stand on a page.

In: [reasons] from the config; a `Page`. Out: the same page with these phrases as its only cues.
A tool that reasons uses, and the spine makes ready. Phrases are plain words, without the pattern
language of the lexicons; they are found whole, whatever their case, in any language.

Phrases live in a trie over words, walked once from each word, as in `cues`.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from scanner import scope
from scanner.cues import Cue, Hit
from scanner.records import Mention, OwnReason, Where
from scanner.scope import Placed

GROUP = "own"
"""No lexicon has it, so it moves no score; but what a person looks for weighs as a whole cue."""

_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(slots=True)
class _Node:
    """A step of the trie: which words lead on, and the reasons whose phrases end here."""

    next: dict[str, _Node] = field(default_factory=dict)
    ends: list[Cue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Phrases:
    """Compiled phrases."""

    root: _Node


def compiled(reasons: Sequence[OwnReason]) -> Phrases | None:
    """Make phrases ready to be found; None where there are none."""
    root = _Node()
    for reason in reasons:
        cue = Cue(reason.name, group=GROUP, reason=reason.name)
        for phrase in reason.words:
            node = root
            for word in _WORD.findall(phrase):
                node = node.next.setdefault(_form(word), _Node())
            if cue not in node.ends:
                node.ends.append(cue)
    return Phrases(root) if root.next else None


def page(laid: scope.Page, phrases: Phrases) -> scope.Page:
    """Give the page with the phrases in place of the lexicon's cues, each with whom it is of."""
    buts = {cue.sentence: cue.start for cue in laid.cues if cue.hit.cue.group == "contrast"}
    placed = []
    for number, sentence in enumerate(laid.sentences):
        body = laid.fields[sentence.where]
        for hit in _hits(body, sentence.start, sentence.end, phrases):
            if any(
                _is_within(hit, sentence.where, name) for name in (*laid.mentions, *laid.rivals)
            ):
                continue  # a name's own words say nothing of it
            factor = 1.0
            if number in buts:
                factor = scope.BEFORE_BUT if hit.start < buts[number] else scope.AFTER_BUT
            words, at = " ".join(body[hit.start : hit.end].split()), sentence.paragraph
            placed.append(
                Placed(hit, sentence.where, hit.start, hit.end, number, words, factor, at)
            )
    found = replace(laid, cues=tuple(placed), owners={})
    found.owners.update(scope.owners(found))
    return found


def _is_within(hit: Hit, where: Where, name: Mention) -> bool:
    return where == name.where and name.start <= hit.start and hit.end <= name.end


def _hits(body: str, start: int, end: int, phrases: Phrases) -> Iterator[Hit]:
    """Find the phrases between two places; of those of one reason that overlap, the longest."""
    words = list(_WORD.finditer(body, start, end))
    forms = [_form(word[0]) for word in words]
    reached: dict[str, int] = {}
    for first in range(len(words)):
        for after, cue in _walk(forms, first, phrases.root):
            if first >= reached.get(cue.name, 0):
                reached[cue.name] = after
                yield Hit(cue, words[first].start(), words[after - 1].end())


def _walk(forms: Sequence[str], first: int, root: _Node) -> Iterator[tuple[int, Cue]]:
    """Follow the phrases that start at a word, the longest of each reason first."""
    ends: list[tuple[int, Cue]] = []
    node: _Node | None = root.next.get(forms[first])
    at = first + 1
    while node is not None:
        ends += [(at, cue) for cue in node.ends]
        node = node.next.get(forms[at]) if at < len(forms) else None
        at += 1
    return reversed(ends)


def _form(word: str) -> str:
    return word.casefold().replace("’", "'")
