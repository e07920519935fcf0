"""An evaluation as tables for a person, at most 80 columns where nobody says otherwise.

In: an `Evaluation`, the floors that were checked, a Style. Out: text, the same for the same input.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanner.evaluate.figures import THRESHOLD, Figures, Hard
from scanner.evaluate.floors import LOWER_IS_BETTER, Check
from scanner.evaluate.ranking import Ranking
from scanner.render.style import Style
from scanner.render.terminal import QUIET, columns, draw, words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from scanner.evaluate import Evaluation

_ORDER = {
    "AP": "ap",
    "F1": "f1",
    "macroF1": "macro_f1",
    "ECE": "ece",
    "Brier": "brier",
    "TextBlob": "textblob_auc",
}
_CALLED = {"Precision": "precision", "Recall": "recall"}
_WISHES = {
    "Intent": "intent_accuracy",
    "macroF1": "intent_macro_f1",
    "Reasons": "reasons_micro_f1",
    "macroF1 ": "reasons_macro_f1",
    "Leaving": "leaving_f1",
    "Solved": "resolved_f1",
    "Brands": "pairs",
}
_RANKING = {
    "nDCG@10": "ndcg10",
    "nDCG@20": "ndcg20",
    "P@10": "p10",
    "3s in 20": "r3_20",
    "AP": "rank_ap",
}
"""Heads of columns, and the measures below them."""

_Means = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class _Table:
    """A title, heads, and rows of as many cells."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(evaluation: Evaluation, checks: Iterable[Check], style: Style) -> str:
    """Draw the tables that have rows."""
    parts: list[RenderableType] = []
    for table in _tables(evaluation, list(checks)):
        if table.rows:
            parts += [words("", style)] if parts else []
            parts += [words(table.title, style, "bold"), _grid(table, style)]
    return draw(parts, style)


def _tables(told: Evaluation, checks: list[Check]) -> Iterator[_Table]:
    means = told.means
    yield _order("Who is dissatisfied (ECE and Brier: 0 is best)", "Set", told.sets, means)
    yield _order("By language", "Language", told.languages)
    yield _called("Set", told.sets, means)
    yield _called("Language", told.languages)
    yield _wishes(told.sets, means)
    yield _Table(
        "Hard posts among all others",
        ["", "Posts", "Negative", "AUC", "Right", "Brands", "TextBlob"],
        [_hard(one) for one in told.hard],
    )
    yield _Table(
        "Ranking",
        ["Scenario", "Labelled", "Listed", *_RANKING],
        [_ranked(one) for one in told.rankings] + _mean(told.rankings, means, 2, _RANKING),
    )
    yield _Table("Floors", ["", "Floor", "Today", ""], [_checked(one) for one in checks])


def _order(title: str, what: str, some: Sequence[Figures], means: _Means | None = None) -> _Table:
    rows = [
        [
            one.name,
            str(one.rows),
            str(one.negative),
            _number(one.measures["auc"]),
            _interval(one),
            *_numbers(one.measures, _ORDER),
        ]
        for one in some
    ]
    if means is not None and some:
        rows.append(["mean", "", "", _number(means["auc"]), "", *_numbers(means, _ORDER)])
    return _Table(title, [what, "Posts", "Neg", "AUC", "95 %", *_ORDER], rows)


def _called(what: str, some: Sequence[Figures], means: _Means | None = None) -> _Table:
    """At the threshold: how good the answer is, and whom it catches of every label."""
    labels = list(some[0].confusion) if some else []
    rows = []
    for one in some:
        caught = [
            f"{called} of {called + rest}" if called + rest else "–"
            for called, rest in (one.confusion[label] for label in labels)
        ]
        rows.append([one.name, *_numbers(one.measures, _CALLED), *caught, str(one.not_judged)])
    blank = [""] * (len(labels) + 1)
    rows += [[*row, *blank] for row in _mean(some, means, 0, _CALLED)]
    title = f"Judged negative ({THRESHOLD} and more), by {what.lower()} and label"
    return _Table(title, [what, *_CALLED, *labels, "Unjudged"], rows)


def _wishes(some: Sequence[Figures], means: _Means) -> _Table:
    rows = [
        [one.name, *_numbers(one.measures, _WISHES)]
        for one in some
        if any(one.measures[key] is not None for key in _WISHES.values())
    ]
    rows += _mean(rows, means, 0, _WISHES)
    return _Table("Intents, reasons, signals, and which brand is meant", ["Set", *_WISHES], rows)


def _hard(one: Hard) -> list[str]:
    figures = [one.auc, one.right, one.pairs, one.textblob_auc]
    return [one.name, str(one.rows), str(one.negative), *map(_number, figures)]


def _ranked(one: Ranking) -> list[str]:
    return [one.name, str(one.labelled), str(one.listed), *_numbers(one.measures, _RANKING)]


def _checked(one: Check) -> list[str]:
    side = "at most" if one.name in LOWER_IS_BETTER else "at least"
    said = "ok" if one.ok else "FAILED"
    return [one.name, f"{side} {one.floor:.4f}", _number(one.value, 4), said]


def _mean(
    some: Sequence[object], means: _Means | None, gap: int, heads: Mapping[str, str]
) -> list[list[str]]:
    """The row of means, below what there is a mean of."""
    if not some or means is None:
        return []
    return [["mean", *[""] * gap, *_numbers(means, heads)]]


def _interval(one: Figures) -> str:
    if one.auc_interval is None:
        return "–"
    low, high = one.auc_interval
    return f"{_number(low, 2)}–{_number(high, 2)}"


def _numbers(figures: _Means, heads: Mapping[str, str]) -> list[str]:
    return [_number(figures[name]) for name in heads.values()]


def _number(figure: float | None, digits: int = 3) -> str:
    """Write .785 for 0.785, and a dash for what is not defined."""
    return "–" if figure is None else f"{figure:.{digits}f}".removeprefix("0")


def _grid(table: _Table, style: Style) -> RenderableType:
    from rich.table import Table

    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for at, head in enumerate(table.heads):
        grid.add_column(
            words(head, style),
            justify="right" if at else "left",
            no_wrap=bool(at),
            max_width=None if at else max(8, columns(style) // 5),
            header_style=QUIET,
        )
    for row in table.rows:
        grid.add_row(*(words(cell, style) for cell in row))
    return grid
