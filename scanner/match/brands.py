"""Names in, an index out that finds all of them in one walk over a text's words.

How a name is read, so that "Acme App" is found as Acme-App, AcmeApp and acme app:
- Words are whole and compared folded (tokens.py). Between a name's words stand up to three
  spaces or dashes, or nothing. Where the name has a dot, an ampersand, an apostrophe, the text
  has it too; the dot and the apostrophe may be left out (NodeJS, McDonalds), & may be "and".
- A name in camel case is also found in two words, if both are capitals: GitHub as Git Hub,
  never as git hub. Punctuation around a name has to be there (.NET, C++), but for a closing
  ! ? or . (Yahoo!).
- An accent in the name may be missing in the text (Nestle for Nestlé, Mueller for Müller); an
  accent in the text that the name lacks makes it another word.
- "Acmes" is a German genitive, if it starts with a capital and the name is no common word.
- One letter (X) has to have its own case, and no sign beside it that makes it another name.
- A domain may be obfuscated (acme[.]io, acme dot io) and have sub-domains before it, but is no
  part of a longer one.

Touches: nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Literal, NamedTuple

from scanner.match.everyday import COMMON
from scanner.match.tokens import UNSPACED, WORD, Token, camel_parts
from scanner.text import fold

How = Literal["name", "alias", "account", "domain", "match"]

_SOFT = " "
"""Between two words of a name: spaces, dashes, or nothing."""
_CAMEL = "aA"
"""Where camel case was split: like _SOFT, and both words are capitals."""
_DOT = "."
_AROUND_DOT = "[dot]"
_SOFT_SIGNS = frozenset(" \t\n\r\xa0\u2009\u200b\u202f_-‐‑‒–")
_DOTS = frozenset({".", "[.]", "(.)", "{.}", "<.>", "．", "。", "[.", ".]"})
_OPENING = frozenset({"", "[", "(", "{", "<", "]", ")", "}", ">"})
_QUOTES = "\"'“”„‘’‚«»®™© \t*`"
_APOSTROPHES = str.maketrans("’‘ʼ＇", "''''")
# Beside a single letter, these make it a formula, a language, a size or part of an identifier.
_LETTER_SIGNS = frozenset("+#&-*/=^_$\\<>|~@%")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_DOMAIN = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.[^\W\d_]{2,24}")


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """One way in which one name may be written."""

    owner: str
    """Whose name it is: a key that the index gives back."""
    how: How
    name: str
    """The name as the operator wrote it."""
    words: tuple[str, ...]
    gaps: tuple[str, ...] = ()
    """What stands between the words: _SOFT, _CAMEL, _DOT, _AROUND_DOT, or the signs themselves."""
    before: str = ""
    after: str = ""
    capital: bool = False
    """The first letter is a capital (genitives)."""
    letter: str = ""
    """The one letter that it is, in its own case."""
    domain: bool = False
    contends: bool = True
    """Whether it competes with overlapping names; terms of a query and excludes do not."""

    def at(self, text: str, tokens: list[Token], first: int, last: int) -> tuple[int, int] | None:
        """Return the span, if what is around and between the words fits."""
        start, end = tokens[first].start, tokens[last].end
        if self.capital and not text[start].isupper():
            return None
        if self.letter and not _alone(text, start, end, self.letter):
            return None
        if not self._gaps_fit(text, tokens, first):
            return None
        if self.domain:
            return _whole_domain(text, tokens, first, end)
        return self._with_signs(text, start, end)

    def _gaps_fit(self, text: str, tokens: list[Token], first: int) -> bool:
        for place, wanted in enumerate(self.gaps, first):
            start, end = tokens[place].end, tokens[place + 1].start
            if end - start > 5 or not _gap_fits(text[start:end], wanted):
                return False
            if wanted == _CAMEL and not (
                text[tokens[place].start].isupper() and text[end : end + 1].isupper()
            ):
                return False
        return True

    def _with_signs(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        start, end = start - len(self.before), end + len(self.after)
        if start < 0 or not text.startswith(self.before, start):
            return None
        if self.after and not text.startswith(self.after, end - len(self.after)):
            return None
        if self.before and start and text[start - 1].isalnum():
            return None
        return start, end


def _gap_fits(gap: str, wanted: str) -> bool:
    if wanted in (_SOFT, _CAMEL):
        return len(gap) <= 3 and _SOFT_SIGNS.issuperset(gap) and gap.count("\n") < 2
    bare = gap.strip()
    if wanted == _DOT:
        return bare in _DOTS and (bare == gap or len(bare) > 1)
    if wanted == _AROUND_DOT:
        return gap != "" and bare in _OPENING
    return "".join(gap.split()).translate(_APOSTROPHES) == wanted


def _alone(text: str, start: int, end: int, letter: str) -> bool:
    beside = text[start - 1 : start] + text[end : end + 1]
    return text[start:end] == letter and _LETTER_SIGNS.isdisjoint(beside)


def _whole_domain(text: str, tokens: list[Token], first: int, end: int) -> tuple[int, int] | None:
    """Widen a domain over its sub-domains; None inside a longer domain (RFC 1034, 3.1)."""
    start = tokens[first].start
    dotted = False
    # 10 labels: more than any host in use has, and a bound for a.a.a.a.….
    for place in range(first - 1, max(-1, first - 11), -1):
        gap = text[tokens[place].end : start]
        if _gap_fits(gap, _DOT):
            dotted = True
        elif gap not in ("-", "_") or not dotted:
            if gap in ("-", "_", "."):
                return None
            break
        start = tokens[place].start
    following = text[end : end + 64]
    longer = _LONGER.match(following)
    return None if longer else (start, end)


# ".evil.com", "[.]evil", "-evil.com"; a capital after the dot is a new sentence ("acme.io.The").
_LONGER = re.compile(r"(?:\.|\[\.\]|\(\.\))[^\W_A-Z]|-[\w-]*\.\w|@\w|_\w")


# --- how a name may be written --------------------------------------------------------------------


def looks_like_domain(name: str) -> bool:
    """Tell "acme.io" from "Acme" and "Node"; "Node.js" looks like one and may pass for one."""
    return len(name) <= 253 and _DOMAIN.fullmatch(name) is not None


def domain_patterns(owner: str, domain: str) -> Iterator[Pattern]:
    """Yield how a domain may be written: plain, defanged, or with "dot" in words."""
    name = domain
    domain = domain.strip().lower().removeprefix("www.").strip(".")
    tokens = [(fold(m.group()), *m.span()) for m in WORD.finditer(domain)]
    words = tuple(word for word, _, _ in tokens)
    gaps = tuple(domain[a[2] : b[1]] for a, b in pairwise(tokens))
    if not words:
        return
    yield Pattern(owner, "domain", name, words, gaps, domain=True)
    spelt: list[str] = [words[0]]
    around: list[str] = []
    for gap, word in zip(gaps, words[1:], strict=True):
        spelt += ["dot", word] if gap == "." else [word]
        around += [_AROUND_DOT, _AROUND_DOT] if gap == "." else [gap]
    if "." in gaps:
        yield Pattern(owner, "domain", name, tuple(spelt), tuple(around), domain=True)


def name_patterns(owner: str, how: How, name: str) -> Iterator[Pattern]:
    """Yield the ways in which a name may be written; none for a name without a word."""
    bare = name.strip(_QUOTES).lstrip("#@＃＠") or name
    if looks_like_domain(bare):
        for each in domain_patterns(owner, bare):
            yield Pattern(owner, how, name, each.words, each.gaps, domain=True)
        if bare.count(".") == 1 and bare != bare.lower():
            yield Pattern(owner, how, name, (fold(bare.replace(".", "")),))
        return
    written = _Written(bare)
    if not written.words:
        return
    common = is_common(bare)
    letter = bare.strip() if len(written.words) == 1 and len(written.words[0]) == 1 else ""
    letter = "" if letter and (written.before or written.after or _unspaced(letter)) else letter
    for words, gaps in written.ways():
        made = Pattern(
            owner, how, name, words, gaps, written.before, written.after, letter=letter[:1]
        )
        yield made
        if not (written.after or common or letter) and words[-1][-1] not in "sxzß0123456789":
            genitive = (*words[:-1], f"{words[-1]}s")
            yield Pattern(owner, how, name, genitive, gaps, written.before, capital=True)


def phrase_patterns(owner: str, phrase: str) -> Iterator[Pattern]:
    """Yield the one way of a quoted phrase: its words in a row, whatever dashes are between."""
    written = _Written(phrase)
    if written.words:
        gaps = tuple(_SOFT if g == _CAMEL else g for g in written.gaps)
        yield Pattern(owner, "match", phrase, written.words, gaps, contends=False)


def is_common(name: str) -> bool:
    """Tell whether every word of a name is a word of everyday language, too."""
    words = [fold(m.group()) for m in WORD.finditer(name)]
    return bool(words) and all(word in COMMON or len(word) == 1 for word in words)


def _unspaced(word: str) -> bool:
    return re.fullmatch(f"[{UNSPACED}]", word) is not None


class _Written:
    """A name taken apart: its words, the signs between them, before and after them."""

    def __init__(self, name: str) -> None:
        found = list(WORD.finditer(name))
        self.words = tuple(fold(m.group()) for m in found)
        self.gaps = tuple(self._gap(name[a.end() : b.start()]) for a, b in pairwise(found))
        self.before = name[: found[0].start()].strip(_QUOTES) if found else ""
        after = name[found[-1].end() :].strip(_QUOTES) if found else ""
        # Yahoo! is also written Yahoo; C++ is never written C.
        self.after = "" if set(after) <= set("!?.,:;") else after
        self._camel = [camel_parts(m.group()) for m in found]

    def ways(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Yield words and gaps: as written, parted at camel case, joined, "and" for &, bare."""
        seen: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
        for words, gaps in self._spellings():
            for each in (words, *_unaccented(words)):
                if (each, gaps) not in seen:
                    seen.add((each, gaps))
                    yield each, gaps

    def _spellings(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        yield self.words, self.gaps
        words, gaps = self._parted()
        # 2^(n-1) ways to join n words: 8 for four; longer names are joined wholly or not at all.
        joins = product((False, True), repeat=len(gaps)) if len(words) <= 4 else ()
        for join in (*joins, (False,) * len(gaps), (True,) * len(gaps)):
            made = _join(words, gaps, join)
            if made is not None:
                yield made
        if "&" in self.gaps:
            for word in ("and", "und"):
                yield _spell_out(self.words, self.gaps, word)

    def _parted(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        words: list[str] = []
        gaps: list[str] = []
        for place, word in enumerate(self.words):
            parts = [part.folded for part in self._camel[place]]
            # iPhone and eBay stay whole: "i phone" and "e bay" are too little to go by.
            camel = len(parts) > 1 and all(len(p) > 1 and p.isalpha() for p in parts)
            parts = parts if camel and "".join(parts) == word else [word]
            words += parts
            gaps += [_CAMEL] * (len(parts) - 1) + list(self.gaps[place : place + 1])
        return tuple(words), tuple(gaps)

    @staticmethod
    def _gap(gap: str) -> str:
        bare = "".join(gap.split()).translate(_APOSTROPHES)
        return _SOFT if _SOFT_SIGNS.issuperset(bare) else bare


def _join(
    words: tuple[str, ...], gaps: tuple[str, ...], join: tuple[bool, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Write some words as one; None where that is not how people write, or makes a common word."""
    made, left = [words[0]], []
    for word, gap, joined in zip(words[1:], gaps, join, strict=True):
        if not joined:
            made.append(word)
            left.append(gap)
            continue
        if gap not in (_SOFT, _CAMEL, ".", "'") or _unspaced(word) or _unspaced(made[-1]):
            return None
        made[-1] += word
    changed = len(made) < len(words)
    return None if changed and all(w in COMMON for w in made) else (tuple(made), tuple(left))


def _spell_out(
    words: tuple[str, ...], gaps: tuple[str, ...], spelt: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    made, left = [words[0]], []
    for word, gap in zip(words[1:], gaps, strict=True):
        made += [spelt, word] if gap == "&" else [word]
        left += [_SOFT, _SOFT] if gap == "&" else [gap]
    return tuple(made), tuple(left)


def _unaccented(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if all(word.isascii() for word in words):
        return
    stripped = tuple(_strip_accents(word) for word in words)
    for each in (stripped, tuple(word.translate(_UMLAUTS) for word in words)):
        # Rosé is not looked for as rose.
        if each != words and not all(word in COMMON for word in each):
            yield each


def _strip_accents(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    latin = "".join(c for c in parts if not "\u0300" <= c <= "\u036f")
    return latin if latin.isascii() else word


# --- finding all of them at once ------------------------------------------------------------------


class Place(NamedTuple):
    """Where a pattern stands: offsets in characters; its first word and the one after its last."""

    pattern: Pattern
    start: int
    end: int
    first: int
    after: int


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    ends: list[Pattern] = field(default_factory=list)


class Index:
    """A trie over folded words: a walk costs the same however many names there are.

    Not an Aho-Corasick over characters: names are rare in posts, so one dictionary look-up a
    word, which the words of a text that was split by C code make anyway, is all that most cost.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._root: dict[str, _Node] = {}
        self._signs: dict[str, list[Pattern]] = {}
        self._any_sign: re.Pattern[str] | None = None

    def add(self, patterns: Iterable[Pattern]) -> set[str]:
        """Take patterns in; return the words that each of them starts with."""
        starts = set()
        for pattern in patterns:
            starts.add(pattern.words[0])
            node = self._root.setdefault(pattern.words[0], _Node())
            for word in pattern.words[1:]:
                node = node.children.setdefault(word, _Node())
            node.ends.append(pattern)
        return starts

    def add_signs(self, pattern: Pattern) -> None:
        """Take in a name without letters and digits ("&", an emoji): it stands between spaces."""
        self._signs.setdefault(pattern.name.strip(), []).append(pattern)
        longest_first = sorted(self._signs, key=len, reverse=True)
        any_of = "|".join(map(re.escape, longest_first))
        self._any_sign = re.compile(rf"(?<!\S)(?:{any_of})(?=[\s.,!?;:]|$)")

    @property
    def has_any_sign(self) -> bool:
        """Whether some name has no letters."""
        return self._any_sign is not None

    def has_signs(self, text: str) -> bool:
        """Tell whether a name without letters stands in a text."""
        return self._any_sign is not None and self._any_sign.search(text) is not None

    def find(self, text: str, tokens: list[Token]) -> Iterator[Place]:
        """Yield every place of every name, also those inside one another."""
        root = self._root
        for first, token in enumerate(tokens):
            node = root.get(token.folded)
            last = first
            while node is not None:
                for pattern in node.ends:
                    span = pattern.at(text, tokens, first, last)
                    if span is not None:
                        yield Place(pattern, *span, first, last + 1)
                last += 1
                node = node.children.get(tokens[last].folded) if last < len(tokens) else None

    def exactly(self, word: str) -> list[Pattern]:
        """Return the patterns of one word that a handle is."""
        node = self._root.get(word)
        return [p for p in node.ends if not (p.letter or p.capital)] if node else []

    def find_signs(self, text: str) -> Iterator[Place]:
        """Yield every place of a name without letters."""
        if self._any_sign is not None:
            for match in self._any_sign.finditer(text):
                for pattern in self._signs[match.group()]:
                    yield Place(pattern, *match.span(), -1, -1)
