"""Post and brands in, one Matched per brand that the post is about out.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.records import Brand, Matched, Post


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a post is or is not about a brand, in plain sentences."""

    brand: str
    matched: bool
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matcher:
    """Brands made ready for matching."""

    brands: tuple[Brand, ...]


def prepare(brands: Sequence[Brand], about: Mapping[str, str] | None = None) -> Matcher:
    """Make brands ready; about maps a feed's URL to the brand all its posts are about."""
    return Matcher(tuple(brands))


def find(post: Post, matcher: Matcher) -> list[Matched]:
    """Return one Matched per brand that the post is about, in config order."""
    return []


def explain(post: Post, matcher: Matcher) -> list[Explanation]:
    """Say for every brand whether the post is about it, and why."""
    return [Explanation(b.name, False, ()) for b in matcher.brands]
