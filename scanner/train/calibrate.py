"""Both halves on texts that they have not learnt from: blended, and moved to be probabilities.

In: examples kept out, both halves as the file will hold them. Out: the header's numbers, and the
arrays of every other head, moved.

Touches: nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from scanner.model.file import Floats
from scanner.model.linear import Linear
from scanner.model.student import Student, Weights
from scanner.model.words import Words
from scanner.model.words import tokens as cut
from scanner.train.blend import blend, regress
from scanner.train.corpus import HEADS, Example

FEW_RIGHT = 12
"""Texts with a head, and without it, below which it is left as it was learnt."""
RICH = 3.0
"""How much more posts of our own count here: they are what founders read."""

Blend = Mapping[str, Mapping[str, list[float]]]


def calibrate(
    out: Sequence[Example], linear: Linear, student: Student, words: Words, weights: Weights
) -> tuple[Blend, Floats, Floats]:
    """Return the blend for texts with and without a marked brand, and `out` and `out_bias` anew."""
    told = [_both(one, words, linear, student) for one in out]
    sizes = Counter((one.set, one.language) for one in out)
    counts = np.array(
        [(RICH if one.rich else 1) / sizes[one.set, one.language] ** 0.5 for one in out], np.float32
    )
    odds = np.array([[line, heads[0]] for line, heads in told], np.float32)
    labels = np.array([one.labels["negative"] for one in out], np.float32)
    found = {}
    for name, level in (("text", False), ("target", True)):
        rows = [n for n, one in enumerate(out) if one.named == level]
        spoken = [out[n].language for n in rows]
        found[name] = blend(odds[rows], labels[rows], counts[rows], spoken)
    moved, moved_bias = weights.out.copy(), weights.out_bias.copy()
    for at, head in enumerate(HEADS[1:], 1):
        rows = [n for n, one in enumerate(out) if head in one.labels]
        right = np.array([out[n].labels[head] for n in rows], np.float32)
        if FEW_RIGHT <= right.sum() <= len(right) - FEW_RIGHT:
            said = np.array([[told[n][1][at]] for n in rows], np.float32)
            times, more = regress(said, right, counts[rows], np.array([1.0, 0.0]), 1e-3)
            if times < 0:  # it would turn the head round: say the share of right ones alone
                times, more = regress(0 * said, right, counts[rows], np.array([0.0, 0.0]), 1e-6)
            moved[:, at] *= times
            moved_bias[at] = moved_bias[at] * times + more
    return found, moved, moved_bias


def _both(one: Example, words: Words, linear: Linear, student: Student) -> tuple[float, Floats]:
    tokens = cut(one.text)
    words.make_room(len(tokens))
    rows = words.rows(tokens)
    return linear.judge(tokens, rows), student.judge(tokens, rows)
