"""Cuts text into sentences, clauses and words, by offsets.

In: plain text. Out: spans, in order, never overlapping.
The splitter is rules, no model: it runs on every matched post, in seven languages that share
most abbreviations, and the brands in it ("Yahoo!", ".NET", "acme.io") are what must not be cut.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets, in characters, into a text: text[start:end]."""

    start: int
    end: int


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TITLES = _listed(
    # Never at the end of a sentence: titles and short forms that announce what follows.
    "mr mrs ms dr prof st sr sra srta dra dott ing hr fr frau mme mlle mm m messrs rev gen sgt "
    "dhr mevr mw drs e.g eg i.e ie cf vs viz approx ca circa z.b z.bsp d.h bzw bspw vgl inkl exkl "
    "zzgl ggf evtl sog p.ex par.ex p.ej ej p.es es pag pág fig figs eq no nr nº art abs vol ed "
    "bijv bv d.w.z m.b.t o.a i.v.m t.o.v u.a o.ä i.d.r m.e n.v a.k.a aka resp allg max min "
    "tel av avda rua v jan feb mar apr jun jul aug sep sept oct okt nov dec dez str"
)
_ENDERS = _listed(
    # May end a sentence: then a capital follows.
    "etc usw usf u.s.w ecc enz inc ltd co corp gmbh llc plc s.a s.l s.p.a a.m p.m am pm u.s u.k "
    "e.u u.s.a jr ph.d a.d b.c uvm u.v.m o.k"
)
_SHOUTING = frozenset({"yahoo", "joomla", "kahoot", "jeopardy", "yum", "wham", "toggl"})
"""Names written with their own exclamation mark."""
_MONTHS = (
    "jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez",
)  # fmt: skip

_PICTURE = r"[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\u200d\u2600-\u27bf\U0001f300-\U0001faff]*+"
_CLOSER = r"[\"'”’»)\]」』）]"
_STOP = re.compile(
    rf"\n|[。！？｡]++{_CLOSER}*+"
    rf"|(?<![.!?…])(?P<mark>[.!?…]++){_CLOSER}*+(?=\s|\Z)"
    rf"|(?<![\u2600-\u27bf\ufe0f\u200d\U0001f300-\U0001faff]){_PICTURE}(?=\s)"
)
_BEFORE = re.compile(r"[^\s(\[\"'“„«‘]{1,24}\Z")
_AFTER = re.compile(r"\s*+[\"'“„«‘(\[¿¡]*+([^\s]{0,4})")

_LETTER = (
    r"(?:[^\W_]|[\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
    r"\u0e31-\u0e4e\u200c\u200d])"
)
_WORD = re.compile(rf"[^\W_]{_LETTER}*+(?:['’]{_LETTER}++)*+")

_CONTRAST = _listed(
    "but however although though whereas except unlike nevertheless nonetheless despite "
    "aber jedoch allerdings sondern obwohl obgleich dagegen hingegen trotzdem dennoch "
    "mais cependant pourtant toutefois néanmoins quoique malgré "
    "pero aunque sino empero porém contudo todavia entretanto embora "
    "però tuttavia sebbene benché nonostante maar echter hoewel niettemin"
)
_AFTER_COMMA = _listed("ma mas yet still while toch während doch instead")
"""Too common in other senses, or other languages, to count without a comma."""
_BREAK = re.compile(
    r"(?P<mark>;|\s[-–—]{1,3}(?=\s)|—)"
    rf"|(?<![\w'’-])(?P<word>{'|'.join(_CONTRAST)})(?![\w'’-])"
    rf"|(?<=,)\s?(?P<late>{'|'.join(_AFTER_COMMA)})(?![\w'’-])"
    r"|(?P<comma>,)(?=\s)",
    re.IGNORECASE,
)
_NO_CONTRAST = frozenset({"nothing", "anything", "all", "none", "everything"})
"""Before "but" these make it mean "only" or "nearly"."""
_CONCEDING = _listed(
    "although though while despite obwohl obgleich während quoique malgré aunque embora sebbene "
    "benché nonostante hoewel unlike whereas"
)


def sentences(text: str) -> list[Span]:
    """Return the sentences of `text`; together they hold every character that is no space."""
    found = []
    start = 0
    for end in _stops(text):
        span = _trimmed(text, start, end)
        if span is not None:
            found.append(span)
        start = end
    last = _trimmed(text, start, len(text))
    return [*found, last] if last is not None else found


def clauses(text: str, span: Span) -> list[Span]:
    """Cut a sentence where it turns: at a contrast word, a semicolon, a dash.

    The contrast word opens the clause that it begins. "Although x, y" is cut at its comma.
    The spans hold every character of the sentence that is no space.
    """
    cuts = [span.start]
    conceding = False
    for found in _BREAK.finditer(text, span.start, span.end):
        word = found["word"]
        if found["comma"]:
            if conceding:
                cuts.append(found.end())
                conceding = False
        elif word is None:
            cuts.append(found.end() if found["mark"] else found.start("late"))
        elif not text[cuts[-1] : found.start()].strip(" \t\"'“„«,"):
            conceding = word.lower() in _CONCEDING
        elif not _only(text, found):
            cuts.append(found.start("word"))
    ends = [*cuts[1:], span.end]
    trimmed = (_trimmed(text, start, end) for start, end in zip(cuts, ends, strict=True))
    return [clause for clause in trimmed if clause is not None]


def words(text: str) -> list[Span]:
    """Return the words: letters, digits and marks of any script, apostrophes inside included.

    Hyphens, dots and underscores part words; a run of Chinese or Japanese is one word.
    """
    return [Span(*found.span()) for found in _WORD.finditer(text)]


def _stops(text: str) -> Iterator[int]:
    start = 0
    for found in _STOP.finditer(text):
        if found["mark"] is None:
            ends = found.group()[0] in "\n。！？｡" or _capital_after(text, found.end())
        else:
            ends = _ends(text, start, found)
        if ends:
            start = found.end()
            yield start


def _ends(text: str, start: int, found: re.Match[str]) -> bool:
    """Judge a run of marks that white space follows."""
    mark = found["mark"]
    after = _following(text, found.end())
    token = _BEFORE.search(text, max(start, found.start() - 24), found.start())
    before = token.group() if token else ""
    if not after:
        return True
    if mark == "!":
        return not _shouted(before, after)
    if mark == ".":
        return _period_ends(before, after, text, start)
    return "?" in mark or "!" in mark or not after[0].islower()


def _shouted(before: str, after: str) -> bool:
    """Tell whether the exclamation mark belongs to a name: "Yahoo! is", "Yahoo! Mail"."""
    return before.lower() in _SHOUTING or (before.istitle() and after[0].islower())


def _period_ends(before: str, after: str, text: str, start: int) -> bool:
    lowered = before.lower()
    capital = not after[0].islower()
    if lowered in _ENDERS:
        return capital
    if lowered in _TITLES:
        # "No. It broke." and "max." alone are sentences; "No. 5" and "Dr. No" are not.
        return lowered in ("no", "es", "am", "max", "min") and not after[0].isdigit() and capital
    if before.isdigit() and len(before) <= 2:
        return not _opens(text, start, before) and not _german_ordinal(after)
    return len(before) != 1 or not before.isalpha() or before == "I"


def _opens(text: str, start: int, number: str) -> bool:
    """Tell whether a number with its dot is the first thing: an item of a list."""
    return text[start : start + 60].lstrip().startswith(number + ".")


def _german_ordinal(after: str) -> bool:
    """Tell whether a number with a dot counts on: "am 3. Mai", "der 2. versuch"."""
    return after[0].islower() or after.lower().startswith(_MONTHS)


def _following(text: str, end: int) -> str:
    found = _AFTER.match(text, end)
    return found[1] if found else ""


def _capital_after(text: str, end: int) -> bool:
    return _following(text, end)[:1].isupper()


def _only(text: str, found: re.Match[str]) -> bool:
    if found["word"].lower() != "but":
        return False
    before = _BEFORE.search(text, max(found.start() - 24, 0), max(found.start() - 1, 0))
    return before is not None and before.group().lower() in _NO_CONTRAST


def _trimmed(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None
