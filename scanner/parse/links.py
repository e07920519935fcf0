"""Addresses out of feeds become links that are safe to follow, or nothing.

In: an address as a document wrote it, and what it may be relative to. Out: http(s), or None.

Touches: nothing.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urljoin, urlsplit, urlunsplit

_LONGEST = 2_000
"""Characters of an address; browsers and mail programs cut longer ones."""

_UNSEEN = re.compile(
    r"[\x00-\x20\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
"""Blanks, controls, what reorders or hides, and halves of characters, which no UTF-8 can hold."""
_LEADING = "".join(map(chr, range(0x21))) + "\x7f\xa0\ufeff"
_USUAL = re.compile(r"https?://(?!(?:www\.)?google\.)[a-z0-9.-]{4,253}/[!#-;=?-Z_a-z~]*+")
"""An address that nothing has to be done to; nine in ten are. Taking one apart costs 10 us."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:")
_REDIRECT = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}")


def clean_url(href: str, *bases: str | None) -> str | None:
    """Resolve an address against the first base that makes it one, and unwrap Google's redirects.

    Line breaks and tabs within are removed, spaces become %20 (WHATWG URL, 4.4). An address
    that is not http(s), has no host, carries a password, or is too long is no link: None.
    """
    if len(href) <= _LONGEST and _USUAL.fullmatch(href):
        return href
    href = _tidied(href)
    if not href:
        return None
    # What names its own scheme is relative to nothing.
    for base in ("",) if _SCHEME.match(href) else bases:
        url = _checked(href, base or "")
        if url:
            return _unwrapped(url)
    return None


def base_of(url: str) -> str:
    """Give what links may be relative to: the address without query and login.

    They may be secret, and a relative "#c1" would carry them along into the post's own link.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _tidied(href: str) -> str:
    """What a browser would ask for. "" for what is too long, rather than a piece of it."""
    href = href.strip(_LEADING)
    if len(href) > _LONGEST + 100:
        return ""
    href = _UNSEEN.sub("", re.sub(r"[\t\r\n]", "", href).replace(" ", "%20"))
    # Blanks of other scripts are escaped as all letters beyond ASCII are when they are sent.
    return href if href.isascii() else re.sub(r"\s", lambda blank: quote(blank[0]), href)


def _checked(href: str, base: str) -> str | None:
    try:
        url = urljoin(base, href) if base else href
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.password is None
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return None
    if not usable or len(url) > _LONGEST:
        return None
    return url


def _unwrapped(url: str) -> str:
    """Google Alerts hides the article in /url?url=…"""
    parts = urlsplit(url)
    if parts.path != "/url" or not _REDIRECT.fullmatch(parts.hostname or ""):
        return url
    try:
        query = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return url
    target = (query.get("url") or query.get("q") or [""])[0]
    # Decoded only here: what %0a and %e2%80%ae hid comes out now.
    return _checked(_tidied(target), "") or url
