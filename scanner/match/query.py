"""The match language: a query's text in, a tree that answers questions about a post out.

    acme AND (app OR "cloud sync") NOT cartoon
    outage NEAR/5 acme    sync*    title:acme    author:"jane doe"    site:reddit.com    lang:de

Words and "phrases" stand for themselves, whole words, any case. Two side by side mean AND.
What binds tighter comes first: NEAR/n, NOT, AND (also unwritten), OR; parentheses overrule.
Operators are upper case: `and` is a word. `a NEAR/3 b`: b is at most the third word after a, or
before it; it joins words, phrases and groups of them with OR. `word*`: words that begin so.
`title:` looks in the title alone, `author:` at the author's name, `site:` at the host of the
post's or the feed's address (`site:reddit.com/r/acme` works too), `lang:` at the language.

Touches: nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, NoReturn, Protocol

from scanner.errors import QueryError
from scanner.match.lexer import FIELDS, FieldName, Token, lex

MAX_LENGTH = 4096
"""Characters in a query; Google stops at 32 words, Brandwatch at some 4,000 characters."""
MAX_DEPTH = 32
"""Parentheses inside one another; far from Python's recursion limit of 1,000."""


class Hit(NamedTuple):
    """Where a term stands: offsets in characters; its first word, and the word after its last."""

    where: Literal["title", "text"]
    start: int
    end: int
    first: int
    after: int


class Page(Protocol):
    """What a query asks about: a post that has been read."""

    def hits(self, term: Term) -> list[Hit]:
        """Return the places of a term, in reading order, title first."""

    def says(self, name: FieldName, value: str, prefix: bool) -> bool:
        """Tell whether the post's author, site or language is the one asked for."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, a phrase, or the beginning of a word, in the title or the whole post."""

    text: str
    phrase: bool = False
    prefix: bool = False
    title_only: bool = False


@dataclass(frozen=True, slots=True)
class Meta:
    """A condition on author, site or language: true or false, without a place in the text."""

    name: FieldName
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Two groups of terms at most `distance` words apart, in either order."""

    left: Node
    right: Node
    distance: int


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is not."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """True where all its parts are."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of its parts is."""

    parts: tuple[Node, ...]


Node = Term | Meta | Near | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: ask it with `answer`."""

    text: str
    root: Node
    terms: tuple[Term, ...] = field(default=())
    """Every term that is not under a NOT: without one of them there is no match, unless
    `wordless`."""
    unwanted: tuple[Term, ...] = field(default=())
    """The terms under a NOT."""
    wordless: bool = False
    """Can match a post in which no term stands (`author:jane`)."""

    def answer(self, page: Page) -> tuple[Hit, ...] | None:
        """Return the places that made it match, in reading order, or None for no match."""
        found = _answer(self.root, page)
        if found is None:
            return None
        return tuple(sorted(set(found), key=lambda hit: (hit.where == "text", hit.start, hit.end)))


def parse(text: str) -> Query:
    """Read a query; raises QueryError with the 1-based column of what is wrong."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the query is longer than {MAX_LENGTH} characters", MAX_LENGTH + 1)
    parser = _Parser(tuple(lex(text)), len(text) + 1)
    root = parser.whole()
    if not _positive(root):
        raise QueryError(
            "the query only says what must not be there and would match nearly everything: "
            "add a word that must be there",
            1,
        )
    return Query(
        text,
        root,
        tuple(dict.fromkeys(_terms(root, wanted=True))),
        tuple(dict.fromkeys(_terms(root, wanted=False))),
        wordless=not _needs_words(root),
    )


# --- reading ------------------------------------------------------------------------------------


class _Parser:
    """Recursive descent, one method a level: or, and, not, near, atom."""

    def __init__(self, tokens: tuple[Token, ...], end: int) -> None:
        self._tokens = tokens
        self._end = end
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        if not self._tokens:
            raise QueryError("the query is empty", 1)
        root = self._or(None)
        if self._kind() == ")":
            raise QueryError("this parenthesis closes nothing", self._column())
        return root

    def _or(self, name: FieldName | None) -> Node:
        parts = [self._and(name)]
        while self._take("OR"):
            parts.append(self._and(name))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self, name: FieldName | None) -> Node:
        parts = [self._not(name)]
        while self._take("AND") or self._kind() not in (None, ")", "OR"):
            parts.append(self._not(name))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self, name: FieldName | None) -> Node:
        negated = False
        while self._take("NOT"):
            negated = not negated
        part = self._near(name)
        return Not(part) if negated else part

    def _near(self, name: FieldName | None) -> Node:
        left = self._atom(name)
        if self._kind() != "NEAR":
            return left
        token = self._next()
        right = self._atom(name)
        if self._kind() == "NEAR":
            self._fail("NEAR joins two; join the second pair with AND")
        if not (_wordy(left) and _wordy(right)):
            raise QueryError(
                "NEAR joins words, phrases, and words joined by OR in parentheses", token.column
            )
        return Near(left, right, int(token.text))

    def _atom(self, name: FieldName | None) -> Node:
        kind = self._kind()
        if kind in ("word", "phrase"):
            return _leaf(self._next(), name)
        if kind == "(":
            return self._group(name)
        if kind == "field":
            token = self._next()
            if self._kind() not in ("word", "phrase", "("):
                self._fail(f"{token.text}: needs a word, a phrase or a group right after it")
            return self._atom(FIELDS[token.text])
        self._fail_operand()

    def _group(self, name: FieldName | None) -> Node:
        opened = self._next()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise QueryError(f"more than {MAX_DEPTH} parentheses inside one another", opened.column)
        if self._kind() == ")":
            self._fail("there is nothing between these parentheses")
        inside = self._or(name)
        if not self._take(")"):
            raise QueryError("this parenthesis is never closed", opened.column)
        self._depth -= 1
        return inside

    def _fail_operand(self) -> NoReturn:
        before = self._tokens[self._at - 1].kind if self._at else None
        if before in ("AND", "OR", "NOT", "NEAR"):
            what = f"{before} needs something to its right"
            raise QueryError(what, self._tokens[self._at - 1].column)
        if self._kind() == ")":
            self._fail("this parenthesis closes nothing")
        self._fail(f"{self._kind()} needs something to its left")

    def _fail(self, message: str) -> NoReturn:
        raise QueryError(message, self._column())

    def _kind(self) -> str | None:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else None

    def _column(self) -> int:
        return self._tokens[self._at].column if self._at < len(self._tokens) else self._end

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str) -> bool:
        if self._kind() != kind:
            return False
        self._at += 1
        return True


def _leaf(token: Token, name: FieldName | None) -> Node:
    prefix = token.kind == "word" and token.text.endswith("*")
    text = token.text[:-1] if prefix else token.text
    if name in (None, "title"):
        return Term(text, token.kind == "phrase", prefix, name == "title")
    return Meta(name, text, prefix)


def _wordy(node: Node) -> bool:
    return isinstance(node, Term) or (isinstance(node, Or) and all(map(_wordy, node.parts)))


# --- knowing what a query can do ------------------------------------------------------------------


def _positive(node: Node) -> bool:
    """Tell whether a match needs something to be there, not only things to be absent."""
    match node:
        case Not(part=part):
            return _positive_negated(part)
        case And(parts=parts):
            return any(map(_positive, parts))
        case Or(parts=parts):
            return all(map(_positive, parts))
        case _:
            return True


def _positive_negated(node: Node) -> bool:
    match node:
        case Not(part=part):
            return _positive(part)
        case And(parts=parts):
            return all(map(_positive_negated, parts))
        case Or(parts=parts):
            return any(map(_positive_negated, parts))
        case _:
            return False


def _needs_words(node: Node) -> bool:
    """Tell whether a match needs one of the wanted terms in title or text."""
    match node:
        case And(parts=parts):
            return any(map(_needs_words, parts))
        case Or(parts=parts):
            return all(map(_needs_words, parts))
        case Term() | Near():
            return True
        case _:
            return False


def _terms(node: Node, wanted: bool) -> Iterator[Term]:
    match node:
        case Term():
            if wanted:
                yield node
        case Not(part=part):
            if not wanted:
                yield from _terms(part, True)
                yield from _terms(part, False)
        case Near(left=left, right=right):
            for each in (left, right):
                yield from _terms(each, wanted)
        case And(parts=parts) | Or(parts=parts):
            for each in parts:
                yield from _terms(each, wanted)
        case _:
            return


# --- answering ----------------------------------------------------------------------------------


def _answer(node: Node, page: Page) -> list[Hit] | None:
    """Return the places that made it true (none for NOT and fields), or None for false."""
    match node:
        case Term():
            return page.hits(node) or None
        case Meta(name=name, value=value, prefix=prefix):
            return [] if page.says(name, value, prefix) else None
        case Not(part=part):
            return [] if _answer(part, page) is None else None
        case Near(left=left, right=right, distance=distance):
            return _near(_answer(left, page) or [], _answer(right, page) or [], distance)
        case And(parts=parts):
            return _all(parts, page)
        case Or(parts=parts):
            found = [hits for part in parts if (hits := _answer(part, page)) is not None]
            return [hit for hits in found for hit in hits] if found else None


def _all(parts: tuple[Node, ...], page: Page) -> list[Hit] | None:
    found: list[Hit] = []
    for part in parts:
        hits = _answer(part, page)
        if hits is None:
            return None
        found += hits
    return found


def _near(left: list[Hit], right: list[Hit], distance: int) -> list[Hit] | None:
    found = [*_close(left, right, distance), *_close(right, left, distance)]
    return found or None


def _close(hits: list[Hit], others: list[Hit], distance: int) -> Iterator[Hit]:
    """Yield those hits that have one of the others within reach, before or after.

    Two binary searches a hit: `acme acme acme …` stays n log n.
    """
    starts = sorted((other.where, other.first) for other in others)
    ends = sorted((other.where, other.after) for other in others)
    for hit in hits:
        ahead = bisect_left(starts, (hit.where, hit.after))
        behind = bisect_left(ends, (hit.where, hit.first + 1)) - 1
        follows = ahead < len(starts) and (
            starts[ahead][0] == hit.where and starts[ahead][1] - hit.after < distance
        )
        precedes = behind >= 0 and (
            ends[behind][0] == hit.where and hit.first - ends[behind][1] < distance
        )
        if follows or precedes:
            yield hit
