"""Which site a document, or a single entry, comes from.

In: a Document and its address; or an entry. Out: a Site, or None.
Who is listed first is tried first; of an entry its facts speak first, then its id, its thread, its
first link, its title. So a link that somebody shares does not make the post the linked site's.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from scanner.sources import (
    appstore,
    bluesky,
    discourse,
    github,
    googlealerts,
    googlenews,
    hackernews,
    lemmy,
    lobsters,
    maillist,
    mastodon,
    medium,
    nitter,
    producthunt,
    reddit,
    stackexchange,
    tumblr,
    wordpress,
    youtube,
)
from scanner.sources.entry import Document, Entry
from scanner.sources.site import Site, page

SITES: tuple[Site, ...] = (
    reddit.SITE,
    hackernews.SITE,
    lobsters.SITE,
    bluesky.SITE,
    youtube.SITE,
    googlealerts.SITE,
    googlenews.SITE,
    stackexchange.SITE,
    github.SITE,
    appstore.SITE,
    medium.SITE,
    producthunt.SITE,
    tumblr.SITE,
    # What lives on any host comes after what has a host of its own.
    discourse.SITE,
    mastodon.SITE,
    nitter.SITE,
    lemmy.SITE,
    maillist.SITE,
    wordpress.SITE,
)

_HOSTS = {host: site for site in SITES for host in site.hosts}
_GENERATORS = tuple((begins, site) for site in SITES for begins in site.generators)
_FACTS = tuple((fact, site) for site in SITES for fact in site.facts)
_TITLES = tuple((opening, site) for site in SITES for opening in site.titles)
_OPENINGS = tuple(opening for opening, _ in _TITLES)
_READ = 2_100
"""Characters of an address that are looked at; parse takes none that is longer."""


def of_document(document: Document, address: str) -> Site | None:
    """Tell whose document it is, by the host that serves it or the program that wrote it."""
    name = _host(address)
    while name:
        if name in _HOSTS:
            return _HOSTS[name]
        name = name.partition(".")[2]
    generator = document.generator[:100].strip().lower()
    return next((site for begins, site in _GENERATORS if generator.startswith(begins)), None)


def of_entry(entry: Entry) -> Site | None:
    """Tell whose entry it is, by what only one site writes."""
    facts = entry.facts
    if facts:
        for fact, site in _FACTS:
            if fact in facts:
                return site
    for written in _addresses(entry):
        if found := _SIGNS.match(written, 0, _READ):
            return _SIGNED[found.lastindex or 0]
    title = entry.title.lstrip()
    if title.startswith(_OPENINGS):
        return next(site for opening, site in _TITLES if title.startswith(opening))
    return None


def _addresses(entry: Entry) -> Iterator[str]:
    """Id, thread and own page, each once; most entries have one address, and time is short."""
    yield entry.id
    if thread := entry.facts.get("comments"):
        yield thread
    if (href := page(entry)) != entry.id:
        yield href


def leads_to(entry: Entry, site: Site | None) -> bool:
    """Tell whether one of an entry's own links leads to the site."""
    homes = site.hosts if site is not None else ()
    hosts = [_host(link.href) for link in entry.links[:3]] + [_host(entry.id)]
    return any(host == home or host.endswith(f".{home}") for host in hosts for home in homes)


def _host(address: str) -> str:
    try:
        return (urlsplit(address[:_READ]).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _alternatives(kind: str) -> Iterator[tuple[str, Site]]:
    """The patterns of one kind, each with a group at its end whose number tells the site.

    Were the whole in a group, `re` could not pass over it by its first letter.
    """
    for site in SITES:
        if pattern := getattr(site, kind):
            yield f"(?:{pattern})()", site


def _joined(*kinds: str) -> tuple[tuple[str, ...], tuple[Site | None, ...]]:
    """One alternation for each kind, and the sites by group number over all of them."""
    found = [list(_alternatives(kind)) for kind in kinds]
    patterns = tuple("|".join(pattern for pattern, _ in group) for group in found)
    return patterns, (None, *(site for group in found for _, site in group))


(_pages, _paths, _ids), _SIGNED = _joined("pages", "paths", "ids")
_SIGNS = re.compile(rf"https?://(?:{_pages}|[^/?#]{{1,253}}+/(?:{_paths}))|(?!https?:)(?:{_ids})")
