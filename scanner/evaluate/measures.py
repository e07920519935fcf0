"""How good judgements and rankings are: the measures, and nothing about where they come from.

In: scores with truths, classes with classes, gains in the order of a ranking. Out: figures from
0 to 1, or None where a measure is not defined (no posts, or only one class).
A higher score must mean "more negative"; ties count half, or are taken as one step.

Touches: nothing.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Class = TypeVar("Class", bound=Hashable)

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""
ROUNDS = 500
"""Bootstrap samples: the ends of the interval move by about .002 with the seed."""
SEED = 20170706
"""Any number would do; a fixed one prints the same interval every time."""
RELEVANT = 1.5
"""Gain from which a post counts as worth a reply (grades 0 to 3, mean of the judges)."""
PRESSING = 2.5
"""Gain from which it ought to be answered today."""


# --- order: does the worse one score higher? -----------------------------------------------------


def wins(positives: Iterable[float], negatives: Iterable[float]) -> float:
    """Count the pairs (positive, negative) with the positive scored higher; a tie is half a win.

    That is Mann and Whitney's U, by mid-ranks: O(n log n), not a loop over pairs.
    """
    high, low = Counter(positives), Counter(negatives)
    won, below = 0.0, 0
    for score in sorted(high.keys() | low.keys()):
        won += high[score] * (below + low[score] / 2)
        below += low[score]
    return won


def roc_auc(scores: Sequence[float], truths: Sequence[bool]) -> float | None:
    """Area under the ROC curve: the chance that a positive outranks a negative.

    Fawcett, "An introduction to ROC analysis", 2006, section 7; equals U / (positives x negatives).
    """
    positives, negatives = _parted(scores, truths)
    pairs = len(positives) * len(negatives)
    return wins(positives, negatives) / pairs if pairs else None


def part_auc(scores: Sequence[float], truths: Sequence[bool], part: Sequence[bool]) -> float | None:
    """ROC-AUC over the pairs with at least one post of a part.

    A part may hold one class only (sad posts that are no complaints), where its own AUC would not
    be defined; against all the others it says how well such posts are told apart.
    """
    negatives = _parted(scores, truths)[1]
    inside, against = _parted(scores, truths, part)
    outside = _parted(scores, truths, [not one for one in part])[0]
    pairs = len(inside) * len(negatives) + len(outside) * len(against)
    if not pairs:
        return None
    return (wins(inside, negatives) + wins(outside, against)) / pairs


def auc_interval(
    scores: Sequence[float], truths: Sequence[bool], *, rounds: int = ROUNDS, seed: int = SEED
) -> tuple[float, float] | None:
    """95 % interval of the ROC-AUC by the percentile bootstrap, each class resampled apart.

    Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. The same seed gives
    the same interval.
    """
    positives, negatives = _parted(scores, truths)
    pairs = len(positives) * len(negatives)
    if not pairs:
        return None
    chance = random.Random(seed)
    drawn = sorted(
        wins(
            chance.choices(positives, k=len(positives)), chance.choices(negatives, k=len(negatives))
        )
        / pairs
        for _ in range(rounds)
    )
    return drawn[int(0.025 * rounds)], drawn[math.ceil(0.975 * rounds) - 1]


def average_precision(scores: Sequence[float], truths: Sequence[bool]) -> float | None:
    """Sum of (gain in recall) x (precision) over falling thresholds; equal scores are one step.

    Manning, Raghavan & Schütze, "Introduction to Information Retrieval", 2008, section 8.4, with
    ties handled as scikit-learn's average_precision_score does. The share of positives is chance.
    """
    positives, negatives = _parted(scores, truths)
    if not positives:
        return None
    high, low = Counter(positives), Counter(negatives)
    hits = seen = 0
    total = 0.0
    for score in sorted(high.keys() | low.keys(), reverse=True):
        hits += high[score]
        seen += high[score] + low[score]
        total += high[score] * hits / seen
    return total / len(positives)


def _parted(
    scores: Sequence[float], truths: Sequence[bool], part: Sequence[bool] | None = None
) -> tuple[list[float], list[float]]:
    """Scores of the positives and of the negatives, of a part if one is given."""
    chosen = part if part is not None else [True] * len(scores)
    told = list(zip(scores, truths, chosen, strict=True))
    return [s for s, true, in_ in told if in_ and true], [
        s for s, true, in_ in told if in_ and not true
    ]


# --- probabilities: are they what they say? ------------------------------------------------------


def calibration_error(scores: Sequence[float], truths: Sequence[bool]) -> float | None:
    """Expected calibration error of a probability, over equal-width bins (0 is best).

    Mean distance between what a bin promises and what is true in it, weighed by its posts.
    Guo et al., "On Calibration of Modern Neural Networks", 2017, eq. 5, for the one class
    "negative"; a bin holds its lower end, the last one also 1.
    """
    if not scores:
        return None
    promised, true = [0.0] * BINS, [0] * BINS
    for score, truth in zip(scores, truths, strict=True):
        at = min(int(score * BINS), BINS - 1)
        promised[at] += score
        true[at] += truth
    return math.fsum(abs(p - t) for p, t in zip(promised, true, strict=True)) / len(scores)


def brier(scores: Sequence[float], truths: Sequence[bool]) -> float | None:
    """Mean squared distance of a probability from what was true (0 is best). Brier 1950."""
    if not scores:
        return None
    return math.fsum((s - t) ** 2 for s, t in zip(scores, truths, strict=True)) / len(scores)


# --- classes -------------------------------------------------------------------------------------


def mean(figures: Iterable[float | None]) -> float | None:
    """Arithmetic mean of the figures that are defined (macro: each counts the same)."""
    told = [figure for figure in figures if figure is not None]
    return math.fsum(told) / len(told) if told else None


def share(part: float, whole: float) -> float | None:
    """Give part / whole; None of nothing."""
    return part / whole if whole else None


def f1_by_class(truths: Sequence[Class], told: Sequence[Class]) -> dict[Class, float]:
    """F1 of every class that occurs in truths or answers: 2 hits / (2 hits + misses + alarms).

    Their mean is macro-F1 as scikit-learn computes it (Opitz & Burst, "Macro F1 and Macro F1",
    2019, the first of the two).
    """
    return _f1([{truth} for truth in truths], [{one} for one in told])


def f1_of_labels(
    truths: Sequence[Collection[str]], told: Sequence[Collection[str]]
) -> tuple[float | None, float | None]:
    """Micro- and macro-F1 of sets of labels (Tsoumakas & Katakis, 2007): pooled, and per label."""
    hits = sum(len(set(a) & set(b)) for a, b in zip(truths, told, strict=True))
    named = sum(len(set(labels)) for labels in (*truths, *told))
    return share(2 * hits, named), mean(_f1(truths, told).values())


def _f1(
    truths: Sequence[Collection[Class]], told: Sequence[Collection[Class]]
) -> dict[Class, float]:
    named: Counter[Class] = Counter()
    hits: Counter[Class] = Counter()
    for true, answer in zip(truths, told, strict=True):
        named.update(set(true))
        named.update(set(answer))
        hits.update(set(true) & set(answer))
    return {one: 2 * hits[one] / count for one, count in named.items()}


# --- rankings ------------------------------------------------------------------------------------


def ndcg(found: Sequence[float], gains: Iterable[float], depth: int) -> float | None:
    """Normalised discounted cumulated gain of the first `depth` posts.

    Järvelin & Kekäläinen, 2002, with the gain 2^g - 1 and the discount log2(rank + 1) of Burges
    et al. 2005. `found` are the gains in the order of the ranking, `gains` those of all posts.
    """
    best = _dcg(sorted(gains, reverse=True), depth)
    return _dcg(found, depth) / best if best else None


def ranking(order: Iterable[str], gains: Mapping[str, float]) -> dict[str, float | None]:
    """Every measure of one ranking, by its name in the output.

    Unknown and repeated posts are dropped; a labelled post that the ranking leaves out counts as
    not found. A list shorter than ten counts as filled up with what is worth nothing.
    """
    found = [gains[one] for one in dict.fromkeys(order) if one in gains]
    pressing = sum(gain >= PRESSING for gain in gains.values())
    return {
        "ndcg10": ndcg(found, gains.values(), 10),
        "ndcg20": ndcg(found, gains.values(), 20),
        "p10": sum(gain >= RELEVANT for gain in found[:10]) / 10 if gains else None,
        "r3_20": share(sum(gain >= PRESSING for gain in found[:20]), min(20, pressing)),
        "rank_ap": _ranked_precision(found, gains.values()),
    }


def _dcg(gains: Sequence[float], depth: int) -> float:
    return math.fsum((2**gain - 1) / math.log2(at + 2) for at, gain in enumerate(gains[:depth]))


def _ranked_precision(found: Sequence[float], gains: Iterable[float]) -> float | None:
    """Average precision of a ranking: mean over all relevant posts of the precision where each is
    found, 0 for those that are not."""
    hits, total = 0, 0.0
    for rank, gain in enumerate(found, 1):
        if gain >= RELEVANT:
            hits += 1
            total += hits / rank
    return share(total, sum(gain >= RELEVANT for gain in gains))
