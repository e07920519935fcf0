"""Text for terminals: hostile words made harmless, then laid out by Rich.

In: strings from posts and a Style. Out: `rich.text.Text` objects and, from `draw`, a string.
Rich does not defuse control characters and reads markup in strings: nothing but `words` and `mark`
may build a Text from what a post says.

Touches: nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from scanner.render.style import Style
from scanner.text import printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

PIPED_WIDTH = 80
"""Columns where there is no terminal: what e-mail and most pagers show whole."""

NARROWEST = 16
"""Columns; a narrower terminal gets lines of this width."""

_NAMES = 20
"""Ways to write a brand that are emphasised; a hostile post can hold thousands."""

BRAND = "bold cyan"
QUIET = "dim"
PROOF = "yellow"
ID = "magenta"


def words(text: str, style: Style, look: str = "", *, newlines: bool = False) -> Text:
    """Build a Text from anybody's words: never markup, never a control character."""
    from rich.text import Text

    return Text(harmless(text, style, newlines=newlines), style=look, overflow="fold")


def harmless(text: str, style: Style, *, newlines: bool = False) -> str:
    """Leave only what a terminal can show; only ASCII if so wished; one empty line at a time."""
    shown = _EMPTY_LINES.sub("\n\n", printable(text, newlines=newlines))
    return _ascii(shown) if style.ascii_only else shown


def mark(text: Text, names: Iterable[str], style: Style, look: str = BRAND) -> Text:
    """Emphasise names in a text, in any case; without colour there is nothing to show."""
    if style.color:
        shown = (harmless(name, style).strip() for name in names)
        known = list(dict.fromkeys(name.casefold() for name in shown if name))
        if known:  # no words would match everywhere
            text.highlight_words(known[:_NAMES], look, case_sensitive=False)
    return text


def columns(style: Style) -> int:
    """Tell how many columns may be used."""
    return max(NARROWEST, style.width or PIPED_WIDTH)


def draw(parts: Iterable[RenderableType], style: Style) -> str:
    """Lay out and return what Rich would print; the same bytes wherever it runs."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    console = Console(
        file=out,
        width=columns(style),
        color_system="standard" if style.color else None,
        force_terminal=style.color,
        force_jupyter=False,
        force_interactive=False,
        no_color=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},  # NO_COLOR, FORCE_COLOR and COLUMNS were obeyed by the caller already
    )
    for part in parts:
        console.print(part)
    return _TRAILING.sub("", out.getvalue())


_EMPTY_LINES = re.compile(r"\n(?: *+\n){2,}+")
_TRAILING = re.compile(r"(?<! ) +$", re.MULTILINE)
"""Rich fills lines up with spaces. Starts only where no space stands before: linear."""

_TO_ASCII = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "«": "<<",
        "»": ">>",
        "⟨": "<",
        "⟩": ">",
        "‘": "'",
        "’": "'",
        "–": "-",
        "—": "-",
        "−": "-",
        "·": "-",
        "•": "*",
        "→": "->",
        "×": "x",
        "€": "EUR",
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
    }
)


def _ascii(text: str) -> str:
    """Take accents off, spell out common signs, and put "?" for the rest."""
    apart = unicodedata.normalize("NFKD", text.translate(_TO_ASCII))
    kept = "".join(sign for sign in apart if not unicodedata.category(sign).startswith("M"))
    return kept.encode("ascii", "replace").decode("ascii")
