"""Labelled texts walked down the street: what the machine says beside what a person said.

In: a `Row`. Out: an `Outcome` for each brand that it has a label for.
The way is that of `scanner score`: with a brand its mentions are judged (the row's other brands
are its rivals), without one the whole text.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from scanner import language, match, reasons, score
from scanner.evaluate.sets import Label, Row
from scanner.records import Brand, Matched, Post


@dataclass(frozen=True, slots=True)
class Outcome:
    """One labelled verdict and the machine's own."""

    row: Row
    label: Label
    language: str | None
    """As labelled, else as identified."""
    negativity: float | None
    """None: a language without data."""
    textblob: float | None = None
    """TextBlob's polarity of the whole text, turned round: 0 for 1, 1 for -1. English only."""
    named: bool | None = None
    """Whether the brand was found in the text; None where there is no brand."""
    intent: str | None = None
    """Like what follows only for the first brand of a row: it is labelled for that one."""
    reasons: tuple[str, ...] = ()
    signals: frozenset[str] | None = None
    """None where there is no brand: signals are told of brands."""

    @property
    def negative(self) -> bool:
        """Whether the author is dissatisfied, by the label."""
        return self.label == "negative"


def outcomes(row: Row, *, textblob: bool = True) -> Iterator[Outcome]:
    """Judge a row towards each of its brands, or as a whole."""
    post = _post(row)
    tone = _textblob(post) if textblob else None
    if row.label is not None:
        yield replace(_whole(row, row.label, post), textblob=tone)
    for at, (name, label) in enumerate(row.targets):
        yield replace(_towards(row, at, name, label, post), textblob=tone)


def _towards(row: Row, at: int, name: str, label: Label, post: Post) -> Outcome:
    rivals = tuple(other for other, _ in row.targets if other != name)
    found = match.find(post, _matcher(name, rivals))
    matched = found[0] if found else Matched(post, name, (), confidence=0.0)
    scored = score.score(matched, with_polarity=False)
    outcome = Outcome(row, label, post.language, scored.negativity, named=bool(found))
    if at:
        return outcome
    judged = reasons.assign(scored)
    signals = frozenset(signal.name for signal in judged.signals)
    return replace(outcome, intent=judged.intent, reasons=judged.reasons, signals=signals)


def _whole(row: Row, label: Label, post: Post) -> Outcome:
    text = _text(post)
    negativity, _, _ = score.score_text(text, post.language, with_polarity=False)
    intent, _, found = reasons.assign_text(text, post.language, negativity)
    return Outcome(row, label, post.language, negativity, intent=intent, reasons=found)


def _post(row: Row) -> Post:
    post = Post(feed_url="", feed="", guid="", url=None, title=row.title, text=row.text)
    return replace(post, language=row.lang or language.identify(f"{row.title}\n{row.text}"))


def _text(post: Post) -> str:
    return f"{post.title}\n{post.text}" if post.title else post.text


def _textblob(post: Post) -> float | None:
    if post.language != "en":
        return None
    polarity = score.polarity(_text(post), post.language)
    return None if polarity is None else 1 - (polarity + 1) / 2


@lru_cache(maxsize=1024)
def _matcher(name: str, rivals: tuple[str, ...]) -> match.Matcher:
    return match.prepare([Brand(name, rivals=rivals)])
