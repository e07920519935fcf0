"""The App Store: reviews, from its XML and its JSON.

In: an entry of theirs. Out: a review with its stars and votes; None for the app itself, which
comes before the reviews. The XML tells each review twice: as it was written, and as a table of
HTML with the title again; the text counts.

Touches: nothing.
"""

from __future__ import annotations

from dataclasses import replace

from scanner.sources.entry import Entry
from scanner.sources.generic import stars
from scanner.sources.site import Site, but, count


def _read(entry: Entry) -> Entry | None:
    facts = entry.facts
    if "im_rating" not in facts:
        return None if "im_name" in facts else entry
    written = [body for body in entry.bodies if not body.html and body.markup.strip()]
    return but(
        entry,
        kind="review",
        bodies=written or entry.bodies,
        rating=stars(facts["im_rating"]),
        reach=replace(entry.reach, points=count(facts.get("im_votecount"))),
    )


SITE = Site(
    name="App Store",
    read=_read,
    hosts=("itunes.apple.com", "apps.apple.com"),
    facts=("im_rating", "im_name"),
)
