"""Text made safe to show: no escape sequences, no reordering, nothing invisible.

In: any text. Out: `printable`, one that a terminal, a log or a mail header shows as it reads;
`inert`, the same words for a file of data; `escaped`, the same string as JSON may hold it.
What acts on its reader or hides from him is told once, here, for every sink.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_MARKS_SHOWN = 4
"""Combining marks kept on one letter: Vietnamese takes 2, Hebrew with cantillation 3 or 4."""

_BREAK = re.compile(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029\xa0]++")
_ACTS = (
    r"\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb"
    r"\ufffe\uffff"
)
"""What acts on a terminal or has no shape: C0, C1, DEL, separators of lines, bidirectional controls
and zero-width and other default-ignorable characters, lone surrogates, non-characters
(Unicode 16, 23.7 and DerivedCoreProperties.txt). The selectors of an emoji's look stay."""
_ACTS_BEYOND = r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff" + "".join(
    f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17)
)
"""The same above U+FFFF. Together they are looked for at 18 million characters a second, the first
alone at 190 million, and most texts have nothing above."""
_HIDDEN = re.compile(f"[{_ACTS}]")
_HIDDEN_BEYOND = re.compile(f"[{_ACTS}{_ACTS_BEYOND}]")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_BEYOND_ASCII = re.compile("[\x00-\x1f\x7f-\U0010ffff]")
_LINE_END = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_SHOWN = re.compile(r"[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKS = (
    r"[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
_PILE = re.compile(f"({_MARKS}{{{_MARKS_SHOWN}}}){_MARKS}++")


def printable(text: str, *, newlines: bool = False) -> str:
    """Return `text` without anything that acts on a terminal or hides from the reader.

    Control characters (C0, C1, DEL, ESC) are dropped, as are zero-width and other invisible
    characters. Bidirectional embeddings, overrides and isolates, and lone surrogates, are shown
    as `⟨U+202E⟩`, so that an attempt to deceive is seen. A joiner stays where a script or an emoji
    sequence needs it, variation selectors always. Tabs and line breaks become one space;
    with `newlines` the line breaks stay, as "\\n". At most 4 combining marks stay on a letter.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _BREAK.sub(_line_or_space if newlines else " ", text)
    return _PILE.sub(r"\1", _each(_hidden, text))


def inert(text: str) -> str:
    """Return `text` for a file of data: nothing in it acts or hides, and its words are whole.

    Every kind of line end is "\\n", tabs stay, lone surrogates are U+FFFD. All else that
    `printable` drops or shows as ⟨U+202E⟩ is gone.
    """
    if text.isascii() and text.isprintable():
        return text
    return _each(_gone, _LINE_END.sub("\n", text))


def escaped(json: str, *, ascii_only: bool = False) -> str:
    """Escape what acts or hides in a text of JSON; it is read as the same string as before."""
    if json.isascii() and json.isprintable():
        return json
    return _BEYOND_ASCII.sub(_as_json, json) if ascii_only else _each(_as_json, json)


def _each(change: Callable[[re.Match[str]], str], text: str) -> str:
    return (_HIDDEN_BEYOND if _BEYOND.search(text) else _HIDDEN).sub(change, text)


def _gone(found: re.Match[str]) -> str:
    character = found.group()
    if character in "\t\n" or (character in "\u200c\u200d" and _joins(found)):
        return character
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= character <= "\udfff" else ""


def _as_json(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code == 0x0A:  # between the lines of an array; inside a string it is escaped already
        return "\n"
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _line_or_space(found: re.Match[str]) -> str:
    run = found.group().replace("\r\n", "\n")
    return "\n" * sum(c not in "\t\xa0" for c in run) or " "


def _hidden(found: re.Match[str]) -> str:
    character = found.group()
    if _SHOWN.match(character):
        return f"⟨U+{ord(character):04X}⟩"
    if character == "\n" or (character in "\u200c\u200d" and _joins(found)):
        return character
    return ""


def _joins(found: re.Match[str]) -> bool:
    """Tell whether a joiner stands between letters or pictures that it can join.

    Unicode 16, 23.2: joiners act in Arabic and Indic scripts and in emoji sequences; between
    Latin letters they only hide a word from a search.
    """
    before = found.string[max(found.start() - 1, 0) : found.start()]
    after = found.string[found.end() : found.end() + 1]
    return _joinable(before) and _joinable(after)


def _joinable(character: str) -> bool:
    return (
        bool(character)
        and (
            "\u0600" <= character <= "\u109f"
            or "\u2190" <= character <= "\u2bff"
            or character == "\ufe0f"
            or character >= "\U0001f000"
        )
        and character < "\U000e0000"
        and character != "\u061c"  # Arabic by its number, but hidden itself
    )
