"""Addresses out of feeds become links that are safe to follow, or nothing.

In: an address as a document wrote it, and what it may be relative to. Out: http(s), or None.

Touches: nothing.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urljoin, urlsplit, urlunsplit

_LONGEST = 2_000
"""Characters of an address; browsers and mail programs cut longer ones."""

_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\u200b-\u200f\u202a-\u202e\ufeff]")
_LEADING = "".join(map(chr, range(0x21))) + "\x7f\xa0\ufeff"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:")
_REDIRECT = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}")


def clean_url(href: str, *bases: str | None) -> str | None:
    """Resolve an address against the first base that makes it one, and unwrap Google's redirects.

    Line breaks and tabs within are removed, spaces become %20 (WHATWG URL, 4.4). An address
    that is not http(s), has no host, carries a password, or is too long is no link: None.
    """
    href = href[: _LONGEST + 100].strip(_LEADING)
    if not href:
        return None
    href = re.sub(r"[\t\r\n]", "", href).replace(" ", "%20")
    href = _BLANKS.sub("", href)
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
    return _checked(target, "") or url
