"""A brand and a post that has been read in, a Matched or the reason why not out.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from scanner.match.confidence import Company, Style, occurrence, stem, style_of, weigh
from scanner.match.lexer import FieldName
from scanner.match.matcher import Matcher, Watched
from scanner.match.query import Hit, Term
from scanner.match.reading import Found, Reading
from scanner.match.tokens import WORD, folded_words
from scanner.records import Matched, Mention, Post, Where
from scanner.text import fold, handle_of

_MAX_MENTIONS = 100
"""A brand's mentions in one post; each is judged, and a hundredth adds nothing to the verdict."""
_RIVAL_ODDS = -1.0
"""Under it (.27), a rival that is an everyday word ("ghost") is taken for the word."""


def judge(watched: Watched, page: Page, about: bool) -> Matched | str:
    """Return the match, or a sentence that says why there is none."""
    post, name = page.post, watched.brand.name
    if post.author and _is_own(post.author, watched):
        return f'the author "{post.author[:80]}" is an account of {name}'
    named, missing = _named(watched, page)
    excluding = Cover(page.reading.of(watched.excluder), post)
    found = [one for one in named if not excluding.touches(one)]
    dropped = len(named) - len(found)
    if dropped and not (found or about):
        return f"every occurrence of {name} is in an exclude phrase"
    if missing and not (found or about):
        return missing
    rivals = tuple(_rivals(watched, page))
    mentions = tuple(one.mention(name) for one in found[:_MAX_MENTIONS])
    matched = Matched(post, name, mentions, rivals)
    if about:
        return replace(matched, why=(f'every post in the feed "{post.feed}" is about {name}',))
    if not found:
        return replace(matched, why=("the match query holds by author, site or language",))
    company = _company(watched, page, dropped, rivals)
    style = page.style if watched.common else Style()
    weighed = weigh(found[:_MAX_MENTIONS], style, watched.common, company)
    why = list(weighed.why)
    if any(one.place.pattern.how == "match" for one in found):
        why.insert(0, "the match query holds")
    if len(found) > _MAX_MENTIONS:
        why.append(f"{len(found)} mentions; the first {_MAX_MENTIONS} are kept")
    return replace(matched, confidence=weighed.probability, why=tuple(why))


class Page:
    """A post, read once for all brands, that answers their questions (and a query's)."""

    def __init__(self, post: Post, matcher: Matcher) -> None:
        """Read the post."""
        self.post = post
        self.reading = Reading(post, matcher.lexicon)
        self._terms = matcher.terms

    def hits(self, term: Term) -> list[Hit]:
        """Return the places of a query's term."""
        return [
            Hit(part.where, place.start, place.end, place.first, place.after)
            for part, place in self.reading.of(self._terms[term])
            if part.where == "title" or not term.title_only
        ]

    def asked(self, terms: Iterable[Term], hits: Iterable[Hit]) -> list[Found]:
        """Return the places that a query's hits stand for."""
        wanted = {(hit.where, hit.start, hit.end) for hit in hits}
        found: dict[tuple[str, int, int], Found] = {}
        for term in terms:
            for one in self.reading.of(self._terms[term]):
                found.setdefault((one.part.where, one.place.start, one.place.end), one)
        return [found[key] for key in found if key in wanted]

    def says(self, name: FieldName, value: str, prefix: bool) -> bool:
        """Tell whether the post's author, site or language is the one asked for."""
        if name == "lang":
            return (self._language or "").casefold() == value.casefold()
        if name == "site":
            return any(_on_site(url, value) for url in (self.post.url, self.post.feed_url) if url)
        words = [fold(m.group()) for m in WORD.finditer(value)]
        author = list(folded_words(self.post.author or ""))
        return _contains(author, words, prefix)

    def link_of(self, watched: Watched) -> str | None:
        """Return the brand's domain that a link of the post goes to."""
        for domain in watched.domains:
            if any(_under(host, domain) for host in self._hosts):
                return domain
        return None

    @cached_property
    def style(self) -> Style:
        """How the author writes."""
        return style_of(self.reading.parts, self.post.language)

    @cached_property
    def stems(self) -> str:
        """The stems of all words, each between spaces."""
        words = (stem(token.folded) for part in self.reading.parts for token in part.tokens)
        return f" {' '.join(words)} "

    @cached_property
    def _hosts(self) -> frozenset[str]:
        links = (*self.post.links, self.post.url or "")
        return frozenset(_host_of(link) for link in links)

    @cached_property
    def _language(self) -> str | None:
        from scanner.language import identify

        return identify(f"{self.post.title}\n{self.post.text}", self.post.language)


class Cover:
    """The characters of a post that some places stand on; asked in constant time."""

    def __init__(self, found: Iterable[Found], post: Post) -> None:
        """Mark the places."""
        self._marked: dict[Where, bytearray] = {}
        for part, place in found:
            marked = self._marked.setdefault(part.where, bytearray(len(part.text) + 2))
            # One to the right, so that there is a character before the first.
            marked[place.start + 1 : place.end + 1] = b"\1" * (place.end - place.start)

    def touches(self, one: Found) -> bool:
        """Tell whether a place overlaps one of them."""
        marked = self._marked.get(one.part.where)
        return marked is not None and marked.find(1, one.place.start + 1, one.place.end + 1) >= 0

    def outgrows(self, one: Found) -> bool:
        """Tell whether a place is inside a longer one of them."""
        marked = self._marked.get(one.part.where)
        if marked is None:
            return False
        start, end = one.place.start + 1, one.place.end + 1
        inside = marked.find(0, start, end) < 0
        return inside and bool(marked[start - 1] or marked[end])


# --- where the brand is named ---------------------------------------------------------------------


def _named(watched: Watched, page: Page) -> tuple[list[Found], str | None]:
    """Return where the brand is named; if nowhere, what to say, or None if it matches even so."""
    own = page.reading.of(watched.owner)
    query = watched.query
    if query is None:
        return own, f"{watched.brand.name} is not named in title or text"
    direct = [one for one in own if one.place.pattern.how in ("account", "domain")]
    hits = query.answer(page)
    if hits is None:
        return direct, f"the match query does not hold: {query.text[:200]}"
    asked = page.asked(query.terms, hits)
    # The words beside the name in a query (acme AND app) help it to match; where the brand's
    # name is among what was found, the name alone is the mention.
    names = Cover(own, page.post)
    asked = [one for one in asked if names.touches(one)] or asked
    longer = Cover(_of_others(watched, page), page.post)
    known = Cover(direct, page.post)
    free = [one for one in asked if not (longer.outgrows(one) or known.touches(one))]
    if asked and not (free or direct):
        return [], "what the match query found is part of another brand's longer name"
    return _in_order(direct, free), None


def _of_others(watched: Watched, page: Page) -> Iterable[Found]:
    for owner, found in page.reading.by_owner.items():
        if owner != watched.owner:
            yield from (one for one in found if one.place.pattern.contends)


def _in_order(direct: list[Found], free: list[Found]) -> list[Found]:
    """Sort, title first; of overlapping places keep the longest."""
    kept: list[Found] = []
    for one in sorted([*direct, *free], key=_reading_order):
        before = kept[-1] if kept else None
        if before and before.part is one.part and one.place.start < before.place.end:
            if one.place.end - one.place.start > before.place.end - before.place.start:
                kept[-1] = one
            continue
        kept.append(one)
    return kept


def _reading_order(one: Found) -> tuple[bool, int, int]:
    return one.part.where == "text", one.place.start, -one.place.end


def _is_own(author: str, watched: Watched) -> bool:
    name, host = handle_of(author)
    return any(
        name == own and (not host or not own_host or host == own_host)
        for own, own_host in watched.accounts
    )


def _rivals(watched: Watched, page: Page) -> list[Mention]:
    named = Cover(page.reading.of(watched.owner) if watched.rivals else (), page.post)
    found = [
        (one, name)
        for owner, name, common in watched.rivals
        for one in page.reading.of(owner)[:_MAX_MENTIONS]
        if not named.touches(one)
        and not (common and occurrence(one, page.style, True).odds < _RIVAL_ODDS)
    ]
    found.sort(key=lambda each: (each[0].part.where == "text", each[0].place.start))
    return [one.mention(name) for one, name in found[:_MAX_MENTIONS]]


# --- the company it keeps -------------------------------------------------------------------------


def _company(watched: Watched, page: Page, dropped: int, rivals: tuple[Mention, ...]) -> Company:
    name = {stem(fold(m.group())) for m in WORD.finditer(watched.brand.name)}
    context = [c for c in watched.context if c[0].split()[-1] not in name and c[0] in page.stems]
    against = [x for x in watched.exclude if x[0] in page.stems] if not dropped else []
    named_feed = _contains(list(folded_words(page.post.feed)), list(_words_of(watched)), False)
    return Company(
        tuple(written for _, written in context),
        bool(watched.context),
        tuple(written for _, written in against),
        dropped,
        tuple(dict.fromkeys(mention.brand for mention in rivals)),
        page.link_of(watched),
        page.post.feed if named_feed else None,
    )


def _words_of(watched: Watched) -> Iterable[str]:
    return folded_words(watched.brand.name)


def _contains(words: list[str], wanted: list[str], prefix: bool) -> bool:
    """Tell whether words stand in a row in others; the last may be the beginning of one."""
    size = len(wanted)
    for start in range(len(words) - size + 1):
        row = words[start : start + size]
        last = row and prefix and row[-1].startswith(wanted[-1])
        if row == wanted or (last and row[:-1] == wanted[:-1]):
            return bool(wanted)
    return False


_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://(?:[^\s/?#@]{0,200}@)?([^\s/?#:@]{1,253})")


def _host_of(url: str) -> str:
    match = _HOST.match(url)
    return match[1].lower().rstrip(".") if match else ""


def _under(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _on_site(url: str, site: str) -> bool:
    """Tell whether an address is on a site: a domain or a domain with the start of a path."""
    host, _, path = site.lower().split("://")[-1].removeprefix("www.").partition("/")
    if not _under(_host_of(url), host):
        return False
    rest = url.split("://", 1)[1].partition("/")[2].lower()
    return not path or rest == path.rstrip("/") or rest.startswith(f"{path.rstrip('/')}/")
