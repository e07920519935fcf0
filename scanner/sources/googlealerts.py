"""Google Alerts.

In: what an alert found. Out: the same as news: a headline and a piece of an article by somebody
whom nobody names. `parse` unwraps the redirect in its link.

Touches: nothing.
"""

from __future__ import annotations

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but


def _read(entry: Entry) -> Entry:
    return but(entry, kind="news")


SITE = Site(name="Google Alerts", read=_read, ids=r"tag:google\.com,2013:googlealerts/")
