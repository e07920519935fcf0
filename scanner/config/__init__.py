"""A TOML file -> Config; every complaint names file, line, key and what was expected.

In: the path of a TOML file, or its text. Out: a Config that is right throughout.
Also the way to the file and the database (`find`, `database`), the values options share with
the TOML (`parse_duration`, `parse_size`, `parse_time`), `redact` for whatever is printed, and
`resolve`, which finds the secrets of feeds that are about to be asked.

Touches: the disk, the environment, another process.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from scanner.config import sections
from scanner.config.places import database, find
from scanner.config.secrets import resolve
from scanner.config.table import Notes
from scanner.config.values import parse_duration, parse_size, parse_time, quoted, spelt_out
from scanner.errors import ConfigError
from scanner.records import Config, Feed, Secret
from scanner.text import redact

__all__ = [
    "check",
    "database",
    "exposed",
    "find",
    "load",
    "parse_duration",
    "parse_size",
    "parse_time",
    "quoted",
    "read_text",
    "redact",
    "resolve",
]


def load(path: Path, *, need_feeds: bool = True) -> Config:
    """Read and check a TOML file.

    Raises ConfigError with every complaint, in file order; also where a secret stands in a file
    that others on this machine can read. Without `need_feeds` a file that lists no feed yet is
    right.
    """
    config = check(read_text(path), path, need_feeds=need_feeds)
    if exposed(path, config.feeds):
        feed, key = next(_inline(config.feeds))
        raise ConfigError(
            [
                spelt_out(
                    f'{path}: the feed "{feed}" has a secret in {key}, and others can read the '
                    f"file; chmod 600 {shlex.quote(str(path))}"
                )
            ]
        )
    return config


def exposed(path: Path, feeds: Iterable[Feed]) -> bool:
    """Whether a feed's secret stands in a file that others can read; of a link, its target."""
    if os.name != "posix" or not any(_inline(feeds)):
        return False
    mode = path.stat().st_mode  # a pipe, as `-c <(…)` makes one, has no other reader
    return stat.S_ISREG(mode) and bool(mode & 0o077)


def _inline(feeds: Iterable[Feed]) -> Iterator[tuple[str, str]]:
    """Give the feeds with a secret in the TOML itself, and the key that holds it."""
    for feed in feeds:
        access = feed.access
        if access is None:
            continue
        if isinstance(access.password, Secret) or isinstance(access.token, Secret):
            yield feed.name, "password" if isinstance(access.password, Secret) else "token"
        elif isinstance(access.url, Secret) and access.url.reveal() != feed.url:
            yield feed.name, "its address"


def read_text(path: Path) -> str:
    """Read a TOML file's text, its byte order mark included; ConfigError says why it cannot."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        problem = "no such file; `scanner init` writes one"
    except IsADirectoryError:
        problem = "this is a folder; name the TOML file in it"
    except PermissionError:
        problem = "permission denied; make the file readable for you (chmod u+r)"
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {error}"
    else:
        return _decoded(body, path)
    raise ConfigError([spelt_out(f"{path}: {problem}")])


def check(text: str, path: Path, *, need_feeds: bool = True) -> Config:
    """Check a TOML file's text as `load` does; relative paths count from the path's folder."""
    text = text.removeprefix("\ufeff")
    data = _parsed(text, path)
    notes = Notes(str(path), text)
    config = sections.config(data, path, notes, need_feeds=need_feeds)
    if notes.complaints:
        raise ConfigError(notes.complaints)
    return config


def _decoded(body: bytes, path: Path) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        complaint = f"byte 0x{body[error.start]:02X} at column {column} is not UTF-8"
        raise ConfigError(
            [spelt_out(f"{path}:{line}: {complaint}; save the file as UTF-8")]
        ) from None


def _parsed(text: str, path: Path) -> dict[str, object]:
    import tomli

    try:
        return tomli.loads(text)
    except RecursionError:
        complaint = f"{path}: not valid TOML: nested too deeply"
    except ValueError as error:
        # tomli tells the place in words only, and names its attributes only since 2.2.
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        what = str(error)[: place.start()] if place else str(error)
        line = place[1] if place and place[1] else text.rstrip().count("\n") + 1
        column = f" at column {place[2]}" if place and place[2] else ""
        complaint = f"{path}:{line}: not valid TOML{column}: {what}"
    raise ConfigError([spelt_out(complaint)])
