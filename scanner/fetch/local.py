"""Feeds that are files on this machine.

In: a feed whose address is file://. Out: the same outcomes as from a server. Size and time of
change are its validator; nobody is spared by waiting, so a file is looked at in every run.

Touches: the disk.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from scanner.fetch.answers import Answer, Trouble, failed, judge
from scanner.fetch.bodies import too_large
from scanner.records import Failed, Feed, FeedState, Fetched, NotModified

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Not blocking: a FIFO without a writer would hold us for ever. Binary: Windows."""


def is_local(url: str) -> bool:
    """Say whether the address is a file's."""
    return url[:5].lower() == "file:"


def read(feed: Feed, state: FeedState, now: datetime) -> Fetched | NotModified | Failed:
    """Read the file, unless it is the same as last time."""
    try:
        outcome = judge(feed, state, _open(feed, state), now)
    except Trouble as trouble:
        outcome = failed(feed, state, trouble, now)
    assert isinstance(outcome, Fetched | NotModified | Failed)
    kept = outcome.state or state
    return replace(outcome, state=replace(kept, next_check=None))


def _open(feed: Feed, state: FeedState) -> Answer:
    path = _path(feed.url)
    try:
        number = os.open(path, _FLAGS)
        try:
            return _answer(feed, state, path, number)
        finally:
            os.close(number)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _answer(feed: Feed, state: FeedState, path: str, number: int) -> Answer:
    about = os.fstat(number)
    if not stat.S_ISREG(about.st_mode):
        what = "a folder" if stat.S_ISDIR(about.st_mode) else "no regular file"
        raise Trouble(f"{path} is {what}", "name the feed's file")
    etag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
    if state.etag == etag and state.body_hash is not None:
        return Answer(304, {}, b"", feed.url)
    with open(number, "rb", closefd=False) as file:
        body = file.read(feed.policy.max_bytes + 1)
    if len(body) > feed.policy.max_bytes:
        raise too_large(feed.policy.max_bytes)
    return Answer(200, {"etag": etag}, body, feed.url)


def _path(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc.lower() not in ("", "localhost"):
        raise Trouble("a file:// address with a host name", "write file:///path, or the path alone")
    if os.name == "nt":
        from urllib.request import url2pathname

        return url2pathname(parts.path)
    return unquote(parts.path)


def _unreadable(path: str, error: OSError | ValueError) -> Trouble:
    if isinstance(error, FileNotFoundError):
        return Trouble(f"no such file: {path}", "check the path; it is relative to the config file")
    if isinstance(error, PermissionError):
        return Trouble(f"not allowed to read {path}", "check who may read the file")
    what = error.strerror if isinstance(error, OSError) else "no file name"
    return Trouble(f"cannot read {path}: {what}", "check the path")
