"""Brands in, what `find` needs to know of them out: made once, used for every post.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scanner.match.brands import (
    How,
    Pattern,
    domain_patterns,
    is_common,
    name_patterns,
    phrase_patterns,
)
from scanner.match.confidence import stem
from scanner.match.query import Query, Term, parse
from scanner.match.reading import Lexicon
from scanner.match.tokens import WORD
from scanner.records import Brand
from scanner.text import fold, handle_of


@dataclass(frozen=True, slots=True)
class Watched:
    """One brand, made ready."""

    number: int
    """Its place in the config."""
    brand: Brand
    owner: str
    excluder: str
    """Owner of the exclude phrases in the index."""
    common: bool
    """Its name may be an everyday word."""
    accounts: frozenset[tuple[str, str]]
    domains: tuple[str, ...]
    context: tuple[tuple[str, str], ...]
    """Each context word as stems between spaces, and as written."""
    exclude: tuple[tuple[str, str], ...]
    rivals: tuple[tuple[str, str, bool], ...]
    """Owner in the index, name, and whether that may be an everyday word."""
    starts: frozenset[str]
    """First words of its names, domains and accounts."""
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class Matcher:
    """Brands made ready for `find`; immutable once prepared, safe to share between threads."""

    watched: tuple[Watched, ...]
    about: Mapping[str, int]
    """Feed URL to the number of the brand that all its posts are about."""
    lexicon: Lexicon
    terms: Mapping[Term, str]
    """Owners of the words of queries."""
    by_owner: Mapping[str, int]
    """A brand's number by its owner."""
    queries: tuple[int, ...]
    """Numbers of the brands that have a query."""
    always: bool
    """Some query can match a post in which none of its words stands (`author:jane`)."""


@dataclass(slots=True)
class _Building:
    lexicon: Lexicon = field(default_factory=Lexicon)
    terms: dict[Term, str] = field(default_factory=dict)
    rivals: dict[str, str] = field(default_factory=dict)


def prepare(brands: Sequence[Brand], about: Mapping[str, str] | None = None) -> Matcher:
    """Make brands ready; `about` maps a feed's URL to the brand that all its posts are about.

    Raises QueryError where a brand's `match` does not parse.
    """
    building = _Building()
    owners = {_folded(b.name): f"brand {n}" for n, b in enumerate(brands) if b.match is None}
    watched = tuple(_watch(n, brand, owners, building) for n, brand in enumerate(brands))
    numbers = {_folded(brand.name): number for number, brand in enumerate(brands)}
    return Matcher(
        watched,
        {
            url: numbers[_folded(name)]
            for url, name in (about or {}).items()
            if _folded(name) in numbers
        },
        building.lexicon,
        building.terms,
        {each.owner: each.number for each in watched},
        tuple(each.number for each in watched if each.query is not None),
        any(each.query is not None and each.query.wordless for each in watched),
    )


def _watch(number: int, brand: Brand, owners: Mapping[str, str], building: _Building) -> Watched:
    owner, excluder = f"brand {number}", f"exclude {number}"
    lexicon = building.lexicon
    deciding = brand.match is None
    ways = _add_names(lexicon, owner, brand)
    starts = {way[0] for way in ways}
    if deciding:
        lexicon.keys |= starts
        for way in ways:
            lexicon.look_for(way)
    for domain in brand.domains:
        patterns = list(domain_patterns(owner, domain))
        lexicon.keys |= lexicon.index.add(patterns)
        for pattern in patterns:
            lexicon.look_for(pattern.words)
        lexicon.handles.setdefault(fold(_host(domain)), []).extend(patterns[:1])
    for account in brand.accounts:
        name, _ = handle_of(account)
        pattern = Pattern(owner, "account", account, (name,))
        lexicon.handles.setdefault(name, []).append(pattern)
        lexicon.keys |= set(_words(name))
        lexicon.look_for(_words(name))
    for phrase in brand.exclude:
        lexicon.index.add(phrase_patterns(excluder, phrase))
    query = None if brand.match is None else parse(brand.match)
    if query is not None:
        _add_query(query, building)
    return Watched(
        number,
        brand,
        owner,
        excluder,
        is_common(brand.name) or _names_itself(brand),
        frozenset(handle_of(account) for account in brand.accounts),
        tuple(_host(domain) for domain in brand.domains),
        tuple(_stems(brand.context)),
        tuple(_stems(brand.exclude)),
        tuple(_rivals(brand, owners, building)),
        frozenset(starts),
        query,
    )


def _add_names(lexicon: Lexicon, owner: str, brand: Brand) -> set[tuple[str, ...]]:
    """Put name and aliases into the index; return the words of each way to write them."""
    domains = {_host(domain) for domain in brand.domains}
    ways: set[tuple[str, ...]] = set()
    for name in (brand.name, *brand.aliases):
        if _host(name) in domains:
            continue
        how: How = "name" if name == brand.name else "alias"
        patterns = list(name_patterns(owner, how, name))
        lexicon.index.add(patterns)
        ways |= {pattern.words for pattern in patterns}
        if not patterns and name.strip():
            lexicon.index.add_signs(Pattern(owner, how, name.strip(), (name.strip(),)))
    return ways


def _add_query(query: Query, building: _Building) -> None:
    for term in (*query.terms, *query.unwanted):
        owner = building.terms.setdefault(term, f"term {len(building.terms)}")
        wanted = term in query.terms
        if term.prefix:
            word = fold(term.text)
            made = Pattern(owner, "match", term.text, (word,), contends=False)
            building.lexicon.prefixes.setdefault(word, []).append(made)
            building.lexicon.prefix_lengths.add(len(word))
            building.lexicon.look_for((word,))
            continue
        patterns = tuple(
            phrase_patterns(owner, term.text)
            if term.phrase
            else (
                replace(each, letter="", contends=False)
                for each in name_patterns(owner, "match", term.text)
                if not each.capital
            )
        )
        starts = building.lexicon.index.add(patterns)
        if wanted:
            building.lexicon.keys |= starts
            for pattern in patterns:
                building.lexicon.look_for(pattern.words)


def _rivals(
    brand: Brand, owners: Mapping[str, str], building: _Building
) -> Iterator[tuple[str, str, bool]]:
    for rival in brand.rivals:
        name = _folded(rival)
        owner = owners.get(name) or building.rivals.get(name)
        if owner is None:
            owner = building.rivals[name] = f"rival {name}"
            building.lexicon.index.add(name_patterns(owner, "name", rival))
        if owner != owners.get(_folded(brand.name)):
            yield owner, rival, is_common(rival)


def _stems(phrases: Iterable[str]) -> Iterator[tuple[str, str]]:
    for phrase in phrases:
        words = " ".join(stem(word) for word in _words(phrase))
        if words:
            yield f" {words} ", phrase


def _names_itself(brand: Brand) -> bool:
    """Tell whether an exclude phrase has the name in it: then the operator has met a namesake."""
    name = f" {' '.join(_words(brand.name))} "
    return any(name in f" {' '.join(_words(phrase))} " for phrase in brand.exclude)


def _words(text: str) -> list[str]:
    return [fold(match.group()) for match in WORD.finditer(text)]


def _folded(name: str) -> str:
    return " ".join(_words(name)) or name.strip()


def _host(domain: str) -> str:
    return domain.strip().lower().removeprefix("www.").strip(".")
