"""The spine's middle: a post becomes judgements, and what these depend on.

In: a Config, posts. Out: Judged, for each brand that a post is about.
match -> language -> score -> reasons. A post is judged once, when it arrives or changes.

Touches: the disk (through the store).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from scanner import __version__
from scanner.records import Config, Feed, Judged, Post

if TYPE_CHECKING:
    from scanner.match import Explanation, Matcher
    from scanner.phrases import Phrases
    from scanner.store import Store


def judge(post: Post, matcher: Matcher, own: Phrases | None = None) -> list[Judged]:
    """Walk one post through match, language, score and reasons: one judgement per brand.

    `own` are the phrases of the config's [reasons]. A post that is still to be read names nobody.
    """
    from scanner import match

    if post.body is not None:
        return []

    found = match.find(post, matcher)
    if not found:
        return []
    from scanner import language, reasons, score

    told = language.identify(f"{post.title}\n{post.text}", post.language)
    post = replace(post, language=told)
    return [reasons.assign(score.score(replace(one, post=post)), own) for one in found]


def rejudge(config: Config, store: Store) -> bool:
    """Judge every stored post again if the brands or the program changed; whether it did.

    Posts of feeds that are not in the config count too: they may come back.
    """
    rules = fingerprint(config)
    if store.rules() in (None, rules):
        return False
    from scanner.hands import opened

    matcher, own = matcher_of(config), own_of(config)
    posts = (opened(post, matcher) for post in store.posts())
    store.rejudge(rules, (one for post in posts for one in judge(post, matcher, own)))
    return True


def fingerprint(config: Config) -> str:
    """What judgements depend on: brands, which feeds are about which, [reasons], model, version.

    Not on [rank]: ranking is done on every look.
    """
    from scanner import model

    about = sorted((feed.url, feed.about) for feed in config.feeds if feed.about)
    rules = (__version__, model.digest(), config.brands, about, config.reasons)
    return sha256(repr(rules).encode()).hexdigest()[:16]


def explain(config: Config, store: Store, feed: Feed) -> Iterator[tuple[Post, list[Explanation]]]:
    """Say of each stored post of a feed why it matched or did not."""
    from scanner import match, parse

    matcher = matcher_of(config)
    for post in map(parse.read, store.posts(feed_urls=[feed.url])):
        yield post, match.explain(post, matcher)


def matcher_of(config: Config) -> Matcher:
    """Make the brands ready for `match`."""
    from scanner import match  # 44 ms that a run in which no feed is due need not pay

    return match.prepare(config.brands, about(config))


def about(config: Config) -> dict[str, str]:
    """Say which feeds are about which brand, by their addresses."""
    return {feed.url: feed.about for feed in config.feeds if feed.about}


def own_of(config: Config) -> Phrases | None:
    """Make the phrases of [reasons] ready."""
    from scanner import phrases

    return phrases.compiled(config.reasons)
