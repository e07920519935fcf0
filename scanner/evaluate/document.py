"""An evaluation as JSON, for scripts.

In: an `Evaluation` and the floors that were checked. Out: one JSON object, the same for the same
input; its keys are always there.

Touches: nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scanner.evaluate.figures import THRESHOLD, Figures, Hard
from scanner.evaluate.floors import Check
from scanner.evaluate.ranking import Ranking
from scanner.render.record import instant

if TYPE_CHECKING:
    from scanner.evaluate import Evaluation

SCHEMA_VERSION = 1
"""Goes up when a key changes its meaning; not when one is added."""

_DIGITS = 6
"""Digits in JSON: more would show on which platform it ran."""


def document(evaluation: Evaluation, checks: Iterable[Check]) -> str:
    """Everything that was measured, as one JSON object whose keys are always there."""
    told = {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": evaluation.fingerprint,
        "threshold": THRESHOLD,
        "mean": _rounded(evaluation.means),
        "sets": [_figures(one) for one in evaluation.sets],
        "languages": [_figures(one) for one in evaluation.languages],
        "hard": [_hard(one) for one in evaluation.hard],
        "rankings": [_ranking(one) for one in evaluation.rankings],
        "floors": [
            {"name": one.name, "floor": one.floor, "value": _round(one.value), "ok": one.ok}
            for one in checks
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _figures(one: Figures) -> dict[str, Any]:
    low, high = one.auc_interval or (None, None)
    return {
        "name": one.name,
        "rows": one.rows,
        "not_judged": one.not_judged,
        "negative": one.negative,
        **_rounded(one.measures),
        "auc_low": _round(low),
        "auc_high": _round(high),
        "confusion": {
            label: {"negative": called, "rest": rest}
            for label, (called, rest) in one.confusion.items()
        },
    }


def _hard(one: Hard) -> dict[str, Any]:
    return {
        "name": one.name,
        "rows": one.rows,
        "negative": one.negative,
        "auc": _round(one.auc),
        "right": _round(one.right),
        "pairs": _round(one.pairs),
        "textblob_auc": _round(one.textblob_auc),
    }


def _ranking(one: Ranking) -> dict[str, Any]:
    return {
        "name": one.name,
        "now": instant(one.now),
        "labelled": one.labelled,
        "listed": one.listed,
        **_rounded(one.measures),
    }


def _rounded(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: _round(figure) for name, figure in figures.items()}


def _round(figure: float | None) -> float | None:
    return None if figure is None else round(figure, _DIGITS)
