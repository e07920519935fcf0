"""What is remembered of feeds and hosts between runs.

In: FeedState, HostState. Out: the same, from the last run.

Touches: the disk.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scanner.records import FeedState, HostState
from scanner.store import codec

if TYPE_CHECKING:
    from sqlite3 import Connection

    from scanner.store.database import Database


def states(database: Database) -> dict[str, FeedState]:
    """Every feed that was ever asked, by its address."""
    return {
        url: database.load(FeedState, state)
        for url, state in database.rows("SELECT url, state FROM feeds ORDER BY url")
    }


def hosts(database: Database, now: datetime) -> dict[str, HostState]:
    """The hosts that want to be left alone, or did until a week ago."""
    return {
        host: HostState(host, codec.moment(not_before), why)
        for host, not_before, why in database.rows(
            "SELECT host, not_before, why FROM hosts WHERE not_before > ? ORDER BY host",
            codec.stamp(now - timedelta(days=7)),
        )
    }


def save(connection: Connection, *states: FeedState) -> None:
    """Remember feeds, in the caller's transaction."""
    connection.executemany(
        "INSERT INTO feeds (url, state) VALUES (?, ?)"
        " ON CONFLICT (url) DO UPDATE SET state = excluded.state",
        ((codec.clean(state.url), codec.dump(state)) for state in states),
    )


def number(connection: Connection, url: str) -> int:
    """The number of a remembered feed's row."""
    return int(connection.execute("SELECT number FROM feeds WHERE url = ?", (url,)).fetchone()[0])


def save_host(connection: Connection, host: HostState) -> None:
    """Remember a host, in the caller's transaction; what it said last counts."""
    connection.execute(
        "INSERT OR REPLACE INTO hosts (host, not_before, why) VALUES (?, ?, ?)",
        (codec.clean(host.host), codec.stamp(host.not_before), codec.clean(host.why)),
    )
