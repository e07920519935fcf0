"""Google News: headlines, by topic or search.

In: an entry of news.google.com. Out: a headline without its publisher, and without a body: that is
the headline again, or up to five of other articles.

Touches: nothing.
"""

from __future__ import annotations

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but


def _read(entry: Entry) -> Entry:
    publisher = entry.facts.get("source.title", "").strip()
    title = entry.title.strip()
    if publisher:
        title = title.removesuffix(f" - {publisher}")
    return but(entry, title=title, bodies=[], kind="news")


SITE = Site(
    name="Google News",
    read=_read,
    hosts=("news.google.com",),
    pages=r"news\.google\.com/",
)
