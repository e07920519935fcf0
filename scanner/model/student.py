"""The student half: vectors of word pieces under one convolution, learnt from a larger model.

In: words and their rows. Out: log-odds of every head, and the words that carried them.
A convolution over word vectors with maxima over the text: Kim 2014 (arXiv 1408.5882).

Touches: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scanner.model.file import Floats, Ints
from scanner.model.words import BRAND, Words

ROWS = 256
"""Pieces in one matrix product: with their neighbours 170 KB, which stays in the cache."""
PLACES = 6
"""Numbers a piece has beside its vector: see `places`."""
NEAR = 4
"""Which of them says how near the brand is; 1 everywhere in a text without one."""
DECAY = 6.0
"""Pieces over which nearness falls to 1/e: a short clause."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What training has found; `filters` may be any, `dim` is even and the width odd."""

    table: Floats
    """rows x dim. Row 0: beyond the text; 1: unknown; 2: the brand; 3: a rival; then pieces."""
    conv: Floats
    """width x (dim + PLACES) x filters."""
    conv_bias: Floats
    out: Floats
    """(2 filters + dim) x heads: maxima over the text, maxima near the brand, mean vector."""
    out_bias: Floats
    usual: Floats
    """Mean of what goes into `out`, over the training texts: what moves no verdict."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the filters found in a text."""

    features: Floats
    """What goes into `out`."""
    hidden: Floats
    """pieces x filters."""
    near: Floats
    """The same, the less the farther from the brand."""


class Student:
    """A table of pieces and one layer over it."""

    def __init__(self, weights: Weights, words: Words) -> None:
        """Lay the convolution out for texts with and without a brand."""
        self._words = words
        self._w = weights
        self.width, dim = weights.conv.shape[0], weights.table.shape[1]
        self._dim = dim
        # A last column that is 1 for every piece: how near the brand is, where there is none.
        there = np.ones((len(weights.table), 1), np.float32)
        there[0] = 0
        self._table = np.hstack([weights.table, there])
        filters = weights.conv.shape[2]
        self._conv = weights.conv.reshape(-1, filters)
        near = np.r_[:dim, dim + NEAR]
        self._conv_plain = np.ascontiguousarray(weights.conv[:, near]).reshape(-1, filters)

    def judge(self, tokens: list[str], rows: Ints) -> Floats:
        """Log-odds of every head."""
        return self.heads(self.find(tokens, rows))

    def heads(self, found: Found) -> Floats:
        """Log-odds of every head, from what was found in a text."""
        return np.asarray(found.features @ self._w.out + self._w.out_bias, np.float32)

    def shares(self, rows: Ints, found: Found, head: int) -> Floats:
        """What each word moved a head by: a filter's share falls to the words it looked at.

        Counted from what the filter mostly says: one that fires alike in every text moves nothing.
        """
        filters = len(self._w.conv_bias)
        moved = (found.features - self._w.usual)[: 2 * filters] * self._w.out[: 2 * filters, head]
        best = np.concatenate([found.hidden.argmax(axis=0), found.near.argmax(axis=0)])
        many = self._words.cuts[rows, 1]
        pieces = np.bincount(best, moved, int(many.sum()))
        gap = self.width // 2
        spread = np.convolve(pieces, np.full(self.width, 1 / self.width))[gap : gap + len(pieces)]
        out: Floats = np.add.reduceat(spread, np.cumsum(many) - many)
        return out.astype(np.float32)

    def find(self, tokens: list[str], rows: Ints) -> Found:
        """Lay the filters over a text."""
        ids = self._laid(tokens, rows)
        gap, dim, filters = self.width // 2, self._dim, len(self._w.conv_bias)
        marked = BRAND in tokens
        x = np.zeros((len(ids) + 2 * gap, dim + (PLACES if marked else 1)), np.float32)
        x[gap : gap + len(ids), : dim + 1] = self._table[ids]
        if marked:
            x[gap : gap + len(ids), dim:] = places(ids)
        hidden = self._convolve(x, self._conv if marked else self._conv_plain)
        features = np.empty(2 * filters + dim, np.float32)
        # The largest of what passes the threshold is the threshold passed by the largest.
        features[:filters] = np.maximum(hidden.max(axis=0) + self._w.conv_bias, 0)
        features[filters : 2 * filters] = features[:filters]
        near = hidden
        if marked:
            nearness = x[gap : gap + len(ids), dim + NEAR, None]
            near = np.maximum(hidden + self._w.conv_bias, 0) * nearness
            features[filters : 2 * filters] = near.max(axis=0)
        features[2 * filters :] = x[gap : gap + len(ids), :dim].mean(axis=0)
        return Found(features, hidden, near)

    def _laid(self, tokens: list[str], rows: Ints) -> Ints:
        """The pieces of a text; an empty one is one unknown piece."""
        return self._words.pieces(rows) if tokens else np.ones(1, np.int64)

    def _convolve(self, x: Floats, weights: Floats) -> Floats:
        """Each row with its neighbours times the weights; the outermost have none beyond them."""
        size = x.shape[1]
        windows = np.lib.stride_tricks.sliding_window_view(x.ravel(), self.width * size)[::size]
        hidden = np.empty((len(windows), weights.shape[1]), np.float32)
        for low in range(0, len(windows), ROWS):
            part = np.ascontiguousarray(windows[low : low + ROWS])
            np.matmul(part, weights, out=hidden[low : low + ROWS])
        return hidden


def places(ids: Ints) -> Floats:
    """For each piece: how near behind and before it the brand stands, the same for a rival, how
    near the brand is at all, and whether it is a name; all 0 to 1. For a text with a brand.
    """
    out = np.zeros((len(ids), PLACES), np.float32)
    place = np.arange(len(ids))
    for column, sign in ((0, 2), (2, 3)):
        at = np.flatnonzero(ids == sign)
        if len(at):
            k = np.searchsorted(at, place, "right")
            behind = np.where(k > 0, place - at[np.maximum(k - 1, 0)], 999)
            k = np.searchsorted(at, place, "left")
            before = np.where(k < len(at), at[np.minimum(k, len(at) - 1)] - place, 999)
            out[:, column], out[:, column + 1] = np.exp(-behind / DECAY), np.exp(-before / DECAY)
    out[:, NEAR] = np.maximum(out[:, 0], out[:, 1])
    out[:, 5] = (ids == 2) | (ids == 3)
    return out
