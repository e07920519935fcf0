"""What a file about a site declares: how the site is known, and how its entries are read.

In: nothing. Out: `Site`, and the few things that every reader needs.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scanner.sources.entry import Body, Entry, Link
from scanner.text import unescaped


@dataclass(frozen=True, slots=True)
class Site:
    """One site, or one program that many sites run.

    A document is the site's by the host that serves it, or by its generator: then `read` gets all
    of its entries. In any other document an entry is the site's by its facts, or by how its id, its
    thread, its first link or its title begins. The patterns are regular expressions without groups
    of their own, tried at the beginning only; each must be linear.
    """

    name: str
    read: Callable[[Entry], Entry | None]
    """A raw entry -> the same in our terms, or None for what is no post. Pure and total: another
    site's entry may have the same shape, so what it does not know it leaves as it is."""
    hosts: tuple[str, ...] = ()
    """Hosts of its feeds; the names below one count as well."""
    generators: tuple[str, ...] = ()
    """How the generator of its documents begins, in lower case."""
    ids: str = ""
    """How ids that are no addresses begin."""
    pages: str = ""
    """How addresses of its pages go on after "https://"."""
    paths: str = ""
    """The same for what may live on any host, after "https://host/"."""
    titles: tuple[str, ...] = ()
    """How titles begin that nobody else writes."""
    facts: tuple[str, ...] = ()
    """Names in `Entry.facts` that nobody else uses."""


def but(entry: Entry, **changes: Any) -> Entry:
    """Copy an entry with some fields changed (dataclasses.replace takes 6 us, this 2)."""
    made = Entry(
        entry.id,
        entry.title,
        entry.links,
        entry.bodies,
        entry.authors,
        entry.published,
        entry.updated,
        entry.language,
        entry.facts,
        entry.kind,
        entry.reach,
        entry.rating,
        entry.thread,
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def page(entry: Entry) -> str:
    """The address of the entry's own page, as it was written: its first link, or else its id."""
    for link in entry.links[:_LINKS]:
        if link.rel == "alternate":
            return link.href
    return entry.id


def related(entry: Entry, href: str) -> list[Link]:
    """The entry's links, and one out of its body that leads where the post points to."""
    return [*entry.links, Link(unescaped(href), "related")]


def rewritten(entry: Entry, change: Callable[[str], str]) -> list[Body]:
    """The bodies, each with its markup changed."""
    return [Body(change(body.markup), body.html) for body in entry.bodies]


def as_text(entry: Entry) -> list[Body]:
    """The bodies as plain text, whatever the document declared."""
    return [Body(body.markup, html=False) for body in entry.bodies]


def count(written: str | None) -> int | None:
    """A whole number as it was written; None for what is none."""
    return int(written) if written and _WHOLE.fullmatch(written) else None


_LINKS = 50
"""Links of an entry that are looked at; real entries have up to 20, with an enclosure each."""
_WHOLE = re.compile(r"\s*+-?\d{1,12}\s*+", re.ASCII)
_PRE = re.compile(r"\s{0,99}(?:<div[^<>]{0,300}>\s{0,99})?<pre[^<>]{0,300}>")
_TAG = re.compile(r"<[^<>]{0,2000}>")


def preformatted(body: Body) -> Body:
    """A body that is all one <pre> as the plain text it stands for, as programs show mail so.

    Else the same body: in a post, what stands in <pre> is code.
    """
    opening = _PRE.match(body.markup) if body.html else None
    if opening is None:
        return body
    close = body.markup.find("</pre>", opening.end())
    if close < 0 or body.markup[close + 6 :].strip() not in ("", "</div>"):
        return body
    return Body(unescaped(_TAG.sub("", body.markup[opening.end() : close])), html=False)
