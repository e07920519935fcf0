"""Posts that tell the same thing become one story: copies, syndication, reposts.

In: judged posts. Out: stories; every post is in exactly one.

Two posts about the same brand are one story if they have the same address (without tracking
parameters), or nearly the same words. Near-duplicates are found by w-shingling (Broder 1997):
the Jaccard index of their sets of four-word runs, compared only where an inverted index over a
few rare shingles (a bottom-k sketch of hashes) brings two posts together, so time grows with the
number of posts and not with its square.

A copy shown twice costs a glance; a complaint folded into an answered story is lost. So texts that
share a template (a support form, a signature) stay apart where each says something of its own.

Touches: nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby, islice
from typing import NamedTuple
from urllib.parse import urlsplit
from zlib import crc32

from scanner.records import Judged, Post, Story
from scanner.text import untracked

SHINGLE = 4
"""Words in a shingle."""
SAME = 0.4
"""Jaccard index from which two texts are one. Measured on 3,000 unrelated posts of 20 to 250 words:
1 % of the pairs that share any shingle reach it; of copies with 5 % of the words changed 94 % do,
of first halves 94 %, of copies in a frame 100 %."""
SHORT_WORDS, SHORT_SAME = 40, 0.75
"""Below so many words, two people who say "still waiting for an answer" are at .4 already."""
CROWDED_SAME = 0.8
"""In one feed, where two people fill in one form: of 70 words with a sentence of 10 each they are
at .7, and a copy there is nearly always the author's own."""
OWN = 4
"""Words in a row that stand in no shared shingle: a changed word alone is no statement."""
OWN_SENTENCE = 8
"""So many are one even without a cue or the brand's name, in one feed; between feeds they may be
another site's frame ("This first appeared on …, subscribe to …")."""
SKETCH = 12
"""Smallest hashes kept of each post: two posts at .4 share none of them in 1 of 400 cases."""
CROWD = 20
"""Posts kept under one sketched shingle; a footer that thousands share is not compared for all."""
FEW_WORDS = 8
"""Posts with fewer must be equal, and by one author or under one title: "me too" is no copy."""
MAX_WORDS = 2_000
"""Words of a post that are compared."""

_WORD = re.compile(r"[^\W_]+")


def cluster(judged: Sequence[Judged]) -> list[Story]:
    """Gather posts into stories; the order of the input matters for nothing."""
    texts = [_text(member, id_) for _, id_, member in sorted(map(_age_and_id, judged), key=_first)]
    groups = _Groups([len(text.shingles) for text in texts])
    for left, right in _same(texts):
        groups.join(left, right)
    for left, right in _candidates(texts):
        if not _near(texts[left].shingles, texts[right].shingles):
            continue  # most of them, so that this comes before anything dearer
        ends = groups.fullest(left), groups.fullest(right)
        if (
            ends[0] != ends[1]
            and _is_copy(texts[left], texts[right])
            and _agree(texts[ends[0]], texts[ends[1]], min(texts[left], texts[right], key=_length))
        ):
            groups.join(left, right)
    return [_story([texts[at] for at in group]) for group in groups.all()]


def canonical(url: str) -> str:
    """An address without what changes on the way: scheme, www., tracking, trailing slash.

    A fragment with a digit stays: `#comment-12` is a post of its own.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return url
    query = untracked(parts.query)
    tail = f"?{query}" if query else ""
    anchor = f"#{parts.fragment}" if any(map(str.isdigit, parts.fragment)) else ""
    return f"{host}{parts.path.rstrip('/')}{tail}{anchor}"


class _Text(NamedTuple):
    """A post as it is compared, read once; few words have no shingles."""

    member: Judged
    id: str
    """The record's: two hashes, and asked for often."""
    address: str | None
    said: str
    """Its words, in small letters."""
    shingles: frozenset[int]


def _text(member: Judged, id_: str) -> _Text:
    post = member.post
    said = " ".join(_WORD.findall(_told(post))[:MAX_WORDS]).lower()
    words = said.split(" ")
    shingles = frozenset(_runs(words)) if len(words) >= FEW_WORDS else frozenset[int]()
    return _Text(member, id_, canonical(post.url) if post.url else None, said, shingles)


def _same(texts: Sequence[_Text]) -> Iterator[tuple[int, int]]:
    """Pairs of places that belong together without a closer look."""
    first: dict[tuple[str, ...], int] = {}
    pages = Counter(_page(text) for text in texts if text.address is not None)
    for at, text in enumerate(texts):
        for key in _keys(text, pages):
            known = first.setdefault(key, at)
            if known != at:
                yield known, at


def _page(text: _Text) -> tuple[str, str, str | None]:
    return text.member.brand, text.member.post.feed_url, text.address


def _keys(text: _Text, pages: Counter[tuple[str, str, str | None]]) -> Iterator[tuple[str, ...]]:
    """What makes two posts one without a closer look.

    An address that one feed gives to several posts is a page's and no post's: the App Store links
    all its reviews to the app.
    """
    post, brand = text.member.post, text.member.brand
    if text.address is not None and pages[_page(text)] == 1:
        yield (brand, "url", text.address)
    if text.said and post.author:
        yield (brand, "author", post.author, text.said)
    if text.said and post.title:
        yield (brand, "title", " ".join(_WORD.findall(post.title.lower())), text.said)


def _candidates(texts: Sequence[_Text]) -> Iterator[tuple[int, int]]:
    """Pairs of places worth a comparison: at most SKETCH * CROWD for each post."""
    index: dict[str, dict[int, list[int]]] = defaultdict(dict)
    for at, text in enumerate(texts):
        met = index[text.member.brand]
        seen: set[int] = set()
        for shingle in sorted(text.shingles)[:SKETCH]:
            others = met.setdefault(shingle, [])
            yield from ((other, at) for other in others if other not in seen)
            seen.update(others)
            if len(others) < CROWD:
                others.append(at)


def _near(left: frozenset[int], right: frozenset[int]) -> bool:
    """Whether two texts share as much as the least that any rule asks for."""
    sizes = len(left), len(right)
    if min(sizes) < SAME * max(sizes):  # what they share is no more than the smaller one
        return False
    both = len(left & right)
    return both >= SAME * (sizes[0] + sizes[1] - both)


def _is_copy(left: _Text, right: _Text) -> bool:
    """Whether two posts say the same, and not two things in the same form.

    In one feed, posts by two people (or by unknown ones) may say nothing of their own; elsewhere
    one of them may: a copy with an added line, the first half of a longer text.
    """
    both = len(left.shingles & right.shingles)
    either = len(left.shingles) + len(right.shingles) - both
    if both < _least(left.member, right.member, len(right.shingles)) * either:
        return False
    own = _own(left, right)
    return not any(own) if _strangers(left.member, right.member) else not all(own)


def _agree(one: _Text, other: _Text, link: _Text) -> bool:
    """Whether the fullest texts of two stories may be one, because `link` is a copy in both.

    A form without a statement is a copy of all that people wrote into it: of 10,000 synthetic
    posts, a tenth of them in three forms, 142 were folded so. A link that complains is no such.
    """
    return any(e.weight > 0 for e in link.member.scored.evidence) or not all(_own(one, other))


def _least(left: Judged, right: Judged, shingles: int) -> float:
    """How alike they must be: short texts more, unless author or title say the same already."""
    if _strangers(left, right):
        return CROWDED_SAME
    if shingles >= SHORT_WORDS - SHINGLE:
        return SAME
    title = right.post.title
    akin = _same_author(left, right) or (title and title == left.post.title)
    return SAME if akin else SHORT_SAME


def _length(text: _Text) -> int:
    return len(text.shingles)


def _strangers(left: Judged, right: Judged) -> bool:
    """Two people in one feed, for all that is known."""
    return left.post.feed_url == right.post.feed_url and not _same_author(left, right)


def _same_author(left: Judged, right: Judged) -> bool:
    return left.post.author is not None and left.post.author == right.post.author


def _own(left: _Text, right: _Text) -> tuple[bool, bool]:
    """Whether the one, and the other, makes a statement in words that they do not share."""
    shared = left.shingles & right.shingles
    alone = _strangers(left.member, right.member)
    return _says_more(left.member, shared, alone), _says_more(right.member, shared, alone)


def _says_more(member: Judged, shared: frozenset[int], alone: bool) -> bool:
    """Whether some of the words that are not shared make a statement about the brand."""
    places, runs = _read(_told(member.post))
    free = [True] * len(places)
    for at, shingle in enumerate(runs):
        if shingle in shared:
            free[at : at + SHINGLE] = [False] * SHINGLE
    telling = _telling(member)
    for own, run in groupby(range(len(places)), key=free.__getitem__):
        words = list(run)
        if not own or len(words) < OWN:
            continue
        # Two words back: after one form, "Acme is …" begins alike in both.
        start, end = places[max(0, words[0] - 2)][0], places[words[-1]][1]
        if (alone and len(words) >= OWN_SENTENCE) or any(start <= at < end for at in telling):
            return True
    return False


def _telling(member: Judged) -> list[int]:
    """Where the body names the brand, or carries evidence against it."""
    scored = member.scored
    where = "text" if member.post.text else "title"
    names = [m.start for m in scored.matched.mentions if m.where == where]
    return names + [e.start for e in scored.evidence if e.where == where and e.weight > 0]


def _told(post: Post) -> str:
    """The body; the title only where there is no body, for it often repeats its start."""
    return post.text or post.title


@lru_cache(maxsize=256)  # Those who share a form are compared with the same few again and again.
def _read(text: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Where each word stands, and the hashes of the runs of words, in order.

    Numbers hash alike in every process, strings do not.
    """
    places = [found.span() for found in islice(_WORD.finditer(text), MAX_WORDS)]
    return places, _runs([text[start:end].lower() for start, end in places])


def _runs(words: Sequence[str]) -> list[int]:
    codes = list(map(_code, words))
    return list(map(hash, zip(*(codes[at:] for at in range(SHINGLE)), strict=False)))


@lru_cache(maxsize=100_000)
def _code(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


class _Groups:
    """Which posts were joined so far (union-find), and the fullest post of each group."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._parent = list(range(len(sizes)))
        self._fullest = list(range(len(sizes)))

    def fullest(self, at: int) -> int:
        """The member with the most shingles: what a copy must not contradict."""
        return self._fullest[self._root(at)]

    def join(self, left: int, right: int) -> None:
        one, other = sorted((self._root(left), self._root(right)))
        self._parent[other] = one
        pair = (self._fullest[one], self._fullest[other])
        self._fullest[one] = max(pair, key=self._sizes.__getitem__)

    def all(self) -> Iterable[list[int]]:
        groups: dict[int, list[int]] = defaultdict(list)
        for at in range(len(self._parent)):
            groups[self._root(at)].append(at)
        return groups.values()

    def _root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at


_NEVER = datetime.max.replace(tzinfo=UTC)


def _age_and_id(member: Judged) -> tuple[datetime, str, Judged]:
    return member.post.published or _NEVER, member.id, member


def _first(aged: tuple[datetime, str, Judged]) -> tuple[datetime, str]:
    return aged[:2]


def _story(texts: Sequence[_Text]) -> Story:
    """Named by 12 hex digits from the smallest member's ID: stays when larger ones join."""
    smallest = min(text.id for text in texts)
    name = hashlib.sha256(f"story\x1f{smallest}".encode()).hexdigest()[:12]
    return Story(name, tuple(text.member for text in texts))
