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

from scanner.config import feeds, judgement, table
from scanner.config.lines import KeyPath
from scanner.config.table import Notes, Table
from scanner.config.values import duration_text
from scanner.records import Brand, Config, FetchPolicy

_SCANNER = ("since", "limit", "min_worth", "keep", "db")
_BRAND = ("name", "aliases", "accounts", "domains", "context", "exclude", "match", "rivals")
_TOP = ("scanner", "fetch", "rank", "reasons", "brands", "feeds")
_HOMES = (
    dict.fromkeys(_SCANNER, "[scanner]")
    | dict.fromkeys((*feeds.POLICY, *feeds.WHOLE_RUN), "[fetch]")
    | dict.fromkeys(("aliases", "accounts", "domains", "exclude", "rivals"), "[[brands]]")
    | dict.fromkeys(feeds.OWN, "[[feeds]]")
    | dict.fromkeys(judgement.KEYS, "[rank]")
)


def config(data: dict[str, Any], path: Path, notes: Notes, *, need_feeds: bool) -> Config:
    """Read every table; what is wrong is noted and its default stands in for it."""
    root = Table(data, (), notes, _TOP, _HOMES)
    scanner = root.inner("scanner", _SCANNER, _HOMES)
    fetch = root.inner("fetch", (*feeds.POLICY, *feeds.WHOLE_RUN), _HOMES)
    brands = tuple(_brands(data, notes))
    policy = feeds.policy(fetch, FetchPolicy())
    found = tuple(feeds.feeds(data, path.parent, brands, policy, notes, _HOMES))
    if need_feeds and data.get("feeds", []) == []:
        notes.complain(("feeds",), "no feed yet; `scanner feeds add ADDRESS` adds one")
    plain = Config(path=str(path), brands=brands, feeds=found)
    since = scanner.take("since", table.duration(timedelta(seconds=1)), plain.since)
    return replace(
        plain,
        since=since,
        keep=_keep(scanner, since),
        limit=scanner.take("limit", table.whole(0), plain.limit),
        min_worth=scanner.take("min_worth", table.number(0, 100), plain.min_worth),
        db=scanner.take("db", table.path, plain.db),
        workers=fetch.take("workers", table.whole(1, 256), plain.workers),
        contact=fetch.take("contact", _contact, plain.contact),
        rank=judgement.weights(root),
        reasons=judgement.reasons(root),
        warnings=notes.warnings,
    )


def _keep(scanner: Table, since: timedelta) -> timedelta | None:
    """Read how long posts are kept: not shorter than they are looked at."""
    keep = scanner.take("keep", table.duration(timedelta(days=1)), None)
    if keep is not None and keep < since:
        told = duration_text(since)
        scanner.complain("keep", f"shorter than since ({told}), which looks at posts so long")
    return keep


# --- [fetch], as far as it is about the whole run -------------------------------------------------


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
    for found in table.tables(data, "brands", _BRAND, notes, _HOMES):
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
