"""What a person wrote as a feed's address -> the address to fetch, its origin, and its name.

In: a web address, a file path or a file:// address. Out: an http(s) address without fragment
or a file:// address; anything else is refused. And what of it is safe to print and to keep.
No message says what may be secret of it.

Touches: the disk.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

from scanner.config.values import shown, spelt_out
from scanner.text import redact

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")  # one letter is a Windows drive
_WEB = ("http", "https")
_PORTS = {"http": 80, "https": 443}
_BEGINS = re.compile(r"(?:https?|file|[a-z][a-z0-9+.-]*(?=://)):/*|//", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")
SECRET = "secret"
"""The scheme of what a feed is known by whose address is a secret as a whole: "secret:NAME"."""


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ODD = re.compile(r"[\s\\]")


def address(written: str, folder: Path) -> str:
    """Turn what was written into the address to fetch; paths are relative to the folder.

    Raises ValueError, saying what was expected.
    """
    if control := _CONTROL.search(written):
        raise ValueError(f"control character {control[0]!r} in an address")
    scheme = _SCHEME.match(written)
    if scheme is None:
        return _from_path(written, folder)
    if scheme[1].lower() in _WEB:
        return web(written)
    if scheme[1].lower() == "file":
        return _from_file_address(written)
    known = "" if "@" in written else f'; "{scheme[1][:30]}:" is none of them'
    raise ValueError(
        f"expected an address that begins with https:// or http://, a file path or a file:// "
        f"address{known}"
    )


def web(written: str) -> str:
    """Turn what was written into an http(s) address without fragment; ValueError otherwise."""
    if (scheme := _SCHEME.match(written)) is None or scheme[1].lower() not in _WEB:
        raise ValueError("expected an address that begins with https:// or http://")
    # Parsers differ on these, and so on which host is meant (WHATWG URL, 4.4).
    if odd := _ODD.search(written):
        raise ValueError(f"{odd[0]!r} has no place in a web address; write it as %XX")
    url = written.partition("#")[0]
    try:
        problem = _web_problem(urlsplit(url))
    except ValueError:  # a bracket that does not close, a port that is no number
        problem = "its host or port cannot be read; write what is special in a password as %XX"
    if problem:
        raise ValueError(f"not a web address: {problem}")
    return url


def unread(written: str) -> str:
    """Give an address that could not be read without what may be a login, and spelt out.

    A password may hold `/`, `?` and `#`, for which nobody wrote %XX: all before the last @ goes.
    """
    spelt = spelt_out(written)
    login, at, rest = spelt.rpartition("@")
    begins = _BEGINS.match(login)
    if not at or not (begins or ":" in login):
        return redact(spelt)
    return redact(f"{begins[0] if begins else ''}***@{rest}")


def identity(written: str, url: str, *, secret: bool = False) -> str:
    """Give what a feed is known by: its address, *** in place of what is secret in it.

    So a token may change and the feed keeps its history. Where a secret is all that tells two
    feeds apart, a person's own word behind # does: nothing may be kept that is made of a secret,
    from which a weak one could be guessed.
    """
    if url[:5].lower() == "file:":
        return url
    safe = redact(url)
    word = written.partition("#")[2]
    told_apart = (secret or safe != url) and _WORD.fullmatch(word)
    return f"{safe}#{word}" if told_apart else safe


def same_key(url: str) -> str:
    """Give two spellings of one address the same key (RFC 3986, 6.2.2 and 6.2.3).

    The word behind #, which a feed's identity may have, counts.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() == SECRET:
        return url.casefold()
    if parts.scheme.lower() not in _WEB:
        return url
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    port = "" if parts.port in (None, _PORTS[scheme]) else f":{parts.port}"
    user = parts.netloc.rpartition("@")[0]
    word = f"#{parts.fragment}" if parts.fragment else ""
    return f"{scheme}://{user}@{host}{port}{parts.path or '/'}?{parts.query}{word}"


def forgotten_scheme(written: str, url: str) -> str | None:
    """Give the web address that somebody meant who wrote "example.org/feed" without https://."""
    host, slash, _ = written.partition("/")
    looks_like_host = slash and re.fullmatch(r"[\w-]+(\.[\w-]+)+", host)
    if not looks_like_host or not url.startswith("file:") or Path(unquote(url[7:])).exists():
        return None
    return f"https://{written}"


def origin(url: str, folder: Path) -> str:
    """Give a file's path from a folder, with `/`; "" for what is no file, or on another drive."""
    if not url.startswith("file:"):
        return ""
    # A name that is not UTF-8 stays its own, and can be stored.
    path = unquote(url.removeprefix("file://"), errors="backslashreplace")
    try:
        return Path(os.path.relpath(path, os.path.abspath(folder))).as_posix()
    except ValueError:  # two drives, on Windows
        return ""


def default_names(urls: Sequence[str], taken: Iterable[str]) -> list[str]:
    """Name each address: its host, or its file's stem, and as much more as makes it unique."""
    used = {name.casefold() for name in taken if name}
    ladders = [_ladder(url) for url in urls]
    shared = Counter(step for ladder in ladders for step in {s.casefold() for s in ladder})
    names = []
    for ladder in ladders:
        own = (step for step in ladder if shared[step.casefold()] == 1)
        free = (step for step in (*own, ladder[-1]) if step.casefold() not in used)
        name = next(free, None) or _numbered(ladder[-1], used)
        used.add(name.casefold())
        names.append(name)
    return names


def _numbered(name: str, used: set[str]) -> str:
    number = 2
    while f"{name} ({number})".casefold() in used:
        number += 1
    return f"{name} ({number})"


def _ladder(url: str) -> list[str]:
    """Give the names an address may have, from the shortest to the fullest."""
    parts = urlsplit(redact(url))
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        return [spelt_out(step) for step in (path.stem, path.name, *_deeper(path))]
    host = (parts.hostname or "").removeprefix("www.")
    steps = [host]
    for segment in filter(None, parts.path.split("/")):
        steps.append(f"{steps[-1]}/{unquote(segment)}")
    if parts.query:
        steps.append(f"{steps[-1]}?{unquote_plus(parts.query)}")
    if parts.fragment:
        steps.append(f"{steps[-1]}#{parts.fragment}")
    return [spelt_out(step) for step in steps]


def _deeper(path: Path) -> Iterable[str]:
    segments = path.parts
    return ("/".join(segments[-count:]) for count in range(2, len(segments)))


def _from_path(written: str, folder: Path) -> str:
    if not written:
        raise ValueError("expected an address or a file path that is not empty")
    if written.startswith("//"):
        raise ValueError(f"expected https:// or http:// before {shown(unread(written))}")
    try:
        path = Path(written).expanduser()
    except RuntimeError:
        raise ValueError(f"no such home folder: {shown(unread(written))}") from None
    # as_uri() escapes `#`, `?` and `%`: in a path they are part of the name.
    return Path(os.path.abspath(folder / path)).as_uri()


def _from_file_address(written: str) -> str:
    rest = written[len("file:") :]
    path = re.sub(r"^//(?:localhost)?(?=/)", "", rest, flags=re.IGNORECASE)
    if not path.startswith("/") or path.startswith("//"):
        told = shown(unread(written))
        raise ValueError(f"expected a file on this machine, file:///folder/file.xml, not {told}")
    if "\x00" in unquote(path):
        raise ValueError("control character '\\x00' in an address")
    return f"file://{path}"


def _web_problem(parts: SplitResult) -> str | None:
    if not parts.hostname or not parts.hostname.strip("."):
        return "it names no host"
    if parts.netloc.count("@") > 1:
        return "more than one @ before the path; write %40 in a password"
    if re.search(r'[<>"^`{|}%]', parts.hostname):
        return "the host has a character that no host has"
    if parts.port == 0:
        return "port 0 cannot be asked"
    return None
