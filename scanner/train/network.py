"""The student's fit: piece vectors and one convolution, by gradients written out by hand.

In: texts as pieces with their places, targets of every head, how much each counts. Out: `Weights`.
Adam (Kingma and Ba 2015), with moments of a vector moved only when its piece is seen; in the last
epochs the table is rounded to the four bits it will be kept in, and the gradient passes through
(Bengio et al. 2013), so that the rest learns to live with the rounding.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scanner.model.file import Floats, Ints, round_table
from scanner.model.student import NEAR, PLACES, Weights

BATCH = 64
WARM = 200
"""Steps until the full rate, or a tenth of all if that is less."""
ROUNDED = 2
"""Last epochs with a rounded table."""
DROP_PIECE, DROP_FEATURE = 0.15, 0.15
"""Shares that are hidden while learning (Srivastava et al. 2014)."""
MOMENTS = (0.9, 0.999)


@dataclass(frozen=True, slots=True)
class Text:
    """One text as the student sees it."""

    pieces: Ints
    places: Floats | None
    """pieces x PLACES, where a brand is marked."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be learnt."""

    texts: Sequence[Text]
    targets: Floats
    """texts x heads, 0 to 1."""
    counts: Floats
    """texts x heads: how much each counts; 0 where it is not known."""


@dataclass(slots=True)
class _Adam:
    """One array and its moments."""

    value: Floats
    rate: float
    first: Floats
    second: Floats
    step: int = 0

    def move(self, slope: Floats, share: float, rows: Ints | None = None) -> None:
        """One step down the slope; for the table only in the rows that it is of."""
        self.step += 1
        at = slice(None) if rows is None else rows
        low, high = MOMENTS
        self.first[at] = low * self.first[at] + (1 - low) * slope
        self.second[at] = high * self.second[at] + (1 - high) * slope * slope
        middle = self.first[at] / (1 - low**self.step)
        spread = self.second[at] / (1 - high**self.step)
        self.value[at] -= self.rate * share * middle / (np.sqrt(spread) + 1e-8)


def _adam(value: Floats, rate: float) -> _Adam:
    value = value.astype(np.float32).copy()
    return _Adam(value, rate, np.zeros_like(value), np.zeros_like(value))


def begin(table: Floats, filters: int, width: int, heads: int, seed: int) -> Weights:
    """A student that has learnt nothing but its vectors."""
    chance = np.random.default_rng(seed)
    dim = table.shape[1]
    reach = (width * (dim + PLACES)) ** -0.5
    return Weights(
        table=table.astype(np.float32),
        conv=chance.uniform(-reach, reach, (width, dim + PLACES, filters)).astype(np.float32),
        conv_bias=chance.uniform(-reach, reach, filters).astype(np.float32),
        out=(0.05 * chance.standard_normal((2 * filters + dim, heads))).astype(np.float32),
        out_bias=np.zeros(heads, np.float32),
        usual=np.zeros(2 * filters + dim, np.float32),
    )


def fit(
    task: Task,
    start: Weights,
    *,
    epochs: int,
    rate: float,
    seed: int,
    watch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Weights:
    """Learn the task; `watch` sees each epoch's mean loss."""
    chance = np.random.default_rng(seed)
    names = ("conv", "conv_bias", "out", "out_bias")
    parts = {name: _adam(getattr(start, name), rate / 2) for name in names}
    table = _adam(start.table, rate)
    counts = (task.counts / max(1e-9, task.counts[:, 0].mean())).astype(np.float32)
    sizes = np.array([len(text.pieces) for text in task.texts])
    usual = np.zeros_like(start.usual)
    step, steps = 0, epochs * (len(sizes) // BATCH + 1)
    warm = max(1, min(WARM, steps // 10))
    for epoch in range(epochs):
        rounded = epochs > ROUNDED and epoch >= epochs - ROUNDED
        lost = []
        for rows in _batches(sizes, chance):
            step += 1
            share = min(1.0, step / warm) * max(0.02, 1 - step / steps)
            batch = _lay([task.texts[row] for row in rows], start.conv.shape[0] // 2)
            now = {name: part.value for name, part in parts.items()}
            loss, slopes, features = _slopes(
                batch, (table.value, rounded), now, (task.targets[rows], counts[rows]), chance
            )
            usual += 0.01 * (features - usual)
            lost.append(loss)
            at, slope = slopes.pop("table")
            table.move(slope, share, at)
            for name, part in parts.items():
                part.move(slopes[name][1], share)
        watch(epoch, float(np.mean(lost)))
    usual /= 1 - 0.99 ** max(1, step)
    return Weights(table=table.value, usual=usual, **{n: p.value for n, p in parts.items()})


def _batches(sizes: Ints, chance: np.random.Generator) -> Iterator[Ints]:
    """Every text once an epoch, with others of like length, in a random order."""
    order = chance.permutation(len(sizes))
    found = []
    for low in range(0, len(order), 16 * BATCH):
        some = order[low : low + 16 * BATCH]
        some = some[np.argsort(sizes[some], kind="stable")]
        found += [some[at : at + BATCH] for at in range(0, len(some), BATCH)]
    for at in chance.permutation(len(found)):
        yield found[at]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts laid end to end, with empty rows between them for the convolution to look into."""

    pieces: Ints
    places: Floats
    spans: list[tuple[int, int]]
    """First row and the one after the last, counted in rows of the convolution's output."""


def _lay(texts: Sequence[Text], gap: int) -> _Batch:
    total = sum(len(text.pieces) + gap for text in texts) + gap
    pieces, places = np.zeros(total, np.int64), np.zeros((total, PLACES), np.float32)
    spans, at = [], gap
    for text in texts:
        end = at + len(text.pieces)
        pieces[at:end] = text.pieces
        if text.places is None:
            places[at:end, NEAR] = 1
        else:
            places[at:end] = text.places
        spans.append((at - gap, end - gap))
        at = end + gap
    return _Batch(pieces, places, spans)


_Slopes = dict[str, tuple[Ints | None, Floats]]


def _slopes(
    batch: _Batch,
    table: tuple[Floats, bool],
    now: dict[str, Floats],
    wanted: tuple[Floats, Floats],
    chance: np.random.Generator,
) -> tuple[float, _Slopes, Floats]:
    """Loss of a batch, the slope of every weight, and the mean of what goes into `out`."""
    values, rounded = table
    width, deep, filters = now["conv"].shape
    gap, dim = width // 2, deep - PLACES
    seen, back = np.unique(batch.pieces, return_inverse=True)
    vectors = values[seen]
    if rounded:
        steps, scale = round_table(vectors)
        vectors = steps * scale[:, None]
    vectors[seen == 0] = 0
    keep = (chance.random(len(batch.pieces)) >= DROP_PIECE).astype(np.float32)
    x = np.hstack([vectors[back] * keep[:, None], batch.places])
    windows = _windows(x, width)
    hidden = np.maximum(windows @ now["conv"].reshape(-1, filters) + now["conv_bias"], 0)
    near = x[gap : len(x) - gap, dim + NEAR]

    features = np.empty((len(batch.spans), 2 * filters + dim), np.float32)
    best = np.empty((2, len(batch.spans), filters), np.int64)
    column = np.arange(filters)
    for n, (low, high) in enumerate(batch.spans):
        here = hidden[low:high]
        beside = here * near[low:high, None]
        best[0, n], best[1, n] = low + here.argmax(axis=0), low + beside.argmax(axis=0)
        features[n, :filters] = here[best[0, n] - low, column]
        features[n, filters : 2 * filters] = beside[best[1, n] - low, column]
        features[n, 2 * filters :] = x[low + gap : high + gap, :dim].mean(axis=0)

    hold = (chance.random(features.shape) >= DROP_FEATURE) / np.float32(1 - DROP_FEATURE)
    shown = features * hold.astype(np.float32)
    loss, slope = _loss(shown @ now["out"] + now["out_bias"], *wanted)
    down = (slope @ now["out"].T) * hold.astype(np.float32)
    d_hidden = np.zeros_like(hidden)
    np.add.at(d_hidden, (best[0], column), down[:, :filters] * (features[:, :filters] > 0))
    beside_slope = down[:, filters : 2 * filters] * (features[:, filters : 2 * filters] > 0)
    np.add.at(d_hidden, (best[1], column), beside_slope * near[best[1]])
    d_x = _unwind(d_hidden @ now["conv"].reshape(-1, filters).T, len(x), width)[:, :dim]
    for n, (low, high) in enumerate(batch.spans):
        d_x[low + gap : high + gap] += down[n, 2 * filters :] / (high - low)
    d_x *= keep[:, None]
    d_table = np.zeros_like(vectors)
    np.add.at(d_table, back, d_x)
    d_table[seen == 0] = 0
    slopes: _Slopes = {
        "table": (seen, d_table),
        "conv": (None, (windows.T @ d_hidden).reshape(width, deep, filters)),
        "conv_bias": (None, d_hidden.sum(axis=0)),
        "out": (None, shown.T @ slope),
        "out_bias": (None, slope.sum(axis=0)),
    }
    return loss, slopes, features.mean(axis=0)


def _loss(odds: Floats, target: Floats, counts: Floats) -> tuple[float, Floats]:
    """Cross-entropy, each head as it counts, and its slope."""
    guess = 1 / (1 + np.exp(-odds.clip(-30, 30)))
    lost = np.maximum(odds, 0) - odds * target + np.log1p(np.exp(-np.abs(odds)))
    slope = ((guess - target) * counts / len(odds)).astype(np.float32)
    return float((lost * counts).sum() / len(odds)), slope


def _windows(x: Floats, width: int) -> Floats:
    """Each row with its neighbours, end to end."""
    size = x.shape[1]
    view = np.lib.stride_tricks.sliding_window_view(x.ravel(), width * size)[::size]
    return np.ascontiguousarray(view)


def _unwind(windows: Floats, rows: int, width: int) -> npt.NDArray[np.float32]:
    """What each row gets back from all windows that it stands in."""
    size = windows.shape[1] // width
    out = np.zeros((rows, size), np.float32)
    for at in range(width):
        out[at : at + len(windows)] += windows[:, at * size : (at + 1) * size]
    return out
