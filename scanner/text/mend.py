"""Undoes what encodings did to a text on its way.

In: any text. Out: the same text where it was good, what was meant where the damage is plain.
Known damage: entities left over or encoded twice; UTF-8 that was read as Windows-1252 ("Ã¼",
"â€™"); Windows-1252 bytes kept as control characters; "# 147-…# 148-", which is left of
"&#147;…&#148;" after a careless filter.

Touches: nothing.
"""

from __future__ import annotations

import html
import re

_ROUNDS = 3
"""How often text may have been encoded over: "ÃƒÂ¼" takes two rounds."""

_ENDLESS = re.compile("&#[0-9]{1000,}+;?")
"""A reference that int() would refuse from 4,300 digits on, with a ValueError (CPython, 3.11)."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def _windows_1252() -> dict[int, str]:
    """Map the control range to what Windows-1252 puts there (WHATWG Encoding, windows-1252).

    "" where it puts nothing: "&#143;" stands for a control character that nobody meant.
    """
    return {byte: bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)}


_CONTROLS = _windows_1252()
_BYTES = {ord(character): byte for byte, character in _CONTROLS.items() if character}
_LATE = "".join(map(chr, range(0x80, 0xC0))) + "".join(_CONTROLS.values())
_NEXT = f"[{re.escape(_LATE)}]"
# In good text a capital is often followed by a closing quote, a dash or an ellipsis ("MENÜ“",
# "CAFÉ»"), a small letter by two ("café…»"). So only lead bytes that give western letters, signs
# and emoji count alone; other scripts count where two characters in a row decode.
_ALONE = rf"[ÂÃÄÅ]{_NEXT}|â[€‚„†‡‰Š‹ŒŽ˜š›œž\x80-\x84\x86-\x90\x98-\x9e]{_NEXT}|ð[Ÿ\x9f]{_NEXT}{{2}}"
_OTHER = rf"[Æ-ß]{_NEXT}|[à-ï]{_NEXT}{{2}}"
_MOJIBAKE = re.compile(rf"(?:{_ALONE})|(?:{_OTHER}){{2,64}}+")
_SUSPECT = re.compile(rf"[Â-ô]{_NEXT}")
_CONTROL = re.compile("[\x80-\x9f]")
_QUOTE_LOST = re.compile(r"â€\ufffd?(?=[\s.,;!?)]|\Z)")
_TYPOGRAPHIC = frozenset("‘’“”„‚«»‹›…–—™®©°")

_WRECK = re.compile(r"# ?(132|145|147)-([^#\n]{1,1000}+)# ?(146|147|148)-")
_WRECK_SINGLE = re.compile(r"# ?(12[89]|1[345]\d)-")


def unescaped(text: str) -> str:
    """Decode references as HTML does (13.2.5.72 to 80), with and without their semicolons."""
    if "&#" in text:
        text = _ENDLESS.sub("\ufffd", text)
    return html.unescape(text)


def repair(text: str) -> str:
    """Return what was meant before encodings and filters damaged `text`; good text is unchanged.

    Entities are decoded once, only with their semicolon; so this is for text that should have
    none left.
    """
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    if "# " in text or "#1" in text:
        text = _unwreck(text)
    if text.isascii():
        return text
    for _ in range(_ROUNDS if _SUSPECT.search(text) else 0):
        better = _MOJIBAKE.sub(_decoded, text)
        if better == text:
            break
        text = better
    if "â€" in text:
        text = _QUOTE_LOST.sub("”", text)
    return spoken(text)


def spoken(text: str) -> str:
    """Take control characters for the windows-1252 letters that were meant by them."""
    return text.translate(_CONTROLS) if _CONTROL.search(text) else text


def _decoded(found: re.Match[str]) -> str:
    run, text = found.group(), found.string
    if len(run) == 2 and run[1] in _TYPOGRAPHIC:
        before = text[max(found.start() - 1, 0) : found.start()]
        if before.isupper():
            return run
    raw = bytes(_BYTES.get(ord(character), ord(character) & 0xFF) for character in run)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return run


def _unwreck(text: str) -> str:
    """Put back quotes from a pair on one line; only next to a pair are single marks believed."""
    mended, pairs = _WRECK.subn(r"&#\1;\2&#\3;", text)
    if not pairs:
        return text
    mended = _WRECK_SINGLE.sub(r"&#\1;", mended)
    return _ENTITY.sub(lambda found: html.unescape(found.group()), mended)
