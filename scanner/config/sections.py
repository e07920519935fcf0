"""The whole of a parsed TOML -> Config: the keys there are, their bounds, and what must agree.

In: what tomli made of the file. Out: a Config, or as much of one as could be made, and notes.
The bounds are the contract's; each says what it protects.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from scanner.config import address, judgement, table
from scanner.config.lines import KeyPath
from scanner.config.table import Notes, Table
from scanner.records import Brand, Config, Feed, FetchPolicy

_SCANNER = ("since", "limit", "min_worth", "db")
_POLICY = ("every", "per_host", "host_delay", "timeout", "max_bytes", "allow_private")
_WHOLE_RUN = ("workers", "contact")
_BRAND = ("name", "aliases", "accounts", "domains", "context", "exclude", "match", "rivals")
_FEED = ("url", "name", "about", "weight")
_TOP = ("scanner", "fetch", "rank", "reasons", "brands", "feeds")
_HOMES = (
    dict.fromkeys(_SCANNER, "[scanner]")
    | dict.fromkeys((*_POLICY, *_WHOLE_RUN), "[fetch]")
    | dict.fromkeys(("aliases", "accounts", "domains", "exclude", "rivals"), "[[brands]]")
    | dict.fromkeys(("url", "about", "weight"), "[[feeds]]")
    | dict.fromkeys(judgement.KEYS, "[rank]")
)


def config(data: dict[str, Any], path: Path, notes: Notes, *, need_feeds: bool) -> Config:
    """Read every table; what is wrong is noted and its default stands in for it."""
    root = Table(data, (), notes, _TOP, _HOMES)
    scanner = root.inner("scanner", _SCANNER, _HOMES)
    fetch = root.inner("fetch", (*_POLICY, *_WHOLE_RUN), _HOMES)
    brands = tuple(_brands(data, notes))
    feeds = tuple(_feeds(data, path.parent, brands, _policy(fetch, FetchPolicy()), notes))
    if need_feeds and data.get("feeds", []) == []:
        notes.complain(("feeds",), "no feed yet; `scanner feeds add ADDRESS` adds one")
    plain = Config(path=str(path), brands=brands, feeds=feeds)
    second = timedelta(seconds=1)
    return replace(
        plain,
        since=scanner.take("since", table.duration(second), plain.since),
        limit=scanner.take("limit", table.whole(0), plain.limit),
        min_worth=scanner.take("min_worth", table.number(0, 100), plain.min_worth),
        db=scanner.take("db", table.path, plain.db),
        workers=fetch.take("workers", table.whole(1, 256), plain.workers),
        contact=fetch.take("contact", _contact, plain.contact),
        rank=judgement.weights(root),
        reasons=judgement.reasons(root),
        warnings=notes.warnings,
    )


def _tables(data: dict[str, Any], key: str, keys: tuple[str, ...], notes: Notes) -> Iterator[Table]:
    value = data.get(key, [])
    if not isinstance(value, list):
        notes.complain((key,), f"expected a list of tables, each written [[{key}]]")
        return
    for index, item in enumerate(value):
        if isinstance(item, dict):
            yield Table(item, (key, index), notes, keys, _HOMES)
        else:
            notes.complain((key, index), f"expected a table, written [[{key}]]")


# --- [fetch], and its keys on a feed --------------------------------------------------------------


def _policy(found: Table, default: FetchPolicy) -> FetchPolicy:
    """Read the keys of [fetch]; the upper bounds keep a misprint from hanging a run."""
    second, hour = timedelta(seconds=1), timedelta(hours=1)
    every = table.duration(timedelta(minutes=5), why="no feed is asked more often")
    return FetchPolicy(
        every=found.take("every", every, default.every),
        per_host=found.take("per_host", table.whole(1, 64), default.per_host),
        host_delay=found.take("host_delay", table.duration(0 * hour, hour), default.host_delay),
        timeout=found.take("timeout", table.duration(second, hour / 6), default.timeout),
        max_bytes=found.take("max_bytes", table.size(2**10, 2**30), default.max_bytes),
        allow_private=found.take("allow_private", table.flag, default.allow_private),
    )


def _contact(value: object) -> str:
    """Read what goes into a request header: printable ASCII, and no end of its comment."""
    contact = table.text(value)
    if not contact.isascii() or set(contact) & set('()\\"'):
        raise ValueError('expected an e-mail or web address in plain ASCII, without ( ) \\ or "')
    return contact


# --- [[brands]] -----------------------------------------------------------------------------------


def _brands(data: dict[str, Any], notes: Notes) -> Iterator[Brand]:
    if data.get("brands", []) == []:
        notes.complain(("brands",), "at least one [[brands]] table with a name is needed")
    seen: dict[str, KeyPath] = {}
    for found in _tables(data, "brands", _BRAND, notes):
        name = found.need("name", table.name)
        if name is not None:
            twin = seen.setdefault(name.casefold(), found.at)
            if twin != found.at:
                line = notes.line((*twin, "name"))
                found.complain("name", f"a brand of this name stands in line {line} already")
        yield _brand(found, name or "")


def _brand(found: Table, name: str) -> Brand:
    brand = Brand(
        name=name,
        aliases=found.many("aliases", table.name),
        accounts=found.many("accounts", _account),
        domains=found.many("domains", domain),
        context=found.many("context", table.text),
        exclude=found.many("exclude", table.text),
        match=found.take("match", _query, None),
        rivals=found.many("rivals", table.name),
    )
    own = {word.casefold() for word in (name, *brand.aliases)}
    for rival in brand.rivals:
        if rival.casefold() in own:
            found.complain("rivals", f'"{rival}" is the brand itself')
    return brand


def _account(value: object) -> str:
    account = table.name(value)
    if " " in account:
        raise ValueError(f'expected a handle such as "@acmehq", not "{account}"')
    return account


def domain(value: object) -> str:
    """Read a host name; an address of a whole site is taken for its host, a page's is not."""
    written = table.text(value)
    host = written.removeprefix("https://").removeprefix("http://").removesuffix("/")
    host = host.lower().removeprefix("www.").rstrip(".")
    labels = host.split(".")
    is_label = (label and label.replace("-", "").replace("_", "").isalnum() for label in labels)
    if len(labels) < 2 or not all(is_label):
        raise ValueError(f'expected a bare host name such as "acme.io", not "{written}"')
    return host


def _query(value: object) -> str:
    from scanner.errors import QueryError
    from scanner.match.query import parse

    if not isinstance(value, str):
        raise ValueError("expected a query in quotes, such as 'acme AND (app OR \"cloud sync\")'")
    try:
        parse(value)
    except QueryError as error:
        raise ValueError(f"{error} at column {error.column}") from None
    return value


# --- [[feeds]] ------------------------------------------------------------------------------------


def _feeds(
    data: dict[str, Any],
    folder: Path,
    brands: tuple[Brand, ...],
    default: FetchPolicy,
    notes: Notes,
) -> Iterator[Feed]:
    tables = list(_tables(data, "feeds", (*_FEED, *_POLICY, *_WHOLE_RUN), notes))
    feeds = [_feed(found, folder, brands, default) for found in tables]
    _complain_of_twins(tables, feeds)
    unnamed = [feed.url for feed in feeds if feed.url and not feed.name]
    names = iter(address.default_names(unnamed, (feed.name for feed in feeds)))
    for feed in feeds:
        if feed.url:
            yield feed if feed.name else replace(feed, name=next(names))


def _feed(found: Table, folder: Path, brands: tuple[Brand, ...], default: FetchPolicy) -> Feed:
    """Read one feed; its address is empty where it is wrong, its name where it has none."""

    def url(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError("expected an address or a file path in quotes")
        return address.address(value, folder)

    def about(value: object) -> str:
        return _brand_named(table.text(value), brands)

    for key in _WHOLE_RUN:
        if key in found:
            found.warn(key, "counts for the whole run, not for one feed: put it in [fetch]")
    fetched = found.need("url", url) or ""
    _warn_of_forgotten_scheme(found, fetched)
    return Feed(
        url=fetched,
        name=found.take("name", table.text, ""),
        about=found.take("about", about, None),
        weight=found.take("weight", table.number(0, 100, above=True), 1.0),
        policy=_policy(found, default),
        origin=address.origin(fetched, folder),
    )


def _brand_named(name: str, brands: tuple[Brand, ...]) -> str:
    known = {brand.name.casefold(): brand.name for brand in brands if brand.name}
    if name.casefold() in known:
        return known[name.casefold()]
    if not known:  # the brands' own complaints say enough
        return name
    close = table.nearest(name, tuple(known.values()))
    instead = f'did you mean "{close}"?' if close else f"known: {', '.join(known.values())}"
    raise ValueError(f'no brand is called "{name}"; {instead}')


def _warn_of_forgotten_scheme(found: Table, url: str) -> None:
    written = found.take("url", str, "")
    meant = address.forgotten_scheme(written, url)
    if meant is not None:
        found.warn("url", f'no such file; did you mean "{meant}"?')


def _complain_of_twins(tables: list[Table], feeds: list[Feed]) -> None:
    seen: dict[str, KeyPath] = {}
    for found, feed in zip(tables, feeds, strict=True):
        if not feed.url:
            continue
        twin = seen.setdefault(address.same_key(feed.url), found.at)
        if twin != found.at:
            line = found.notes.line((*twin, "url"))
            found.complain("url", f"the feed in line {line} has this address already")
