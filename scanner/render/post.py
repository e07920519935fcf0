"""One post whole, for `scanner show`: its words with the evidence marked, and its receipt.

In: a Ranked, what the store remembers of it, and a Style. Out: text no wider than the terminal;
nothing is shortened.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.records import Ranked
from scanner.render.glance import age, headline, workings
from scanner.render.marks import marked
from scanner.render.record import Record, instant, is_web, record
from scanner.render.style import Style
from scanner.render.terminal import ID, QUIET, draw, words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_MEASURE = 100
"""Columns of running text, at most: the lines of a 200 column terminal are hard to follow."""


def post(
    ranked: Ranked,
    now: datetime,
    style: Style,
    *,
    history: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> str:
    """Draw all that is known of one post and one brand."""
    from rich.constrain import Constrain

    row = record(ranked)
    text = ranked.judged.post.text
    sections = [
        _head(ranked, now, style),
        Constrain(marked(ranked, "text", style), _MEASURE) if text.strip() else None,
        _section(f"Worth {row.worth:.1f}", _receipt(row), style),
        _section("Judged", _judged(ranked, row), style),
        _section("The same story", _story(ranked, now), style),
        _section("History", (("", line) for line in history), style),
        _section("Notes", (("", line) for line in notes), style),
    ]
    parts: list[RenderableType] = []
    for section in sections:
        if section is not None:
            parts += [words("", style), section] if parts else [section]
    return draw(parts, style)


def _head(ranked: Ranked, now: datetime, style: Style) -> Text:
    from rich.text import Text

    judged, source = ranked.judged, ranked.judged.post
    if source.title.strip():
        title = marked(ranked, "title", style, "bold")
    else:
        title = words(headline(source), style, "bold")
    ago = age(source.published, now)
    when = f"{instant(source.published)} ({ago} ago)" if ago else "at an unknown time"
    odd = "" if is_web(source.url) else " (not a web address)"
    return Text("\n", overflow="fold").join(
        [
            title,
            words(", ".join(one for one in (source.feed, source.author, when) if one), style),
            words(f"{source.url}{odd}" if source.url else "no link", style, QUIET),
            Text(" ").join(
                [
                    words(judged.id, style, ID),
                    words(ranked.status, style, QUIET),
                    *(words(word, style) for word in workings(ranked)),
                ]
            ),
        ]
    )


def _receipt(row: Record) -> Iterator[tuple[str, str]]:
    """Show the sum that the rank is: points, what earned them, and in which words."""
    for term in row.terms:
        yield f"{term.points:+.1f}", f"{term.name}: {term.evidence}" if term.evidence else term.name
    if row.why:
        yield "", row.why


def _judged(ranked: Ranked, row: Record) -> Iterator[tuple[str, str]]:
    judged = ranked.judged
    polarity = "" if row.polarity is None else f" (TextBlob's polarity {row.polarity:+.2f})"
    negativity = "unknown" if row.negativity is None else f"{row.negativity:.2f}"
    yield "brand", f"{row.brand} {row.brand_confidence:.2f}"
    yield from (("", why) for why in judged.scored.matched.why)
    yield "negativity", negativity + polarity
    intents = ", ".join(f"{name} {strength:.2f}" for name, strength in row.intents.items())
    yield "intent", intents or row.intent
    if row.reasons:
        yield "reasons", ", ".join(row.reasons)
    for at, signal in enumerate(judged.signals):
        name = signal.name.replace("_", " ")
        yield "" if at else "signals", f"{name}: {signal.text}" if signal.text else name
    if reach := _reach(row):
        yield "reach", reach
    if row.rating is not None:
        yield "rating", f"{row.rating:g} of 5"
    if row.language:
        yield "language", row.language


def _reach(row: Record) -> str:
    counts = {
        "comments": row.reach.comments,
        "points": row.reach.points,
        "views": row.reach.views,
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count is not None)


def _story(ranked: Ranked, now: datetime) -> Iterator[tuple[str, str]]:
    for member in ranked.story.members:
        if member.id != ranked.judged.id:
            source = member.post
            facts = (source.feed, source.author, age(source.published, now))
            told = ", ".join(fact for fact in facts if fact)
            yield member.id, f"{headline(source)} ({told})"


def _section(title: str, rows: Iterable[tuple[str, str]], style: Style) -> RenderableType | None:
    """Draw a title over rows of label and text; None where there is no row."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table

    known = list(rows)
    if not known:
        return None
    grid = Table.grid(padding=(0, 2, 0, 0))
    labelled = any(label for label, _ in known)
    if labelled:
        numbers = known[0][0][:1] in ("+", "-")
        grid.add_column(justify="right" if numbers else "left", overflow="fold")
    grid.add_column(overflow="fold")
    for label, text in known:
        cells = [words(label, style, QUIET)] if labelled else []
        grid.add_row(*cells, words(text, style))
    return Group(words(title, style, "bold"), Padding(grid, (0, 0, 0, 2)))
