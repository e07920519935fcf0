"""Floors below which no measure may fall, pinned to the very files they were measured on.

In: means of measures, a fingerprint of the inputs, a JSON file. Out: what is below its floor, or
the file written anew. After adbar/trafilatura's evaluation gate: a floor is only ever raised,
unless a person says otherwise, and a changed set has to be pinned anew.

Touches: the disk.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import UsageError

TOLERANCE = 0.0005
"""How far below its floor a measure may lie: floors are rounded to 4 digits, and the last digits
of a sum of floats may change with the platform; one post of 2,000 moves F1 by about as much."""
LOWER_IS_BETTER = frozenset({"ece", "brier"})
"""Errors: their "floor" is a ceiling."""
PINNED = (
    "auc", "ap", "f1", "macro_f1", "ece", "brier", "pairs", "intent_macro_f1",
    "reasons_micro_f1", "judged", "ndcg10", "ndcg20", "rank_ap",
)  # fmt: skip
"""Measures that --update-floors always pins. Precision and recall are left out: each falls when
the other rises, and F1 and average precision hold both. More may be added to the file by hand."""


@dataclass(frozen=True, slots=True)
class Floors:
    """What the file holds."""

    fingerprint: str
    floors: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Check:
    """One floor, and the measure beside it."""

    name: str
    floor: float
    value: float | None

    @property
    def worse(self) -> float:
        """By how much the measure is worse than its floor; 1 where there is none."""
        if self.value is None:
            return 1.0
        below = self.floor - self.value
        return -below if self.name in LOWER_IS_BETTER else below

    @property
    def ok(self) -> bool:
        """Whether the measure is there and not worse than its floor, but for the tolerance."""
        return self.worse <= TOLERANCE

    def __str__(self) -> str:
        """Say what is wrong with it."""
        if self.value is None:
            return f"{self.name}: not measured any more; its floor is {self.floor:.4f}"
        side = "above its ceiling" if self.name in LOWER_IS_BETTER else "below its floor"
        return f"{self.name}: {self.value:.4f} is {side} {self.floor:.4f}"


def read(file: Path, known: Mapping[str, object]) -> Floors:
    """Read a floors file; UsageError says what is wrong with it."""
    try:
        told = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file; --update-floors writes it") from None
    except OSError as problem:
        raise UsageError(f"{file}: could not read: {problem.strerror or problem}") from problem
    except ValueError as problem:
        raise UsageError(f"{file}: not JSON: {problem}") from None
    form = '{"fingerprint": "…", "floors": {"auc": 0.8}}'
    if not isinstance(told, dict) or not isinstance(told.get("fingerprint"), str):
        raise UsageError(f"{file}: expected {form}")
    floors = told.get("floors")
    if not isinstance(floors, dict) or not all(_is_share(value) for value in floors.values()):
        raise UsageError(f"{file}: expected {form}, each floor from 0 to 1")
    return Floors(told["fingerprint"], {name_of(name, known): floors[name] for name in floors})


def option(told: str, known: Mapping[str, object]) -> tuple[str, float]:
    """Read NAME=VALUE; UsageError names the known ones."""
    name, equals, number = told.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not equals or not _is_share(value):
        raise UsageError(f"--floor {told}: expected NAME=VALUE with a value from 0 to 1: auc=0.8")
    return name_of(name.strip(), known), value


def name_of(name: str, known: Mapping[str, object]) -> str:
    """Give the name back if there is such a measure; UsageError names those there are."""
    if name not in known:
        raise UsageError(f'no such measure as "{name}"; expected one of {", ".join(known)}')
    return name


def check(floors: Mapping[str, float], means: Mapping[str, float | None]) -> list[Check]:
    """Hold every floor against its measure."""
    return [Check(name, floor, means.get(name)) for name, floor in floors.items()]


def today(old: Mapping[str, float], means: Mapping[str, float | None]) -> dict[str, float]:
    """Today's measures as floors: those that the file names, and those always pinned."""
    names = [name for name in means if name in old or name in PINNED]
    return {name: round(value, 4) for name in names if (value := means[name]) is not None}


def regressions(old: Mapping[str, float], new: Mapping[str, float]) -> list[Check]:
    """Old floors that the new ones are worse than, by however little, or leave out.

    No tolerance here: what falls by less than it at every update would never stop falling.
    """
    checks = [Check(name, floor, new.get(name)) for name, floor in old.items()]
    return [one for one in checks if one.worse > 0]


def as_json(floors: Floors) -> str:
    """Write the file's text; the same floors give the same bytes."""
    told = {"fingerprint": floors.fingerprint, "floors": dict(floors.floors)}
    return json.dumps(told, indent=2) + "\n"


def _is_share(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= 1  # type: ignore[operator]
