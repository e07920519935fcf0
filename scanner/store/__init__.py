"""The memory between runs: one SQLite file with feeds, posts, judgements, and people's decisions.

In: records. Out: the same records, later. `connect` is the door.
What came of one feed is saved in one transaction: its posts, their judgements, and the validators
that let the server answer "not modified" next time. A kill leaves all of it or nothing.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from scanner.records import FeedState, HostState, Judged, Post, Status
from scanner.store import codec, feeds, judgements, work
from scanner.store import posts as entries
from scanner.store.batch import Batch
from scanner.store.work import Event, Followed, Undone, Work

if TYPE_CHECKING:
    from scanner.store.database import Database
    from scanner.store.locks import Lock

__all__ = ["Event", "Store", "Undone", "Work", "connect", "rehearse"]


def connect(path: Path, *, write: bool = True, wait: float = 0.0, alone: bool = True) -> Store:
    """Open the database; a context manager.

    `alone` is a run that judges: it holds the scan's lock for as long as it is open, and waits
    `wait` seconds for another to end. Not `alone` is a person's decision, which goes through beside
    a running scan. Either creates or upgrades the file. Only to read, a store needs no lock, no
    right to write, and no file: what is not there is empty, and stays uncreated.

    Raises StoreError: locked, damaged, unwritable, another program's or a newer scanner's.
    """
    from scanner.store import file  # brings sqlite3

    path = path.absolute().resolve()
    if write:
        return Store(*file.open_to_write(path, wait, alone=alone))
    return Store(file.open_to_read(path))


def rehearse(path: Path) -> Store:
    """Open a copy of the database in memory, for a run that is to leave no trace.

    It holds whatever was saved until now, also by a scan that is still running; it can be written
    to like the file, needs no lock, and is gone once closed. Raises StoreError as connect does.
    """
    from scanner.store import file

    return Store(file.open_to_rehearse(path.absolute().resolve()))


class Store:
    """An open database. To be used by one thread, the one that opened it.

    Every method raises StoreError where the disk, or what is on it, does not play along; what was
    saved before stays saved.
    """

    notices: tuple[str, ...]
    """What a person should be told about where the database is: said by one opening to write, once
    in the life of the file."""

    def __init__(
        self, database: Database, scanning: Lock | None = None, notices: tuple[str, ...] = ()
    ) -> None:
        """Take over a connection and the scan's lock; see connect."""
        self._database = database
        self._scanning = scanning
        self.notices = notices
        self._reissued: dict[str, str] = {}
        self._batch: Batch | None = None

    def __enter__(self) -> Store:
        """Give the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store, whatever happened."""
        self.close()

    def close(self) -> None:
        """Give the file and the lock back. Twice is once."""
        try:
            self._database.close()
        finally:
            if self._scanning:
                self._scanning.close()

    # --- feeds and hosts ------------------------------------------------------------------------

    def feed_states(self) -> dict[str, FeedState]:
        """Every feed that was ever asked, by its address."""
        return feeds.states(self._database)

    def host_states(self, now: datetime) -> dict[str, HostState]:
        """The hosts that want to be left alone, or did until a week ago, by their names."""
        return feeds.hosts(self._database, now)

    def save_unchanged(self, states: Iterable[FeedState]) -> None:
        """Save what is remembered of feeds that brought no posts, many in one transaction.

        Only where nothing was to be stored but the state: after a kill that comes before this, the
        feeds are asked again, with the validators that they had.
        """
        with self._database.transaction() as connection:
            feeds.save(connection, *states)

    def save_host(self, host: HostState) -> None:
        """Remember a host that no feed's outcome came with."""
        with self._database.transaction() as connection:
            feeds.save_host(connection, host)

    # --- posts ----------------------------------------------------------------------------------

    def adopt(self, posts: Iterable[Post]) -> list[Post]:
        """The posts of a document as the store will know them; call it before anything else.

        Each id comes once (the newest, or else the first in the document); text that cannot be
        stored is mended; and a post that the feed now gives another guid gets its old one back,
        so that its ID and what was decided on it live on.
        """
        self._batch, reissued = entries.adopt(self._database, posts)
        self._reissued |= reissued
        return self._batch.posts

    def unjudged(self, posts: Sequence[Post]) -> list[Post]:
        """Of adopted posts, those that are new, or whose title, text or rating has changed."""
        return self._ready(posts).unjudged()

    def save_feed(
        self,
        state: FeedState,
        posts: Sequence[Post],
        judged: Sequence[Judged],
        *,
        rules: str,
        now: datetime,
        host: HostState | None = None,
    ) -> int:
        """Save in one transaction what came of one feed; returns how many posts were new.

        `posts` are all adopted posts, as adopt gave them; `judged` the judgements on the unjudged
        ones. An edited post loses its older judgements. Posts that left the feed stay.
        """
        batch, url = self._ready(posts), codec.clean(state.url)
        if batch.feed_url not in (None, url):
            raise ValueError(f"posts of another feed than {state.url}")
        aliases = {new: old for new, old in self._reissued.items() if old in batch.rows}
        with self._database.transaction() as connection:
            feeds.save(connection, state)
            feed = feeds.number(connection, url)
            saved = entries.save(connection, feed, batch, codec.stamp(now))
            entries.save_aliases(connection, feed, aliases)
            judgements.forget(connection, feed, saved.edited)
            judgements.save(connection, judged)
            judgements.adopt_rules(connection, rules, replacing=False)
            if host:
                feeds.save_host(connection, host)
        self._batch = None
        return len(saved.new)

    def _ready(self, posts: Sequence[Post]) -> Batch:
        """What adopt made of these posts; made anew where they are others, or saved meanwhile."""
        if self._batch is not None and self._batch.holds(posts):
            return self._batch
        return entries.beside(self._database, posts)

    def posts(
        self, since: datetime | None = None, feed_urls: Collection[str] | None = None
    ) -> Iterator[Post]:
        """Stored posts published (without a date: first seen) since then, feed by feed."""
        return entries.since(self._database, since, feed_urls)

    def posts_by(self, handles: Collection[str], since: datetime) -> list[Post]:
        """Stored posts by authors of these folded handles, published (or first seen) since then.

        A handle is what `text.handle_of` makes of an author, without its host.
        """
        return entries.by(self._database, handles, since)

    def latest(self, most: int) -> dict[str, list[datetime]]:
        """When the latest posts of each feed are from, newest first; `most` of each."""
        return entries.latest(self._database, most)

    # --- judgements -----------------------------------------------------------------------------

    def rules(self) -> str | None:
        """The fingerprint of the rules by which everything was judged; None before the first."""
        return judgements.rules(self._database)

    def rejudge(self, rules: str, judged: Iterable[Judged]) -> None:
        """Replace every judgement in one transaction; no decision is touched.

        `judged` may be made on the fly from `posts()`. A stored post that was unread until its
        judgement is kept as read. If `judged` raises, nothing has changed.
        """
        # All are made before the transaction begins: judging takes 3 to 10 ms a post, and who
        # decides meanwhile waits 10 s at most (20,000 posts: 3 s in here, and minutes before).
        # The scan's lock keeps the posts as they are.
        read: dict[int, entries.Read] = {}
        packed = judgements.packed(entries.noting_read(self._database, judged, read))
        with self._database.transaction() as connection:
            judgements.forget_all(connection)
            entries.save_read(connection, read)
            judgements.save_packed(connection, packed)
            judgements.adopt_rules(connection, rules, replacing=True)
        self._batch = None

    def judged(
        self,
        since: datetime | None = None,
        *,
        brands: Collection[str] | None = None,
        feed_urls: Collection[str] | None = None,
    ) -> list[Judged]:
        """Judgements on posts published (or first seen) since then, newest first."""
        return judgements.since(self._database, since, brands, feed_urls)

    def find(self, id_: str) -> Judged | None:
        """The judgement with this full ID, or None: a rule may have undone it."""
        return judgements.one(self._database, id_)

    def resolve(self, prefix: str) -> str:
        """The full ID that begins so. Raises UsageError where it is none or several."""
        return judgements.resolve(self._database, prefix)

    # --- the file as a whole --------------------------------------------------------------------

    def backup(self, target: Path) -> None:
        """Copy all that is saved by now to `target`, in one step, beside whoever writes.

        Only another scanner's database is replaced; UsageError where there is something else.
        """
        from scanner.store import backup

        backup.backup(self._database.path, target)

    def prune(self, older_than: datetime, most: int | None = None) -> int:
        """Take their words from posts dated before that, unless a person decided on them.

        They stay known, and never come back as new. Returns how many; a bounded number in one run
        (`most`), and the rest in the next ones.
        """
        from scanner.store import prune

        emptied = prune.prune(self._database, older_than, most or prune.IN_A_RUN)
        self._batch = None
        return emptied

    def remember_brands(self, names: Iterable[str]) -> None:
        """Keep the names of brands that are about to be decided for, before that is saved.

        `prune` spares what was decided on, and finds it by these names: also where the brand was
        never judged for in this file, but only in somebody's copy of it.
        """
        new = {codec.clean(name) for name in names} - {*judgements.brands_ever(self._database)}
        if new:
            with self._database.transaction() as connection:
                judgements.remember(connection, new)

    # --- a person's decisions -------------------------------------------------------------------

    def work(self, ids: Iterable[str], now: datetime) -> dict[str, Work]:
        """How each of these records stands: its status, the end of a snooze, owner and tags."""
        return work.work(self._database, ids, now)

    def status(self, ids: Iterable[str], now: datetime) -> dict[str, Status]:
        """The status of each of these records; a snooze that is over reads as new."""
        return {id_: record.status for id_, record in self.work(ids, now).items()}

    def mark_shown(self, ids: Iterable[str], now: datetime) -> None:
        """Remember that a person has seen these records; that is no action, and not undone."""
        work.mark_shown(self._database, ids, now)

    def decide(
        self,
        ids: str | Sequence[str],
        status: Status,
        *,
        until: datetime | None = None,
        now: datetime,
    ) -> int | None:
        """Record a decision on full IDs; `until` is the end of a snooze. "open" takes back others.

        As `note`, `assign` and `tag` it is one action: saved whole, and taken back whole. Returns
        its number, from 1; None where nothing changed, so that there is no action either.
        """
        return work.decide(self._database, _many(ids), status, until, now)

    def note(self, ids: str | Sequence[str], text: str, now: datetime) -> int | None:
        """Add a note to the history of records."""
        return work.note(self._database, _many(ids), text, now)

    def assign(self, ids: str | Sequence[str], owner: str | None, now: datetime) -> int | None:
        """Say who is to answer; None is nobody."""
        return work.assign(self._database, _many(ids), owner, now)

    def tag(
        self,
        ids: str | Sequence[str],
        add: Collection[str],
        remove: Collection[str],
        now: datetime,
    ) -> int | None:
        """Add a person's own words to records, and take others away."""
        return work.tag(self._database, _many(ids), add, remove, now)

    def undo(self, now: datetime, only: int | None = None) -> Undone | None:
        """Take back the latest action that still stands, exactly; None where there is none.

        Called again, it goes one further back. With `only` it takes back the action of this number
        alone; None where that is taken back already, or somebody has decided otherwise since.
        """
        return work.undo(self._database, now, only)

    def undoable(self) -> bool:
        """Whether there is an action that undo would take back."""
        return work.undoable(self._database)

    def settle(self, stories: Sequence[Sequence[str]], followed: Followed, now: datetime) -> None:
        """Bring copies to where their stories stand, as part of the actions that decided those.

        `stories` are the IDs of each; `followed` says of one, as it stands in the very transaction
        that writes, how those of its records should stand that lag behind.
        """
        work.settle(self._database, stories, followed, now)

    def snoozed(self, since: datetime) -> list[str]:
        """IDs of what sleeps, or came back since then and waits for a decision."""
        return work.snoozed(self._database, since)

    def owners(self) -> list[str]:
        """Everybody who has something to answer."""
        return work.owners(self._database)

    def tags(self) -> list[str]:
        """Every tag in use."""
        return work.tags(self._database)

    def history(self, id_: str) -> list[Event]:
        """What happened to a record, oldest first. Nothing is ever taken out of it."""
        return work.history(self._database, id_)


def _many(ids: str | Sequence[str]) -> Sequence[str]:
    """One ID is a sequence, too: of its letters, which nobody means."""
    return [ids] if isinstance(ids, str) else ids
