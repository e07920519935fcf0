"""Words looked for in the queue, by SQLite's FTS5: phrases, beginnings, AND, OR, NOT.

In: Ranked posts and what a person typed. Out: those in whose story it is said, in the same order.
The index is made for each search, over what the other filters left: 10,000 posts of 100 words take
0.3 s, and there is none to keep up to date, to repair, or to fill the disk.

Touches: the disk (SQLite is asked, but only in memory).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing

from scanner.errors import ScannerError, UsageError
from scanner.records import Ranked

LONGEST = 1_000
"""Characters of a search: nobody types more, and FTS5's time grows with its words."""

_OPERATOR = re.compile(r"\b(?:AND|OR|NOT|NEAR)\b")
_AND_NOT = re.compile(r"\bAND\s{1,20}NOT\b")
_HAN = "[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
_RUN, _SIGN = re.compile(f"{_HAN}++"), re.compile(f"({_HAN})")


def search(ranked: Sequence[Ranked], wanted: str) -> list[Ranked]:
    """Keep the stories of which a member's title, text or author fits; case and accents are alike.

    What FTS5 cannot parse and has no operator in it is looked for as plain words.
    https://sqlite.org/fts5.html#full_text_query_syntax
    Raises UsageError where nothing can be looked for, ScannerError where SQLite has no FTS5.
    """
    if len(wanted) > LONGEST:
        raise UsageError(f"--search: at most {LONGEST} characters")
    typed = _AND_NOT.sub("NOT", _storable(wanted))
    plain = " ".join(f'"{word}"' for word in re.split(r'[\s"]+', _SIGN.sub(r" \1 ", typed)) if word)
    if not re.search(r"\w", plain):
        raise UsageError("--search: there is no word to look for")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _index(connection, ranked)
        try:
            # a search that begins with * asks FTS5 about itself
            found = _rows(connection, plain if typed.lstrip()[:1] == "*" else _spaced(typed))
        except sqlite3.OperationalError as problem:
            if _OPERATOR.search(typed):
                raise UsageError(
                    f'--search: {problem}; write words, "a phrase", begin*, and between them '
                    "AND, OR or NOT (a NOT b)"
                ) from None
            found = _rows(connection, plain)
    return [one for at, one in enumerate(ranked) if at in found]


def _index(connection: sqlite3.Connection, ranked: Iterable[Ranked]) -> None:
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("CREATE TABLE owner (member INTEGER PRIMARY KEY, story INTEGER NOT NULL)")
    try:
        # no content: only what the index needs is kept
        connection.execute(
            """CREATE VIRTUAL TABLE words USING fts5 (
            title, text, author, content='', tokenize='unicode61 remove_diacritics 2')"""
        )
    except sqlite3.DatabaseError as problem:
        raise ScannerError(
            f"--search needs SQLite's FTS5, which this Python was built without ({problem})"
        ) from problem
    members = [(at, member.post) for at, one in enumerate(ranked) for member in one.story.members]
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO owner VALUES (?, ?)", ((n, at) for n, (at, _) in enumerate(members))
    )
    connection.executemany(
        "INSERT INTO words (rowid, title, text, author) VALUES (?, ?, ?, ?)",
        (
            (n, *(_SIGN.sub(r" \1 ", _storable(t)) for t in (p.title, p.text, p.author or "")))
            for n, (_, p) in enumerate(members)
        ),
    )
    connection.execute("COMMIT")


def _rows(connection: sqlite3.Connection, match: str) -> set[int]:
    rows = connection.execute(
        "SELECT story FROM owner WHERE member IN (SELECT rowid FROM words WHERE words MATCH ?)",
        (match,),
    )
    return {story for (story,) in rows}


def _spaced(typed: str) -> str:
    """Signs of Chinese and Japanese apart, as in the index: a run of them is a phrase."""
    parts = typed.split('"')
    for at, part in enumerate(parts):
        if at % 2:
            parts[at] = _SIGN.sub(r" \1 ", part)
        else:
            parts[at] = _RUN.sub(lambda run: f'"{" ".join(run[0])}"', part)
    return '"'.join(parts)


def _storable(text: str) -> str:
    """The text without what SQLite cannot hold (half a surrogate pair), or stops at (NUL)."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()
