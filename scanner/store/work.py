"""What a person said of a record, and what happened to it: kept apart from judgement (rule 7).

In: record IDs and decisions. Out: what stands of them, and histories.
Each decision is one action: one transaction, and one step of undo, for all its records. Every event
keeps what it replaced, field by field, so that an action can be taken back in the midst of others.

Touches: the disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scanner.records import Status
from scanner.store import codec

if TYPE_CHECKING:
    from sqlite3 import Connection

    from scanner.store.database import Database


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a record's history."""

    at: datetime
    what: str
    """"shown", the status that a person gave it, "note", "assigned", "tagged", or "undone"."""
    detail: str | None
    """A note's text; the end of a snooze; an owner (None: nobody); tags as "+new -old"; what was
    undone."""
    undone: bool = False
    """Whether it was taken back since."""


@dataclass(frozen=True, slots=True)
class Work:
    """What stands of all that was decided on a record."""

    status: Status = "new"
    until: datetime | None = None
    """The end of a snooze that is not over."""
    owner: str | None = None
    tags: tuple[str, ...] = ()
    """Sorted."""
    decided: int | None = None
    """The number of the action that gave it its status; a higher number came later. None where
    nobody has, or before actions were kept."""
    assigned: int | None = None
    """The same for its owner."""
    tagged: int | None = None
    """The same for its tags."""


@dataclass(frozen=True, slots=True)
class Undone:
    """An action that was taken back."""

    what: str
    """As of Event."""
    ids: tuple[str, ...]
    at: datetime
    """When it was done."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What one event does to a row of `work`; no values: it changes nothing there."""

    what: str
    detail: str | None = None
    values: Mapping[str, object] | None = None


Changed = Callable[[Work], _Change | None]
"""What to change of a record as it stands; None where it stands so already."""

Followed = Callable[[Mapping[str, Work]], Mapping[str, Work]]
"""How a story's records stand -> how those should that lag behind it."""


def work(database: Database, ids: Iterable[str], now: datetime) -> dict[str, Work]:
    """How each of these records stands, as of now; a snooze that is over reads as new."""
    wanted = list(ids)
    rows = database.rows(
        """SELECT id, coalesce(status, iif(shown_at IS NULL, 'new', 'open')), until, owner, tags,
        decided, assigned, tagged FROM work
        WHERE id IN (SELECT value FROM json_each(?))""",
        codec.listed(wanted),
    )
    found = dict.fromkeys(wanted, Work())
    for id_, status, until, owner, words, *actions in rows:
        end = codec.moment(until) if status == "snoozed" else None
        if end is not None and end <= now:
            status, end = "new", None
        found[id_] = Work(status, end, owner, tuple(json.loads(words or "[]")), *actions)
    return found


def mark_shown(database: Database, ids: Iterable[str], now: datetime) -> None:
    """Remember that a person has seen these; a snooze that was over is forgotten with that."""
    at = codec.stamp(now)
    with database.transaction(durable=True) as connection:
        for id_ in ids:
            connection.execute(
                # until stays: it says since when the record is back; decided, too: to put it off
                # was the last word on it, and an older one on a copy must not come before that
                "UPDATE work SET status = NULL WHERE id = ? AND until <= ?",
                (id_, at),
            )
            marked = connection.execute(
                """INSERT INTO work (id, shown_at) VALUES (?, ?) ON CONFLICT (id)
                DO UPDATE SET shown_at = excluded.shown_at WHERE shown_at IS NULL""",
                (id_, at),
            )
            if marked.rowcount:
                _remember(connection, id_, at, _Change("shown"))


# --- what a person decides ------------------------------------------------------------------------


def decide(
    database: Database, ids: Sequence[str], status: Status, until: datetime | None, now: datetime
) -> int | None:
    """Give records a status; returns the action's number, None where nothing changed."""
    if status == "new":
        raise ValueError("nobody can decide that a record was never shown")
    if (until is None) is (status == "snoozed"):
        raise ValueError("a snooze needs an end, and nothing else has one")
    end = None if until is None else codec.stamp(until)

    def change(record: Work) -> _Change | None:
        if (record.status, record.until) == (status, until):
            return None
        return _Change(status, end, {"status": status, "until": end, "decided": None})

    return _act(database, ids, status, change, now)


def note(database: Database, ids: Sequence[str], text: str, now: datetime) -> int | None:
    """Add a note to the records' histories."""
    return _act(database, ids, "note", lambda _: _Change("note", codec.clean(text)), now)


def assign(database: Database, ids: Sequence[str], owner: str | None, now: datetime) -> int | None:
    """Say who is to answer; None is nobody."""
    name = codec.clean(owner)

    def change(record: Work) -> _Change | None:
        if record.owner == name:
            return None
        return _Change("assigned", name, {"owner": name, "assigned": None})

    return _act(database, ids, "assigned", change, now)


def tag(
    database: Database,
    ids: Sequence[str],
    add: Collection[str],
    remove: Collection[str],
    now: datetime,
) -> int | None:
    """Add tags and remove others; a word that is both is added."""
    added, removed = set(codec.clean(tuple(add))), set(codec.clean(tuple(remove)))

    def change(record: Work) -> _Change | None:
        return _retagged(record, tuple(sorted(set(record.tags) - removed | added)))

    return _act(database, ids, "tagged", change, now)


def undo(database: Database, now: datetime, only: int | None = None) -> Undone | None:
    """Take back the latest action that still stands; None where there is none.

    With `only` it is that action or none: none, too, where a later one has changed the same of one
    of its records, since what it replaced is not what would come back.
    """
    at = codec.stamp(now)
    with database.transaction(durable=True) as connection:
        last = connection.execute(
            """SELECT number, at, what FROM actions
            WHERE undone_at IS NULL AND (:only IS NULL OR number = :only)
            ORDER BY number DESC LIMIT 1""",
            {"only": only},
        ).fetchone()
        if last is None or (only is not None and _is_built_on(connection, only)):
            return None
        number, done_at, what = last
        events = connection.execute(
            "SELECT id, before FROM events WHERE action = ? ORDER BY number DESC", (number,)
        ).fetchall()
        for id_, before in events:
            if before is not None:
                _put(connection, id_, json.loads(before))
        connection.execute("UPDATE actions SET undone_at = ? WHERE number = ?", (at, number))
        ids = tuple(dict.fromkeys(id_ for id_, _ in reversed(events)))
        for id_ in ids:
            _remember(connection, id_, at, _Change("undone", what))
    return Undone(what, ids, codec.moment(done_at))


def _is_built_on(connection: Connection, number: int) -> bool:
    """Whether a later action, which stands, has changed what this one changed."""
    mine: dict[str, set[str]] = {}
    for id_, before in connection.execute(
        "SELECT id, before FROM events WHERE action = ? AND before IS NOT NULL", (number,)
    ):
        mine.setdefault(id_, set()).update(json.loads(before))
    later = connection.execute(
        """SELECT id, before FROM events JOIN actions ON actions.number = events.action
        WHERE action > ? AND undone_at IS NULL AND before IS NOT NULL""",
        (number,),
    )
    return any(not mine.get(id_, set()).isdisjoint(json.loads(before)) for id_, before in later)


def settle(
    database: Database, stories: Sequence[Sequence[str]], followed: Followed, now: datetime
) -> None:
    """Bring copies to where their story stands, as part of the actions that brought it there.

    That is no action of a person's: nothing new can be undone by it, and undoing those actions
    frees the copies as well.
    """
    at = codec.stamp(now)
    with database.transaction(durable=True) as connection:
        # read inside the transaction: what a person decided or took back a moment ago holds
        stands = work(database, (id_ for ids in stories for id_ in ids), now)
        for ids in stories:
            for id_, wanted in followed({id_: stands[id_] for id_ in ids}).items():
                for change, action in _differing(stands[id_], wanted):
                    _change(connection, id_, at, change, action)


def _differing(record: Work, story: Work) -> Iterable[tuple[_Change, int | None]]:
    if (record.status, record.until) != (story.status, story.until):
        end = codec.stamp(story.until) if story.until else None
        values = {"status": story.status, "until": end, "decided": None}
        yield _Change(story.status, end, values), story.decided
    if record.owner != story.owner:
        yield (
            _Change("assigned", story.owner, {"owner": story.owner, "assigned": None}),
            story.assigned,
        )
    if retagged := _retagged(record, story.tags):
        yield retagged, story.tagged


# --- what is left of it ---------------------------------------------------------------------------


def history(database: Database, id_: str) -> list[Event]:
    """What happened to the record, oldest first."""
    rows = database.rows(
        """SELECT events.at, events.what, detail, undone_at IS NOT NULL FROM events
        LEFT JOIN actions ON actions.number = events.action
        WHERE id = ? ORDER BY events.number""",
        id_,
    )
    return [Event(codec.moment(at), what, detail, bool(off)) for at, what, detail, off in rows]


def undoable(database: Database) -> bool:
    """Whether there is an action that undo would take back."""
    return bool(database.rows("SELECT 1 FROM actions WHERE undone_at IS NULL LIMIT 1"))


def snoozed(database: Database, since: datetime) -> list[str]:
    """Records whose snooze is not over, or ended since then and was followed by no decision."""
    rows = database.rows("SELECT id FROM work WHERE until > ? ORDER BY id", codec.stamp(since))
    return [id_ for (id_,) in rows]


def owners(database: Database) -> list[str]:
    """Everybody who has records to answer, by name."""
    rows = database.rows("SELECT DISTINCT owner FROM work WHERE owner IS NOT NULL ORDER BY owner")
    return [name for (name,) in rows]


def tags(database: Database) -> list[str]:
    """Every tag that a record has."""
    rows = database.rows("SELECT DISTINCT value FROM work, json_each(work.tags) ORDER BY value")
    return [word for (word,) in rows]


def _act(
    database: Database, ids: Sequence[str], what: str, change: Changed, now: datetime
) -> int | None:
    """Change records in one action; where nothing changes there is none, and nothing to undo."""
    at, action = codec.stamp(now), None
    with database.transaction(durable=True) as connection:
        # read inside the transaction: another process may have decided a moment ago
        stands = work(database, ids, now)
        changes = {id_: told for id_, record in stands.items() if (told := change(record))}
        if changes:
            action = connection.execute(
                "INSERT INTO actions (at, what) VALUES (?, ?)", (at, what)
            ).lastrowid
            for id_, told in changes.items():
                _change(connection, id_, at, told, action)
    return action


def _retagged(record: Work, wanted: tuple[str, ...]) -> _Change | None:
    if record.tags == wanted:
        return None
    signed = [f"+{word}" for word in wanted if word not in record.tags]
    signed += [f"-{word}" for word in record.tags if word not in wanted]
    kept = codec.listed(wanted) if wanted else None
    return _Change("tagged", " ".join(signed), {"tags": kept, "tagged": None})


def _change(connection: Connection, id_: str, at: str, change: _Change, action: int | None) -> None:
    """Write a change with the event that remembers what it replaced."""
    before = None
    if change.values is not None:
        connection.execute("INSERT OR IGNORE INTO work (id) VALUES (?)", (id_,))
        values = {k: action if k in _ACTIONS else value for k, value in change.values.items()}
        old = connection.execute(f"SELECT {', '.join(values)} FROM work WHERE id = ?", (id_,))
        before = json.dumps(dict(zip(values, old.fetchone(), strict=True)))
        _put(connection, id_, values)
    _remember(connection, id_, at, change, action, before)


_ACTIONS = ("decided", "assigned", "tagged")
_COLUMNS = ("status", "until", "owner", "tags", *_ACTIONS)


def _put(connection: Connection, id_: str, values: Mapping[str, Any]) -> None:
    known = [column for column in _COLUMNS if column in values]  # names come from here alone
    connection.execute(
        f"UPDATE work SET {', '.join(f'{column} = ?' for column in known)} WHERE id = ?",
        (*(values[column] for column in known), id_),
    )


def _remember(
    connection: Connection,
    id_: str,
    at: str,
    change: _Change,
    action: int | None = None,
    before: str | None = None,
) -> None:
    connection.execute(
        "INSERT INTO events (id, at, what, detail, action, before) VALUES (?, ?, ?, ?, ?, ?)",
        (id_, at, change.what, change.detail, action, before),
    )
