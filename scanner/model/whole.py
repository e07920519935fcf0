"""Both halves together: blended, and moved so that what comes out are probabilities.

In: a text, its language, where the brand and its rivals stand. Out: a `Reading`.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import numpy as np

from scanner.model.file import damaged, read, unpack_linear, unpack_table
from scanner.model.linear import Linear
from scanner.model.student import Student, Weights
from scanner.model.words import BRAND, Span, Target, Words, mark, places_of
from scanner.model.words import tokens as cut

NEGATIVE = "negative"
"""The head that both halves know; the rest is the student's."""
PHRASE = 4
"""Words in one piece of evidence."""

LEAST = 0.08
"""Log-odds from which a word belongs to a phrase; below it "the" and "on" come along."""

Found = tuple[str, float, int, int]
"""Words, their log-odds, and where in the text they stand."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model says of one text."""

    odds: float
    """Log-odds that the author is dissatisfied with the brand (or at all); calibrated."""
    traits: Mapping[str, float]
    """Every head with its probability: "intent/complaint", "reason/billing", "first_hand" …"""
    phrases: tuple[Found, ...] = ()
    """What moved the verdict most, strongest first."""


class Model:
    """Weights, and what was worked out of words. Not for several threads at once."""

    def __init__(self, source: Traversable) -> None:
        """Read the file; ModelError where it is damaged or is no model."""
        self.head, arrays = read(source)
        try:
            size = 8 * len(arrays["linear_there"])
            if size != 1 << min(40, int(self.head["bits"])):
                raise ValueError("bits and buckets do not fit")
            weights = unpack_linear(arrays, size)
            pieces = arrays["pieces"].tobytes().decode("utf-8", "surrogatepass").split("\n")
            self._words = Words(pieces, arrays["scores"].astype(np.float32), weights)
            self._linear = Linear(self._words, float(self.head["linear_bias"]))
            parts = {
                n: arrays[n].astype(np.float32)
                for n in ("conv", "conv_bias", "out", "out_bias", "usual")
            }
            self._student = Student(Weights(table=unpack_table(arrays), **parts), self._words)
            self._blend: dict[str, dict[str, list[float]]] = self.head["blend"]
            self.heads: list[str] = self.head["heads"]
            self.languages: frozenset[str] = frozenset(self.head["languages"])
            self._negative = self.heads.index(NEGATIVE)
            self._try()
        except (LookupError, OverflowError, AttributeError, TypeError, ValueError) as damage:
            raise damaged(source, damage) from damage

    def read(
        self, text: str, language: str, target: Target | None, phrases: int = 0
    ) -> Reading | None:
        """Judge a text; None in a language that the model does not know.

        `phrases` is how many of those that moved the verdict are told with it.
        """
        if language not in self.languages:
            return None
        marked = mark(text, *(target or ((), ())))
        tokens = cut(marked)
        self._words.make_room(len(tokens))
        rows = self._words.rows(tokens)
        linear, found = self._linear.judge(tokens, rows), self._student.find(tokens, rows)
        told = self._student.heads(found)
        a, b, c = self._blended(language, BRAND in tokens)
        odds = a * linear + b * float(told[self._negative]) + c
        chances = 1 / (1 + np.exp(-told.astype(np.float64).clip(-30, 30)))
        traits = dict(zip(self.heads, chances.tolist(), strict=True))
        said: tuple[Found, ...] = ()
        if phrases and tokens:
            moved = a * self._linear.shares(rows)
            moved += b * self._student.shares(rows, found, self._negative)
            said = tuple(
                _said(
                    text,
                    list(zip(tokens, moved.tolist(), places_of(marked), strict=False)),
                    phrases,
                )
            )
        return Reading(odds, traits, said)

    def _try(self) -> None:
        """Read a text in every language, with and without a brand; ValueError where it fails."""
        targets: tuple[Target | None, ...] = (None, ([(0, 2)], []))
        for language in sorted(self.languages):
            for target in targets:
                told = self.read("It is broken.", language, target, 1)
                if told is None or not np.isfinite([told.odds, *told.traits.values()]).all():
                    raise ValueError(f"no number comes out of it for {language}")

    def _blended(self, language: str, named: bool) -> list[float]:
        table = self._blend["target" if named else "text"]
        return table.get(language, table["other"])


def _said(text: str, words: list[tuple[str, float, Span]], most: int) -> list[Found]:
    """The phrases that moved the verdict, strongest first; names are no evidence."""
    found = []
    for first, last in _phrases([(word, moved) for word, moved, _ in words]):
        start, end = words[first][2][0], words[last][2][1]
        weight = sum(moved for _, moved, _ in words[first : last + 1])
        found.append((" ".join(text[start:end].split()), weight, start, end))
    return sorted(found, key=lambda one: (-abs(one[1]), one[2]))[:most]


def _phrases(words: list[tuple[str, float]]) -> Iterator[tuple[int, int]]:
    """Neighbours that moved the verdict the same way, up to `PHRASE` words; first and last."""
    first: int | None = None
    for at, (word, by) in enumerate(words):
        alike = word == "http" or (at > 0 and words[at - 1][0] == "@")
        tells = abs(by) >= LEAST and word[0].isalnum() and not alike
        if first is not None:
            before = words[first][1]
            if not tells or (by > 0) != (before > 0) or at - first >= PHRASE:
                yield first, at - 1
                first = None
        if tells and first is None:
            first = at
    if first is not None:
        yield first, len(words) - 1
