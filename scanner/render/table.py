"""The queue as a table for a person: what to read first, in whose words, and why.

In: ranked posts and a Style. Out: text no wider than the terminal; "" where there is no post.
From 130 columns on, brand, author and reasons have columns of their own; under 50 there are none.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.records import Ranked
from scanner.render.glance import (
    QUOTE_ROOM,
    age,
    clip,
    headline,
    names,
    quote,
    short_ids,
    workings,
)
from scanner.render.style import Style
from scanner.render.terminal import BRAND, ID, QUIET, columns, draw, mark, words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_WIDE = 130
"""Columns from which the post keeps 60 of them beside brand, author and reasons."""
_NARROW = 50
"""Columns under which a post beside its feed would have fewer than 25."""
_NAME = 16
"""Columns for a feed's, author's, brand's or reason's name, or a fifth of a terminal that is
narrower than 80; longer names wrap."""
_TITLE_ROOM = 160
"""Characters of a title on a terminal: three lines at 80 columns. Whole in a pipe."""


def table(ranked: Sequence[Ranked], now: datetime, style: Style) -> str:
    """Draw the table, in the order given."""
    if not ranked:
        return ""
    several = len({one.judged.brand for one in ranked}) > 1
    ids = short_ids(one.judged.id for one in ranked)
    rows = [_Row(one, ids[one.judged.id], several, now, style) for one in ranked]
    if columns(style) < _NARROW:
        return draw(_cards(rows), style)
    return draw([_grid(rows, style, wide=columns(style) >= _WIDE)], style)


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of one post."""

    ranked: Ranked
    short: str
    several: bool
    """Whether the list is about more than one brand."""
    now: datetime
    style: Style

    def worth(self) -> Text:
        return words(f"{self.ranked.worth:.1f}", self.style, "bold")

    def age(self) -> Text:
        return words(age(self.ranked.judged.post.published, self.now) or "?", self.style)

    def post(self) -> Text:
        """Title, the author's words about the brand, and why it stands here."""
        from rich.text import Text

        style, called = self.style, names(self.ranked)
        title = clip(headline(self.ranked.judged.post), 0, None if style.whole else _TITLE_ROOM)
        said = quote(self.ranked, None if style.whole else QUOTE_ROOM)
        parts = [mark(words(title, style, "bold"), called, style)]
        if said:
            parts.append(mark(words(f"“{said}”", style), called, style))
        if self.ranked.why:
            parts.append(words(f"→ {self.ranked.why}", style, QUIET))
        return Text("\n", overflow="fold").join(parts)

    def feed(self) -> Text:
        return self._name(self.ranked.judged.post.feed)

    def brand(self) -> Text:
        return self._name(self.ranked.judged.brand, BRAND)

    def author(self) -> Text:
        return self._name(self.ranked.judged.post.author or "")

    def reasons(self) -> Text:
        from rich.text import Text

        return Text("\n").join([self._name(reason) for reason in self.ranked.judged.reasons])

    def id(self) -> Text:
        """The short ID, status, owner and tags where there are any, and the size of the story."""
        from rich.text import Text

        parts = [words(self.short, self.style, ID)]
        if self.ranked.status != "new":
            parts.append(words(self.ranked.status, self.style, QUIET))
        parts += [self._name(word) for word in workings(self.ranked)]
        if (size := len(self.ranked.story.members)) > 1:
            parts.append(words(f"+{size - 1} alike", self.style, QUIET))
        return Text("\n").join(parts)

    def place(self) -> Text:
        """Feed and ID in one cell, with the brand where it is not plain."""
        from rich.text import Text

        return Text("\n").join([self.feed(), *([self.brand()] * self.several), self.id()])

    def _name(self, name: str, look: str = "") -> Text:
        room = None if self.style.whole else 2 * _NAME
        return words(clip(name, 0, room), self.style, look)


def _grid(rows: Sequence[_Row], style: Style, *, wide: bool) -> RenderableType:
    from rich.table import Table

    cells: list[tuple[str, Callable[[_Row], Text]]] = [("Worth", _Row.worth), ("Age", _Row.age)]
    cells.append(("Post", _Row.post))
    if wide:
        cells += [("Brand", _Row.brand)] * rows[0].several
        cells += [("Feed", _Row.feed), ("Author", _Row.author)]
        cells += [("Reasons", _Row.reasons), ("ID", _Row.id)]
    else:
        cells.append(("Feed, ID", _Row.place))
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    filled = [[cell(row) for row in rows] for _, cell in cells]
    for (name, _), column in zip(cells, filled, strict=True):
        # Told widths spare Rich from measuring every cell several times.
        width = min(
            _NAME, columns(style) // 5, max(len(name), *(_cell_width(cell) for cell in column))
        )
        grid.add_column(
            words(name, style),
            width=None if name == "Post" else width,
            ratio=1 if name == "Post" else None,
            justify="right" if name in ("Worth", "Age") else "left",
            overflow="fold",
            header_style=QUIET,
        )
    for at, row in enumerate(zip(*filled, strict=True)):
        if at:
            grid.add_row()
        grid.add_row(*row)
    return grid


def _cell_width(cell: Text) -> int:
    from rich.cells import cell_len

    return max((cell_len(line) for line in cell.plain.splitlines()), default=0)


def _cards(rows: Sequence[_Row]) -> Iterator[RenderableType]:
    from rich.text import Text

    for at, row in enumerate(rows):
        if at:
            yield Text("")
        marks = [row.worth(), row.age(), *([row.brand()] * row.several), row.feed(), row.id()]
        yield Text(" ").join(Text(" ").join(part.split("\n")) for part in marks)
        yield row.post()
