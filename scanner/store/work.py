"""What a person said of a record, and what happened to it: kept apart from judgement (rule 7).

In: record IDs and decisions. Out: statuses and histories.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.records import Status
from scanner.store import codec

if TYPE_CHECKING:
    from scanner.store.database import Database


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a record's history."""

    at: datetime
    what: str
    """"shown", "note", or the status that a person gave it."""
    detail: str | None
    """A note's text; the end of a snooze."""


def status(database: Database, ids: Iterable[str], now: datetime) -> dict[str, Status]:
    """The status of each of these records, as of now."""
    wanted = list(ids)
    rows = database.rows(
        "SELECT id, status, until FROM work WHERE id IN (SELECT value FROM json_each(?))",
        codec.listed(wanted),
    )
    found: dict[str, Status] = dict.fromkeys(wanted, "new")
    for id_, decided, until in rows:
        over = until is not None and until <= codec.stamp(now)
        found[id_] = "new" if over else decided or "open"
    return found


def mark_shown(database: Database, ids: Iterable[str], now: datetime) -> None:
    """Remember that a person has seen these; a snooze that was over is forgotten with that."""
    at = codec.stamp(now)
    with database.transaction(durable=True) as connection:
        for id_ in ids:
            connection.execute(
                "UPDATE work SET status = NULL, until = NULL WHERE id = ? AND until <= ?", (id_, at)
            )
            marked = connection.execute(
                """INSERT INTO work (id, shown_at) VALUES (?, ?) ON CONFLICT (id)
                DO UPDATE SET shown_at = excluded.shown_at WHERE shown_at IS NULL""",
                (id_, at),
            )
            if marked.rowcount:
                _remember(database, id_, at, "shown", None)


def decide(
    database: Database, id_: str, status: Status, until: datetime | None, now: datetime
) -> None:
    """Record a decision."""
    if status == "new":
        raise ValueError("nobody can decide that a record was never shown")
    if (until is None) is (status == "snoozed"):
        raise ValueError("a snooze needs an end, and nothing else has one")
    at, end = codec.stamp(now), None if until is None else codec.stamp(until)
    with database.transaction(durable=True) as connection:
        connection.execute(
            """INSERT INTO work (id, status, until) VALUES (?, ?, ?) ON CONFLICT (id)
            DO UPDATE SET status = excluded.status, until = excluded.until""",
            (id_, status, end),
        )
        _remember(database, id_, at, status, end)


def note(database: Database, id_: str, text: str, now: datetime) -> None:
    """Add a note to the record's history."""
    with database.transaction(durable=True):
        _remember(database, id_, codec.stamp(now), "note", codec.clean(text))


def history(database: Database, id_: str) -> list[Event]:
    """What happened to the record, oldest first."""
    rows = database.rows("SELECT at, what, detail FROM events WHERE id = ? ORDER BY number", id_)
    return [Event(codec.moment(at), what, detail) for at, what, detail in rows]


def _remember(database: Database, id_: str, at: str, what: str, detail: str | None) -> None:
    database.connection.execute(
        "INSERT INTO events (id, at, what, detail) VALUES (?, ?, ?, ?)", (id_, at, what, detail)
    )
