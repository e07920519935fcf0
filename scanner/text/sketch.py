"""All plain letters and digits of a body in a row: a quick way to know what cannot be in it.

In: a body as its feed wrote it. Out: its ASCII letters and digits in lower case, and nothing that
stands between them. What `clean` would find in the body, a word or several of a line, stands in the
sketch too, once reduced in the same way; the reverse need not be true. It takes an eighth of the
time of `clean`, and most posts name nobody that is looked for.

Letters beyond ASCII are dropped on both sides, so that they cost nothing. Not seen are letters
written as references without their semicolon ("m&uumlller").

Touches: nothing.
"""

from __future__ import annotations

import re
from html import unescape

from scanner.text.body import clean
from scanner.text.handles import fold
from scanner.text.mend import repair

# Never longer than what `clean` takes for a tag, so that no word is lost. An image's description
# may become text (an emoji), so images stay. Bytes, because their patterns are twice as fast.
_TAG = re.compile(rb"<(?![iI][mM][gG]|!\[CDATA\[)[A-Za-z/!?][^<>]*+>")
_BROKEN = re.compile(rb"<(?![iI][mM][gG])[A-Za-z/!?]")
"""What may be longer than `_TAG` thinks, or shorter: a tag with "<" in it, one without an end, and
CDATA, whose words are read."""
_REFERENCE = re.compile(rb"&#?\w{1,31};")
_LETTER = re.compile(
    rb"&(?:amp;)*#(?:0*(?:4[89]|5\d|6[5-9]|[78]\d|9[07-9]|1[01]\d|12[0-2])\b|[xX])"
)
"""A plain letter or digit written as a number."""
_TELLING = re.compile(rb"&(?:lt;/|szlig;|ord[fm];|sup[123];|frac\d\d;|[a-z]{1,3}lig;)")
"""References to a tag, and to letters that fold to plain ones."""
_MISREAD = "Ã".encode()
"""Of a letter whose UTF-8 was read as windows-1252; "ÃŸ" is ß, and folds to "ss"."""
_DISGUISED = re.compile(
    "[ªº²³¹¼-¾ßİĲĳĿŀŉſǄ-ǌǱ-ǳʰ-ˣ\u0300-\u036fᴬ-ᶻẚẞ⁰-ₜ\u2100-\u2121\u2123-\u218f①-⓪Ⱡ-Ɀ㉑-㊿ꟲ-ꟴﬀ-ﬆ０-ｚ"
    "\U000107a5\U0001d400-\U0001d7ff\U0001f100-\U0001f10a\U0001fbf0-\U0001fbf9]"
)
"""What becomes a plain letter or digit when it is folded, or joins one as an accent."""
_ACCENTED = re.compile("[A-Za-z]?[\u0300-\u036f]+")
"""A letter and its accent are mostly one letter beyond ASCII: "é", but neither "q̀" nor "i̇"."""
_ASCII = bytes(range(128))
_DROPPED = bytes(code for code in range(256) if not (code < 128 and chr(code).isalnum()))
_LOWER = bytes(range(256)).lower()
_APART = b" "


def sketch(markup: str, *, html: bool = True) -> bytes:
    """Return the plain letters and digits of a body. Linear in its length.

    `html` as for `clean`: otherwise tags are words.
    """
    bare = _encoded(markup)
    if html:
        bare = _TAG.sub(b"", bare)
        if _BROKEN.search(bare):
            # What of it is words, only `clean` can tell.
            return _reduced(_encoded(clean(markup).text))
    if b"&" not in bare and _MISREAD not in bare:
        return _reduced(bare)
    # As they are too: in "AT&T; it broke" there is no reference, though there seems to be one.
    sketches = [_reduced(_REFERENCE.sub(b"", bare)), _reduced(bare)]
    if _MISREAD in bare:
        sketches.append(letters(repair(_decoded(bare))))
    if b"&amp;" in bare:
        sketches.append(_reduced(_REFERENCE.sub(b"", bare.replace(b"&amp;", b"&"))))
    if _TELLING.search(bare) or _LETTER.search(bare):
        decoded = _encoded(unescape(unescape(_decoded(bare))))
        sketches += [_reduced(decoded), _reduced(_TAG.sub(b"", decoded))]
    return _APART.join(sketches)


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
    return plain + _APART + _encoded(_ACCENTED.sub(_composed, text)).translate(_LOWER, _DROPPED)


def _composed(found: re.Match[str]) -> str:
    return fold(found.group())


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
