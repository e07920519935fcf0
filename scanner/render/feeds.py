"""The feeds and how they are, for `scanner feeds list`.

In: FeedRows. Out: a table, CSV or JSON.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.errors import UsageError
from scanner.render import jsons, spreadsheet
from scanner.render.glance import age
from scanner.render.record import instant
from scanner.render.style import Style
from scanner.render.terminal import QUIET, draw, words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

FORMATS = ("table", "csv", "json", "jsonl")


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One feed of the config with its health."""

    name: str
    url: str
    about: str | None
    """The brand that every post in it is about."""
    status: str
    """In a word or two: "ok", "failing", "resting", "gone", "never asked"."""
    last_ok: datetime | None
    next_check: datetime | None
    posts: int
    """Posts in its last document."""
    error: str | None
    """The last failure in words; None where it works."""
    last_check: datetime | None = None
    """When it was last asked, whatever came of it."""
    waits_for: str | None = None
    """What sets the next check: every, max-age, ttl, skipHours, skipDays, Retry-After, host rests,
    backoff, gone; None where it is due."""
    failures: int = 0
    """Failed checks in a row."""
    failing_since: datetime | None = None
    moved_to: str | None = None
    """Where it has moved to for good, and is asked."""
    gone: bool = False
    """Its server said 410: not asked again."""


def feeds_table(
    rows: Sequence[FeedRow], format: str = "table", *, now: datetime, style: Style | None = None
) -> str:
    """Write the feeds in the order given; UsageError where there is no such format."""
    style = style or Style()
    if format == "table":
        return draw([_grid(rows, now, style)], style) if rows else ""
    if format == "csv":
        cells = (list(_flat(row).values())[: len(_COLUMNS)] for row in rows)
        return spreadsheet.sheet(_COLUMNS, cells, style)
    if format == "json":
        return jsons.array(_flat(row) for row in rows)
    if format == "jsonl":
        return jsons.lines(_flat(row) for row in rows)
    raise UsageError(f"feeds have no format {format!r}: choose one of {', '.join(FORMATS)}")


_COLUMNS = tuple(field.name for field in fields(FeedRow))[:8]
"""Of the CSV; JSON carries all."""


def _flat(row: FeedRow) -> dict[str, str | int | None]:
    return {
        "name": row.name,
        "url": row.url,
        "about": row.about,
        "status": row.status,
        "last_ok": instant(row.last_ok),
        "next_check": instant(row.next_check),
        "posts": row.posts,
        "error": row.error,
        "last_check": instant(row.last_check),
        "waits_for": row.waits_for,
        "failures": row.failures,
        "failing_since": instant(row.failing_since),
        "moved_to": row.moved_to,
        "gone": row.gone,
    }


def _grid(rows: Sequence[FeedRow], now: datetime, style: Style) -> RenderableType:
    from rich.table import Table

    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    for name in ("Feed", "Status", "Last ok", "Next", "Posts"):
        grid.add_column(
            words(name, style),
            ratio=1 if name == "Feed" else None,
            justify="right" if name == "Posts" else "left",
            overflow="fold",
            header_style=QUIET,
        )
    for at, row in enumerate(rows):
        if at:
            grid.add_row()
        last = f"{age(row.last_ok, now)} ago" if row.last_ok else "never"
        cells = [words(cell, style) for cell in (row.status, last)]
        posts = words(str(row.posts), style)
        grid.add_row(_feed(row, now, style), *cells, _next(row, now, style), posts)
    return grid


def _next(row: FeedRow, now: datetime, style: Style) -> Text:
    """When it is asked again, and what sets that time."""
    from rich.text import Text

    if row.gone or row.status == "gone":
        return words("never", style)
    if row.next_check is None or row.next_check <= now:
        return words("due", style)
    parts = [words(f"in {age(now, row.next_check)}", style)]
    if row.waits_for:
        parts.append(words(row.waits_for, style, QUIET))
    return Text("\n").join(parts)


def _feed(row: FeedRow, now: datetime, style: Style) -> Text:
    """Name, address, brand, move and failure, one under the other: each may be long."""
    from rich.text import Text

    parts = [words(row.name, style, "bold"), words(row.url, style, QUIET)]
    if row.about:
        parts.append(words(f"about {row.about}", style))
    if row.moved_to:
        parts.append(words(f"has moved to {row.moved_to}", style))
    if row.error:
        parts.append(words(row.error, style, "red"))
    lately = _lately(row, now)
    if lately:
        parts.append(words(lately, style, QUIET))
    return Text("\n", overflow="fold").join(parts)


def _lately(row: FeedRow, now: datetime) -> str:
    """How often it failed, and when it was last asked where that is not when it last worked."""
    parts = []
    if row.failures > 1:
        since = f" since {row.failing_since:%Y-%m-%d}" if row.failing_since else ""
        parts.append(f"failed {row.failures} times in a row{since}")
    if row.last_check is not None and row.last_check != row.last_ok:
        parts.append(f"asked {age(row.last_check, now)} ago")
    return ", ".join(parts)
