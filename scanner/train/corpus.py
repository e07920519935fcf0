"""Labelled rows -> examples: texts as the program will read them, with what is known of each.

In: `Row`s of labelled files. Out: `Example`s, marked and cut by the same code that judges posts.

Touches: nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import md5

from scanner import language, match, scope
from scanner.evaluate.sets import Row
from scanner.model.mentions import passages
from scanner.model.words import mark, nameless
from scanner.reasons import REASONS
from scanner.records import INTENTS, Brand, Matched, Post

HEADS = (
    "negative",
    "positive",
    *(f"intent/{name}" for name in INTENTS),
    *(f"reason/{name}" for name in REASONS),
    "first_hand",
    "resolved",
    "leaving",
)
"""What the model tells of a text, in the order of its outputs."""
KEPT_OUT = 10
"""One text in so many teaches nothing: blend and calibration are fitted on it."""

_HANDLE = re.compile(r"@\w+|\[[A-Z]+\]")
"""An account, or what a data set puts in a name's place ("[NAME]")."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text as the model reads it."""

    set: str
    text: str
    """With signs for the brand and its rivals, if it is about one."""
    language: str
    labels: Mapping[str, float]
    """What a person said of it: a head -> 0 or 1. What is not in it is not known."""
    named: bool = False
    """Whether a brand is marked."""
    rich: bool = False
    """Whether somebody labelled it for this project: intents and reasons, hard on purpose."""
    kept_out: bool = False


def key(text: str) -> bytes:
    """8 bytes of a text's MD5, as good a name as any that is the same everywhere."""
    return md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()[:8]


def examples(rows: Sequence[Row], known: frozenset[str]) -> Iterator[Example]:
    """Examples for each label of each row, in languages that are known.

    A post that is labelled for one brand teaches with the brand marked and as it stands; one of
    several rows on the same text, with the others marked as rivals and without; a text to an
    @account, with the account marked as the brand and without.
    """
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        beside[row.text].update(name for name, _ in row.targets)
    for row in rows:
        code = (row.lang or language.identify(f"{row.title}\n{row.text}") or "")[:2].lower()
        if code not in known:
            continue
        body = (f"{row.title}\n{row.text}" if row.title else row.text)[: scope.MAX_CHARS]
        rich = row.intent is not None
        made = partial(Example, row.set, language=code, rich=rich, kept_out=_is_kept_out(body))
        if row.label is not None:
            labels = _verdict(row.label) | (_more(row) if rich else {})
            yield made(nameless(body, None), labels=labels)
            handle = _HANDLE.search(body)
            if handle:
                spans = [one.span() for one in re.finditer(re.escape(handle[0]), body)]
                yield made(mark(body, spans), labels=labels, named=True)
        for at, (name, label) in enumerate(row.targets):
            labels = _verdict(label) | (_more(row) if at == 0 and rich else {})
            others = tuple(sorted(beside[row.text] - {name}))
            plain, marked = _marked(row, name, (), code)
            if marked != plain and at == 0 and len(row.targets) == 1 and rich:
                yield made(plain, labels=labels)
            if len(row.targets) == 1:
                yield made(marked, labels=labels, named=marked != plain)
            if others:
                _, marked = _marked(row, name, others, code)
                yield made(marked, labels=labels, named=marked != plain)


def _is_kept_out(body: str) -> bool:
    digest = md5(body.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest) % KEPT_OUT == 0


def _verdict(label: str) -> dict[str, float]:
    known = {"negative": float(label == "negative")}
    if label != "not":
        known["positive"] = float(label == "positive")
    return known


def _more(row: Row) -> dict[str, float]:
    """What only rows of our own tell."""
    known = {f"intent/{name}": float(row.intent == name) for name in INTENTS}
    if row.reasons is not None:
        known |= {f"reason/{name}": float(name in row.reasons) for name in REASONS}
    for name in ("first_hand", "resolved", "leaving"):
        told = getattr(row, name)
        if told is not None:
            known[name] = float(told)
    return known


def _marked(row: Row, name: str, rivals: tuple[str, ...], code: str) -> tuple[str, str]:
    """The passage about a brand without names, and with its signs."""
    post = Post("", "", "", None, row.title, row.text[: scope.MAX_CHARS], language=code)
    found = match.find(post, _matcher(name, rivals))
    matched = found[0] if found else Matched(post, name, ())
    page = scope.read(matched)
    read = passages(matched, page)
    if not read:
        body = nameless(f"{row.title}\n{post.text}" if row.title else post.text, None)
        return body, body
    return nameless(read[0].body, read[0].target), mark(read[0].body, *read[0].target)


@lru_cache(maxsize=4096)
def _matcher(name: str, rivals: tuple[str, ...]) -> match.Matcher:
    return match.prepare([Brand(name, rivals=rivals)])
