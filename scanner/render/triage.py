"""One screen of `scanner triage`: where one stands, a part of the post, what was said, the keys.

In: a View, the size of the terminal, and a Style. Out: a Page, as many lines as the terminal has
(fewer where the post is short) and none wider.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scanner.render.style import Style
from scanner.render.terminal import QUIET, columns, draw, harmless, words
from scanner.text import printable, redact

if TYPE_CHECKING:
    from rich.text import Text

_ROOMY = 12
"""Lines from which on a rule may take one of them."""
_SAID = 3
"""A message may take one line of so many: an error of the disk says what and what to do."""
_NARROW = 50
"""Columns, as for the table."""
_STAY = 2
"""Keys that stay however little room there is."""
_RULED = 3
"""Columns of rule, and a space before it, between a message and what follows on its line."""
_WRONG = "bold red"
_GAP = "  "


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen."""

    place: str
    """"3 of 17"."""
    facts: Sequence[str]
    """What stands beside it: status, worth, owner, tags."""
    body: Sequence[str]
    """The post, line by line, drawn already."""
    keys: Sequence[tuple[str, str]]
    """Keys and what they do; where there is little room, the last two stay and those before go."""
    top: int = 0
    """The first line of the body to show."""
    said: str = ""
    wrong: bool = False
    question: str = ""
    """What is being asked, in place of the keys."""
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The screen."""

    lines: tuple[str, ...]
    cursor: tuple[int, int] | None
    """Line and column from 0 where something is typed."""
    room: int
    """Lines that the body has."""


def keys(rows: Sequence[tuple[str, str]], style: Style) -> list[str]:
    """Draw what each key does, as lines; an empty row is an empty line."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="fold", max_width=columns(style) // 3)
    grid.add_column(overflow="fold")
    for key, does in rows:
        grid.add_row(words(key, style, "bold"), words(does, style))
    return draw([grid], style).rstrip("\n").split("\n")


def page(view: View, lines: int, style: Style, *, filled: bool = True) -> Page:
    """Draw the screen for a terminal of so many lines; `filled` to its foot, or as it comes."""
    head = [_line(_head(view, style), style)]
    if lines >= _ROOMY:
        head.append(_rule("", style))
    asked, column = _question(view, style) if view.question else (_keys(view, style), None)
    said = _said(view, style)[: max(1, lines // _SAID)]
    room = max(1, lines - len(head) - max(1, len(said)) - 1)
    shown = list(view.body[view.top : view.top + room])
    left = len(view.body) - view.top - len(shown)
    bar = _bar(said, 0 if view.question else max(0, left), style)
    empty = [""] * (room - len(shown)) if filled else []
    kept = [*head, *shown, *empty, *bar, asked][-lines:]
    return Page(tuple(kept), None if column is None else (len(kept) - 1, column), room)


def _head(view: View, style: Style) -> Text:
    head = words(view.place, style, "bold")
    for fact in view.facts:
        head.append(_GAP)
        head.append(words(fact, style))
    return head


def _said(view: View, style: Style) -> list[Text]:
    """The message in as many lines as it takes."""
    if not view.said:
        return []
    mark = "! " if view.wrong and not style.color else ""
    text = words(mark + redact(printable(view.said)), style)
    lines = draw([text], replace(style, color=False)).rstrip("\n").split("\n")
    return [words(line, style, _WRONG if view.wrong else "") for line in lines]


def _question(view: View, style: Style) -> tuple[str, int]:
    """The question and the end of what is typed, which is what a person looks at."""
    from rich.cells import cell_len

    asked = words(view.question, style, "bold")
    room = max(1, columns(style) - cell_len(asked.plain) - 1)  # a column for the cursor
    typed = harmless(view.typed, style)[-room:]
    while cell_len(typed) > room:
        typed = typed[1:]
    asked.append(words(typed, style))
    # not drawn by _line: what ends in a space must not lose it under the cursor
    column = min(cell_len(asked.plain), columns(style) - 1)
    return _line(asked, style), column


def _keys(view: View, style: Style) -> str:
    """As many keys as there is room for."""
    from rich.text import Text

    entries = []
    for key, does in view.keys:
        entry = words(key, style, "bold")
        entries.append(entry.append(words(f" {does}", style, QUIET)))
    gap = Text(_GAP if columns(style) >= _NARROW else " ")
    while len(entries) > _STAY and gap.join(entries).cell_len > columns(style):
        del entries[-_STAY - 1]
    return _line(gap.join(entries), style)


def _bar(said: list[Text], left: int, style: Style) -> list[str]:
    """The message, and whether the post goes on below: a person must not decide on half of it."""
    more = f" {left} more lines: space " if left else ""
    if not said:
        return [_rule(more, style)]
    *lines, last = said
    if more and last.cell_len + len(more) + _RULED > columns(style):
        more = f" {left} more "
        _cut(last, columns(style) - len(more) - _RULED, style)
    if more:
        room = columns(style) - last.cell_len - 1
        last = last + words(" " + more.center(room, _sign(style)), style, QUIET)
    return [_line(line, style) for line in (*lines, last)]


def _rule(said: str, style: Style) -> str:
    """A line from side to side, with a word in it."""
    return _line(words(said.center(columns(style), _sign(style)), style, QUIET), style)


def _sign(style: Style) -> str:
    return "-" if style.ascii_only else "─"


def _line(text: Text, style: Style) -> str:
    """Exactly one line, cut where the terminal ends."""
    text.no_wrap = True
    _cut(text, columns(style), style)
    return draw([text], style).rstrip("\n")


def _cut(text: Text, room: int, style: Style) -> None:
    text.truncate(max(1, room), overflow="crop" if style.ascii_only else "ellipsis")
