"""A text -> words, and what the model knows of each word.

In: a text, and where the brand and its rivals stand in it. Out: words; for each its weights, the
weights of its letters, and its pieces. Everything is worked out when a word is first seen.

Touches: nothing.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from scanner.model.file import Floats, Ints

Span = tuple[int, int]
Target = tuple[Sequence[Span], Sequence[Span]]
"""Where the brand stands in a text, and where its rivals do; spans do not overlap."""

BRAND, RIVAL = "\x01", "\x02"
_NO_SIGNS = {1: " ", 2: " "}
"""A post that holds our signs itself must not pass for one that names the brand."""
MAX_CHARS = 20_000
"""Characters of a text that are cut into words; `MAX_TOKENS` words rarely have a fifth of it."""
MAX_TOKENS = 400
"""Words looked at; a 220-word post has about 260 with its marks."""
CACHE = 60_000
"""Words remembered; when full, all are forgotten and learnt anew."""
MAX_PIECES = 41
"""Of one word: forty letters and the sign that a word begins."""
FIRST, SECOND = 2654435761, 2246822519
"""Knuth's multiplicative hash, and xxHash's second prime."""
OWN, DENIED = 1, 2
"""Hash salts: a word, and a word under a negation."""
_NEGATORS = """
not no never cannot cant dont doesnt didnt isnt wasnt wont without neither nor hardly nothing none
nobody nicht kein keine keinen keinem keiner nie niemals nichts ohne weder pas jamais rien sans
aucun aucune ni nunca sin nada ningún ninguna non mai niente senza nessun nessuna não sem nenhum
nenhuma nem niet geen nooit niets zonder
"""
NEGATORS = frozenset(_NEGATORS.split())
"""Words that turn what follows them round; with them every word that ends in n't."""
TOKEN = re.compile(r"\w+(?:['’]\w+)?|[\x01\x02]|[!?.,;:…]+|[^\w\s]")
_URL = re.compile(r"https?://\S*|www\.\S+", re.IGNORECASE)
_USER = re.compile(r"(?<![\w@])@\w+")


def mark(text: str, brand: Iterable[Span], rivals: Iterable[Span] = ()) -> str:
    """The text with a sign for each name, every other letter where it was.

    Spans must not overlap.
    """
    text = text.translate(_NO_SIGNS)
    spans = sorted([(*s, BRAND) for s in brand] + [(*s, RIVAL) for s in rivals])
    parts: list[str] = []
    at = 0
    for start, end, sign in spans:
        parts += [text[at:start], sign, " " * (end - start - 1)]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def nameless(text: str, target: Target | None) -> str:
    """The text without names, whose words ("Best Buy") say nothing."""
    text = text.translate(_NO_SIGNS)
    for start, end in (*target[0], *target[1]) if target else ():
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def tokens(text: str) -> list[str]:
    """The first words of a text, in small letters; addresses and people are all alike."""
    text = text[:MAX_CHARS].replace("’", "'").replace("İ", "i").lower()
    if "http" in text or "www." in text:
        text = _URL.sub("http", text)
    if "@" in text:
        text = _USER.sub("@user", text)
    return TOKEN.findall(text)[:MAX_TOKENS]


def _crc(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def places_of(text: str) -> list[Span]:
    """Where the words stand that `tokens` finds."""
    text = _URL.sub(lambda found: "http".ljust(len(found[0])), text[:MAX_CHARS])
    return [found.span() for found in islice(TOKEN.finditer(text), MAX_TOKENS)]


class Words:
    """What was worked out of words, one row a word."""

    def __init__(self, pieces: Sequence[str], scores: Floats, weights: Floats) -> None:
        """Take the student's pieces and the linear half's weights, a power of two of them."""
        self.weights = weights
        self.shift = 33 - len(weights).bit_length()
        rows = range(4, len(pieces) + 4)
        self._pieces = dict(zip(pieces, zip(rows, scores.tolist(), strict=True), strict=True))
        self._unknown = float(scores.min()) - 10
        self._forget()

    def _forget(self) -> None:
        self._known: dict[str, int] = {}
        self.own = np.zeros((CACHE, 2), np.float32)
        self.inner = np.zeros(CACHE, np.float32)
        self.letters = np.zeros(CACHE, np.int64)
        self.crc = np.zeros(CACHE, np.uint32)
        self.kind = np.zeros((CACHE, 2), bool)
        self.cuts = np.zeros((CACHE, 2), np.int64)
        self.cut_pieces = np.zeros(CACHE * 12, np.int32)
        self._cut_end = 0

    def make_room(self, words: int) -> None:
        """Forget all if so many new words would not fit; rows given out before are void then."""
        pieces = self._cut_end + words * MAX_PIECES
        if len(self._known) + words > CACHE or pieces > len(self.cut_pieces):
            self._forget()

    def rows(self, tokens: list[str]) -> Ints:
        """A row for each word; make room first."""
        known = self._known
        return np.array([known[w] if w in known else self._meet(w) for w in tokens], np.int64)

    def pieces(self, rows: Ints) -> Ints:
        """The pieces of some words, one after the other."""
        first, many = self.cuts[rows].T
        before = np.cumsum(many) - many
        at = np.repeat(first - before, many) + np.arange(int(many.sum()))
        pieces: Ints = self.cut_pieces[at].astype(np.int64)
        return pieces

    def _meet(self, word: str) -> int:
        """Work out a word: its weights, its letters' weights, its pieces."""
        row = self._known[word] = len(self._known)
        crc = _crc(word)
        grams = self.grams(word)
        self.own[row] = self.weights[[self.mix(crc, OWN), self.mix(crc, DENIED)]]
        self.inner[row] = self.weights[grams].sum()
        self.letters[row], self.crc[row] = len(grams), crc
        negates = word in NEGATORS or word.endswith("n't")
        self.kind[row] = negates, word[0].isalnum() or word in (BRAND, RIVAL)
        cut = self._cut(word)
        end = self._cut_end + len(cut)
        self.cut_pieces[self._cut_end : end] = cut
        self.cuts[row] = self._cut_end, len(cut)
        self._cut_end = end
        return row

    def grams(self, word: str) -> list[int]:
        """Buckets of three to five letters in a row, edges marked."""
        if not (word.isalpha() or len(word) > 2):
            return []
        edged = f"<{word[:24]}>"
        runs = (edged[i : i + n] for n in (3, 4, 5) for i in range(len(edged) - n + 1))
        return [_crc(f"c{run}") >> self.shift for run in runs]

    def mix(self, first: int, second: int) -> int:
        """A bucket of the linear half for two numbers."""
        return ((first * FIRST + second * SECOND) & 0xFFFFFFFF) >> self.shift

    def _cut(self, word: str) -> list[int]:
        """Pieces of a word: the likeliest way through, by the scores of a unigram model."""
        if word in (BRAND, RIVAL):
            return [2 if word == BRAND else 3]
        text = unicodedata.normalize("NFKC", word[: MAX_PIECES - 1])[: MAX_PIECES - 1]
        if word[0].isalnum() or word[0] == "_":
            text = "▁" + text
        best = [0.0] + [-1e9] * len(text)
        back = [(0, 1)] * (len(text) + 1)
        for i in range(len(text)):
            for end in range(i + 1, min(len(text), i + 16) + 1):
                row, score = self._pieces.get(text[i:end], (0, 0.0))
                if row and best[i] + score > best[end]:
                    best[end], back[end] = best[i] + score, (i, row)
            if best[i] + self._unknown > best[i + 1]:
                best[i + 1], back[i + 1] = best[i] + self._unknown, (i, 1)
        out, at = [], len(text)
        while at:
            at, row = back[at]
            out.append(row)
        return out[::-1]
