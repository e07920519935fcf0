"""Bytes become posts: RSS, RDF, Atom, CDF, JSON Feed, the App Store's JSON.

In: a Fetched. Out: Parsed with its posts, or Failed with why; nothing is ever raised, whatever the
bytes. The kind of document is found in the bytes; what the server says of them is only a hint.

A post comes unread: its body is kept as its feed wrote it, and `read` makes the author's words of
it. That takes ten times as long as all the rest, and most posts name no brand.

The rooms behind this door, in the order of the work: `wash` (bytes to text), `xmlfeed` and
`jsonfeed` (text to raw entries), `posts` (raw entries to posts, with `dates`, `links`, and the site
readers of `scanner.sources`).

Touches: another process.
"""

from __future__ import annotations

from scanner import text as words
from scanner.parse import jsonfeed, posts, wash, xmlfeed
from scanner.parse.dates import parse_date
from scanner.parse.posts import read
from scanner.records import Failed, Fetched, Parsed
from scanner.sources.entry import Document, NotAFeed

__all__ = ["parse", "parse_date", "read"]


def parse(fetched: Fetched, *, apart: bool = True) -> Parsed | Failed:
    """Parse what was fetched. Never raises.

    `apart`: what only feedparser can read is read in a process of its own, under a deadline.
    Without, the caller is one that can be ended itself.
    """
    try:
        document = _read(fetched, apart)
        return Parsed(
            feed=fetched.feed,
            posts=tuple(posts.build(document, fetched)),
            partial=document.partial,
            warnings=tuple(_shown(fetched, warning) for warning in document.warnings),
            rhythm=document.rhythm,
        )
    except NotAFeed as reason:
        return _failed(fetched, reason.why, reason.hint)
    except RecursionError:
        return _failed(fetched, "nested too deeply to be a feed")
    except Exception as bug:
        # The bytes are hostile and the libraries old: one feed must not end a scan (X01 to X17).
        return _failed(fetched, f"cannot be read ({type(bug).__name__}: {bug})", "please report it")


def _read(fetched: Fetched, apart: bool) -> Document:
    text = wash.decode(fetched.body, fetched.content_type)
    start = text[:100_000].lstrip()[:1]
    if not start:
        raise NotAFeed("empty body", "the site answered without a feed; it may do so again later")
    if start in ("{", "["):
        return jsonfeed.read(text)
    return xmlfeed.read(text, fetched.url, apart=apart)


def _failed(fetched: Fetched, why: str, hint: str | None = None) -> Failed:
    shown = _shown(fetched, why)[:200]
    return Failed(fetched.feed, "parse", shown, hint and _shown(fetched, hint)[:300])


def _shown(fetched: Fetched, message: str) -> str:
    """Make a message safe to print: it may echo the document, and so what the server was asked."""
    return words.printable(words.redact(message, fetched.feed.url, fetched.url))
