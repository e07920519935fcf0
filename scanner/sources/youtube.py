"""YouTube: channels and playlists.

In: a video. Out: the video with its views; the description is plain text.
Its stars are an average of all who voted. Since dislikes are hidden (2021) every vote is a like,
the average is always 5.00, and the votes are points.

Touches: nothing.
"""

from __future__ import annotations

from dataclasses import replace

from scanner.sources.entry import Entry
from scanner.sources.site import Site, as_text, but, count

_ONLY_LIKES = 5.0


def _read(entry: Entry) -> Entry:
    bodies = as_text(entry)
    if entry.rating != _ONLY_LIKES:
        return but(entry, bodies=bodies)
    likes = count(entry.facts.get("media_starrating.count"))
    return but(entry, bodies=bodies, rating=None, reach=replace(entry.reach, points=likes))


SITE = Site(name="YouTube", read=_read, hosts=("youtube.com",), ids="yt:video:")
