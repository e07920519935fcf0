"""A file replaced in one step: a crash, a full disk or a signal leaves the old one or the new one.

In: a path and bytes. Out: the file, with the mode, the owner and the links it had.
Until then its bytes are in `.scanner-NAME-…` beside it. Only SIGKILL or a crash of the machine can
leave such a scrap; whoever writes that file an hour later takes it away.

Touches: the disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scanner.errors import ScannerError

_LONGEST = 3600.0
"""Seconds that writing a file may take: an older scrap belongs to nobody. Bytes that are in memory
already take seconds; a network drive may hang for minutes. Files' times are compared with each
other, so that a clock that is wrong, or a server's, does no harm."""


def replace(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a file whole or not at all; what is no regular file (/dev/stdout, a pipe) directly.

    `mode` is the file's afterwards; without it a file keeps its own, and a new one gets what the
    umask gives. Raises ScannerError, which names the path and says why in plain words, and
    BrokenPipeError where the reader of a pipe has gone.
    """
    kept = ""
    try:
        if _is_stream(path):
            with path.open("ab") as stream:  # behind what `>>` kept of an output file
                stream.write(data)
            return
        real = Path(os.path.realpath(path))  # a link to the file stays a link
        if real.exists():
            kept = "; the file is as it was"
            if not os.access(real, os.W_OK):  # os.replace asks the folder only
                raise PermissionError(0, "the file is read-only")
        _swap(real, data, mode)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as problem:
        raise ScannerError(f"{path}: could not write: {_why(problem)}{kept}") from problem


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process of ours changes a file in the folder.

    The lock is on the folder itself, so no lock file is left, and the kernel frees it when its
    holder dies. Where a system has no such locks (Windows, some network drives) there is none.
    """
    handle = None
    with suppress(ImportError, OSError):
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _is_stream(path: Path) -> bool:
    """Devices, pipes, and what stands in /dev and /proc for a stream that is open already.

    `/dev/stdout` may lead to a regular file, which belongs to the shell that opened it.
    """
    if os.path.abspath(path).startswith(("/dev/std", "/dev/fd/", "/proc/self/fd/")):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def _swap(real: Path, data: bytes, mode: int | None) -> None:
    import tempfile

    prefix, temporary = _scrap(real), ""
    try:
        handle, temporary = tempfile.mkstemp(dir=real.parent, prefix=prefix)
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        _as_it_was(real, temporary, mode)
        _sweep(real.parent, prefix, os.stat(temporary).st_mtime - _LONGEST)
        os.replace(temporary, real)
    except BaseException:  # SIGTERM and Ctrl-C, too, leave no scrap
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        raise
    _settle(real.parent)


def _scrap(real: Path) -> str:
    """How names of temporary files for a file begin; a name has 255 bytes at most."""
    return f".scanner-{os.fsdecode(os.fsencode(real.name)[:100])}-"


_RANDOM = re.compile(r"[a-z0-9_]{8}")
"""What tempfile puts behind a prefix."""


def _sweep(folder: Path, prefix: str, before: float) -> None:
    """Take away what was left by processes that were killed, and only that."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and _RANDOM.fullmatch(entry.name[len(prefix) :]):
                with suppress(OSError):  # in a folder that is shared, it may be somebody else's
                    if entry.stat(follow_symlinks=False).st_mtime < before:
                        os.unlink(entry.path)


def _settle(folder: Path) -> None:
    """Make the new name last: without it a crash of the machine may bring back the old file."""
    with suppress(OSError):  # Windows and some network drives know no such thing
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _as_it_was(real: Path, temporary: str, mode: int | None) -> None:
    """Give the new file the owner and the mode of the old one, as far as the system lets us."""
    try:
        old = real.stat()
    except FileNotFoundError:
        os.chmod(temporary, _new_mode() if mode is None else mode)
        return
    new = os.stat(temporary)
    if old.st_gid != new.st_gid:
        with suppress(OSError):  # to a group that one is in, if one is
            os.chown(temporary, -1, old.st_gid)
    if old.st_uid != new.st_uid:
        with suppress(OSError):  # only root may give files away
            os.chown(temporary, old.st_uid, -1)
    os.chmod(temporary, old.st_mode & 0o7777 if mode is None else mode)


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _why(problem: Exception) -> str:
    """Say it without the number and the temporary file's name, which help nobody."""
    if isinstance(problem, FileNotFoundError):
        return "there is no such folder"
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    return str(problem)
