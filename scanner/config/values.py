"""Text of one value -> duration, size or time; and a value -> the words to show it by.

In: what stands in the TOML or behind an option. Out: the typed value, or a ValueError that
says what was expected.

Touches: nothing.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

_LONGEST = 40  # no duration or size needs more characters; a longer one is a mistake
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile("".join(rf"(?:(?P<{u}>{_NUMBER}) ?{u} ?)?" for u in _UNITS))
_CENTURY = timedelta(days=36500)  # `now` minus this is still a date
_SIZE = re.compile(rf"({_NUMBER}) ?([a-z]*)")
_BYTES = {
    "": 1, "b": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9,
    "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip


def parse_duration(text: str) -> timedelta:
    """Read "90s", "60m", "2h", "14d", "1w" or a sum such as "1h30m"; ValueError otherwise.

    Units are small letters and stand in falling order; at most a hundred years.
    """
    clean = text.strip()
    found = _DURATION.fullmatch(clean) if 0 < len(clean) <= _LONGEST else None
    parts = {} if found is None else {u: float(n) for u, n in found.groupdict().items() if n}
    if not parts:
        hint = f'; did you mean "{clean}s"?' if re.fullmatch("[0-9]{1,9}", clean) else ""
        raise ValueError(
            f'expected a duration such as "90s", "60m", "2h", "14d" or "1w", '
            f"not {shown(text)}{hint}"
        )
    try:
        length = timedelta(**{_UNITS[unit]: number for unit, number in parts.items()})
    except OverflowError:
        length = timedelta.max
    if length > _CENTURY:
        raise ValueError(f"expected at most 36500d (a hundred years), not {shown(text)}")
    return length


def parse_size(text: str) -> int:
    """Read "10MiB", "500kB", "1GiB" or a number of bytes; ValueError otherwise."""
    clean = text.strip().lower()
    found = _SIZE.fullmatch(clean) if len(clean) <= _LONGEST else None
    if found is None or found[2] not in _BYTES:
        raise ValueError(
            f'expected a size such as "10MiB", "500kB" or a number of bytes, not {shown(text)}'
        )
    return int(float(found[1]) * _BYTES[found[2]])


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 date or time as UTC, also where it names no zone; ValueError otherwise."""
    try:
        time = datetime.fromisoformat(text.strip())
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f'expected a time such as "2026-11-20" or "2026-11-20T08:15:00Z", not {shown(text)}'
        ) from None
    # Ages and Retry-After are added to and taken from it; both must remain dates.
    if not 1970 <= time.year < 3000:
        raise ValueError(f"expected a time from 1970 to 2999, not {shown(text)}")
    return time


def duration_text(length: timedelta) -> str:
    """Write a duration the way the TOML spells it: 90 s is "90s", an hour "1h"."""
    seconds = length.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.10g}s"


def size_text(size: int) -> str:
    """Write a size the way the TOML spells it, in the largest unit that divides it."""
    for unit, length in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= length and size % length == 0:
            return f"{size // length}{unit}"
    return str(size)


def quoted(text: str) -> str:
    """Write text as a TOML basic string; ValueError where TOML cannot hold it."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("half of a surrogate pair cannot be written as UTF-8")
    # JSON's escapes are a subset of TOML's; JSON alone lets DEL stand raw.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def shown(value: object) -> str:
    """Name a value in a complaint: short, and in the TOML's own spelling."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:59]}…"'
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, int) and value.bit_length() > 200:
        return "a huge number"  # str() refuses those above 4300 digits
    return str(value)[:60]


def spelt_out(text: str) -> str:
    """Spell out what a terminal would obey: control, bidirectional and invisible characters."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
