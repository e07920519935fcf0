"""A post and the brands in, one Matched for every brand that the post is about out.

A post is about a brand if its author names it: by name, alias, account or domain, or by what the
brand's `match` query asks for. `match` replaces name and aliases; accounts and domains still
count. Not counted: names in link targets, in quotes and code (`post.quoted`), in addresses; posts
by the brand's own accounts; occurrences in exclude phrases. A post in a feed `about` the brand
needs no name. A post that names only rivals is not returned. Doubtful matches are: ranking
multiplies by `confidence`.

Touches: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.match.judging import Page, judge
from scanner.match.matcher import Matcher, Watched, prepare
from scanner.match.tokens import folded_words
from scanner.records import Matched, Post

__all__ = ["Explanation", "Matcher", "explain", "find", "may_find", "prepare"]

UNLIKELY = 0.15
"""Confidence under which a mention is told to be a namesake: one in seven, and the post is worth
a seventh."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a post is, or is not, about a brand, in plain sentences."""

    brand: str
    matched: bool
    steps: tuple[str, ...]


def find(post: Post, matcher: Matcher) -> list[Matched]:
    """Return one Matched for every brand that the post is about, in config order; never raises."""
    about = matcher.about.get(post.feed_url)
    if about is None and not matcher.always and not _names_anyone(post, matcher):
        return []
    page = Page(post, matcher)
    numbers = {matcher.by_owner[o] for o in page.reading.by_owner if o in matcher.by_owner}
    numbers.update(matcher.queries, () if about is None else (about,))
    judged = (judge(matcher.watched[number], page, number == about) for number in sorted(numbers))
    return [each for each in judged if isinstance(each, Matched)]


def may_find(post: Post, matcher: Matcher) -> bool:
    """Tell whether a post that has not been read (`post.body`) has to be, for `find` to be right.

    False is certain: read, it would name nobody.
    """
    if post.body is None or matcher.always or post.feed_url in matcher.about:
        return True
    lexicon = matcher.lexicon
    return lexicon.occurs_in(post.title) or lexicon.may_occur_in(post.body)


def explain(post: Post, matcher: Matcher) -> list[Explanation]:
    """Say for every brand whether the post is about it, and why."""
    about = matcher.about.get(post.feed_url)
    page = Page(post, matcher)
    told = []
    for watched in matcher.watched:
        found = judge(watched, page, watched.number == about)
        if isinstance(found, Matched):
            # Five: enough to see what was taken for a name.
            places = [f'"{m.text}" ({m.how}) in the {m.where}' for m in found.mentions[:5]]
            doubt = ("found, but most likely not meant",) * (found.confidence < UNLIKELY)
            steps = (*places, *found.why, f"confidence {found.confidence:.2f}", *doubt)
            told.append(Explanation(watched.brand.name, True, steps))
        else:
            steps = (found, *_elsewhere(watched, post, page))
            told.append(Explanation(watched.brand.name, False, steps))
    return told


def _names_anyone(post: Post, matcher: Matcher) -> bool:
    occurs_in = matcher.lexicon.occurs_in
    return occurs_in(post.text) or occurs_in(post.title)


def _elsewhere(watched: Watched, post: Post, page: Page) -> tuple[str, ...]:
    """Say where the brand's name stands without counting."""
    steps = []
    names = watched.starts
    if not names.isdisjoint(folded_words(post.quoted)):
        steps.append("its name is in a quote or code block, which are not the author's words")
    if page.link_of(watched):
        steps.append(f"a link goes to {page.link_of(watched)}, which alone is no mention")
    elif any(not names.isdisjoint(folded_words(link)) for link in post.links):
        steps.append("its name is in the target of a link, which is no mention")
    return tuple(steps)
