"""The linear half's fit: weighed logistic regression over hashed words, pairs and letters.

In: what each text weighs in which buckets, targets, how much each text counts. Out: weights.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scanner.model.file import Floats, Ints

BITS = 19
"""Buckets are 2 to so many; of 300,000 features 44 % share one here, 68 % at 2^18."""
BATCH = 1024


@dataclass(frozen=True, slots=True)
class Sparse:
    """Rows of a matrix, one after the other."""

    at: Ints
    value: Floats
    starts: Ints
    """Where each row begins, and at the end where the last one ends. No row is empty."""

    def times(self, weights: Floats) -> Floats:
        """Each row's sum of weights."""
        out: Floats = np.add.reduceat(weights[self.at] * self.value, self.starts[:-1])
        return out

    def take(self, rows: Ints) -> Sparse:
        """Some of the rows."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        picked = np.repeat(self.starts[rows] - starts[:-1], sizes) + np.arange(starts[-1])
        return Sparse(self.at[picked], self.value[picked], starts)


def sparse(rows: Sequence[tuple[Ints, Floats]]) -> Sparse:
    """Lay rows of (bucket, how much) end to end; an empty one weighs nothing in bucket 0."""
    nothing = (np.zeros(1, np.int64), np.zeros(1, np.float32))
    full = [row if len(row[0]) else nothing for row in rows]
    starts = np.concatenate([[0], np.cumsum([len(at) for at, _ in full])])
    return Sparse(
        np.concatenate([at for at, _ in full]).astype(np.int32),
        np.concatenate([value for _, value in full]),
        starts,
    )


def fit(
    texts: Sparse, target: Floats, counts: Floats, *, epochs: int, rate: float, seed: int
) -> tuple[Floats, float]:
    """Weights and bias by Adagrad (Duchi et al. 2011); the later half of the epochs is averaged.

    `target` may be any probability. Averaging stands in for a search of the step size.
    """
    chance = np.random.default_rng(seed)
    weights, squares = np.zeros(1 << BITS, np.float32), np.full(1 << BITS, 1e-6, np.float32)
    bias, bias_squares = 0.0, 1e-6
    kept, kept_bias, times = np.zeros_like(weights), 0.0, 0
    counts = counts / counts.mean()
    for epoch in range(epochs):
        order = chance.permutation(len(target))
        for low in range(0, len(order), BATCH):
            rows = order[low : low + BATCH]
            batch = texts.take(rows)
            odds = batch.times(weights) + bias
            slope = (
                (1 / (1 + np.exp(-odds.clip(-30, 30))) - target[rows]) * counts[rows] / len(rows)
            )
            spread = np.repeat(slope, np.diff(batch.starts)) * batch.value
            step = np.bincount(batch.at, spread, len(weights)).astype(np.float32)
            squares += step * step
            weights -= rate * step / np.sqrt(squares)
            whole = float(slope.sum())
            bias_squares += whole * whole
            bias -= rate * whole / bias_squares**0.5
        if epoch >= epochs // 2:
            kept, kept_bias, times = kept + weights, kept_bias + bias, times + 1
    return (kept / max(1, times)).astype(np.float32), kept_bias / max(1, times)
