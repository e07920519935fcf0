"""Labelled posts and scenarios -> how good judging and ranking are, in figures: `scanner eval`.

In: labelled files and scenario folders. Out: an `Evaluation`.
A sister of `pipe.py`: it walks posts down the street, and the street knows nothing of it.

Touches: the disk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scanner.evaluate import figures as texts
from scanner.evaluate import measures, sets
from scanner.evaluate import ranking as queues
from scanner.evaluate.figures import Figures, Hard
from scanner.evaluate.judging import Outcome, outcomes
from scanner.evaluate.ranking import Ranking
from scanner.evaluate.sets import Row, Sources

__all__ = ["MEASURES", "Evaluation", "evaluate"]

MEASURES: Mapping[str, str] = {**texts.MEASURES, **queues.MEASURES}
"""Every measure that has a mean, and what it is."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that was measured."""

    fingerprint: str
    """SHA-256 over every input file."""
    sets: tuple[Figures, ...]
    languages: tuple[Figures, ...]
    hard: tuple[Hard, ...]
    rankings: tuple[Ranking, ...]
    means: Mapping[str, float | None]
    """Every measure's mean over the sets, or over the scenarios, that it is defined for."""


def evaluate(
    sources: Sources,
    *,
    limit: int = 0,
    textblob: bool = True,
    now: datetime | None = None,
    watch: Callable[[int, int], None] = lambda done, of: None,
) -> Evaluation:
    """Judge every labelled text and rank every scenario.

    `limit` takes that many rows of each file (0: all). `now` is when scenarios are ranked, else
    two hours after their newest post. `watch` sees how many texts are done, of how many.
    Raises UsageError for a line that cannot be read, before anything is judged.
    """
    rows = sets.read(sources.files, limit=limit)
    judged = _judged(rows, textblob, watch)
    by_set = _grouped((one.row.set, one) for one in judged)
    by_language = _grouped((one.language or "unknown", one) for one in judged)
    measured = tuple(texts.figures(name, some) for name, some in by_set.items())
    rankings = tuple(queues.ranking(folder, now=now) for folder in sources.scenarios)
    return Evaluation(
        fingerprint=sets.fingerprint(sources),
        sets=measured,
        languages=tuple(texts.figures(code, some) for code, some in sorted(by_language.items())),
        hard=tuple(texts.hard(judged)),
        rankings=rankings,
        means=_means(texts.MEASURES, [one.measures for one in measured])
        | _means(queues.MEASURES, [one.measures for one in rankings]),
    )


def _judged(rows: list[Row], textblob: bool, watch: Callable[[int, int], None]) -> list[Outcome]:
    told: list[Outcome] = []
    for done, row in enumerate(rows, 1):
        told += outcomes(row, textblob=textblob)
        watch(done, len(rows))
    return told


def _grouped(named: Iterable[tuple[str, Outcome]]) -> dict[str, list[Outcome]]:
    groups: defaultdict[str, list[Outcome]] = defaultdict(list)
    for name, one in named:
        groups[name].append(one)
    return groups


def _means(
    names: Iterable[str], figures: Sequence[Mapping[str, float | None]]
) -> dict[str, float | None]:
    return {name: measures.mean(one[name] for one in figures) for name in names}
