"""The fields that a person asked for with --fields, in his order.

In: a list with commas between names, records. Out: names that are known; of each record, its cells.
Names are the record's, dotted where something stands inside (`reach.comments`), or the CSV's
(`reach_comments`). JSON keeps a record's own shapes; everything else gets what the CSV has.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING

from scanner.errors import UsageError
from scanner.records import INTENTS, Reach
from scanner.render import jsons, spreadsheet
from scanner.render.record import Record, StoryRecord
from scanner.render.style import Style
from scanner.render.terminal import QUIET, columns, draw, words
from scanner.text import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMATS = ("table", "csv", "json", "jsonl")
"""Formats that can be made of chosen fields."""

_OWN = tuple(field.name for field in fields_of(Record))
_INSIDE = (
    *(f"reach.{field.name}" for field in fields_of(Reach)),
    *(f"story.{field.name}" for field in fields_of(StoryRecord)),
    *(f"intents.{intent}" for intent in INTENTS),
)
NAMES = tuple(dict.fromkeys((*_OWN, *_INSIDE, *spreadsheet.COLUMNS)))
"""Every name that --fields knows."""

_NARROW = 16
"""Columns up to which a field of the table is never broken: numbers, times of day, short words."""
_FEWEST = 10
"""Columns that a longer field needs at least; with fewer, a post becomes lines of its own."""
_ROOM = 240
"""Characters of a field on a terminal: a quote in the queue has as many. Whole in a pipe."""


def chosen(told: str) -> tuple[str, ...]:
    """Read the list; UsageError where it names nothing, or what no record has."""
    names = tuple(dict.fromkeys(name.strip() for name in told.split(",") if name.strip()))
    if not names:
        raise UsageError("--fields: no field is named; expected some as in worth,title,url")
    for name in names:
        if name not in NAMES:
            raise UsageError(f'--fields: no such field "{name}"; {instead(name, NAMES)}')
    return names


def instead(name: str, known: Sequence[str]) -> str:
    """Say what was expected in place of a name, the nearest first."""
    from difflib import get_close_matches

    close = get_close_matches(name.casefold().replace("-", "_"), known, n=1)
    start = f'did you mean "{close[0]}"? There are' if close else "there are"
    return f"{start} " + ", ".join(_OWN)


def write(rows: Iterable[Record], names: Sequence[str], format: str, style: Style) -> str:
    """Write the chosen fields; UsageError where a format has no fields to choose."""
    if format in ("json", "jsonl"):
        things = [{name: _thing(row, name) for name in names} for row in rows]
        made = jsons.array if format == "json" else jsons.lines
        return made(things, ascii_only=style.ascii_only)
    cells = [_cells(row, names) for row in rows]
    if format == "csv":
        return spreadsheet.sheet(names, cells, style)
    if format == "table":
        return _table(names, cells, style)
    raise UsageError(f"--fields goes with {', '.join(FORMATS)}; {format} has its own order")


def _cells(row: Record, names: Sequence[str]) -> list[spreadsheet.Cell]:
    flat = spreadsheet.flat(row)
    return [flat[name] if name in flat else _cell(_thing(row, name)) for name in names]


def _cell(thing: object) -> spreadsheet.Cell:
    """What has parts and no column of its own is written as JSON."""
    if thing is None or isinstance(thing, str | int | float):
        return thing
    if thing == Reach():  # nothing is known of it
        return None
    return jsons.line(thing).rstrip("\n")


def _thing(row: Record, name: str) -> object:
    """Give one field as JSON has it."""
    if name in _OWN:
        return getattr(row, name)
    outer, dot, inner = name.partition(".")
    if not dot:
        return spreadsheet.flat(row)[name]
    return row.intents.get(inner) if outer == "intents" else getattr(getattr(row, outer), inner)


def _table(names: Sequence[str], cells: list[list[spreadsheet.Cell]], style: Style) -> str:
    """Draw columns under a header on a terminal; else a line a post, with tabs between.

    As `gh` does: what `cut` and `awk` read has no header and no padding.
    """
    rows = [[_shown(one) for one in row] for row in cells]
    if style.whole:
        line = "\n".join("\t".join(printable(one) for one in row) for row in rows)
        return f"{line}\n" if rows else ""
    rows = [[one[:_ROOM] + "…" * (len(one) > _ROOM) for one in row] for row in rows]
    return draw(_drawn(names, rows, style), style) if rows else ""


def _shown(one: spreadsheet.Cell) -> str:
    return "" if one is None else str(one)


def _drawn(names: Sequence[str], rows: list[list[str]], style: Style) -> Iterator[RenderableType]:
    from rich.cells import cell_len
    from rich.table import Table

    texts = [[words(one, style) for one in row] for row in rows]
    widths = [
        max(cell_len(name), *(cell_len(row[at].plain) for row in texts))
        for at, name in enumerate(names)
    ]
    least = sum(min(width, _NARROW if width <= _NARROW else _FEWEST) + 2 for width in widths)
    if least > columns(style):
        yield from _cards(names, rows, style)
        return
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for at, (name, width) in enumerate(zip(names, widths, strict=True)):
        grid.add_column(
            words(name, style),
            no_wrap=width <= _NARROW,
            min_width=None if width <= _NARROW else _FEWEST,
            overflow="fold",
            justify="right" if all(_is_number(row[at]) for row in rows) else "left",
            header_style=QUIET,
        )
    for row in texts:
        grid.add_row(*row)
    yield grid


def _cards(names: Sequence[str], rows: list[list[str]], style: Style) -> Iterator[RenderableType]:
    """Where columns would be too narrow to read: a line a field, an empty one between posts."""
    from rich.text import Text

    for at, row in enumerate(rows):
        if at:
            yield Text("")
        for name, one in zip(names, row, strict=True):
            yield Text.assemble(words(f"{name}: ", style, QUIET), words(one, style))


def _is_number(text: str) -> bool:
    return not text or text.lstrip("-").replace(".", "", 1).isdigit()
