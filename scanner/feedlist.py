"""A change of the feeds a person wants -> the [[feeds]] of the TOML, the rest left as it is.

In: the TOML's path, and a feed to add or one to remove. Out: the file replaced in one step,
with comments, order, line endings and byte order mark kept; refused where the result would not
load. The text is edited by the places `config.lines` gives: tomlkit, when tried, dropped the
comment between two feeds with the first of them, moved comments, reordered interleaved tables,
and mixed line endings in a CRLF file (0.15.2).

Touches: the disk.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scanner import config
from scanner.config import address, values
from scanner.config.lines import KeyPath, Spot, where
from scanner.config.table import nearest
from scanner.errors import ConfigError, ScannerError, UsageError
from scanner.records import Feed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A feed to be written into the TOML; what is None is not written."""

    url: str
    """http(s), a file path relative to the TOML's folder, or a file:// address."""
    name: str | None = None
    about: str | None = None
    weight: float | None = None


def add(
    path: Path,
    url: str,
    *,
    name: str | None = None,
    about: str | None = None,
    weight: float | None = None,
) -> Feed:
    """Write one feed behind the last one; gives it as `config.load` will.

    Raises UsageError where the feed is there already or would not load, ConfigError where the
    file was wrong before.
    """
    return add_all(path, [Wanted(url, name, about, weight)])[0]


def add_all(path: Path, wanted: Sequence[Wanted]) -> list[Feed]:
    """Write several feeds at once, all or none; raises as `add` does."""
    sheet = _Sheet(path)
    known = {address.same_key(feed.url): feed for feed in sheet.feeds}
    blocks = []
    for feed in wanted:
        url = _address(feed.url, path)
        twin = known.get(address.same_key(url))
        if twin is not None:
            raise UsageError(f'{config.redact(url)} is in {path} already, as "{twin.name}"')
        known[address.same_key(url)] = Feed(url, feed.name or url)
        blocks.append(_block(feed, url))
    text = sheet.with_blocks(blocks)
    feeds = _checked(text, path)
    _replace(path, text)
    return feeds[len(feeds) - len(blocks) :]


def remove(path: Path, which: str) -> str:
    """Take one feed out, by its address, its name or its number from 1; gives it in words.

    Comments inside the entry go with it; those above it stay. Raises UsageError where no feed
    or more than one is meant, ConfigError where the file was wrong before.
    """
    sheet = _Sheet(path)
    index = _one(sheet.feeds, which, path)
    text = sheet.without(index)
    _checked(text, path)
    _replace(path, text)
    feed = sheet.feeds[index]
    return f"{feed.name} ({config.redact(feed.url)})"


class _Sheet:
    """The TOML's text and where its feeds stand in it."""

    def __init__(self, path: Path) -> None:
        whole = config.read_text(path)
        self.feeds = config.check(whole, path, need_feeds=False).feeds
        self._text = whole.removeprefix("\ufeff")
        self._mark = whole[: len(whole) - len(self._text)]
        self._spots = where(self._text)
        lines = self._text.count("\n")
        self._eol = "\r\n" if self._text.count("\r\n") * 2 > lines else "\n"
        inline = self._spots.get(("feeds",))
        if inline is not None and self._text[inline.start] != "[":
            self._drop_inline(inline, path)

    def with_blocks(self, blocks: list[str]) -> str:
        """Put the blocks behind the last feed, or at the end; each after a blank line."""
        at = self._end(len(self.feeds) - 1) if self.feeds else len(self._text)
        before, after = self._text[:at], self._text[at:]
        if before and not before.endswith("\n"):
            before += self._eol
        added = "\n".join(blocks)
        if before.strip() and not before.endswith(("\n\n", "\n\r\n")):
            added = "\n" + added
        if after and after.splitlines()[0].strip():
            added += "\n"
        return self._mark + before + added.replace("\n", self._eol) + after

    def without(self, index: int) -> str:
        """Cut one feed; of the blank lines around it, one is enough."""
        spot = self._spots["feeds", index]
        start = self._text.rfind("\n", 0, spot.start) + 1
        before, after = self._text[:start], self._text[self._end(index) :]
        if not before.strip() or before.endswith(("\n\n", "\n\r\n")):
            after = after.removeprefix("\r").removeprefix("\n")
        return self._mark + before + after

    def _end(self, index: int) -> int:
        """Give the offset behind a feed's last line and the comments that belong to it.

        Comments right below the last key belong to the feed, unless the next table follows
        them at once: then they are its heading.
        """
        key: KeyPath = ("feeds", index)
        last = self._line_end(self._spots[key].end)
        at = last
        while self._text[at : self._line_end(at)].lstrip().startswith("#"):
            at = self._line_end(at)
        belongs = not self._text[at : self._line_end(at)].strip()
        return at if belongs else last

    def _line_end(self, at: int) -> int:
        newline = self._text.find("\n", at)
        return len(self._text) if newline < 0 else newline + 1

    def _drop_inline(self, spot: Spot, path: Path) -> None:
        """Make room for [[feeds]] where `feeds = []` stands; a longer list is left alone."""
        if self.feeds:
            raise UsageError(
                f"{path}:{spot.line}: feeds is written as one list; scanner edits [[feeds]] "
                "tables only: write each feed as a table of its own, or edit the list by hand"
            )
        end = self._line_end(spot.end)
        self._text = self._text[: spot.start] + self._text[end:]
        self._spots = where(self._text)


def _address(written: str, path: Path) -> str:
    try:
        url = address.address(written, path.parent)
    except ValueError as error:
        raise UsageError(f"{config.redact(values.spelt_out(written))}: {error}") from None
    if url.startswith("file:"):
        file = Path(unquote(urlsplit(url).path))
        if not file.is_file():
            raise UsageError(f"{file}: no such file; a path counts from the folder of {path}")
    return url


def _block(feed: Wanted, url: str) -> str:
    is_web = not url.startswith("file:")
    rows = ["[[feeds]]", f"url = {_quoted(url if is_web else feed.url)}"]
    if feed.name is not None:
        rows.append(f"name = {_quoted(feed.name)}")
    if feed.about is not None:
        rows.append(f"about = {_quoted(feed.about)}")
    if feed.weight is not None:
        rows.append(f"weight = {float(feed.weight)!r}")
    return "\n".join(rows) + "\n"


def _quoted(text: str) -> str:
    try:
        return values.quoted(text)
    except ValueError as error:
        raise UsageError(f"{values.spelt_out(text)}: {error}") from None


def _checked(text: str, path: Path) -> list[Feed]:
    """Check the new text before it replaces the old; the old one was right."""
    try:
        return list(config.check(text, path, need_feeds=False).feeds)
    except ConfigError as error:
        # Its lines count in a file that will not be written; the words alone help.
        said = (line.partition(": ")[2] for line in error.complaints)
        raise UsageError(f"{path} is left as it was: {'; '.join(said)}") from None


def _one(feeds: Sequence[Feed], which: str, path: Path) -> int:
    """Find the feed that is meant; an address speaks before a name or a number."""
    url = ""
    with suppress(ValueError):
        url = address.same_key(address.address(which, path.parent))
    for index, feed in enumerate(feeds):
        if address.same_key(feed.url) == url:
            return index
    names = [feed.name.casefold() for feed in feeds]
    meant = {i for i, name in enumerate(names) if name == which.strip().casefold()}
    numbers = [str(number) for number in range(1, len(feeds) + 1)]
    if which in numbers:
        meant.add(numbers.index(which))
    if len(meant) == 1:
        return meant.pop()
    shown = config.redact(values.spelt_out(which))
    if meant:
        rows = (
            f"\n  {i + 1}. {feeds[i].name}  {config.redact(feeds[i].url)}" for i in sorted(meant)
        )
        raise UsageError(f'"{shown}" may mean{"".join(rows)}\nname one by its address')
    close = nearest(which, [feed.name for feed in feeds])
    hint = f'did you mean "{close}"?' if close else "`scanner feeds list` shows them"
    raise UsageError(f'no feed "{shown}" in {path}; {hint}')


def _replace(path: Path, text: str) -> None:
    """Replace the file in one step: a crash leaves the old one or the new one, never half."""
    import tempfile

    target = path.resolve()  # a link to the TOML stays a link
    temporary = ""
    try:
        if not os.access(target, os.W_OK):  # os.replace asks the folder only
            raise PermissionError("the file is read-only")
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with open(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(handle)
        os.chmod(temporary, target.stat().st_mode & 0o7777)
        os.replace(temporary, target)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise ScannerError(f"{path} could not be written and is as it was: {error}") from None
