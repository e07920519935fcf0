"""The feeds and how they are, for `scanner feeds list`.

In: FeedRows. Out: a table, CSV or JSON. CSV and JSON have the same names, described by `schema`.
From 110 columns on, what is said of a feed stands beside it; below, under it.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.errors import UsageError
from scanner.render import jsons, spreadsheet
from scanner.render.glance import age
from scanner.render.record import instant
from scanner.render.style import Style
from scanner.render.terminal import QUIET, columns, draw, words

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
        return spreadsheet.sheet(COLUMNS, (_cells(row) for row in rows), style)
    if format == "json":
        return jsons.array(map(_flat, rows), ascii_only=style.ascii_only)
    if format == "jsonl":
        return jsons.lines(map(_flat, rows), ascii_only=style.ascii_only)
    raise UsageError(f"feeds have no format {format!r}: choose one of {', '.join(FORMATS)}")


COLUMNS = tuple(field.name for field in fields(FeedRow))
"""Of CSV and JSON alike; they are added to at the end."""
_WIDE = 110
"""Columns from which address and failure have 40 or more to themselves beside the rest."""


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


def _cells(row: FeedRow) -> list[spreadsheet.Cell]:
    cells = _flat(row).values()
    return [spreadsheet.flag(cell) if isinstance(cell, bool) else cell for cell in cells]


def _grid(rows: Sequence[FeedRow], now: datetime, style: Style) -> RenderableType:
    from rich.table import Table

    wide = columns(style) >= _WIDE
    cells: dict[str, Callable[[FeedRow], list[Text]]] = {
        "Feed": lambda row: [
            words(row.name, style, "bold"),
            *([] if wide else _said(row, now, style)),
        ],
        "Status": lambda row: [words(row.status, style)],
        "Last ok": lambda row: [words(_last(row, now), style)],
        "Next": lambda row: _next(row, now, style, wide),
        "Posts": lambda row: [words(str(row.posts), style)],
        **({"Address": lambda row: _said(row, now, style)} if wide else {}),
    }
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    for name in cells:
        grid.add_column(
            words(name, style),
            ratio={"Feed": 1, "Address": 2}.get(name),
            justify="right" if name == "Posts" else "left",
            overflow="fold",
            header_style=QUIET,
        )
    for at, row in enumerate(rows):
        if at and not wide:
            grid.add_row()
        grid.add_row(*(_stacked(cell(row)) for cell in cells.values()))
    return grid


def _stacked(lines: Sequence[Text]) -> Text:
    from rich.text import Text

    return Text("\n", overflow="fold").join(lines)


def _last(row: FeedRow, now: datetime) -> str:
    return f"{age(row.last_ok, now)} ago" if row.last_ok else "never"


def _next(row: FeedRow, now: datetime, style: Style, wide: bool) -> list[Text]:
    """When it is asked again, and what sets that time."""
    if row.gone or row.status == "gone":
        return [words("never", style)]
    if row.next_check is None or row.next_check <= now:
        return [words("due", style)]
    when, why = f"in {age(now, row.next_check)}", row.waits_for
    if not why:
        return [words(when, style)]
    return (
        [words(f"{when}, {why}", style)] if wide else [words(when, style), words(why, style, QUIET)]
    )


def _said(row: FeedRow, now: datetime, style: Style) -> list[Text]:
    """Address, brand, move and failure, one under the other: each may be long."""
    said = [words(row.url, style, QUIET)]
    if row.about:
        said.append(words(f"about {row.about}", style))
    if row.moved_to:
        said.append(words(f"has moved to {row.moved_to}", style))
    if row.error:
        said.append(words(row.error, style, "red"))
    if lately := _lately(row, now):
        said.append(words(lately, style, QUIET))
    return said


def _lately(row: FeedRow, now: datetime) -> str:
    """How often it failed, and when it was last asked where that is not when it last worked."""
    parts = []
    if row.failures > 1:
        since = f" since {row.failing_since:%Y-%m-%d}" if row.failing_since else ""
        parts.append(f"failed {row.failures} times in a row{since}")
    if row.last_check is not None and row.last_check != row.last_ok:
        parts.append(f"asked {age(row.last_check, now)} ago")
    return ", ".join(parts)
