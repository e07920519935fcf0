"""The words, quotes, operators and fields of a match query.

In: a query's text. Out: its tokens, each with its column.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from scanner.errors import QueryError

FieldName = Literal["title", "author", "site", "lang"]
FIELDS: dict[str, FieldName] = {
    "title": "title",
    "author": "author",
    "site": "site",
    "lang": "lang",
}


class Token(NamedTuple):
    """A piece of a query, with the 1-based column it begins at."""

    kind: Literal["word", "phrase", "(", ")", "AND", "OR", "NOT", "NEAR", "field"]
    text: str
    column: int


_LEX = re.compile(
    r'\s*+(?:(?P<phrase>"(?P<inside>[^"]*+)(?P<close>"?))'
    r"|(?P<paren>[()])"
    r"|(?P<field>[A-Za-z]++:)"
    r'|(?P<word>[^\s()"]++))'
)
_NEAR = re.compile(r"NEAR(?:/(?P<n>.*+))?", re.DOTALL)
_CURLY = str.maketrans("“”„«»", '"""""')


def lex(text: str) -> Iterator[Token]:
    """Cut a query into tokens; raises QueryError where a piece can be none."""
    # Phones and word processors turn "…" into curly quotes; one character each, columns hold.
    text = text.translate(_CURLY)
    at = 0
    while match := _LEX.match(text, at):
        at = match.end()
        column = match.start(match.lastgroup or 0) + 1
        if match["phrase"]:
            yield _phrase(match, match.start("phrase") + 1)
        elif match["paren"]:
            yield Token("(" if match["paren"] == "(" else ")", match["paren"], column)
        elif match["field"]:
            yield _field(match["field"], column)
        else:
            yield _word(match["word"], column)


def _phrase(match: re.Match[str], column: int) -> Token:
    if not match["close"]:
        raise QueryError("this quote is never closed", column)
    if not any(c.isalnum() for c in match["inside"]):
        raise QueryError("there is no word between these quotes", column)
    if "*" in match["inside"]:
        raise QueryError("a * works on a single word, not in quotes", column)
    return Token("phrase", match["inside"], column)


def _field(text: str, column: int) -> Token:
    name = text[:-1].lower()
    if name not in FIELDS:
        known = ", ".join(f"{each}:" for each in FIELDS)
        raise QueryError(
            f'"{text}" is no field; there are {known} (put the word in quotes if it is meant so)',
            column,
        )
    return Token("field", name, column)


def _word(word: str, column: int) -> Token:
    if word in ("AND", "OR", "NOT"):
        return Token(word, word, column)  # type: ignore[arg-type]
    near = _NEAR.fullmatch(word)
    if near:
        number = near["n"] or ""
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= 100):
            raise QueryError("NEAR needs a number from 1 to 100 after a slash: NEAR/5", column)
        return Token("NEAR", number, column)
    if word.startswith("-") and any(c.isalnum() for c in word):
        raise QueryError(f'write NOT {word.lstrip("-")} in place of "{word}"', column)
    if "*" in word[:-1] or not any(c.isalnum() for c in word):
        what = "a * needs the beginning of a word before it, and nothing after it"
        raise QueryError(what if "*" in word else f'there is no word in "{word}"', column)
    return Token("word", word, column)
