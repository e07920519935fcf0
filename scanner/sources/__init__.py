"""What sites call things: raw entries of a document become entries in our terms.

In: a Document as `parse` read it, and the address it came from. Out: its entries, without what is
no post: titles and authors without what the site stuck to them, kind, reach, rating, thread.

A document's site is recognised once, by its host or its generator; an entry in any other document
may speak for itself. `generic` reads what all share, then the site's own reader the rest.

To add a site:
1. Write `scanner/sources/<site>.py`: a docstring that says what the site does differently, a
   function `_read(entry) -> Entry | None` that changes with `but(entry, …)` what it is sure of, and
   `SITE = Site(name=…, read=_read, hosts=… or generators=… or ids=… …)`. See `lobsters.py`.
2. Add its `SITE` to `SITES` in `which.py`, in its place: own hosts first.
3. Write `tests/sources/<site>.xml` (or .json) in the site's shape, of invented people and things.
4. Add a row to `SITES` in `tests/test_sources.py`: file, address, what is read of each entry.
5. Name the module in `ARCHITECTURE.md`.
A host that wants to be asked slowly also gets a row in `pace.py`, with the address that says so.

Touches: nothing.
"""

from __future__ import annotations

from scanner.sources.entry import Document, Entry


def read(document: Document, address: str) -> list[Entry]:
    """Read the document's entries, in order, leaving out cards and other non-posts.

    `address` is the feed's, after redirects. Pure, total, linear in the document's size.
    """
    # Who only asks for a pace or a type need not load twenty sites (20 ms).
    from scanner.sources import generic, which

    site = which.of_document(document, address)
    owner = generic.author(document.author)
    told = []
    for entry in document.entries:
        whose = site or which.of_entry(entry)
        said = generic.read(entry, owner)
        post = whose.read(said) if whose else said
        if post is None and whose is not site and not which.leads_to(entry, whose):
            # "t5_1001" may be anybody's id: one sign alone is too little to drop a post.
            others = (other for other in document.entries if other is not entry)
            post = None if any(which.of_entry(other) is whose for other in others) else said
        if post is not None:
            told.append(post)
    return told
