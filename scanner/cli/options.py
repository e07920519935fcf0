"""Options that several commands share, and how their values are understood.

In: words from the command line. Out: values, or a UsageError that says what was expected.

Touches: the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from scanner.cli.completion import (
    complete_author,
    complete_brand,
    complete_feed,
    complete_format,
    complete_intent,
    complete_order,
    complete_owner,
    complete_reason,
    complete_status,
    complete_tag,
)
from scanner.errors import UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from scanner.records import Config, Intent, Status
    from scanner.sift import Order

T = TypeVar("T")

NOBODY = "none"
"""In place of an owner: what is nobody's."""
LONGEST_NAME, LONGEST_TAG = 60, 40
"""Characters. Half a terminal for a name; no word of any language is longer than a tag may be."""
_TAG = re.compile(r"\w[\w.-]*")


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
MAX_WORTH = Annotated[
    float | None,
    typer.Option(
        "--max-worth", min=0, max=100, callback=no_nan, help="Only what is worth no more."
    ),
]
OLDER_THAN = Annotated[
    str | None, typer.Option("--older-than", help="Leave out what is newer or undated: 2d, 12h.")
]
OWNERS = Annotated[
    list[str] | None,
    typer.Option(
        "--owner",
        help='Only theirs; "none" is nobody\'s; repeatable.',
        autocompletion=complete_owner,
    ),
]
TAGS = Annotated[
    list[str] | None,
    typer.Option("--tag", help="Only with this tag; repeatable.", autocompletion=complete_tag),
]
AUTHORS = Annotated[
    list[str] | None,
    typer.Option(
        "--author", help="Only by this name or handle; repeatable.", autocompletion=complete_author
    ),
]
SEARCH = Annotated[
    str | None,
    typer.Option("--search", help='Words, "a phrase", begin*, a OR b, a NOT b in title or text.'),
]
SORT = Annotated[
    str,
    typer.Option(
        "--sort",
        help="worth, newest, oldest, negativity, reach, comments, author, feed …",
        autocompletion=complete_order,
    ),
]
REVERSE = Annotated[bool, typer.Option("--reverse", help="Sort the other way round.")]
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
    return tuple(_one_of("--intent", word, spelt) for word in _words(told))


def known_reasons(config: Config, told: Sequence[str] | None) -> tuple[str, ...]:
    """Reasons that a judgement may give: the built-in ones, and those of the config."""
    if not told:  # spares the import
        return ()
    from scanner.reasons import REASONS as ALL

    spelt = {reason: reason for reason in (*ALL, *(own.name for own in config.reasons))}
    return tuple(_one_of("--reason", word.replace(" ", "_"), spelt) for word in _words(told))


def _words(told: Sequence[str] | None) -> Iterator[str]:
    """What was said, one by one: "a,b" is two, as for other tools."""
    for words in told or ():
        yield from map(str.strip, words.split(","))


def known_statuses(
    told: Sequence[str] | None, usual: tuple[Status, ...] = ()
) -> tuple[Status, ...]:
    """Statuses of the contract; "all" is every one, nothing is the usual: what is undecided."""
    from scanner.records import STATUSES as ALL
    from scanner.sift import UNDECIDED

    if not told:
        return usual or UNDECIDED
    spelt: dict[str, tuple[Status, ...]] = {status: (status,) for status in ALL} | {"all": ALL}
    found = (status for word in _words(told) for status in _one_of("--status", word, spelt))
    return tuple(dict.fromkeys(found))


def known_order(told: str) -> Order:
    """What to sort by."""
    from scanner.sift import ORDERS

    return _one_of("--sort", told, {order: order for order in ORDERS})


def owner_name(told: str, option: str) -> str:
    """Somebody's name as it is kept: on one line, and not so long that it fills a table.

    "none" is refused: as a filter it means nobody.
    """
    name = " ".join(told.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"{option}: expected a name of at most {LONGEST_NAME} characters")
    if name.casefold() == NOBODY:
        raise UsageError(f'{option}: "{NOBODY}" means nobody; use --nobody')
    return name


def tag_word(told: str, option: str) -> str:
    """A tag as it is kept: one plain word, folded, so that "#Billing" is "billing"."""
    from scanner.text import fold

    word = fold(told.strip().removeprefix("#")) if len(told) <= 2 * LONGEST_TAG else ""
    if not 0 < len(word) <= LONGEST_TAG or not _TAG.fullmatch(word):
        raise UsageError(
            f"{option}: expected a word of letters, digits, - _ . of at most {LONGEST_TAG} "
            f'characters, not "{told[:LONGEST_TAG]}"'
        )
    return word


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
