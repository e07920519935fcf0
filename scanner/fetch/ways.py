"""The way to a feed: its real address, what goes along, and a veil over all that comes back.

In: a feed, its secrets found. Out: a Way. Only here and in `transport` is a secret seen as it is;
what leaves `transport` has been under the veil.

Touches: nothing.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from scanner.records import Access, Feed, Lookup, Secret
from scanner.text import redact
from scanner.text.secrets import Veil, machine_made, secrets_of


@dataclass(frozen=True, slots=True, repr=False)
class Way:
    """How one feed is asked."""

    url: str
    """Without login and fragment."""
    authorization: str | None = None
    veil: Veil = field(default_factory=Veil)
    whole: bool = False
    """The address is a secret as a whole; so is where it leads."""

    def __repr__(self) -> str:
        """Say nothing of it."""
        return "Way(***)"


def is_hidden(feed: Feed) -> bool:
    """Whether one of its secrets is still to be found."""
    access = feed.access
    return access is not None and any(
        isinstance(each, Lookup) for each in (access.url, access.password, access.token)
    )


def way_to(feed: Feed) -> Way:
    """Give the way to a feed whose secrets have been found."""
    access = feed.access or Access()
    real = _revealed(access.url) or feed.url
    if feed.access is None and redact(real) == real:
        return Way(without_login(real))
    password, token = _revealed(access.password), _revealed(access.token)
    user, word = (access.user or "", password) if password else _login_of(real)
    basic = _basic(user, word) if user or word else None
    header = f"Bearer {token}" if token else f"Basic {basic}" if basic else None
    whole = feed.url.startswith("secret:")
    sure = set(filter(None, (word, token, basic)))
    known = {*secrets_of(real, whole=whole), *sure}
    names = {user, quote(user)} if word and not machine_made(user) else set()
    # "sortkey=published": hidden in messages, but a post may say it
    names |= {each for each in known - sure if each.isalpha() and not machine_made(each)}
    return Way(without_login(real), header, Veil(known - names, names), whole)


def without_login(url: str) -> str:
    """Give an address without user, password and fragment."""
    if "@" not in url and "#" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def _revealed(secret: Secret | Lookup | None) -> str | None:
    if isinstance(secret, Lookup):
        raise TypeError(f"{secret.key} was not resolved before its feed was asked")
    return None if secret is None else secret.reveal()


def _login_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return "", ""
    return unquote(parts.username or ""), unquote(parts.password or "")


def _basic(user: str, password: str) -> str:
    """RFC 7617, 2; UTF-8, as most servers read it."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()
