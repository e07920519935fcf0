"""CSV as RFC 4180 has it, safe to open in a spreadsheet.

In: records, or a header and rows. Out: text with CRLF between rows; text cells are quoted,
numbers are not, unknown is empty.

Cells that a spreadsheet would run start with an apostrophe (OWASP, "CSV Injection"), headers too.
Control characters other than tab and line feed are removed, and with them what reorders a cell or
hides in it; its line ends become LF: the bytes must be harmless on a terminal, too.

Touches: nothing.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain

from scanner.render.record import Record
from scanner.render.style import Style
from scanner.text import inert

Cell = str | float | int | None

COLUMNS = (
    "id",
    "url",
    "title",
    "author",
    "feed",
    "published",
    "language",
    "brand",
    "brand_confidence",
    "sentence",
    "negativity",
    "polarity",
    "intent",
    "intents",
    "reasons",
    "reach_comments",
    "reach_points",
    "reach_views",
    "worth",
    "terms",
    "why",
    "story_id",
    "story_size",
    "status",
    "text",
    "rating",
    "kind",
    "signals",
    "truncated",
    "schema_version",
    "owner",
    "tags",
)
"""The record's names, flattened; `sentence` is the first mention's."""


def records(rows: Iterable[Record], style: Style) -> str:
    """Write one row per record under a header."""
    return sheet(COLUMNS, (list(flat(row).values()) for row in rows), style)


def sheet(header: Sequence[str], rows: Iterable[Sequence[Cell]], style: Style) -> str:
    """Write any header and rows as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in chain([header], rows):
        writer.writerow([_safe(cell, style) if isinstance(cell, str) else cell for cell in row])
    return ("\ufeff" if style.excel else "") + out.getvalue()


def flat(row: Record) -> dict[str, Cell]:
    """Flatten a record into the cells of its COLUMNS."""
    made: dict[str, Cell] = {
        "sentence": row.mentions[0].sentence if row.mentions else None,
        "intents": "; ".join(f"{name} {strength:g}" for name, strength in row.intents.items()),
        "reasons": ";".join(row.reasons),
        "reach_comments": row.reach.comments,
        "reach_points": row.reach.points,
        "reach_views": row.reach.views,
        "terms": "; ".join(f"{term.name} {term.points:+.1f}" for term in row.terms),
        "story_id": row.story.id,
        "story_size": row.story.size,
        "signals": ";".join(row.signals),
        "truncated": flag(row.truncated),
        "tags": ";".join(row.tags),
    }
    return {name: made[name] if name in made else getattr(row, name) for name in COLUMNS}


def flag(value: bool) -> str:
    """Write yes or no as JSON does; Python's "True" is nobody's."""
    return "true" if value else "false"


_BLANK = re.compile("[\\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*")
"""What a spreadsheet may skip before it looks for a formula."""


def _safe(text: str, style: Style) -> str:
    text = inert(text)
    return text if style.csv_raw or not _runs(text) else f"'{text}"


def _runs(text: str) -> bool:
    """Whether a cell would run: = + - @ after any blanks, their full-width forms, tab or LF."""
    if text.startswith(("\t", "\n")):
        return True
    first = text[_blank_end(text) :][:1]
    return unicodedata.normalize("NFKC", first).startswith(("=", "+", "-", "@"))


def _blank_end(text: str) -> int:
    found = _BLANK.match(text)
    return found.end() if found else 0
