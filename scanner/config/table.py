"""A TOML table -> checked values; every mistake is noted and the reading goes on.

In: what tomli made of a table, and the text it stands in. Out: values of the right type, and
complaints and warnings as single lines: file, line, key path, what was expected.

Touches: nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

from scanner.config.lines import KeyPath, Spot, where
from scanner.config.values import (
    duration_text,
    parse_duration,
    parse_size,
    shown,
    size_text,
    spelt_out,
)

T = TypeVar("T")
Reader = Callable[[object], T]
"""Turns what tomli gave into a value; a ValueError says what was expected."""


class Notes:
    """Complaints and warnings about one file, each with its place."""

    def __init__(self, file: str, text: str) -> None:
        """Name the file as the person named it, and give its text."""
        self._file = file
        self._text = text
        self._complaints: list[tuple[float, str]] = []
        self._warnings: list[tuple[float, str]] = []

    @cached_property
    def _spots(self) -> Mapping[KeyPath, Spot]:
        """Where the keys stand: looked up for the first note, since most files need none."""
        return where(self._text)

    @property
    def complaints(self) -> list[str]:
        """What is wrong, in file order; what is missing altogether comes last."""
        return [text for _, text in sorted(self._complaints, key=lambda note: note[0])]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is probably not meant, in file order."""
        return tuple(text for _, text in sorted(self._warnings, key=lambda note: note[0]))

    def complain(self, at: KeyPath, text: str) -> None:
        """Note a mistake at a key."""
        self._complaints.append(self._note(at, text))

    def warn(self, at: KeyPath, text: str) -> None:
        """Note what is accepted but probably not meant."""
        self._warnings.append(self._note(at, text))

    def line(self, at: KeyPath) -> int | None:
        """Give the line of a key, or of the table it is missing from; None: no such table."""
        while at:
            if at in self._spots:
                return self._spots[at].line
            at = at[:-1]
        return None

    def place(self, at: KeyPath) -> str:
        """Say where a key stands, as every note begins: file, line, key."""
        line = self.line(at)
        return f"{self._file if line is None else f'{self._file}:{line}'}: {key_text(at)}"

    def _note(self, at: KeyPath, text: str) -> tuple[float, str]:
        return self.line(at) or math.inf, spelt_out(f"{self.place(at)}: {text}")


class Table:
    """One table of the TOML, read key by key."""

    def __init__(
        self,
        data: dict[str, Any],
        at: KeyPath,
        notes: Notes,
        keys: Sequence[str] | None,
        homes: Mapping[str, str],
    ) -> None:
        """Complain of every key that is not among the known; `homes` tells where one belongs.

        Without `keys`, every one is known.
        """
        self._data = data
        self.at = at
        self.notes = notes
        for key in data:
            if keys is not None and key not in keys:
                notes.complain((*at, key), f"unknown key; {_instead(key, keys, homes)}")

    def __contains__(self, key: str) -> bool:
        """Tell whether the key was written, rightly or not."""
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        """Give every key that was written, in file order."""
        return iter(self._data)

    def is_empty(self, key: str) -> bool:
        """Tell whether an empty list was written."""
        return self._data.get(key) == []

    def complain(self, key: str | int, text: str) -> None:
        """Note a mistake at one of the table's keys."""
        self.notes.complain((*self.at, key), text)

    def warn(self, key: str, text: str) -> None:
        """Note what is accepted at one of the table's keys but probably not meant."""
        self.notes.warn((*self.at, key), text)

    def place(self, key: str) -> str:
        """Say where one of the table's keys stands: file, line, key."""
        return self.notes.place((*self.at, key))

    def inner(
        self, key: str, keys: Sequence[str] | None = None, homes: Mapping[str, str] = {}
    ) -> Table:
        """Read a table within this one; an empty one where it is missing or wrong."""
        at = (*self.at, key)
        value = self._data.get(key, {})
        if not isinstance(value, dict):
            self.notes.complain(at, f"expected a table, written [{key_text(at)}]")
            value = {}
        return Table(value, at, self.notes, keys, homes)

    def take(self, key: str, read: Reader[T], default: T) -> T:
        """Read a key; the default stands in where it is missing or wrong."""
        if key not in self._data:
            return default
        return self._read((*self.at, key), self._data[key], read, default)

    def need(self, key: str, read: Reader[str]) -> str | None:
        """Read a key that must be there; None where it is missing or wrong."""
        if key not in self._data:
            self.notes.complain((*self.at, key), f"missing; every [[{self.at[0]}]] needs one")
            return None
        return self._read((*self.at, key), self._data[key], read, None)

    def many(self, key: str, read: Reader[str]) -> tuple[str, ...]:
        """Read a list of strings, each checked by itself; what is said twice counts once."""
        value = self._data.get(key, [])
        if not isinstance(value, list):
            instead = f"; write [{shown(value)}]" if isinstance(value, str) else ""
            self.complain(key, f"expected a list of strings, not {shown(value)}{instead}")
            return ()
        at = (*self.at, key)
        read_all = (self._read((*at, i), item, read, None) for i, item in enumerate(value))
        return tuple(dict.fromkeys(item for item in read_all if item is not None))

    def _read(self, at: KeyPath, value: object, read: Reader[T], default: T) -> T:
        try:
            return read(value)
        except ValueError as error:
            self.notes.complain(at, str(error))
            return default


def tables(
    data: dict[str, Any], key: str, keys: Sequence[str], notes: Notes, homes: Mapping[str, str]
) -> Iterator[Table]:
    """Read a list of tables, such as [[feeds]]."""
    value = data.get(key, [])
    if not isinstance(value, list):
        notes.complain((key,), f"expected a list of tables, each written [[{key}]]")
        return
    for index, item in enumerate(value):
        if isinstance(item, dict):
            yield Table(item, (key, index), notes, keys, homes)
        else:
            notes.complain((key, index), f"expected a table, written [[{key}]]")


def key_text(at: KeyPath) -> str:
    """Write a key path the way people say it: `brands[0].aliases[2]`."""
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Find the known word that somebody probably meant."""
    import difflib

    by_fold = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(word.casefold()[:100], by_fold, n=1)
    return by_fold[close[0]] if close else None


def _instead(key: str, keys: Sequence[str], homes: Mapping[str, str]) -> str:
    if key in homes:
        return f"it belongs in {homes[key]}"
    close = nearest(key, keys)
    if close is not None:
        return f'did you mean "{close}"?'
    return f"known here: {', '.join(keys)}"


# --- readers: one for each type of value ----------------------------------------------------------


def text(value: object) -> str:
    """Read a string that says something; white space is tidied, control characters refused."""
    if not isinstance(value, str):
        raise ValueError(f"expected a string in quotes, not {shown(value)}")
    tidy = " ".join(value.split())
    if not tidy:
        raise ValueError("expected a string that is not empty")
    if any(_is_control(character) for character in tidy):
        raise ValueError(f"control characters have no place here: {shown(tidy)}")
    return tidy


def name(value: object) -> str:
    """Read the name of somebody or something: text with a letter or a digit in it."""
    tidy = text(value)
    if not any(character.isalnum() for character in tidy):
        raise ValueError(f"expected a name, not only punctuation: {shown(tidy)}")
    return tidy


def path(value: object) -> str:
    """Read a file's path as it is written, blanks and all."""
    text(value)
    return str(value)


def flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false (without quotes), not {shown(value)}")
    return value


def number(least: float, most: float, *, above: bool = False) -> Reader[float]:
    """Make a reader of numbers from least (or, with `above`, from just above it) to most."""

    def read(value: object) -> float:
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and least <= value <= most
            and not (above and value == least)
        ):
            return float(value)
        start = f"above {least:g} and at most" if above else f"from {least:g} to"
        raise ValueError(f"expected a number {start} {most:g}, not {shown(value)}")

    return read


def whole(least: int, most: int | None = None) -> Reader[int]:
    """Make a reader of whole numbers within bounds, both included."""

    def read(value: object) -> int:
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and least <= value
            and (most is None or value <= most)
        ):
            return value
        bounds = f"{least} or more" if most is None else f"from {least} to {most}"
        raise ValueError(f"expected a whole number, {bounds}, not {shown(value)}")

    return read


def duration(least: timedelta, most: timedelta | None = None, why: str = "") -> Reader[timedelta]:
    """Make a reader of durations within bounds; `why` gives the reason for the lower one."""

    def read(value: object) -> timedelta:
        # 0 is the same in every unit; any other bare number would be a guess.
        is_zero = value == 0 and not isinstance(value, bool)
        length = parse_duration("0s" if is_zero else _written(value))
        if length < least:
            reason = f" ({why})" if why else ""
            raise ValueError(
                f"expected at least {duration_text(least)}{reason}, not {shown(value)}"
            )
        if most is not None and length > most:
            raise ValueError(f"expected at most {duration_text(most)}, not {shown(value)}")
        return length

    return read


def size(least: int, most: int) -> Reader[int]:
    """Make a reader of sizes in bytes within bounds."""

    def read(value: object) -> int:
        found = parse_size(_written(value))
        if not least <= found <= most:
            bounds = f"from {size_text(least)} to {size_text(most)}"
            raise ValueError(f"expected a size {bounds}, not {shown(value)}")
        return found

    return read


def _written(value: object) -> str:
    return value if isinstance(value, str) else shown(value)


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f"
