"""Options that several commands share, and how their values are understood.

In: words from the command line. Out: values, or a UsageError that says what was expected.

Touches: the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from scanner.cli.completion import (
    complete_brand,
    complete_feed,
    complete_format,
    complete_intent,
    complete_reason,
    complete_status,
)
from scanner.errors import UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from scanner.records import Config, Intent, Status

T = TypeVar("T")


def no_nan(value: float | None) -> float | None:
    """Refuse what compares with nothing: `nan` passes every bound and lists every post."""
    if value is not None and value != value:
        raise typer.BadParameter("nan is no number to compare with")
    return value


LIMIT = Annotated[int | None, typer.Option("--limit", "-n", min=0, help="Rows at most; 0 = all.")]
SINCE = Annotated[str | None, typer.Option("--since", help="Leave out what is older: 7d, 12h, 4w.")]
BRANDS = Annotated[
    list[str] | None,
    typer.Option("--brand", help="Only this brand; repeatable.", autocompletion=complete_brand),
]
FEEDS = Annotated[
    list[str] | None,
    typer.Option("--feed", help="Only this feed; repeatable.", autocompletion=complete_feed),
]
INTENTS = Annotated[
    list[str] | None,
    typer.Option(
        "--intent",
        help="Only complaint, question, request, praise …; repeatable.",
        autocompletion=complete_intent,
    ),
]
REASONS = Annotated[
    list[str] | None,
    typer.Option(
        "--reason",
        help="Only billing, bug, outage …; repeatable.",
        autocompletion=complete_reason,
    ),
]
STATUSES = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        help="new, open, done, ignored, snoozed or all; repeatable.",
        autocompletion=complete_status,
    ),
]
MIN_WORTH = Annotated[
    float | None,
    typer.Option(
        "--min-worth", min=0, max=100, callback=no_nan, help="Only what is worth this much."
    ),
]
FAIL_ABOVE = Annotated[
    float | None,
    typer.Option(
        "--fail-above", callback=no_nan, help="Exit 4 if a listed post is worth more than this."
    ),
]
FORMAT = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        help="table, csv, json, jsonl or markdown.",
        autocompletion=complete_format,
    ),
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


def known_feeds(config: Config, told: Sequence[str] | None) -> tuple[str, ...]:
    """Feed names as the config spells them, whatever the case they were typed in."""
    spelt = {feed.name.casefold(): feed.name for feed in config.feeds}
    return tuple(_one_of("--feed", word, spelt) for word in told or ())


def known_intents(told: Sequence[str] | None) -> tuple[Intent, ...]:
    """Intents of the contract."""
    from scanner.records import INTENTS as ALL

    spelt = {intent: intent for intent in ALL}
    return tuple(_one_of("--intent", word, spelt) for word in told or ())


def known_reasons(config: Config, told: Sequence[str] | None) -> tuple[str, ...]:
    """Reasons that a judgement may give: the built-in ones, and those of the config."""
    from scanner.reasons import REASONS as ALL

    spelt = {reason: reason for reason in (*ALL, *(own.name for own in config.reasons))}
    return tuple(_one_of("--reason", word.replace(" ", "_"), spelt) for word in told or ())


def known_statuses(told: Sequence[str] | None) -> tuple[Status, ...]:
    """Statuses of the contract; "all" is every one, nothing is what is undecided."""
    from scanner.records import STATUSES as ALL

    if not told:
        return ("new", "open")
    spelt: dict[str, tuple[Status, ...]] = {status: (status,) for status in ALL} | {"all": ALL}
    found = (status for word in told for status in _one_of("--status", word, spelt))
    return tuple(dict.fromkeys(found))


def _one_of(option: str, word: str, known: Mapping[Any, T]) -> T:
    """Look a word up; `known` is by the casefolded spelling."""
    found = known.get(word.strip().casefold())
    if found is None:
        names = [value if isinstance(value, str) else key for key, value in known.items()]
        raise UsageError(f'{option}: no such thing as "{word}"; {_instead(word, names)}')
    return found


def _instead(word: str, names: Sequence[str]) -> str:
    """Say what was expected in place of a word, the nearest first."""
    from difflib import get_close_matches

    spelt = {name.casefold(): name for name in names}
    close = get_close_matches(word.casefold(), spelt, n=1)
    start = f'did you mean "{spelt[close[0]]}"? Expected' if close else "expected"
    return f"{start} one of " + ", ".join(names)
