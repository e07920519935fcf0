"""WordPress: comments. Its posts are like anybody's.

In: an entry of a blog. Out: a comment titled by what it is about, and signed: WordPress calls it
"Comment on Our prices by Ann", or "By: Ann" in the feed of one post (wp-includes/feed-rss2-
comments.php), in the blog's language. Without an address that is a comment's, a title in English
makes it a comment, but stays: it may be a headline.

Touches: nothing.
"""

from __future__ import annotations

import re

from scanner.sources.entry import Entry
from scanner.sources.site import Site, but, page

_ADDRESS = re.compile(r"[^#]{0,2000}+#comment-?\d")
_HEADLINE = re.compile(r"\s{0,99}(?:Re: )?(?:Comment on .{1,1000} by|By:) ", re.S)
_ABOUT = re.compile(
    r"(?:Re: )?(?:Comment on|Kommentar zu|Commentaires? sur|Comentario en|Commenti? su|Reactie op"
    r"|Comentários? (?:sobre|em)) (.{1,1000}) (?:by|von|par|por|di|door) (.{1,200})",
    re.S,
)
_BY = re.compile(r"(?:By|Von|Par ?|Por|Di|Door|Da) ?: (.{1,200})", re.S)


def _read(entry: Entry) -> Entry:
    if not _ADDRESS.match(page(entry)):
        return but(entry, kind="comment") if _HEADLINE.match(entry.title) else entry
    written = entry.title.strip()
    if about := _ABOUT.fullmatch(written):
        title, name = about[1], about[2]
    elif signed := _BY.fullmatch(written):
        title, name = "", signed[1]
    else:
        return but(entry, kind="comment")
    return but(entry, kind="comment", title=title, authors=entry.authors or [name])


SITE = Site(
    name="WordPress",
    read=_read,
    generators=(
        "https://wordpress.org",
        "http://wordpress.org",
        "http://wordpress.com",
        "wordpress",
    ),
    paths=r"[^#]{0,1000}+#comment-?\d",
    titles=("Comment on ", "Re: Comment on ", "By: "),
)
