"""Options that several commands share, and how their values are understood.

In: words from the command line. Out: values, or a UsageError that says what was expected.

Touches: the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from scanner.errors import UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from scanner.records import Config, Intent, Status
    from scanner.starter import Kind

T = TypeVar("T", bound=str)

LIMIT = Annotated[int | None, typer.Option("--limit", "-n", min=0, help="Rows at most; 0 = all.")]
SINCE = Annotated[str | None, typer.Option("--since", help="Leave out what is older: 7d, 12h, 4w.")]
BRANDS = Annotated[list[str] | None, typer.Option("--brand", help="Only this brand; repeatable.")]
FEEDS = Annotated[list[str] | None, typer.Option("--feed", help="Only this feed; repeatable.")]
INTENTS = Annotated[
    list[str] | None,
    typer.Option("--intent", help="Only complaint, question, request, praise …; repeatable."),
]
REASONS = Annotated[
    list[str] | None, typer.Option("--reason", help="Only billing, bug, outage …; repeatable.")
]
STATUSES = Annotated[
    list[str] | None,
    typer.Option("--status", help="new, open, done, ignored, snoozed or all; repeatable."),
]
MIN_WORTH = Annotated[
    float | None, typer.Option("--min-worth", min=0, max=100, help="Only what is worth this much.")
]
FORMAT = Annotated[
    str | None,
    typer.Option("--format", "-f", help="table, csv, json, jsonl or markdown."),
]
OUTPUT = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write to this file; its suffix picks the format."),
]
CSV_RAW = Annotated[
    bool, typer.Option("--csv-raw", help="Leave cells alone that a spreadsheet would run.")
]
EXCEL = Annotated[bool, typer.Option("--excel", help="Mark the CSV as UTF-8 for Excel (a BOM).")]
NOW = Annotated[str | None, typer.Option("--now", help="Judge ages as of this time (ISO 8601).")]


def span(told: str, option: str) -> timedelta:
    """Read a duration."""
    from scanner.config import parse_duration

    try:
        return parse_duration(told)
    except ValueError as problem:
        raise UsageError(f"{option}: {problem}") from problem


def known_brands(config: Config, told: Sequence[str] | None) -> tuple[str, ...]:
    """Brand names as the config spells them, whatever the case they were typed in."""
    spelt = {brand.name.casefold(): brand.name for brand in config.brands}
    return tuple(_one_of("--brand", word, spelt) for word in told or ())


def known_intents(told: Sequence[str] | None) -> tuple[Intent, ...]:
    """Intents of the contract."""
    from scanner.records import INTENTS as ALL

    spelt = {intent: intent for intent in ALL}
    return tuple(_one_of("--intent", word, spelt) for word in told or ())


def known_statuses(told: Sequence[str] | None) -> tuple[Status, ...]:
    """Statuses of the contract; "all" is every one, nothing is what is undecided."""
    from scanner.records import STATUSES as ALL

    if not told:
        return ("new", "open")
    if "all" in told:
        return ALL
    spelt = {status: status for status in ALL}
    return tuple(_one_of("--status", word, spelt) for word in told)


def _one_of(option: str, word: str, known: Mapping[Any, T]) -> T:
    found = known.get(word.casefold())
    if found is None:
        raise UsageError(f'{option}: no such thing as "{word}"; {_instead(word, known.values())}')
    return found


def _instead(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(word, names, n=1)
    meant = f'did you mean "{close[0]}"? ' if close else ""
    return f"{meant}Expected one of " + ", ".join(names)


def known_kind(told: str) -> Kind:
    """What kind of thing the brand sells."""
    from typing import get_args

    from scanner.starter import Kind

    return _one_of("--kind", told, {kind: kind for kind in get_args(Kind)})
