"""What is said about whom: sentences of a post, the cues in them, and how much each is a mention's.

In: a post, its mentions of a brand and of rivals. Out: a `Page` (sentences and placed cues) and,
for a mention, each cue with its share: 1 said of it, 0 not, below 0 said of a rival.
A tool that score and reasons share, not a stop on the street.

Touches: nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from scanner import cues, text
from scanner.records import Matched, Mention, Where

Role = Literal["left", "joined"]

MAX_CHARS = 20_000
"""Characters of a text that are looked at; a 220-word post has 1,300."""
AROUND = 1_500
"""Characters kept on each side of a mention in a text longer than that: ten sentences or so."""
MAX_MENTIONS = 20
"""Mentions judged in one post; in /r/all-length posts the rest repeat the first."""

# How much a cue at some distance is about the mention. Scale, not truth: ordered as in
# "three words around the name carry most" (aspect sentiment, SemEval 2014-16), then rounded.
SAME_CLAUSE, SAME_SENTENCE, NEXT, NEXT_PRONOUN, PREVIOUS, OUTSIDE = 1.0, 0.85, 0.7, 0.9, 0.5, 0.5
ASIDE = 0.25
"""The sentence after an aside mostly goes on about something else."""
OF_RIVAL = -0.3
"""What is bad about a rival speaks mildly for the brand."""
BEFORE_BUT, AFTER_BUT = 0.6, 1.2
"""VADER (Hutto and Gilbert 2014) halves before "but" and adds half after; milder here."""
SHORT = 5
"""Sentences up to which a post that names the brand is all about it."""
PUBLIC, PUBLIC_CUES = 0.3, 2
"""In a press release the bad words are the market's; so many of its turns of phrase make one."""
KIND = frozenset({"praise", "positive", "thanks", "smile", "no_problem", "resolved"})
"""Groups of cues that speak for whom they are said of."""
ROLE_GAP = 14
"""Characters between a switch verb and the name it concerns ("away from my old Acme")."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of title or text, with its clauses; offsets into that field."""

    where: Where
    start: int
    end: int
    clauses: tuple[text.Span, ...]
    pronoun: bool
    """It opens with a word that speaks on ("it", "they", "their support")."""
    paragraph: int = 0
    """Which paragraph of its field it stands in; a title counts with the first."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A cue with its place on the page."""

    hit: cues.Hit
    where: Where
    start: int
    end: int
    sentence: int
    words: str
    factor: float = 1.0
    """Below 1 before "but", above it after."""
    paragraph: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a post that is looked at."""

    sentences: tuple[Sentence, ...]
    cues: tuple[Placed, ...]
    mentions: tuple[Mention, ...]
    rivals: tuple[Mention, ...]
    subject: bool
    """The post is about the brand, not only passing by it."""
    places: dict[Mention, int]
    """The sentence that each mention stands in."""
    fields: dict[Where, str]
    """Title and text."""
    owners: dict[int, str]
    """Whom each cue (by its place in `cues`) is said of: "brand" or "rival"."""
    ways: dict[Mention, tuple[Placed, Role]]
    """The names that a switch verb goes with, and whether they were left or joined."""
    foreign: frozenset[int] = frozenset()
    """Sentences that are about some other name, which no one told us is a rival."""
    public: bool = False
    """It reads like a press release."""


_PRONOUNS = """
it it's its they they're their them this that these he she support customer also and
er sie es ihr die das dieser diese il elle ils ce cela ça ello esto eso esso essa isso
het ze zij dit dat questo
"""
PRONOUNS = frozenset(_PRONOUNS.split())
"""A sentence that opens with one goes on about what the sentence before was about."""


@lru_cache(maxsize=8)
def read(matched: Matched) -> Page:
    """Lay a matched post out: its sentences near the mentions and every cue in them."""
    post = matched.post
    mentions, rivals = matched.mentions[:MAX_MENTIONS], matched.rivals[:MAX_MENTIONS]
    page: tuple[list[Sentence], list[Placed]] = ([], [])
    seen: list[Mention] = []
    fields: dict[Where, str] = {"title": post.title, "text": post.text}
    for where, body in fields.items():
        here = [m for m in (*mentions, *rivals) if m.where == where]
        for low, high in _windows(body, here):
            lay(body[low:high], low, where, post.language, page)
            seen += [m for m in here if low <= m.start and m.end <= high]
    sentences = page[0]
    placed = [cue for cue in page[1] if not any(_overlaps(cue, m) for m in seen)]
    mentions = tuple(m for m in mentions if m in seen)
    rivals = tuple(m for m in rivals if m in seen)
    places = {m: _sentence_at(sentences, m.where, m.start) for m in seen}
    about = not mentions or mentions[0].where == "title" or len(sentences) <= SHORT
    often = len({places[m] for m in mentions}) * 4 >= len(sentences)
    subject = about or often
    foreign = _foreign(sentences, fields, set(places.values())) if mentions else frozenset()
    turns = {cue.words.lower() for cue in placed if cue.hit.group == "public"}
    laid = Page(
        tuple(sentences),
        tuple(placed),
        mentions,
        rivals,
        subject,
        places,
        fields,
        {},
        {},
        foreign,
        len(turns) >= PUBLIC_CUES,
    )
    laid.ways.update((m, way) for m in (*mentions, *rivals) if (way := _role(laid, m)))
    laid.owners.update(owners(laid))
    return laid


def owners(page: Page) -> dict[int, str]:
    """Whom each cue of the page is said of, by its place in `cues`; {} where no rival is named."""
    if not page.rivals:
        return {}
    by_place = _named(page)
    return {number: _owner(page, by_place, cue) for number, cue in enumerate(page.cues)}


def lay(
    body: str,
    offset: int,
    where: Where,
    language: str | None,
    page: tuple[list[Sentence], list[Placed]],
) -> None:
    """Append the sentences and cues of a piece of text that starts at an offset of its field."""
    sentences, placed = page
    first, paragraph, last = len(sentences), 0, 0
    for span in text.sentences(body):
        paragraph += "\n\n" in body[last : span.start]
        last = span.end
        pronoun = body[span.start : span.start + 20].lower().split()[:1]
        sentences.append(
            Sentence(
                where,
                offset + span.start,
                offset + span.end,
                tuple(
                    text.Span(c.start + offset, c.end + offset) for c in text.clauses(body, span)
                ),
                bool(pronoun) and pronoun[0].strip("'’\"(,") in PRONOUNS,
                paragraph,
            )
        )
    starts = [sentence.start for sentence in sentences[first:]]
    hits = [
        (hit, first + max(0, bisect_right(starts, hit.start + offset) - 1))
        for hit in cues.find(body, language)
        if starts
    ]
    buts = {at: hit.start for hit, at in hits if hit.cue.group == "contrast"}
    for hit, at in hits:
        factor = 1.0
        if at in buts:
            factor = BEFORE_BUT if hit.start < buts[at] else AFTER_BUT
        words = " ".join(body[hit.start : hit.end].split())
        start, end = hit.start + offset, hit.end + offset
        placed.append(Placed(hit, where, start, end, at, words, factor, sentences[at].paragraph))


def shares(page: Page, mention: Mention) -> list[tuple[Placed, float]]:
    """Each cue of the page with how much of it is said about the mention, -1 to 1.2; no zeros."""
    found = []
    at = page.places[mention]
    clause = _clause(page.sentences[at], mention.start)
    for number, cue in enumerate(page.cues):
        rival = page.owners.get(number) == "rival"
        share = OF_RIVAL if rival else _near(page, at, clause, cue)
        if page.public and cue.hit.group != "public":
            share *= PUBLIC
        if share:
            found.append((cue, share * cue.factor))
    return found


def role(page: Page, mention: Mention) -> tuple[Placed, Role] | None:
    """The switch verb that a name goes with, and whether the name was left or joined.

    "Moved from X to Y": X was left, Y was joined. The verb may stand apart, as in "to move all
    our notes from X" and "von X zu Y zu wechseln".
    """
    return page.ways.get(mention)


def _role(page: Page, mention: Mention) -> tuple[Placed, Role] | None:
    here = [
        cue
        for cue in page.cues
        if (cue.hit.cue.signal or "").startswith("role_")
        and cue.where == mention.where
        and cue.sentence == page.places[mention]
    ]
    before = [
        cue
        for cue in here
        if cue.hit.cue.signal != "role_switch"
        and 0 <= mention.start - cue.end <= ROLE_GAP
        and not _between(page, cue, mention)
    ]
    if before:
        verb = max(before, key=lambda cue: (cue.end, -cue.start))
        return verb, "left" if verb.hit.cue.signal == "role_left" else "joined"
    way = _way(page.fields[mention.where][max(0, mention.start - ROLE_GAP) : mention.start])
    verbs = [cue for cue in here if cue.hit.cue.signal == "role_switch"]
    return (verbs[0], way) if way and verbs else None


_FROM, _TO = frozenset({"from", "von", "vom"}), frozenset({"to", "zu", "nach", "auf"})


def _way(before: str) -> Role | None:
    """Which way the word right before a name points."""
    word = before.lower().split()[-1:]
    return "left" if word and word[0] in _FROM else "joined" if word and word[0] in _TO else None


def _between(page: Page, cue: Placed, mention: Mention) -> bool:
    """Whether a mark or another name stands between a switch verb and a name."""
    gap = page.fields[mention.where][cue.end : mention.start]
    return any(mark in gap for mark in ",.;:!?\n") or any(
        other.where == mention.where and cue.end <= other.start < mention.start
        for other in (*page.mentions, *page.rivals)
    )


def _near(page: Page, at: int, clause: int, cue: Placed) -> float:
    """Share of a cue that is no rival's, by how far it stands from the mention's clause."""
    apart = cue.sentence - at
    if apart == 0:
        same = _clause(page.sentences[at], cue.start) == clause
        return SAME_CLAUSE if same else SAME_SENTENCE
    if apart in (1, 2) and all(s.pronoun for s in page.sentences[at + 1 : cue.sentence + 1]):
        return NEXT_PRONOUN
    if cue.sentence in page.foreign:
        return 0.0
    if not page.subject:
        return ASIDE if apart == 1 else 0.0
    if apart > 1 and page.sentences[cue.sentence].paragraph > page.sentences[at].paragraph:
        return NEXT  # a new paragraph goes on about what the post is about
    return {1: NEXT, -1: PREVIOUS}.get(apart, OUTSIDE)


def _owner(page: Page, named: list[tuple[int, Mention, str]], cue: Placed) -> str:
    """Whom a cue is said of, brand or rival: same clause and nearest, else whom was named last."""
    here = [(m, kind) for at, m, kind in named if at == cue.sentence]
    sentence = page.sentences[cue.sentence]
    clause = _clause(sentence, cue.start)
    same = [(m, kind) for m, kind in here if _clause(sentence, m.start) == clause]
    if same:
        nearest, kind = min(same, key=lambda one: _distance(one[0], cue))
        ways = [(way[1], who) for m, who in here if (way := role(page, m))]
        if cue.hit.group not in KIND and {way for way, _ in ways} == {"left", "joined"}:
            # "From X to Y, because the export fails": what is bad drove them away from X.
            return next(who for way, who in ways if way == "left")
        if kind == "rival" and cue.hit.cue.group in ("leaving", "seeking"):
            # "Thinking of switching to Rival": who goes there leaves us.
            verb = role(page, nearest)
            return "brand" if verb and verb[1] == "joined" else kind
        return kind
    before = [kind for at, m, kind in named if (at, m.start) < (cue.sentence, cue.start)]
    if before:
        return before[-1]
    return here[0][1] if here else "brand"


def _named(page: Page) -> list[tuple[int, Mention, str]]:
    every = [(page.places[m], m, "brand") for m in page.mentions]
    every += [(page.places[m], m, "rival") for m in page.rivals]
    return sorted(every, key=lambda one: (one[0], one[1].start))


_OPENS = re.compile(
    r"([A-Z][\w-]{2,40}) (?:is|was|has|had|keeps|kept|does|did|can|works|worked"
    r"|isn't|wasn't|can't)\b"
)
_OPENERS = """
this that there here what which who where when why how everything nothing something anything
everyone everybody nobody someone each another one none all some half first second last next
support service customer shipping delivery billing search sync export import login editor app
site website page product company team update version performance interface price pricing
quality battery screen sound design setup syncing exporting printing loading everyone's mine
today yesterday monday tuesday wednesday thursday friday saturday sunday she her his they our
"""
_PLAIN = frozenset(_OPENERS.split())
"""What opens a sentence with a capital and is no name."""


def _foreign(
    sentences: Sequence[Sentence], fields: dict[Where, str], named: set[int]
) -> frozenset[int]:
    """Sentences before the first mention that open with a name of their own: "Foo is slow."."""
    found = set()
    for number in range(min(named, default=0)):
        sentence = sentences[number]
        opening = _OPENS.match(fields[sentence.where], sentence.start, sentence.end)
        if opening and opening[1].lower() not in _PLAIN:
            found.add(number)
    return frozenset(found)


def _distance(mention: Mention, cue: Placed) -> int:
    return max(cue.start - mention.end, mention.start - cue.end)


def _clause(sentence: Sentence, at: int) -> int:
    if len(sentence.clauses) < 2:
        return 1
    return bisect_right([clause.start for clause in sentence.clauses], at)


def _sentence_at(sentences: Sequence[Sentence], where: Where, at: int) -> int:
    best = 0
    for index, sentence in enumerate(sentences):
        if sentence.where == where and sentence.start <= at:
            best = index
    return best


def _overlaps(cue: Placed, mention: Mention) -> bool:
    """A name's own words ("Best Buy") are no cue; a phrase that goes on beyond them may be."""
    return cue.where == mention.where and mention.start <= cue.start and cue.end <= mention.end


def _windows(body: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """The parts of a text to look at: all of a short one, else around the mentions."""
    if len(body) <= MAX_CHARS or not mentions:
        return [(0, min(len(body), MAX_CHARS))]
    windows: list[tuple[int, int]] = []
    read = 0
    for mention in sorted(mentions, key=lambda m: m.start):
        start, end = max(0, mention.start - AROUND), min(len(body), mention.end + AROUND)
        if windows and start <= windows[-1][1]:
            start = windows.pop()[0]
        if read + end - start > MAX_CHARS and windows:
            break
        end = min(end, start + MAX_CHARS)
        windows.append((start, end))
        read = sum(high - low for low, high in windows)
    return windows
