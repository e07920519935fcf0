"""All plain letters and digits of a body in a row: a quick way to know what cannot be in it.

In: a body as its feed wrote it. Out: its ASCII letters and digits in lower case, and nothing that
stands between them. What `clean` would find in the body, a word or several of a line, stands in the
sketch too, once reduced in the same way; the reverse need not be true. It takes a fifth of the
time of `clean`, and most posts name nobody that is looked for.

Letters beyond ASCII are dropped on both sides, so that they cost nothing.

Touches: nothing.
"""

from __future__ import annotations

import re
from functools import cache
from html.entities import html5

from scanner.text.body import clean
from scanner.text.handles import fold
from scanner.text.mend import repair, unescaped

# Never longer than what `clean` takes for a tag, so that no word is lost. Bytes, because their
# patterns are twice as fast.
_TAG = re.compile(rb"<(?!!\[CDATA\[)[A-Za-z/!?][^<>]*+>")
# A flag for case, or a class at its start, would make a pattern look at every character.
_IMAGE = re.compile(rb"<(?i:img)\b[^<>]*+>")
_ALT = re.compile(
    rb"\balt\s{0,9}=\s{0,9}(\"[^\"]{0,99}\"|'[^']{0,99}'|[^\s>\"']{1,99})", re.IGNORECASE
)
"""An image's description, which may become text: an emoji."""
_BROKEN = re.compile(rb"<[A-Za-z/!?]")
"""What may be longer than `_TAG` thinks, or shorter: a tag with "<" or ">" in it, one without an
end, and CDATA, whose words are read."""
_UNREAD = re.compile(
    rb"<((?i:script|style|title|iframe|noembed|noframes|xmp|template))\b[^<>]*+>[^<]*+</(?i:\1)\s*+>"
)
"""What holds words that are not read, perhaps in the middle of one that is; twice, for one within
another. Not code, pictures or buttons, which nobody puts into a word."""
_HOLDERS = tuple(
    written.encode()
    for name in ["script", "style", "title", "iframe", "noembed", "noframes", "xmp", "template"]
    for written in (f"<{name}", f"<{name.upper()}")
)
_ENDS = (b'">', b"'>", b"-->")
_REFERENCE = re.compile(rb"&#?\w{1,31};")
_HARMLESS = (
    rb"3[2-9]|4[0-7]|5[89]|6[0-4]|9[1-6]|12[3-9]|1[3-5]\d|16\d|17[1-7]|18[0-4]|187|19[1-9]|2[01]\d"
    rb"|22[0-24-9]|2[34]\d|25[0-5]|82\d\d|8364|8482"
)
_NUMBERED = re.compile(rb"&(?:amp;)*+#(?!0*(?:" + _HARMLESS + rb");)")
"""A reference by number, but for the usual ones to what is no plain letter, nor folds to one."""
_NAMED = re.compile(rb"&(?:amp;)*+([A-Za-z]\w{1,31});")
_ESCAPED = re.compile(rb"&(?i:(?:amp;)*+lt;/)")
_OPEN = re.compile(rb"&(?:amp;)*+([A-Za-z]\w{1,31}+)(?!;)")
_UNCLOSED = frozenset(name.encode() for name in html5 if not name.endswith(";"))
"""Names that HTML reads without their semicolon, whatever follows ("M&uumlller")."""
_STARTS = tuple(slice(length) for length in sorted({len(name) for name in _UNCLOSED}))
_MISREAD = "Ã".encode()
"""Of a letter whose UTF-8 was read as windows-1252; "ÃŸ" is ß, and folds to "ss"."""
_DISGUISED = re.compile(
    "[ªº²³¹¼-¾ßİĲĳĿŀŉſǄ-ǌǱ-ǳʰ-ˣ\u0300-\u036fᴬ-ᶻẚẞ⁰-ₜ\u2100-\u2121\u2123-\u218f①-⓪Ⱡ-Ɀ㉑-㊿ꟲ-ꟴﬀ-ﬆ０-ｚ"
    "\U000107a5\U0001d400-\U0001d7ff\U0001f100-\U0001f10a\U0001fbf0-\U0001fbf9]"
)
"""What becomes a plain letter or digit when it is folded, or joins one as an accent."""
_ACCENTED = re.compile("[A-Za-z]?[\u0300-\u036f]+")
"""A letter and its accent are mostly one letter beyond ASCII: "é", but neither "q̀" nor "i̇"."""
_INVISIBLE = str.maketrans("", "", "\u00ad\u200c\u200d\u2060\ufe0e\ufe0f\ufeff")
_ASCII = bytes(range(128))
_DROPPED = bytes(code for code in range(256) if not (code < 128 and chr(code).isalnum()))
_LOWER = bytes(range(256)).lower()
_APART = b" "


def sketch(markup: str, *, html: bool = True) -> bytes:
    """Return the plain letters and digits of a body. Linear in its length.

    `html` as for `clean`: otherwise tags are words.
    """
    bare = raw = _encoded(markup)
    if html:
        bare = _TAG.sub(b"", raw)
        told = [alt for image in _IMAGE.findall(raw) for alt in _ALT.findall(image)]
        bare = _APART.join((bare, *told)) if told else bare
        if any(holder in raw for holder in _HOLDERS):
            bare = _APART.join((bare, _TAG.sub(b"", _UNREAD.sub(b"", _UNREAD.sub(b"", raw)))))
        if _BROKEN.search(bare) or b"<!--[" in raw or any(end in bare for end in _ENDS):
            # What of it is words, only `clean` can tell.
            return _reduced(_encoded(clean(markup).text))
    if b"&" not in bare and _MISREAD not in bare:
        return _reduced(bare)
    # As they are too: in "AT&T; it broke" there is no reference, though there seems to be one.
    sketches = [_reduced(_REFERENCE.sub(b"", bare)), bare.translate(_LOWER, _DROPPED)]
    if _MISREAD in bare:
        sketches.append(letters(repair(_decoded(bare))))
    if b"&amp;" in bare:
        sketches.append(_reduced(_REFERENCE.sub(b"", bare.replace(b"&amp;", b"&"))))
    if _has_letters(bare):
        decoded = _encoded(unescaped(unescaped(unescaped(_decoded(bare)))))
        sketches += [_reduced(decoded), _reduced(_TAG.sub(b"", decoded))]
    return _APART.join(sketches)


def _has_letters(bare: bytes) -> bool:
    """Whether references may stand for plain letters, or for tags."""
    if _ESCAPED.search(bare) or _NUMBERED.search(bare):
        return True
    if not _folding().isdisjoint(_NAMED.findall(bare)):
        return True
    return any(
        not _UNCLOSED.isdisjoint(map(word.__getitem__, _STARTS)) for word in _OPEN.findall(bare)
    )


@cache
def _folding() -> frozenset[bytes]:
    """Names of references to what is, or folds to, plain letters."""
    return frozenset(
        name.removesuffix(";").encode()
        for name, meant in html5.items()
        if any(c.isalnum() and (c.isascii() or _DISGUISED.match(c)) for c in meant)
    )


def letters(name: str) -> bytes:
    """Reduce a name, or words in a row, to what a sketch has of it; empty for other scripts."""
    return _encoded(fold(name)).translate(_LOWER, _DROPPED)


def _reduced(raw: bytes) -> bytes:
    plain = raw.translate(_LOWER, _DROPPED)
    others = raw.translate(None, _ASCII)
    if not others or not (disguised := set(_DISGUISED.findall(_decoded(others)))):
        return plain
    text = _decoded(raw)
    for letter in disguised:
        text = text.replace(letter, fold(letter))
    text = text.translate(_INVISIBLE)
    return plain + _APART + _encoded(_ACCENTED.sub(_composed, text)).translate(_LOWER, _DROPPED)


def _composed(found: re.Match[str]) -> str:
    return fold(found.group())


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
