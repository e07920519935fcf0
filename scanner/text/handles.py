"""Names as they are compared, and account names in every shape that they are written in.

In: a word, or an author as a feed or a person wrote it. Out: the folded form. Folded is NFKC, then
casefold (Unicode 3.13, caseless matching).

Touches: nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DOTTED = re.compile("i\u0307+")
_INVISIBLE = str.maketrans("", "", "\u00ad\u200c\u200d\u2060\ufe0e\ufe0f\ufeff")
_CACHED = 32
"""Letters. Longer words are folded anew: a cache of 256 kB words would fill the memory."""

_PIECE = 100
"""Letters. Longer words are folded in pieces: NFKC sorts the marks on a letter in time quadratic in
their number (32,000 on one take 4 s), and no word of any language has as many letters."""


def fold(word: str) -> str:
    """Return the form in which words are compared."""
    if word.isascii():
        return word.lower()
    if len(word) <= _CACHED:
        return _folded(word)
    return "".join(_fold(word[at : at + _PIECE]) for at in range(0, len(word), _PIECE))


def _fold(word: str) -> str:
    # Twice NFKC: casefolding can denormalise (Unicode 3.13, D146). İ folds to i and a dot.
    once = unicodedata.normalize("NFKC", word.translate(_INVISIBLE)).casefold()
    return unicodedata.normalize("NFKC", _DOTTED.sub("i", once))


_folded = lru_cache(maxsize=1 << 14)(_fold)


def handle_of(written: str) -> tuple[str, str]:
    """Return an account's folded name and host ("" if unsaid), from any shape it is written in.

    "@acme", "acme", "u/acme", "/u/acme", "@acme@mastodon.social", "Acme HQ (@acme)", and the
    address of a profile, whose last part it is.
    """
    bare = written.strip()
    if bare.endswith(")") and "(@" in bare:
        bare = bare[bare.rindex("(@") + 1 : -1]
    if "://" in bare:
        host, _, path = bare.split("://", 1)[1].partition("/")
        bare = path.split("?")[0].split("#")[0].rstrip("/").rpartition("/")[2] or host
    for lead in ("/u/", "u/", "/user/", "user/"):
        bare = bare.removeprefix(lead)
    name, _, host = bare.lstrip("@＠").partition("@")
    return fold(name), fold(host)
