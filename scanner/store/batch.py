"""The posts of one document, made ready for the store: each once, encoded and hashed once.

In: Posts of one feed. Out: a Batch, which adopting, comparing and saving them share, because
encoding and hashing a post costs more than half of what saving it does.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import is_
from typing import NamedTuple

from scanner.records import Post
from scanner.store import codec

_NEVER = datetime.min.replace(tzinfo=UTC)

EMPTIED = "LIKE '-%'"
"""How SQL knows the `content` of a post that `prune` has emptied: its hash behind a mark."""


class Row(NamedTuple):
    """A post as it can be stored."""

    post: Post
    body: bytes
    """The post as JSON."""
    content: str
    """The hash of what a judgement on it rests on."""


class Stored(NamedTuple):
    """What the database holds of a post."""

    content: str
    body: bytes

    @property
    def emptied(self) -> bool:
        """Whether it has lost its words to `prune`; then it stays as it is, whatever comes."""
        return self.content.startswith("-")


@dataclass(frozen=True, slots=True)
class Batch:
    """Posts of one feed, by id, in order of appearance, beside what is stored of them."""

    rows: dict[str, Row]
    stored: dict[str, Stored]

    @property
    def posts(self) -> list[Post]:
        """The posts alone."""
        return [row.post for row in self.rows.values()]

    @property
    def feed_url(self) -> str | None:
        """Of all its posts; None where there is none."""
        return next((row.post.feed_url for row in self.rows.values()), None)

    def holds(self, posts: Sequence[Post]) -> bool:
        """Whether these are its very posts, so that nothing need be made ready again."""
        return len(posts) == len(self.rows) and all(map(is_, posts, self.posts))

    def unjudged(self) -> list[Post]:
        """Posts that are new, or that tell something else than when they were judged."""
        return [
            row.post
            for id_, row in self.rows.items()
            if id_ not in self.stored
            or (self.stored[id_].content != row.content and not self.stored[id_].emptied)
        ]


def one_each(posts: Iterable[Post]) -> dict[str, Row]:
    """Posts by id: the newest of each, or else the first.

    Raises ValueError where they are not all of one feed.
    """
    best: dict[str, Row] = {}
    for given in posts:
        post, body = codec.encoded(given)
        id_ = post.id
        if id_ not in best or _changed_at(post) > _changed_at(best[id_].post):
            best[id_] = Row(post, body, codec.content_of(post))
    if len({row.post.feed_url for row in best.values()}) > 1:
        raise ValueError("posts of several feeds at once")
    return best


def _changed_at(post: Post) -> datetime:
    return post.updated or post.published or _NEVER
