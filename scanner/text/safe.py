"""Text made safe to show: no escape sequences, no reordering, nothing invisible.

In: any text. Out: text that a terminal, a log or a mail header shows as it reads.

Touches: nothing.
"""

from __future__ import annotations

import re

_MARKS_SHOWN = 4
"""Combining marks kept on one letter: Vietnamese takes 2, Hebrew with cantillation 3 or 4."""

_BREAK = re.compile(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029\xa0]++")
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U000e0000-\U000e0fff]"
)
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
    return _PILE.sub(r"\1", _HIDDEN.sub(_hidden, text))


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
