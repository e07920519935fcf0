"""What a database holds, so that two can be compared whatever the time and the order of saving.

In: the path of a database that nobody writes to. Out: a State, or Damage where it is not sound.
It is read by SQL from a copy: looking at what a kill has left must not mend it.

Touches: the disk.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TIMES = frozenset(
    (
        "checked_at",
        "ok_at",
        "next_check",
        "complete_at",
        "failing_since",
        "told_at",
        "told_before",
        "rest_until",
    )
)
"""Of a feed's state: when, not what."""
_ELSEWHERE = frozenset(("feeds", "posts", "judgements", "aliases", "hosts"))
_TIMES_OF_ROWS = ("number", "at", "shown_at", "until", "undone_at")
_ACTIONS = ("action", "decided", "assigned", "tagged", "before")
"""Which action it was, and what it replaced."""
_NO_PART = frozenset((*_TIMES_OF_ROWS, *_ACTIONS))
"""Columns that differ from run to run: times, and the order of saving."""


class Damage(AssertionError):
    """The database is not sound."""


@dataclass(frozen=True)
class FeedHeld:
    """All that came of one feed: to be there whole or not at all."""

    state: tuple[tuple[str, Any], ...]
    """Validators among them; without times."""
    posts: frozenset[tuple[Any, ...]]
    judgements: frozenset[tuple[Any, ...]]


@dataclass(frozen=True)
class State:
    """A database's content."""

    version: int = 0
    feeds: dict[str, FeedHeld] = field(default_factory=dict)
    """By address."""
    others: dict[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)
    """Decisions, histories, rules: rows by table, without times."""
    shown: frozenset[str] = frozenset()
    """IDs that a person has been shown."""
    statuses: dict[str, str | None] = field(default_factory=dict)
    """What was decided, by ID."""

    @property
    def happened(self) -> Counter[str]:
        """How many events each ID has in its history."""
        return Counter(row[0] for row in self.others.get("events", ()))


def read(path: Path) -> State:
    """Check the database, and read all of it; what is not there is empty."""
    if not path.exists() or not path.stat().st_size:
        return State()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.db")
        for end in ("", "-wal", "-journal"):
            if (beside := path.with_name(path.name + end)).exists():
                shutil.copyfile(beside, copy.with_name(copy.name + end))
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            _check(connection)
            return _state(connection)


def _check(connection: sqlite3.Connection) -> None:
    for pragma, expected in (("quick_check", [("ok",)]), ("foreign_key_check", [])):
        found = connection.execute(f"PRAGMA {pragma}").fetchall()
        if found != expected:
            raise Damage(f"{pragma}: {found[:3]}")
    for table in _search_indexes(connection):
        try:  # raises where the index does not agree with what it is made of
            connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            raise Damage(f"{table}: {error}") from error


def _search_indexes(connection: sqlite3.Connection) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"
        )
    ]


def _state(connection: sqlite3.Connection) -> State:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    posts = _by_feed(
        connection,
        "SELECT url, id, identity, content, posts.body FROM posts JOIN feeds ON feed = feeds.number"
        " UNION ALL SELECT url, 'alias', aliases.id, posts.id, '' FROM aliases"
        " JOIN posts ON post = posts.number JOIN feeds ON feed = feeds.number",
    )
    judged = _by_feed(
        connection,
        "SELECT url, judgements.id, posts.id, brand, judgements.body FROM judgements"
        " JOIN posts ON post = posts.number JOIN feeds ON feed = feeds.number",
    )
    feeds = {
        url: FeedHeld(_lasting(state), posts.get(url, frozenset()), judged.get(url, frozenset()))
        for url, state in connection.execute("SELECT url, state FROM feeds")
    }
    if strange := (posts.keys() | judged.keys()) - feeds.keys():
        raise Damage(f"posts of feeds that are not there: {sorted(strange)[:3]}")
    shown = connection.execute("SELECT id FROM work WHERE shown_at IS NOT NULL").fetchall()
    others = {table: tuple(_rows(connection, table)) for table in _tables(connection)}
    statuses = dict(connection.execute("SELECT id, status FROM work").fetchall())
    return State(version, feeds, others, frozenset(id_ for (id_,) in shown), statuses)


def _by_feed(connection: sqlite3.Connection, sql: str) -> dict[str, frozenset[tuple[Any, ...]]]:
    found: dict[str, set[tuple[Any, ...]]] = {}
    for url, *rest in connection.execute(sql):
        found.setdefault(url, set()).add(tuple(rest))
    return {url: frozenset(rows) for url, rows in found.items()}


def _lasting(state: bytes) -> tuple[tuple[str, Any], ...]:
    told = json.loads(state)
    return tuple((key, repr(told[key])) for key in sorted(told) if key not in _TIMES)


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    indexes = _search_indexes(connection)
    return sorted(
        name
        for (name,) in found
        if name not in _ELSEWHERE
        and not name.startswith("sqlite_")
        and not any(name == index or name.startswith(f"{index}_") for index in indexes)
    )


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """Rows, those of one record in the order of their numbers."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    kept = [name for name in columns if name not in _NO_PART]
    order = [name for name in ("id", "name", "number") if name in columns] or ["1"]
    # how far retention has come is a time
    where = "WHERE name <> 'pruned'" if table == "meta" else ""
    yield from connection.execute(
        f"SELECT {', '.join(kept) or '1'} FROM {table} {where} ORDER BY {', '.join(order)}"
    )


# --- comparing ------------------------------------------------------------------------------------


def torn(found: State, *whole: State) -> list[str]:
    """Name the feeds that are as in none of the states that they may be in."""
    return [
        url
        for url, held in found.feeds.items()
        if all(state.feeds.get(url) != held for state in whole)
    ] + [
        f"{url} is gone"
        for url in set.intersection(*(set(state.feeds) for state in whole))
        if url not in found.feeds
    ]


def strange(found: State, *whole: State) -> list[str]:
    """Name the feeds with a post or a judgement that none of the states has."""
    known = {row for state in whole for held in state.feeds.values() for row in _contents(held)}
    return [url for url, held in found.feeds.items() if not known.issuperset(_contents(held))]


def _contents(held: FeedHeld) -> frozenset[tuple[Any, ...]]:
    return held.posts | held.judgements


def differences(found: State, expected: State) -> list[str]:
    """Say in words where two states differ; [] where they agree."""
    told = [f"format {found.version}, not {expected.version}"] * (found.version != expected.version)
    for url in sorted(found.feeds.keys() | expected.feeds.keys()):
        a, b = found.feeds.get(url), expected.feeds.get(url)
        if a is None or b is None:
            told.append(f"{url}: {'missing' if a is None else 'not expected'}")
            continue
        if a.state != b.state:
            told.append(f"{url}: {sorted(set(a.state) ^ set(b.state))}")
        for what in ("posts", "judgements"):
            held, wanted = getattr(a, what), getattr(b, what)
            if held != wanted:
                lost, more = len(wanted - held), len(held - wanted)
                told.append(f"{url}: {what}: {lost} missing, {more} not expected")
    for table in sorted(found.others.keys() | expected.others.keys()):
        rows, wanted_rows = found.others.get(table, ()), expected.others.get(table, ())
        if rows != wanted_rows:
            odd = sorted(set(map(repr, rows)) ^ set(map(repr, wanted_rows)))
            told.append(f"{table}: {len(rows)} rows, not {len(wanted_rows)}; {odd[:4]}")
    if found.shown != expected.shown:
        told.append(f"shown: {len(found.shown)}, not {len(expected.shown)}")
    return told
