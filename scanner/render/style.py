"""How the caller wants things rendered. Decided at the terminal's edge, taken here as it comes.

In: nothing. Out: `Style`.

Touches: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Everything about the reader that changes bytes, and nothing about the data."""

    width: int | None = None
    """Columns to keep to. None: nobody's terminal (a pipe, a file): lines still wrap at 80."""
    piped: bool = False
    """Nobody's terminal although there is a width (COLUMNS=40 in a pipe)."""
    color: bool = False
    ascii_only: bool = False
    """Only ASCII leaves the table and `show`: accents are dropped, the rest becomes "?"."""
    csv_raw: bool = False
    """CSV cells as they are, formulas too."""
    excel: bool = False
    """One byte order mark before the CSV, without which Excel guesses the encoding wrong."""

    @property
    def whole(self) -> bool:
        """Whether titles, quotes and names stay whole: only a person's screen has little room."""
        return self.piped or self.width is None
