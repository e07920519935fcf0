"""The linear half: hashed words, pairs of words, letters, and what stands beside the brand.

In: words and their rows. Out: log-odds; and for the training the buckets that they come from.

Touches: nothing.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scanner.model.file import Floats, Ints
from scanner.model.words import BRAND, FIRST, OWN, RIVAL, SECOND, Words

_L, _L1, _R, _R1, _S, _X, _RL, _RR, _PAIR = range(3, 12)
"""Hash salts: left and right of the brand, nearer to it or to a rival, beside a rival."""

BLOCKS = (1.0, 0.8, 1.0)
"""What words with pairs, letters, and the brand's neighbours count, each block brought to length
one first: apart, because thousands of letters would drown a few words."""
_BREAKS = """
but however although though while whereas aber doch jedoch mais cependant pero aunque però ma mas
porém maar echter
"""
BREAKS = frozenset(_BREAKS.split())
"""Where a clause ends; with them every mark."""


class Linear:
    """Weights of hashed features."""

    def __init__(self, words: Words, bias: float) -> None:
        """Take the log-odds of a text without words; the weights are the words'."""
        self._words = words
        self._bias = bias

    def judge(self, tokens: list[str], rows: Ints) -> float:
        """Log-odds of a text."""
        if not tokens:
            return self._bias
        words = self._own(rows).sum() + self.pairs(rows).sum()
        out = BLOCKS[0] * words / (2 * len(rows) - 1) ** 0.5
        letters = max(1, int(self._words.letters[rows].sum()))
        out += BLOCKS[1] * self._words.inner[rows].sum() / letters**0.5
        if BRAND in tokens:
            beside = self._beside(tokens, self._words.crc[rows].tolist())
            out += BLOCKS[2] * self._words.weights[beside].sum() / max(1, len(beside)) ** 0.5
        return self._bias + float(out)

    def shares(self, rows: Ints) -> Floats:
        """What each word adds, its letters and half of each pair with it; the brand's side is left
        out."""
        letters = max(1, int(self._words.letters[rows].sum()))
        pairs = self.pairs(rows) / 2
        out = self._own(rows)
        out[:-1] += pairs
        out[1:] += pairs
        out *= BLOCKS[0] / max(1, 2 * len(rows) - 1) ** 0.5
        out += self._words.inner[rows] * np.float32(BLOCKS[1] / letters**0.5)
        return out

    def _own(self, rows: Ints) -> Floats:
        out: Floats = self._words.own[rows, self.denied(rows).astype(np.int64)]
        return out

    def buckets(self, tokens: list[str], rows: Ints) -> tuple[Ints, Floats]:
        """Where the weights of a text stand and how much each counts: `judge` is their sum."""
        if not tokens:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        denied = self.denied(rows).astype(np.int64)
        crc = self._words.crc[rows].astype(np.int64)
        own = [
            self._words.mix(c, OWN + d) for c, d in zip(crc.tolist(), denied.tolist(), strict=True)
        ]
        parts = [
            own + self._paired(rows).tolist(),
            [g for t in tokens for g in self._words.grams(t)],
        ]
        if BRAND in tokens:
            parts.append(self._beside(tokens, crc.tolist()))
        counts = [
            np.full(len(part), block / max(1, len(part)) ** 0.5, np.float32)
            for part, block in zip(parts, BLOCKS, strict=False)
        ]
        return np.array([at for part in parts for at in part], np.int64), np.concatenate(counts)

    def pairs(self, rows: Ints) -> Floats:
        """Weights of each word with the next, one fewer than words."""
        out: Floats = self._words.weights[self._paired(rows)]
        return out

    def _paired(self, rows: Ints) -> npt.NDArray[np.uint32]:
        crc = self._words.crc[rows]
        mixed = crc[:-1] * np.uint32(FIRST) + crc[1:] * np.uint32(SECOND)
        out: npt.NDArray[np.uint32] = mixed >> np.uint32(self._words.shift)
        return out

    def denied(self, rows: Ints) -> npt.NDArray[np.bool_]:
        """Whether one of the three words before, up to a mark, negates."""
        negates, word = self._words.kind[rows, 0], self._words.kind[rows, 1]
        out = np.zeros(len(rows), bool)
        if negates.any():
            reach = np.ones(len(rows), bool)
            for back in (1, 2, 3):
                out[back:] |= negates[:-back] & reach[back:]
                reach[back:] &= word[:-back]
        apply: npt.NDArray[np.bool_] = out & word
        return apply

    def _beside(self, tokens: list[str], crc: list[int]) -> list[int]:
        """Where words stand to the brand, and to its rivals if there are any."""
        own = [i for i, word in enumerate(tokens) if word == BRAND]
        others = [i for i, word in enumerate(tokens) if word == RIVAL]
        mix, out = self._words.mix, []
        for at in own[:6]:
            before, after = crc[max(0, at - 3) : at][::-1], crc[at + 1 : at + 6]
            out += [mix(c, _L) for c in before] + [mix(c, _L1) for c in before[:1]]
            out += [mix(c, _R) for c in after] + [mix(c, _R1) for c in after[:1]]
            nexts = pairwise(after[:3])
            out += [mix((a * FIRST + b) & 0xFFFFFFFF, _PAIR) for a, b in nexts]
        if others:
            clauses, clause = [], 0
            for word in tokens:
                clause += word in BREAKS or not (word[0].isalnum() or word in "\x01\x02@#'\"")
                clauses.append(clause)
            for i, word in enumerate(tokens):
                if word not in (BRAND, RIVAL):
                    mine = min(abs(i - k) + 6 * (clauses[i] != clauses[k]) for k in own)
                    theirs = min(abs(i - k) + 6 * (clauses[i] != clauses[k]) for k in others)
                    out.append(mix(crc[i], _S if mine <= theirs else _X))
            for at in others[:6]:
                out += [mix(c, _RL) for c in crc[max(0, at - 2) : at]]
                out += [mix(c, _RR) for c in crc[at + 1 : at + 4]]
        return out
