"""A change of the feeds a person wants -> the [[feeds]] of the TOML, the rest left as it is.

In: the TOML's path, and a feed to add or one to remove. Out: the file replaced in one step,
with comments, order, line endings and byte order mark kept; refused where the result would not
load. The text is edited by the places `config.lines` gives: tomlkit, when tried, dropped the
comment between two feeds with the first of them, moved comments, reordered interleaved tables,
and mixed line endings in a CRLF file (0.15.2).

Touches: the disk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scanner import config, files
from scanner.config import address, values
from scanner.config.lines import KeyPath, Spot, where
from scanner.config.table import nearest
from scanner.errors import ConfigError, UsageError
from scanner.records import Feed, Secret

_HOST = re.compile(r"([\w-]+(?:\.[\w-]+)*)(:\d{1,5})?(/|$)")


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
    file was wrong before. A secret in an address closes the file to others (0600).
    """
    return add_all(path, [Wanted(url, name, about, weight)])[0]


def add_all(path: Path, wanted: Sequence[Wanted]) -> list[Feed]:
    """Write several feeds at once, all or none; raises as `add` does.

    Each gets a name of its own, written out: names that are made up when the file is loaded grow
    with the company, so a new feed would rename an older one from the same host.
    """
    with files.alone(path.resolve().parent):
        sheet = _Sheet(path)
        known = {address.same_key(feed.url): feed for feed in sheet.feeds}
        names = {feed.name.casefold(): feed.name for feed in sheet.feeds}
        blocks = []
        for feed in wanted:
            url = _address(feed.url, path)
            safe = address.identity(feed.url, url)
            twin = known.get(address.same_key(safe))
            if twin is not None:
                raise UsageError(_already(url, safe, twin, path))
            name = _name(feed, url, names, path)
            known[address.same_key(safe)] = Feed(safe, name)
            names[name.casefold()] = name
            word = safe.partition("#")[2]
            blocks.append(_block(replace(feed, name=name), f"{url}#{word}" if word else url))
        text = sheet.with_blocks(blocks)
        feeds = _checked(text, path)
        files.replace(path, text.encode("utf-8"), mode=_mode(path, feeds))
    return feeds[len(feeds) - len(blocks) :]


def remove(path: Path, which: str) -> str:
    """Take one feed out, by its address, its name or its number from 1; gives it in words.

    Comments inside the entry go with it; those above it stay. Raises UsageError where no feed
    or more than one is meant, ConfigError where the file was wrong before.
    """
    with files.alone(path.resolve().parent):
        sheet = _Sheet(path)
        index = _one(sheet.feeds, which, path)
        text = sheet.without(index)
        _checked(text, path)
        files.replace(path, text.encode("utf-8"))
    feed = sheet.feeds[index]
    return f"{feed.name} ({feed.url})"


def named(feeds: Sequence[Feed], which: str, folder: Path) -> list[int]:
    """Find feeds by an address, the real one or the one that is shown; by a name where none has it.

    An address of which only the secret is another is the same feed: its token may have changed.
    """
    real = safe = ""
    with suppress(ValueError):
        real = address.address(which, folder)
        safe = address.same_key(address.identity(which, real))
    keys = [address.same_key(feed.url) for feed in feeds]
    exact = [i for i, feed in enumerate(feeds) if which == feed.url or _is_at(feed, real)]
    wanted = which.strip().casefold()
    return (
        exact
        or [i for i, key in enumerate(keys) if key == safe]
        or [i for i, feed in enumerate(feeds) if feed.name.casefold() == wanted]
    )


def _is_at(feed: Feed, real: str) -> bool:
    held = feed.access.url if feed.access is not None else None
    known = held.reveal() if isinstance(held, Secret) else feed.url
    return bool(real) and address.same_key(known) == address.same_key(real)


def _already(url: str, safe: str, twin: Feed, path: Path) -> str:
    said = f'{safe} is in {path} already, as "{twin.name}"'
    if twin.access is None or _is_at(twin, url):
        return said
    return f"{said}, with another secret; #second behind the address would make it another feed"


def _mode(path: Path, feeds: Sequence[Feed]) -> int | None:
    return 0o600 if config.exposed(path, feeds) else None


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
        if not after.strip():
            before = before.rstrip("\r\n") + self._eol if before.strip() else ""
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
        raise UsageError(f"{address.unread(written)}: {_meant(written) or error}") from None
    if url.startswith("file:"):
        file = Path(unquote(urlsplit(url).path))
        if not file.is_file():
            hint = _meant(written) or f"a path counts from the folder of {path}"
            shown = str(file) if address.unread(written) == written else written
            raise UsageError(f"{address.unread(shown)}: no such file; {hint}")
    return url


def _meant(written: str) -> str | None:
    """Suggest the scheme to whoever left it out: `example.org/feed`, `127.0.0.1:8099/de.xml`."""
    found = _HOST.match(written)
    if found is None:
        return None
    host, port, slash = found.groups()
    is_near = host == "localhost" or host.replace(".", "").isdigit()
    if not port and not (slash and "." in host):
        return None
    scheme = "http" if is_near or port not in (None, ":443") else "https"
    return f"did you mean {scheme}://{address.unread(written)}?"


def _name(feed: Wanted, url: str, names: dict[str, str], path: Path) -> str:
    if feed.name is None:
        return address.default_names([url], names)[0]
    twin = names.get(" ".join(feed.name.split()).casefold())
    if twin is not None:
        raise UsageError(f'a feed in {path} is called "{twin}" already; choose another name')
    return feed.name


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
    found = named(feeds, which, path.parent)
    if len(found) == 1 and feeds[found[0]].name.casefold() != which.strip().casefold():
        return found[0]
    meant = set(found)
    numbers = [str(number) for number in range(1, len(feeds) + 1)]
    if which in numbers:
        meant.add(numbers.index(which))
    if len(meant) == 1:
        return meant.pop()
    shown = address.unread(which)
    if meant:
        rows = (f"\n  {i + 1}. {feeds[i].name}  {feeds[i].url}" for i in sorted(meant))
        raise UsageError(f'"{shown}" may mean{"".join(rows)}\nname one by its address')
    close = nearest(which, [feed.name for feed in feeds])
    hint = f'did you mean "{close}"?' if close else "`scanner feeds list` shows them"
    raise UsageError(f'no feed "{shown}" in {path}; {hint}')
