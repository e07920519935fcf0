"""Ranked posts become text: a table for a person, or a format for a program.

In: Ranked, now, and a Style. Out: a string; nothing here prints. What a post says is hostile
(escape sequences, formulas, markup), and each format defuses it in its own way.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scanner.errors import UsageError
from scanner.records import Ranked
from scanner.render import jsons, spreadsheet
from scanner.render.feeds import FeedRow, feeds_table
from scanner.render.fields import chosen
from scanner.render.fields import write as _write_fields
from scanner.render.markdown import markdown as _markdown
from scanner.render.post import post as _post
from scanner.render.record import record as _record
from scanner.render.style import Style
from scanner.render.table import table as _table
from scanner.render.template import Template

__all__ = [
    "FORMATS",
    "FeedRow",
    "Format",
    "Style",
    "Template",
    "chosen",
    "feeds_table",
    "format_for",
    "render",
    "show",
]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write the queue; a new one is a function and a line in FORMATS."""

    about: str
    """What it is for, in the words of --help."""
    suffixes: tuple[str, ...]
    """File names that mean it."""
    write: Callable[[Sequence[Ranked], datetime, Style], str]


FORMATS: dict[str, Format] = {
    "table": Format("for a person at a terminal", (".txt",), _table),
    "csv": Format(
        "for a spreadsheet",
        (".csv",),
        lambda ranked, now, style: spreadsheet.records(map(_record, ranked), style),
    ),
    "json": Format(
        "one array, for programs",
        (".json",),
        lambda ranked, now, style: jsons.array(map(_record, ranked), ascii_only=style.ascii_only),
    ),
    "jsonl": Format(
        "an object a line, for jq and pipes",
        (".jsonl", ".ndjson"),
        lambda ranked, now, style: jsons.lines(map(_record, ranked), ascii_only=style.ascii_only),
    ),
    "markdown": Format(
        "a list, for issues and wikis",
        (".md", ".markdown"),
        lambda ranked, now, style: _markdown(ranked, now),
    ),
}


def render(
    ranked: Sequence[Ranked],
    format: str,
    *,
    now: datetime,
    style: Style | None = None,
    fields: Sequence[str] = (),
    template: Template | None = None,
) -> str:
    """Write posts in their order; same input, same bytes. UsageError: no such format.

    Without posts, table, jsonl and markdown are "", csv is its header and json an empty array.
    `fields` (see `chosen`) are all that is written, in their order; a `template` takes the
    format's place.
    """
    style = style or Style()
    if template is not None:
        return template.write(map(_record, ranked))
    if format not in FORMATS:
        raise UsageError(f"no format {format!r}: choose one of {', '.join(FORMATS)}")
    if fields:
        return _write_fields(map(_record, ranked), fields, format, style)
    return FORMATS[format].write(ranked, now, style)


def show(
    ranked: Ranked,
    *,
    now: datetime,
    style: Style | None = None,
    history: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> str:
    """Write one post whole: its words, the receipt of its rank, its story, its history."""
    return _post(ranked, now, style or Style(), history=history, notes=notes)


def format_for(path: Path) -> str:
    """Tell the format from a file's suffix; UsageError lists the suffixes that say one."""
    for name, format in FORMATS.items():
        if path.suffix.lower() in format.suffixes:
            return name
    known = ", ".join(suffix for format in FORMATS.values() for suffix in format.suffixes)
    raise UsageError(
        f"{path}: its suffix says no format; name it with one of {known}, or give --format"
    )
