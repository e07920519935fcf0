"""Outcomes of labelled texts -> figures: for a set, for a language, for a kind of difficulty.

In: `Outcome`s. Out: `Figures` and `Hard`; a figure is None where it is not defined.
What was not judged (a language without data) is counted and left out of every other figure.

Touches: nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanner.evaluate import measures
from scanner.evaluate.judging import Outcome
from scanner.evaluate.sets import LABELS, Label

THRESHOLD = 0.5
"""Negativity from which a post counts as negative: a probability's natural one. The only place."""

MEASURES = {
    "auc": "chance that a negative post scores higher than another",
    "ap": "average precision of the order by negativity",
    "precision": "of the posts judged negative, those that are",
    "recall": "of the negative posts, those judged so",
    "f1": "harmonic mean of the two",
    "macro_f1": "mean of F1 for negative and for the rest",
    "ece": "expected calibration error; 0 is best",
    "brier": "mean squared error of the probability; 0 is best",
    "pairs": "of two brands in one text, one complained about: how often that one scores higher",
    "intent_accuracy": "intents told right",
    "intent_macro_f1": "mean over the intents of their F1",
    "reasons_micro_f1": "F1 of all reasons together",
    "reasons_macro_f1": "mean over the reasons of their F1",
    "leaving_f1": "F1 of the signal that the author leaves",
    "resolved_f1": "F1 of the signal that it is solved",
    "named": "brands found in the texts that are about them",
    "judged": "posts in a language with data",
    "textblob_auc": "TextBlob's polarity: the same, on what is English",
    "textblob_ap": "TextBlob's polarity: the same, on what is English",
}
"""Every measure that has a mean over sets, and what it is. All go from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is measured over some labelled verdicts."""

    name: str
    rows: int
    """Labelled verdicts: a text with labels for two brands has two."""
    not_judged: int
    negative: int
    """Labelled negative, of those judged."""
    measures: Mapping[str, float | None]
    """By the names in MEASURES."""
    auc_interval: tuple[float, float] | None
    """95 %, by bootstrap."""
    confusion: Mapping[Label, tuple[int, int]]
    """For every label how many were judged negative, and how many were not."""


@dataclass(frozen=True, slots=True)
class Hard:
    """How well one kind of difficulty is mastered, over all sets together."""

    name: str
    rows: int
    negative: int
    auc: float | None
    """Over the pairs with at least one such post; see `measures.part_auc`."""
    right: float | None
    """Share on the right side of the threshold."""
    pairs: float | None
    textblob_auc: float | None


def figures(name: str, outcomes: Iterable[Outcome]) -> Figures:
    """Measure some outcomes."""
    told = list(outcomes)
    judged = [one for one in told if one.negativity is not None]
    scores, truths = _scores(judged)
    named = [one.named for one in told if one.named is not None]
    values = {
        **_negativity(scores, truths),
        "pairs": _pairs(judged),
        **_wishes(judged),
        "named": measures.share(sum(named), len(named)),
        "judged": measures.share(len(judged), len(told)),
        **_comparison(judged),
    }
    return Figures(
        name=name,
        rows=len(told),
        not_judged=len(told) - len(judged),
        negative=sum(truths),
        measures={measure: values[measure] for measure in MEASURES},
        auc_interval=measures.auc_interval(scores, truths),
        confusion=_confusion(judged),
    )


def hard(outcomes: Iterable[Outcome]) -> list[Hard]:
    """Measure every kind of difficulty that rows are marked with, in the order of their names."""
    judged = [one for one in outcomes if one.negativity is not None]
    english = [one for one in judged if one.textblob is not None]
    kinds = sorted({one.row.hard for one in judged if one.row.hard})
    return [_hard(kind, judged, english) for kind in kinds]


def _hard(kind: str, judged: list[Outcome], english: list[Outcome]) -> Hard:
    scores, truths = _scores(judged)
    such = [one for one in judged if one.row.hard == kind]
    return Hard(
        name=kind,
        rows=len(such),
        negative=sum(one.negative for one in such),
        auc=measures.part_auc(scores, truths, [one.row.hard == kind for one in judged]),
        right=measures.share(sum(_called(one) == one.negative for one in such), len(such)),
        pairs=_pairs(such),
        textblob_auc=measures.part_auc(
            [one.textblob or 0.0 for one in english],
            [one.negative for one in english],
            [one.row.hard == kind for one in english],
        ),
    )


def _scores(judged: Sequence[Outcome]) -> tuple[list[float], list[bool]]:
    return [one.negativity or 0.0 for one in judged], [one.negative for one in judged]


def _called(one: Outcome) -> bool:
    return (one.negativity or 0.0) >= THRESHOLD


def _negativity(scores: Sequence[float], truths: Sequence[bool]) -> dict[str, float | None]:
    called = [score >= THRESHOLD for score in scores]
    hits = sum(truth and call for truth, call in zip(truths, called, strict=True))
    by_class = measures.f1_by_class(truths, called)
    return {
        "auc": measures.roc_auc(scores, truths),
        "ap": measures.average_precision(scores, truths),
        "precision": measures.share(hits, sum(called)),
        "recall": measures.share(hits, sum(truths)),
        "f1": by_class.get(True),
        "macro_f1": measures.mean(by_class.values()),
        "ece": measures.calibration_error(scores, truths),
        "brier": measures.brier(scores, truths),
    }


def _pairs(judged: Iterable[Outcome]) -> float | None:
    """Brands confused: over texts with several, the order of the ones that differ; ties half."""
    by_text: defaultdict[int, list[Outcome]] = defaultdict(list)
    for one in judged:
        by_text[id(one.row)].append(one)
    won, pairs = 0.0, 0
    for same in by_text.values():
        scores, truths = _scores(same)
        bad = [score for score, truth in zip(scores, truths, strict=True) if truth]
        fine = [score for score, truth in zip(scores, truths, strict=True) if not truth]
        won += measures.wins(bad, fine)
        pairs += len(bad) * len(fine)
    return measures.share(won, pairs)


def _wishes(judged: Iterable[Outcome]) -> dict[str, float | None]:
    """Intents, reasons and signals, where the row has a label for them."""
    first = [one for one in judged if one.intent is not None]
    intents = [(one.row.intent, one.intent) for one in first if one.row.intent is not None]
    reasons = [(one.row.reasons, one.reasons) for one in first if one.row.reasons is not None]
    micro, macro = measures.f1_of_labels([a for a, _ in reasons], [b for _, b in reasons])
    by_intent = measures.f1_by_class([a for a, _ in intents], [b for _, b in intents])
    return {
        "intent_accuracy": measures.share(sum(a == b for a, b in intents), len(intents)),
        "intent_macro_f1": measures.mean(by_intent.values()),
        "reasons_micro_f1": micro,
        "reasons_macro_f1": macro,
        "leaving_f1": _signal("leaving", [(one.row.leaving, one.signals) for one in first]),
        "resolved_f1": _signal("resolved", [(one.row.resolved, one.signals) for one in first]),
    }


def _signal(name: str, told: Iterable[tuple[bool | None, frozenset[str] | None]]) -> float | None:
    known = [
        (truth, name in seen) for truth, seen in told if truth is not None and seen is not None
    ]
    return measures.f1_by_class([a for a, _ in known], [b for _, b in known]).get(True)


def _comparison(judged: Iterable[Outcome]) -> dict[str, float | None]:
    english = [(one.textblob, one.negative) for one in judged if one.textblob is not None]
    scores, truths = [score for score, _ in english], [truth for _, truth in english]
    return {
        "textblob_auc": measures.roc_auc(scores, truths),
        "textblob_ap": measures.average_precision(scores, truths),
    }


def _confusion(judged: Iterable[Outcome]) -> dict[Label, tuple[int, int]]:
    counts = {label: [0, 0] for label in LABELS.values()}
    for one in judged:
        counts[one.label][0 if _called(one) else 1] += 1
    return {label: (called, rest) for label, (called, rest) in counts.items()}
