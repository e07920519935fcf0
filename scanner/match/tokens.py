"""Text in, words with their places out, and the spans where a name is no name (addresses).

Words are compared folded: NFKC, then casefold (Unicode 3.13, caseless matching), so fullwidth
letters, ß and ss, and both spellings of é are one; places stay those of the text as it was.
A script without spaces (Han, kana, Thai, …, and Hangul, whose particles stick) is one word a
character: a name in it is found anywhere, and a Latin name between two characters is a word.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from scanner.text import fold

# Thai to Tibetan, Myanmar, Khmer, kana, Han, Hangul, halfwidth kana and Hangul.
UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff"
)
# Joins a word without being a letter: soft hyphen, combining marks, joiners, Indic vowel signs.
_MARKS = (
    "\u00ad\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0970-\u0dff"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u2060\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
)
_LETTERS = f"[^\\W_{UNSPACED}]"
# Possessive throughout: no backtracking, linear on any input.
WORD = re.compile(f"{_LETTERS}++(?:[{_MARKS}]++{_LETTERS}*+)*+|[{UNSPACED}]")
ASCII_WORD = re.compile(r"[a-z0-9]+")
HASHTAG = re.compile(r"(?<![\w&])[#＃]([^\W_]++)")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^A-Za-z0-9]+")


class Token(NamedTuple):
    """A word: how it compares, and its place in the text."""

    folded: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Return the words of a text with their places."""
    if text.isascii():
        return [Token(m.group(), *m.span()) for m in ASCII_WORD.finditer(text.lower())]
    return [Token(fold(m.group()), *m.span()) for m in WORD.finditer(text)]


def folded_words(text: str) -> list[str]:
    """Return the folded words alone; what most posts cost."""
    if text.isascii():
        return ASCII_WORD.findall(text.lower())
    return [w if w.isascii() else fold(w) for w in WORD.findall(text.casefold())]


def camel_parts(word: str, start: int = 0) -> list[Token]:
    """Split "AcmeAppDown2" into Acme, App, Down, 2; "ABCNews" into ABC, News."""
    return [
        Token(fold(m.group()), start + m.start(), start + m.end()) for m in _CAMEL.finditer(word)
    ]


def hashtags(text: str) -> Iterator[list[Token]]:
    """Yield the camel-case parts of every hashtag that has more than one."""
    for match in HASHTAG.finditer(text):
        # 100: the longest hashtag that X, Mastodon or Instagram take is shorter.
        parts = camel_parts(match[1][:100], match.start(1))
        if len(parts) > 1:
            yield parts


# --- places where a name is no name ---------------------------------------------------------------

_URL = re.compile(
    r"(?<![A-Za-z])(?:(?!hxxp)[A-Za-z][A-Za-z0-9+.-]{1,30}+://|www\.)[^\s<>\"]++", re.IGNORECASE
)
_HXXP = re.compile(
    r"(?<![A-Za-z])hxxps?(?:\[:\]|:)//(?P<host>[^\s/<>\"]++)[^\s<>\"]*+", re.IGNORECASE
)
_HOST = r"(?P<host>[\w-]++(?:\.[\w-]++)++)"
_PATH = re.compile(rf"(?<![\w.@/-]){_HOST}(?::[0-9]+)?(?:/|[?#]\w)[^\s<>\"]*+")
_LONG_HOST = re.compile(r"(?<![\w.@/-])(?P<first>[\w-]++)(?:\.[\w-]++)++")
# Ends of addresses seen in posts; what ends otherwise may be a file or a package.
_TOP = frozenset(
    ("com", "net", "org", "io", "co", "de", "uk", "eu", "fr", "at", "ch", "nl", "info", "biz", "us")
)
_EMAIL = re.compile(rf"(?<![\w.+@-])[\w.+-]++@{_HOST}")
_HANDLE = re.compile(
    r"(?<![\w.+-])(?:@|＠|/?u/)(?P<name>\w(?:[\w.-]*\w)?+)(?:@[\w-]++(?:\.[\w-]++)++)?"
)


class Masked(NamedTuple):
    """A span of text where names do not count; a domain may still stand in its host part."""

    start: int
    end: int
    host_start: int
    host_end: int


class Handle(NamedTuple):
    """An @account or u/account in a text."""

    folded: str
    start: int
    end: int


def masked(text: str) -> list[Masked]:
    """Return the addresses in a text: web, mail."""
    found: list[Masked] = []
    if "://" in text or "www." in text.lower():
        found += [Masked(*m.span(), 0, 0) for m in _URL.finditer(text)]
    patterns = [p for p, sign in ((_HXXP, "//"), (_PATH, "."), (_EMAIL, "@")) if sign in text]
    for pattern in patterns:
        found += [Masked(*m.span(), *m.span("host")) for m in pattern.finditer(text)]
    return [*found, *_foreign_hosts(text)] if "." in text else found


def _foreign_hosts(text: str) -> Iterator[Masked]:
    """Yield what comes before the last two labels of a host: acme.evil.com is evil's."""
    for match in _LONG_HOST.finditer(text):
        if match[0].count(".") < 2 or match["first"].lower() in _TOP:
            continue
        head, _, top = match[0].rpartition(".")
        if top.lower() in _TOP:
            end = match.start() + head.rindex(".")
            yield Masked(match.start(), end, match.start(), end)


def handles(text: str) -> list[Handle]:
    """Return the accounts that a text addresses, in any of "@acme", "@acme@host", "u/acme"."""
    if "@" not in text and "u/" not in text and "＠" not in text:
        return []
    return [Handle(fold(m["name"]), *m.span()) for m in _HANDLE.finditer(text)]
