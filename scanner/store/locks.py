"""Who may write: one scan at a time, and within it one writer at a time.

In: the database's path. Out: its two locks.
Both are locks of the kernel (`flock`) on files beside the database. The kernel frees them when
their holder dies, by whatever signal, so there is never a stale one: the files that stay, and what
stands in them, mean nothing.

The scan's lock is held for the whole life of a run that judges, so that no feed is asked twice.
The writer's lock is held for moments: around every transaction, migration, checkpoint, creation,
and around the closing of a connection that may write, since the last one to close empties the
write-ahead log into the file. So a person decides beside a running scan. Readers take neither;
their connections (mode=ro) can neither write nor checkpoint.

Hence SQLite's WAL-reset fault (before 3.51.3; https://sqlite.org/wal.html#walresetbug) is out of
reach, whatever SQLite the system has. It needs one connection that is in a checkpoint while another
commits what starts the log anew. Both happen only under the writer's lock, so never at once.

Touches: the disk, the clock.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import StoreError

if TYPE_CHECKING:
    from filelock import BaseFileLock

PATIENCE = 10.0
"""Seconds to wait for the writer's lock. Saving the largest feed takes under 1 s, writing what
came of judging 20,000 posts anew 3 s; a decision that has to wait longer says so, and can be made
again."""
SHORT, LONG = 0.001, 0.05
"""Seconds between two tries. `flock` can wait by itself, but not for so long and no longer. Who
writes in a loop leaves gaps of microseconds: at 10 ms, one of four such was kept out for 10 s."""
_WITHOUT = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP})


class Lock:
    """A lock on a file of its own; not to be taken twice by one holder.

    The file stays open between two uses: 3 µs for taking and giving back, where filelock 4.2 took
    260 µs, and 50 ms to import. It serves only where the system has no `flock` (Windows).
    """

    def __init__(self, path: Path, refusal: str, pause: float = SHORT) -> None:
        """Name the file, and what is said when somebody else holds the lock."""
        self.path = path
        self._pause = pause
        self._refusal = refusal
        self._file = -1
        self._elsewhere: BaseFileLock | None = None

    def acquire(self, seconds: float) -> None:
        """Wait so long for it; then StoreError. OSError where there can be no such file."""
        end = time.monotonic() + seconds
        while not self._taken():
            if (left := end - time.monotonic()) <= 0:
                raise StoreError(self._refusal)
            time.sleep(min(self._pause, left))

    def release(self) -> None:
        """Let others have it."""
        if self._elsewhere:
            self._elsewhere.release()
        elif self._file >= 0:
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it back for good. Twice is once."""
        if self._elsewhere:
            self._elsewhere.release(force=True)
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @contextmanager
    def held(self, seconds: float | None = None) -> Iterator[None]:
        """Have it for the block; without a number wait as long as is patient."""
        self.acquire(PATIENCE if seconds is None else seconds)
        try:
            yield
        finally:
            self.release()

    def _taken(self) -> bool:
        try:
            import fcntl
        except ImportError:
            return self._taken_elsewhere()
        if self._file < 0:
            self._file = _opened(self.path)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _WITHOUT:
                raise
            raise StoreError(
                f"{self.path} cannot be locked: its file system has no locks, and without them two "
                "scanners may write at once. Name a database on another disk with --db."
            ) from error
        if os.fstat(self._file).st_nlink:
            return True
        # Somebody has deleted the file: who comes next makes another, and would not see our lock.
        self.close()
        return False

    def _taken_elsewhere(self) -> bool:
        from filelock import FileLock, Timeout

        if self._elsewhere is None:
            self._elsewhere = FileLock(self.path, mode=0o600, thread_local=False)
        try:
            self._elsewhere.acquire(timeout=0)
        except Timeout:
            return False
        return True


def for_scans(path: Path) -> Lock:
    """The lock of a run that judges: one scan at a time with this database."""
    return Lock(
        path.with_name(f"{path.name}.lock"),
        f"Another scanner is scanning with {path}. Try again when it has ended; "
        "`scan --wait 60s` waits for it.",
        LONG,
    )


def for_upgrades(path: Path) -> Lock:
    """The same lock, for a decision that finds a database to be made, or of an older format."""
    return Lock(
        path.with_name(f"{path.name}.lock"),
        f"{path} must first be brought up to date, but a scan with it is running. "
        "Try again when the scan has ended.",
    )


def for_writes(path: Path) -> Lock:
    """The writer's lock: for moments, one writer at a time."""
    return Lock(
        path.with_name(f"{path.name}.write.lock"),
        f"{path}: something else is being written to it just now. "
        "Nothing of this was saved; try again in a moment.",
    )


def _opened(path: Path) -> int:
    """The file, made for our eyes only where it is missing, and not followed where it is a link."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, 0o600)
