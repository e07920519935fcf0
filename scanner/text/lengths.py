"""Lengths of time in a person's words, the same wherever a post's age is told.

In: a length. Out: a number and a unit.

Touches: nothing.
"""

from __future__ import annotations

from datetime import timedelta

_MINUTE, _HOUR, _DAY, _MONTH, _YEAR = 60, 3600, 86_400, 2_629_746, 31_556_952
"""Seconds; months and years are the Gregorian calendar's mean ones."""


def length(span: timedelta) -> str:
    """Say how long in one unit: "12 min", "2 h", "3 d", "5 mo", "2 y".

    Hours up to two days, days up to two months; what is below nothing counts as nothing (D15).
    """
    seconds = max(0.0, span.total_seconds())
    for unit, name, below in (
        (_MINUTE, "min", _HOUR),
        (_HOUR, "h", 2 * _DAY),
        (_DAY, "d", 2 * _MONTH),
        (_MONTH, "mo", 2 * _YEAR),
    ):
        if seconds < below:
            return f"{seconds // unit:.0f} {name}"
    return f"{seconds // _YEAR:.0f} y"
