"""What happened around the posts of the queue: complaints before them, our answers after them.

In: stories, the brands, an open Store. Out: a `Past` for each record that has one.
A post by one of a brand's own accounts is stored but matches nothing, so an answer is looked up
by its author; it belongs to the posts whose page, thread or comments feed it stands in.

Touches: the disk (through store).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from scanner.records import Answer, Brand, Judged, Past, Post, Story
from scanner.text import handle_of, untracked

if TYPE_CHECKING:
    from scanner.store import Store


def past(
    stories: Sequence[Story], brands: Iterable[Brand], store: Store, since: datetime
) -> dict[str, Past]:
    """Say of each record in these stories, by its ID, what happened around it since then."""
    known = strikes(stories)
    answers = {brand.name: _answers(brand, store, since) for brand in brands if brand.accounts}
    for member in (member for story in stories for member in story.members):
        answer = _answer(member.post, answers.get(member.brand, {}))
        if answer is not None:
            known[member.id] = replace(known.get(member.id, Past()), answer=answer)
    return known


# --- the same author, again -----------------------------------------------------------------------

_SHARED = """
anonymous, anonym, anonyme, anonymer, anoniem, anonimo, anónimo, anônimo, guest, guest user, gast,
invitado, ospite, visitor, user, users, a user, nutzer, customer, kunde, member, unknown, unbekannt,
nobody, deleted, [deleted], admin, administrator, moderator, editor, staff, redaktion,
a google user, google user, app store user
"""
_NOBODY = frozenset(name.strip() for name in _SHARED.split(","))
"""Names that many share, or that a site puts where it knows none."""
_MOST = 20
"""Complaints of one name; who has more is a feed that signs everything, and none is a strike."""


def strikes(stories: Sequence[Story]) -> dict[str, Past]:
    """Say of each complaint, by its record's ID, how many its author made in stories before it.

    An author is a name in one feed, or on one host: the same name elsewhere may be another person.
    A story, its copies included, is one complaint, made when its author first told it.
    """
    told = list(_complaints(stories))
    often = Counter(one.who for one in told)
    again = [
        one for one in told if 1 < often[one.who] <= _MOST
    ]  # few; only their addresses are read
    made: dict[tuple[str, ...], dict[str, datetime]] = {}
    for one in again:
        for key in _places(one):
            first = made.setdefault(key, {})
            first[one.story] = min(one.when, first.get(one.story, one.when))
    found = {}
    for one in again:
        before: dict[str, datetime] = {}
        for key in _places(one):
            own = made[key][one.story]
            before |= {story: when for story, when in made[key].items() if when < own}
        if before:
            found[one.member.id] = Past(complaints=tuple(sorted(before.values())))
    return found


class _Complaint(NamedTuple):
    story: str
    member: Judged
    when: datetime
    who: tuple[str, str]
    """Brand, and the author's name folded."""


def _complaints(stories: Sequence[Story]) -> Iterator[_Complaint]:
    """The dated complaints by somebody who has a name."""
    for story in stories:
        for member in story.members:
            when = member.post.published
            name = " ".join((member.post.author or "").casefold().split())
            if member.intent == "complaint" and when is not None and name and name not in _NOBODY:
                yield _Complaint(story.id, member, when, (member.brand, name))


def _places(one: _Complaint) -> Iterator[tuple[str, ...]]:
    """Where a name is the same person's: in one feed, and on one host."""
    yield *one.who, "feed", one.member.post.feed_url
    if host := _parts(one.member.post.url)[0]:
        yield *one.who, "host", host


# --- our answers ----------------------------------------------------------------------------------


def _answers(brand: Brand, store: Store, since: datetime) -> dict[str, list[Answer]]:
    """Where the brand's accounts have posted since then: by thread, oldest first."""
    own = [(account, *handle_of(account)) for account in brand.accounts]
    found: dict[str, list[Answer]] = {}
    for post in store.posts_by({name for _, name, _ in own}, since):
        name, host = handle_of(post.author or "")
        account = next(
            (a for a, n, h in own if n == name and (not host or not h or h == host)), None
        )
        if account is not None and post.published is not None:
            answer = Answer("@" + account.lstrip("@"), post.published)
            for thread in {*_threads(post), _feed(post.feed_url)}:
                found.setdefault(thread, []).append(answer)
    for told in found.values():
        told.sort(key=_at)
    return found


def _answer(post: Post, answers: Mapping[str, list[Answer]]) -> Answer | None:
    """The first answer after the post; what its author says after that one is not answered by it.

    So a thread in which somebody comes back with another complaint is open again.
    """
    if not answers or post.published is None:
        return None
    threads = [*_threads(post), *([_feed(post.comments_feed)] if post.comments_feed else ())]
    lists = [answers[thread] for thread in threads if thread in answers]
    places = [(told, bisect_right(told, post.published, key=_at)) for told in lists]
    return min((told[at] for told, at in places if at < len(told)), key=_at, default=None)


def _at(answer: Answer) -> datetime:
    return answer.at


def _threads(post: Post) -> Iterator[str]:
    """The pages that a post is talked about on.

    All reviews of a thing share the address of its page, and an answer to one is none to another.
    """
    if post.kind != "review" and (page := _page(post.url)):
        yield page
    if page := _page(post.thread_url):
        yield page


def _feed(url: str) -> str:
    """A feed as a thread; in the comments feed of a post all are answers to it."""
    return "feed " + "".join(_parts(url))


_THREAD = re.compile(
    r"(/r/[^/]+/comments/[^/]+|/t/[^/]+/\d+)(?:/.*)?"  # Reddit's, and Discourse's
)
"""The part of a path that all posts of a thread share, where each has an address of its own."""


def _page(url: str | None) -> str | None:
    """An address without fragment, tracking, and place within the thread; None: no thread's.

    A front page is the page of everything.
    """
    host, path, query = _parts(url)
    told = untracked(query)
    if not host or not (path or told):
        return None
    within = _THREAD.fullmatch(path)
    return f"{host}{within[1] if within else path}?{told}"


def _parts(url: str | None) -> tuple[str, str, str]:
    """Host (without www.), path (without the last slash) and query of an address; "" for none."""
    try:
        split = urlsplit(url or "")
        host = split.hostname or ""
    except ValueError:
        return "", "", ""
    return host.removeprefix("www.").removeprefix("old."), split.path.rstrip("/"), split.query
