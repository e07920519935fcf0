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


def feeds_table(
    rows: Sequence[FeedRow], format: str = "table", *, now: datetime, style: Style | None = None
) -> str:
    """Write the feeds in the order given; UsageError where there is no such format."""
    style = style or Style()
    if format == "table":
        return draw([_grid(rows, now, style)], style) if rows else ""
    if format == "csv":
        return spreadsheet.sheet(_COLUMNS, (list(_flat(row).values()) for row in rows), style)
    if format == "json":
        return jsons.array(_flat(row) for row in rows)
    if format == "jsonl":
        return jsons.lines(_flat(row) for row in rows)
    raise UsageError(f"feeds have no format {format!r}: choose one of {', '.join(FORMATS)}")


_COLUMNS = tuple(field.name for field in fields(FeedRow))


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
        due = row.next_check is None or row.next_check <= now
        soon = "due" if due else f"in {age(now, row.next_check or now)}"
        if row.status == "gone":
            soon = "never"
        cells = [words(cell, style) for cell in (row.status, last, soon, str(row.posts))]
        grid.add_row(_feed(row, style), *cells)
    return grid


def _feed(row: FeedRow, style: Style) -> Text:
    """Name, address, brand and failure, one under the other: each may be long."""
    from rich.text import Text

    parts = [words(row.name, style, "bold"), words(row.url, style, QUIET)]
    if row.about:
        parts.append(words(f"about {row.about}", style))
    if row.error:
        parts.append(words(row.error, style, "red"))
    return Text("\n", overflow="fold").join(parts)
