"""Secrets of a feed: from the TOML itself, from a variable, or from what a command prints.

In: KEY, KEY_env or KEY_command in a table; later the feeds that are about to be asked. Out: a
Secret or a Lookup; later the same feeds with every Lookup answered, each command run once.
What is wrong is said by key, feed and line; never a value, a variable's name or a command, which
somebody may have taken one for the other.

Touches: another process, the environment, the clock.
"""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from scanner.config import address
from scanner.config.values import spelt_out
from scanner.errors import ConfigError
from scanner.records import Access, Feed, Lookup, Secret

if TYPE_CHECKING:
    import subprocess

    from scanner.config.table import Table

_WAYS = ("", "_env", "_command")
_SECONDS = 10.0
"""A command may take so long: enough to unlock a password store, too short to hang a cron job."""
_MOST = 64 * 1024
"""Bytes that a command may print; keys and tokens have a few thousand at most."""

Check = Callable[[str], str]
"""Gives a value as it is used; a ValueError says what was expected, not what was there."""


def keys(*names: str) -> tuple[str, ...]:
    """Give the keys that each of these may be written as."""
    return tuple(name + way for name in names for way in _WAYS)


def read(found: Table, name: str, folder: str) -> Secret | Lookup | None:
    """Read KEY, KEY_env or KEY_command, of which one may stand; None: none does."""
    written = [key for key in keys(name) if key in found]
    for other in written[1:]:
        found.complain(other, f"there is {written[0]} already; one of the two is enough")
    if not written:
        return None

    def here(value: object) -> Secret:
        return Secret(_CHECKS[name](_text(value, "a string in quotes")))

    def elsewhere(value: object) -> Lookup:
        words = (_variable if written[0].endswith("_env") else _command)(value)
        return Lookup(written[0], words, found.place(written[0]), folder)

    return found.take(written[0], here if written[0] == name else elsewhere, None)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected {what}, not empty")
    return value


def _variable(value: object) -> tuple[str, ...]:
    name = _text(value, "the name of an environment variable").strip()
    if "=" in name or "\0" in name or " " in name:
        raise ValueError("expected the name of an environment variable")
    return (name,)


def _command(value: object) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(_text(value, "a command and its arguments")))
    except ValueError:
        words = ()
    if not words or "\0" in "".join(words):
        raise ValueError('expected a command and its arguments, such as "pass show forum"')
    return words


# --- what a value must be -------------------------------------------------------------------------


def _one_line(value: str) -> str:
    if any(c < " " or "\x7f" <= c <= "\x9f" for c in value):
        raise ValueError("expected one line without control characters")
    return value


def _token(value: str) -> str:
    """RFC 6750, 2.1: what is sent as it is, in a header."""
    if not value.isascii() or not _one_line(value).isprintable() or " " in value:
        raise ValueError("expected a token in plain ASCII, without blanks")
    return value


def _address(value: str) -> str:
    try:
        return address.web(value)
    except ValueError:
        raise ValueError("expected an address that begins with https:// or http://") from None


_CHECKS: dict[str, Check] = {"url": _address, "password": _one_line, "token": _token}


# --- when it is needed ----------------------------------------------------------------------------


def resolve(
    feeds: Sequence[Feed],
    environ: Mapping[str, str] = os.environ,
    others: Sequence[Feed] = (),
) -> list[Feed]:
    """Answer every Lookup of feeds that are about to be asked; a command is run once for all.

    Commands have no shell, no stdin, no terminal, 10 s, and none of the variables that these feeds,
    or `others`, name.
    Raises ConfigError with every one that gives nothing: a scan that went on with some feeds
    fewer would look like one that found nothing.
    """
    finder = _Finder(feeds, environ, others)
    answered = [finder.answered(feed) for feed in feeds]
    if finder.complaints:
        raise ConfigError(finder.complaints)
    return answered


class _Finder:
    def __init__(
        self, feeds: Sequence[Feed], environ: Mapping[str, str], others: Sequence[Feed]
    ) -> None:
        self.complaints: list[str] = []
        self._environ = environ
        asked = [each for feed in (*feeds, *others) for each in lookups(feed)]
        names = {each.words[0] for each in asked if each.key.endswith("_env")}
        self._others = {key: value for key, value in environ.items() if key not in names}
        self._printed: dict[tuple[str, tuple[str, ...]], str | ValueError] = {}

    def answered(self, feed: Feed) -> Feed:
        access = feed.access
        if access is None or not lookups(feed):
            return feed
        made = Access(
            url=self._found(access.url, feed.name),
            user=access.user,
            password=self._found(access.password, feed.name),
            token=self._found(access.token, feed.name),
        )
        return replace(feed, access=made)

    def _found(self, wanted: Secret | Lookup | None, feed: str) -> Secret | None:
        if not isinstance(wanted, Lookup):
            return wanted
        try:
            value = self._value(wanted)
            return Secret(_CHECKS[wanted.key.rpartition("_")[0]](value))
        except ValueError as problem:
            what = f'{wanted.place}: {problem} (feed "{feed}")'
        self.complaints.append(spelt_out(what))
        return None

    def _value(self, wanted: Lookup) -> str:
        if wanted.key.endswith("_env"):
            found = self._environ.get(wanted.words[0])
            if found is None:
                raise ValueError("the environment variable that it names is not set")
            if not found.strip():
                raise ValueError("the environment variable that it names is empty")
            return found.strip()
        kept = (wanted.folder, wanted.words)
        if kept not in self._printed:
            try:
                self._printed[kept] = _printed(wanted, self._others)
            except ValueError as problem:
                self._printed[kept] = problem
        answer = self._printed[kept]
        if isinstance(answer, ValueError):
            raise answer
        return answer


def lookups(feed: Feed) -> list[Lookup]:
    """Give what of a feed's access is still to be found."""
    if feed.access is None:
        return []
    access = (feed.access.url, feed.access.password, feed.access.token)
    return [each for each in access if isinstance(each, Lookup)]


def _printed(wanted: Lookup, environ: Mapping[str, str]) -> str:
    """Run a command; ValueError says why it gave nothing, in none of its words."""
    import subprocess

    deadline = time.monotonic() + _SECONDS
    try:
        process = subprocess.Popen(
            wanted.words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=wanted.folder,
            env=dict(environ),
            start_new_session=True,  # a group of its own, to end it whole
        )
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is no command"
        raise ValueError(f"the command could not be started: {why}") from None
    try:
        said = _said(process, deadline)
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except (Empty, subprocess.TimeoutExpired):
        raise ValueError(f"the command took longer than {_SECONDS:g} s") from None
    finally:
        _end(process)
    return _usable(said, code)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command and all that it has started: `sh -c "… & …"` leaves more than itself."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _said(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Read in a thread: what a command has started may hold its stdout open when it has ended."""
    found: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        if process.stdout is not None:
            with process.stdout as stream:
                found.put(stream.read(_MOST + 1))

    threading.Thread(target=read, daemon=True).start()
    return found.get(timeout=max(0.0, deadline - time.monotonic()))


def _usable(said: bytes, code: int) -> str:
    if len(said) > _MOST:
        raise ValueError(f"the command printed more than {_MOST // 1024} KiB")
    if code:
        how = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
        raise ValueError(f"the command {how}")
    try:
        value = said.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError("the command printed what is no text in UTF-8") from None
    if not value:
        raise ValueError("the command printed nothing")
    return value
