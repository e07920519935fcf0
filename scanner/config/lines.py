"""TOML source -> where in it each key stands.

In: text that tomli has already accepted, so nothing here checks syntax.
Out: a map from key path, such as ("brands", 0, "name"), to its line and its characters.
tomli gives values without places, and a complaint without a line sends people searching.

Touches: nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

KeyPath = tuple[str | int, ...]


class Spot(NamedTuple):
    """Where a key or a table stands."""

    line: int
    """1-based."""
    start: int
    """Offset of the key's or header's first character."""
    end: int
    """Offset behind the value; behind the last value in a [[table]]."""


# Each alternative consumes what it matched, so every pattern is linear in the source.
_BLANK = re.compile(r"[ \t\r\n]*(?:#[^\n]*\n?[ \t\r\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'  # up to two quotes may stand before the closing three (TOML 1.0)
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")


def where(text: str) -> dict[KeyPath, Spot]:
    """Give every key path in the source its place. The text must be valid TOML."""
    return _Walk(text).run()


class _Walk:
    """One pass over the source; its state is the position and the table being filled."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self._spots: dict[KeyPath, Spot] = {}
        self._lengths: dict[KeyPath, int] = {}
        """How many entries each array of tables has so far."""

    def run(self) -> dict[KeyPath, Spot]:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                end = self._statement(table)
                if table in self._spots:
                    self._spots[table] = self._spots[table]._replace(end=end)
            self._skip(_BLANK)
        return self._spots

    def _header(self) -> KeyPath:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        self._skip(_BLANK)
        parts = self._key()
        self._at = self._text.index("]", self._at) + (2 if is_array else 1)
        table = self._resolve(parts[:-1], start)
        last = (*table, parts[-1])
        if is_array:
            self._lengths[last] = self._lengths.get(last, 0) + 1
            self._note(last, start, self._at)
            last = (*last, self._lengths[last] - 1)
        self._spots.pop(last, None)  # "[a.b]" above "[a]" had only implied it
        self._note(last, start, self._at)
        return last

    def _resolve(self, parts: list[str], start: int) -> KeyPath:
        """Follow a dotted name down to its table; an array of tables means its latest entry."""
        path: KeyPath = ()
        for part in parts:
            path = (*path, part)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
            self._note(path, start, self._at)
        return path

    def _statement(self, table: KeyPath) -> int:
        """Read `key = value`; gives the offset behind the value."""
        start = self._at
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, start, start)
        self._skip(_EQUALS)
        end = self._value(path)
        self._spots[path] = self._spots[path]._replace(end=end)
        return end

    def _key(self) -> list[str]:
        parts = []
        while True:
            bare = _BARE.match(self._text, self._at)
            found = bare or _STRING.match(self._text, self._at)
            assert found is not None
            parts.append(found[0] if bare else _unquoted(found[0]))
            self._at = found.end()
            dot = _DOT.match(self._text, self._at)
            if dot is None:
                return parts
            self._at = dot.end()

    def _value(self, path: KeyPath) -> int:
        first = self._text[self._at]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            found = _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at)
            assert found is not None
            self._at += len(found[0].rstrip())
        return self._at

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        self._skip(_BLANK)
        index = 0
        while self._text[self._at] != "]":
            start = self._at
            here = (*path, index)
            self._note(here, start, start)
            self._spots[here] = self._spots[here]._replace(end=self._value(here))
            self._skip_comma()
            index += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        self._skip(_BLANK)
        while self._text[self._at] != "}":
            self._statement(path)
            self._skip_comma()
        self._at += 1

    def _skip_comma(self) -> None:
        self._skip(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        assert found is not None
        self._at = found.end()

    def _note(self, path: KeyPath, start: int, end: int) -> None:
        """Keep the first place of a path; places are noted in the order of the source."""
        self._line += self._text.count("\n", self._counted, start)
        self._counted = max(self._counted, start)
        self._spots.setdefault(path, Spot(self._line, start, end))


def _unquoted(key: str) -> str:
    import tomli

    value = tomli.loads(f"key = {key}")["key"]
    assert isinstance(value, str)
    return value
