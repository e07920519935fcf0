"""[[feeds]]: where posts come from, how politely it is asked, and with which secrets.

In: what tomli made of these tables. Out: Feeds, each known by what is safe to print, and notes on
what is wrong. The bounds of a policy are the contract's; each says what it protects.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scanner.config import address, secrets, table
from scanner.config.table import Notes, Table
from scanner.records import Access, Brand, Feed, FetchPolicy, Lookup, Secret
from scanner.text import redact

POLICY = ("every", "per_host", "host_delay", "timeout", "max_bytes", "allow_private")
WHOLE_RUN = ("workers", "contact")
OWN = (*secrets.keys("url"), "about", "weight", "user", *secrets.keys("password", "token"))
"""Keys that only a feed has."""
_LOGIN = ("user", *secrets.keys("password", "token"))


def policy(found: Table, default: FetchPolicy) -> FetchPolicy:
    """Read the keys of [fetch]; the upper bounds keep a misprint from hanging a run."""
    if not any(key in found for key in POLICY):  # as on nearly every feed of a thousand
        return default
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


def feeds(
    data: dict[str, Any],
    folder: Path,
    brands: tuple[Brand, ...],
    default: FetchPolicy,
    notes: Notes,
    homes: Mapping[str, str],
) -> Iterator[Feed]:
    """Read every feed; one whose address is wrong is left out, and noted."""
    keys = ("url", "name", *OWN[1:], *POLICY, *WHOLE_RUN)
    tables = list(table.tables(data, "feeds", keys, notes, homes))
    read = [_feed(found, folder, brands, default) for found in tables]
    _complain_of_twins(tables, read)
    unnamed = [feed.url for feed in read if feed.url and not feed.name]
    names = iter(address.default_names(unnamed, (feed.name for feed in read)))
    for feed in read:
        if feed.url:
            yield feed if feed.name else replace(feed, name=next(names))


def _feed(found: Table, folder: Path, brands: tuple[Brand, ...], default: FetchPolicy) -> Feed:
    """Read one feed; its address is empty where it is wrong, its name where it has none."""

    def about(value: object) -> str:
        return _brand_named(table.text(value), brands)

    for key in WHOLE_RUN:
        if key in found:
            found.warn(key, "counts for the whole run, not for one feed: put it in [fetch]")
    name = found.take("name", table.text, "")
    url, access = _place(found, name, folder)
    return Feed(
        url=url,
        name=name,
        about=found.take("about", about, None),
        weight=found.take("weight", table.number(0, 100, above=True), 1.0),
        policy=policy(found, default),
        origin=address.origin(url, folder),
        access=access,
    )


def _place(found: Table, name: str, folder: Path) -> tuple[str, Access | None]:
    """Read what a feed is known by, and how it is asked if something about that is secret."""
    hidden = _hidden_address(found, name, folder)
    real = "" if hidden else _address(found, folder)
    user, password, token = _login(found, folder)
    if hidden or user or token:
        _complain_of_logins(found, real, token is not None)
    if hidden:
        known = f"{address.SECRET}:{name}" if name else ""
        return known, Access(hidden, user, password, token)
    secret = user is not None or token is not None
    known = address.identity(found.take("url", str, ""), real, secret=secret)
    if not secret and address.identity("", real) == real:
        return known, None
    return known, Access(Secret(real), user, password, token)


def _hidden_address(found: Table, name: str, folder: Path) -> Secret | Lookup | None:
    """Read url_env or url_command; such a feed is known by its name alone."""
    written = [key for key in secrets.keys("url")[1:] if key in found]
    if not written:
        return None
    if not name and "name" not in found:
        found.complain("name", f"missing; a feed with {written[0]} is known by its name alone")
    return secrets.read(found, "url", str(folder))


def _address(found: Table, folder: Path) -> str:
    def url(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError("expected an address or a file path in quotes")
        return address.address(value, folder)

    fetched = found.need("url", url) or ""
    _warn_of_forgotten_scheme(found, fetched)
    return fetched


_Login = tuple[str | None, Secret | Lookup | None, Secret | Lookup | None]


def _login(found: Table, folder: Path) -> _Login:
    """Read user, password and token; two of the first, or the last, make an Authorization."""
    if not any(key in found for key in _LOGIN):
        return None, None, None
    user = found.take("user", _user, None)
    password = secrets.read(found, "password", str(folder))
    token = secrets.read(found, "token", str(folder))
    has_password = any(key in found for key in secrets.keys("password"))
    if has_password and "user" not in found:
        found.complain("user", "missing; a password goes with a user")
    if "user" in found and not has_password:
        found.complain("password", "missing; a user goes with a password")
    return user, password, token


def _user(value: object) -> str:
    user = table.text(value)
    if ":" in user:  # RFC 7617, 2
        raise ValueError("expected a user without a colon")
    return user


def _complain_of_logins(found: Table, real: str, has_token: bool) -> None:
    """Of several logins one would be sent, and nobody could say which."""
    if has_token and "user" in found:
        found.complain("user", "there is a token already; one of the two is enough")
    if real.startswith("file:"):
        found.complain("url", "a file is read without user, password or token")
    elif "@" in urlsplit(real).netloc:
        found.complain("url", "it has a user of its own; one login is enough")


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
    if meant is None:
        return
    said = f'no such file; did you mean "{redact(meant)}"?'
    if redact(meant) == meant:
        found.warn("url", said)
    else:  # taken for a file's, its secret would be kept as a part of the path
        found.complain("url", said)


def _complain_of_twins(tables: list[Table], feeds: list[Feed]) -> None:
    seen: dict[str, tuple[Table, Feed]] = {}
    for found, feed in zip(tables, feeds, strict=True):
        if not feed.url:
            continue
        first, other = seen.setdefault(address.same_key(feed.url), (found, feed))
        if first is found:
            continue
        line = found.notes.line((*first.at, "url"))
        if feed.url.startswith(f"{address.SECRET}:"):
            found.complain("name", f"the feed in line {line} is known by this name already")
        elif _same_secrets(feed, other):
            found.complain("url", f"the feed in line {line} has this address already")
        else:
            found.complain(
                "url",
                f"only its secret tells it from the feed in line {line}: put # and a word behind "
                "the address, such as #second, which tells their posts apart",
            )


def _same_secrets(feed: Feed, other: Feed) -> bool:
    """Whether two feeds known by one address are one; a variable is as good as what it holds."""
    mine, theirs = feed.access, other.access
    if mine is None or theirs is None:
        return mine is theirs
    real = [one.reveal() if isinstance(one, Secret) else "" for one in (mine.url, theirs.url)]
    same = address.same_key(real[0]) == address.same_key(real[1])
    logins = [(one.user, _source(one.password), _source(one.token)) for one in (mine, theirs)]
    return same and logins[0] == logins[1]


def _source(secret: Secret | Lookup | None) -> object:
    return (secret.key, secret.words) if isinstance(secret, Lookup) else secret
