"""When asking a feed makes sense, as the feed itself tells it.

In: the texts of RSS 2.0's <ttl>, <skipHours> and <skipDays>, and of RSS 1.0's syndication module.
Out: a Rhythm. What is no number, no hour and no day is left out.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from scanner.records import Rhythm

_PERIODS = {
    # https://web.resource.org/rss/1.0/modules/syndication/
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER = re.compile(r"\s*(\d{1,30})(?:\.\d{0,9})?\s*", re.ASCII)
_OFTEN = 1440
"""Times in a period; more is no rhythm."""
_LONGEST = 365 * 24 * 60
"""Minutes; whoever asks caps it at less."""


def told(
    ttl: str = "",
    hours: Iterable[str] = (),
    days: Iterable[str] = (),
    period: str = "",
    frequency: str = "",
) -> Rhythm:
    """Read what a feed says of itself; <ttl> is in minutes and counts before a period."""
    minutes = _whole(ttl)
    lasting = timedelta(minutes=min(minutes, _LONGEST)) if minutes else _period(period, frequency)
    wanted = (_whole(hour) for hour in hours)
    # 24 is midnight in the days of RSS 0.91, which counted from 1.
    skipped = {hour % 24 for hour in wanted if hour is not None and hour <= 24}
    named = {day.strip().lower() for day in days}
    return Rhythm(
        ttl=lasting,
        skip_hours=tuple(sorted(skipped)),
        skip_days=tuple(number for number, day in enumerate(_DAYS) if day in named),
    )


def _period(period: str, frequency: str) -> timedelta | None:
    length = _PERIODS.get(period.strip().lower())
    return length and length / min(max(_whole(frequency) or 1, 1), _OFTEN)


def _whole(text: str) -> int | None:
    found = _NUMBER.fullmatch(text[:60])
    return int(found[1]) if found else None
