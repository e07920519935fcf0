"""A brand's places in a post and the company they keep in, a probability and its reasons out.

The question is whether the name means the brand: the platform, or a medium pizza. A name that is
no everyday word speaks for itself. One that is has to be spoken for, by capitals, neighbours
("on Medium", "a medium …"), context words, rivals, links. The weights are log odds, set by
judgement and rounded; they add up as in naive Bayes, and tests hold their order, not their size.

Touches: nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from scanner.match.brands import Pattern
from scanner.match.cues import (
    ACTING,
    BEING,
    DEFINITE,
    DEGREES,
    DETERMINERS,
    ENGLISH,
    FAILING,
    FUNCTION,
    GERMAN,
    JUDGING,
    PLAIN_AFTER,
    PREPOSITIONS,
    PRODUCT,
    USING,
)
from scanner.match.reading import Found, Part


@dataclass(frozen=True, slots=True)
class Company:
    """What else in and around the post speaks for or against the brand."""

    context: tuple[str, ...] = ()
    expects_context: bool = False
    against: tuple[str, ...] = ()
    excluded: int = 0
    """Occurrences inside an exclude phrase."""
    rivals: tuple[str, ...] = ()
    link: str | None = None
    feed: str | None = None
    """The feed's name, if the brand is named in it."""


@dataclass(slots=True)
class Weighed:
    """Log odds so far, and what they came from."""

    odds: float = 0.0
    why: list[str] = field(default_factory=list)

    def add(self, odds: float, why: str) -> None:
        """Let one thing speak; what speaks against is marked, for the receipt of a rank."""
        self.odds += odds
        told = f"against: {why}" if odds < 0 else why
        if why and told not in self.why:
            self.why.append(told)

    @property
    def probability(self) -> float:
        """Between .01 and .99: what was found by words is never certain."""
        return round(min(0.99, max(0.01, 1 / (1 + math.exp(-self.odds)))), 3)


_PLAIN_NAME = 3.0  # .95: a name that is no everyday word means the brand, with nothing else said
_COMMON_NAME = -0.4
_SHORT_NAME = 2.4  # .92: two or three letters that are no word; still some other acronym's, too


def weigh(found: Sequence[Found], style: Style, common: bool, company: Company) -> Weighed:
    """Weigh a brand's occurrences (at least one) with the company they keep."""
    weighed = Weighed()
    each = [occurrence(one, style, common) for one in found]
    best = max(each, key=lambda one: one.odds)
    mean = sum(one.odds for one in each) / len(each)
    # Three quarters the clearest occurrence: one "on Medium" outweighs a "medium" in passing.
    weighed.odds = 0.75 * best.odds + 0.25 * mean
    weighed.why = best.why
    names = {one.place.pattern.name.casefold() for one in found}
    if len(names) > 1:
        weighed.add(0.8, f"named in {len(names)} different ways")
    _weigh_company(weighed, company, common)
    return weighed


def _weigh_company(weighed: Weighed, company: Company, common: bool) -> None:
    if company.context:
        # The first counts most, three at most: a long post has some of them by chance.
        weighed.add(
            0.7 + 0.6 * min(3, len(company.context)), f"context words: {_list(company.context)}"
        )
    elif company.expects_context and common:
        weighed.add(-0.8, "an everyday word, and none of the context words is near")
    if company.against:
        weighed.add(-1.2 * min(2, len(company.against)), f"exclude words: {_list(company.against)}")
    if company.excluded:
        weighed.add(-0.7, f"{company.excluded} other occurrences are in exclude phrases")
    if company.rivals:
        weighed.add(1.0, f"rivals in the same post: {_list(company.rivals)}")
    if company.link:
        weighed.add(2.5, f"links to {company.link}")
    if company.feed:
        weighed.add(1.5, f"the feed is called {company.feed}")


def _list(words: Sequence[str]) -> str:
    return ", ".join(words[:5])


# --- one occurrence -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Style:
    """How an author writes; what a capital is worth depends on it."""

    lower: bool = False
    """Never a capital."""
    upper: bool = False
    """All capitals."""
    german: bool = False
    """Every noun has a capital."""


def style_of(parts: Sequence[Part], language: str | None) -> Style:
    """Look at the author's capitals and language."""
    tokens = [(part, token) for part in parts for token in part.tokens[:400]]
    initials = [part.text[token.start] for part, token in tokens]
    capitals = sum(c.isupper() for c in initials)
    letters = [c for part in parts for c in part.text[:2000] if c.isalpha()]
    german = sum(token.folded in GERMAN for _, token in tokens)
    english = sum(token.folded in ENGLISH for _, token in tokens)
    return Style(
        # One in fifty: an all-lower-case writer still has a stray "I" or an acronym.
        lower=len(initials) >= 5 and capitals * 50 <= len(initials),
        upper=len(letters) >= 15 and sum(c.isupper() for c in letters) > 0.7 * len(letters),
        german=german > english if german + english else (language or "")[:2] == "de",
    )


def occurrence(found: Found, style: Style, common: bool) -> Weighed:
    """Weigh one place by how it is written and what stands beside it."""
    weighed = Weighed()
    place, part = found.place, found.part
    if place.pattern.how in ("account", "domain") or place.pattern.domain:
        weighed.add(4.0, f"named by its {_kind(place.pattern)}")
        if _in_row_of_handles(part.text, place.start, place.end):
            weighed.add(-2.5, "one of several accounts in a row")
        return weighed
    if not common:
        short = len(place.pattern.words) == 1 and len(place.pattern.words[0]) <= 3
        weighed.add(_SHORT_NAME if short else _PLAIN_NAME, "the name is no everyday word")
        if _is_identifier(part.text, place.start, place.end):
            weighed.add(-1.5, "part of a file name or identifier")
        return weighed
    weighed.add(_COMMON_NAME, "")
    _weigh_case(weighed, found, style)
    _weigh_neighbours(weighed, found)
    if _is_identifier(part.text, place.start, place.end):
        weighed.add(-1.5, "part of a file name or identifier")
    return weighed


_HANDLE_BEFORE = re.compile(r"@[\w.-]++\s$")
_HANDLE_AFTER = re.compile(r"\s@\w")


def _in_row_of_handles(text: str, start: int, end: int) -> bool:
    """Tell an account that a reply took over from its thread ("@a @b @acme …")."""
    before = _HANDLE_BEFORE.search(text[max(0, start - 40) : start])
    return before is not None or _HANDLE_AFTER.match(text, end) is not None


def _kind(pattern: Pattern) -> str:
    return "account" if pattern.how == "account" else "domain"


def _weigh_case(weighed: Weighed, found: Found, style: Style) -> None:
    part, place = found.part, found.place
    text = part.text[place.start : place.end]
    if text[0] in "@＠" or part.text[max(0, place.start - 1) : place.start] in ("#", "＃"):
        weighed.add(1.2, "a hashtag or handle")
    elif not any(c.isupper() for c in text):
        # Judged by the name's own capitals: a brand that writes itself "notion" loses nothing.
        if any(c.isupper() for c in place.pattern.name) and not style.lower:
            weighed.add(-1.8, "written in lower case, like the everyday word")
        else:
            weighed.add(-0.3, "an everyday word, and the author uses no capitals")
    elif style.upper:
        weighed.add(0.0, "an everyday word, in a post all in capitals")
    elif _starts_sentence(part.text, place.start) or _is_heading(part):
        weighed.add(0.2, "an everyday word where any word has a capital")
    elif style.german:
        weighed.add(0.5, "an everyday word; German gives nouns a capital")
    else:
        weighed.add(1.8, "a capital in mid-sentence")
    if len(place.pattern.words) > 1:
        weighed.add(0.8, "several words in a row")


def _weigh_neighbours(weighed: Weighed, found: Found) -> None:
    part, place = found.part, found.place
    before = _word(part, place.first - 1, place.start, -1)
    after = _word(part, place.after, place.end, 1)
    capital = part.text[place.start].isupper() or part.text[place.start] in "@＠"
    name = part.text[place.start : place.end]
    product = after in PRODUCT
    follows = _plain_word_follows(part, place.after, place.end)
    if product:
        weighed.add(1.2, f'"{name} {after}"')
    if before in DEGREES and not capital:
        weighed.add(-1.0, f'"{before} {name}", an everyday use')
    if after in PLAIN_AFTER and not product:
        weighed.add(-1.0, f'"{name} {after}", an everyday use')
    _weigh_before(weighed, before, name, capital, bare=not (follows or product), product=product)
    if part.text[place.end : place.end + 2] in ("'s", "’s"):
        weighed.add(0.5 if capital else 0.0, "in the possessive")
    elif before in DETERMINERS or before in DEFINITE:
        pass
    elif capital and (judged := _judgement(part, place.after, place.end)):
        weighed.add(0.9, f'"{name} {after} … {judged}", as one says of a product')
    elif after in ACTING:
        # Two thirds at the start of a sentence, where a capital says little.
        weighed.add(0.8 if capital and after in FAILING else 0.5, f'"{name} {after}": it acts')
    elif follows and not capital and not product:
        weighed.add(-0.6, f'"{name} {after}", like an adjective')


def _weigh_before(
    weighed: Weighed, before: str, name: str, capital: bool, *, bare: bool, product: bool
) -> None:
    """Weigh the word before; `bare`: no noun follows that the name could describe."""
    said = f'"{before} {name}"'
    if before in DETERMINERS and not product:
        weighed.add(-1.2, f"{said}, an everyday use")
    elif before in DEFINITE and not product:
        weighed.add(-0.3 if capital else -1.0, said)
    elif not (capital or bare or product):
        return
    elif before in USING:
        weighed.add(1.0, said)
    elif before in PREPOSITIONS:
        # No article: an everyday noun would want one ("in an eclipse").
        weighed.add(0.8 if capital else 1.0, said)


def _word(part: Part, number: int, edge: int, step: int) -> str:
    """Return the neighbouring word, "" across the end of a sentence or a clause."""
    if not 0 <= number < len(part.tokens):
        return ""
    token = part.tokens[number]
    gap = part.text[token.end : edge] if step < 0 else part.text[edge : token.start]
    return token.folded if len(gap) <= 3 and not set(gap) & set(".,;:!?\n()/") else ""


def _plain_word_follows(part: Part, number: int, end: int) -> bool:
    """Tell whether a lower-case word follows that may be a noun: four letters, no function word."""
    word = _word(part, number, end, 1)
    if len(word) < 4 or word in ACTING or word in PREPOSITIONS or word in FUNCTION:
        return False
    return not part.text[part.tokens[number].start].isupper()


def _judgement(part: Part, number: int, end: int) -> str:
    """The judgement after "is" and at most two words more ("is really very slow"), or ""."""
    if _word(part, number, end, 1) not in BEING:
        return ""
    for at in range(number + 1, number + 4):
        word = _word(part, at, part.tokens[at - 1].end, 1)
        if not word or word in JUDGING:
            return word
    return ""


def _starts_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start].rstrip(" \t\"'“„‘(*_>[")
    return not before or before[-1] in ".!?:;\n•|…-–—"


def _is_heading(part: Part) -> bool:
    """Tell whether a title gives most words a capital (English headline style)."""
    if part.where != "title":
        return False
    long = [part.text[t.start] for t in part.tokens if len(t.folded) > 3]
    return sum(c.isupper() for c in long) * 10 >= 7 * len(long)


def _is_identifier(text: str, start: int, end: int) -> bool:
    """Tell a name in acme_client.py, com.acme.app, acme/repo; a capital is prose (Slack/Teams)."""
    left, right = text[max(0, start - 2) : start], text[end : end + 2]
    if text[start].isupper():
        return left[-1:] == "_" or right[:1] == "_"
    joined_left = len(left) == 2 and left[0].isalnum() and left[1] in "_./\\"
    joined_right = len(right) == 2 and right[0] in "_./\\" and right[1].isalnum()
    return joined_left or joined_right or left[-1:] in tuple("_/\\$")


# --- context and exclude words --------------------------------------------------------------------

_SUFFIXES = ("ings", "ing", "ers", "ern", "est", "en", "er", "ed", "es", "e", "n", "s")


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """Cut an English or German ending off, so that "invoice" finds invoices and invoiced.

    Lighter than Porter: four letters stay, and only the ending goes.
    """
    if not 4 <= len(word) <= 32 or not word.isalpha():
        return word
    for ending in ("ies", "ied", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return f"{word[: -len(ending)]}i"
    for suffix in _SUFFIXES:
        left = len(word) - len(suffix)
        if word.endswith(suffix) and left >= (3 if suffix in ("s", "ing") else 4):
            word = word[:left]
            break
    # debugging, plugged: the doubled letter goes, but not in "sell", "press".
    doubled = len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lsz"
    return word[:-1] if doubled else word
