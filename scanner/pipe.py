"""One text in, its judgement out: what `scanner score` does with each line.

In: a line of JSON Lines, or a plain text. Out: judged JSON Lines, one for each brand asked about.
Without a brand the whole text is judged. With one, its mentions are found and judged; a text that
does not name the brand is judged as a whole too, with `brand_confidence` 0.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import Any

from scanner import language, match, rank, reasons, score
from scanner.config import parse_time
from scanner.records import Brand, Judged, Matched, Post, Story
from scanner.render import jsons
from scanner.render.record import instant
from scanner.render.record import record as record_of
from scanner.render.schema import WORK

MAX_TEXT = 1_000_000
"""Characters of one text that are read; a post of a feed is capped at a quarter of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says about every line."""

    now: datetime
    brands: tuple[str, ...] = ()
    """Judged towards where the line itself names no brand."""
    polarity: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One text to judge."""

    text: str
    id: str | int | None = None
    title: str = ""
    lang: str | None = None
    url: str | None = None
    published: datetime | None = None
    brands: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    """The caller's own fields, printed again."""


_READ = frozenset(("text", "id", "title", "lang", "url", "published", "brand", "brands"))


def plain_line(line: str) -> Line:
    """Take the whole line as the text."""
    return Line(text=line.strip("\r\n"))


def json_line(line: str) -> Line:
    """Read one JSON object; ValueError says what is wrong with it."""
    import json

    try:
        told = json.loads(line, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"not JSON: {problem}") from None
    if not isinstance(told, dict):
        raise ValueError('not a JSON object; expected {"text": "…"}')
    if not isinstance(told.get("text"), str):
        raise ValueError('"text" is missing or not a string')
    published = _string(told, "published")
    return Line(
        text=told["text"],
        id=_id(told.get("id")),
        title=_string(told, "title") or "",
        lang=_string(told, "lang"),
        url=_string(told, "url"),
        published=parse_time(published) if published else None,
        brands=tuple(_brands(told)),
        more=_more(told),
    )


def judged(line: Line, asked: Asked) -> str:
    """Judge one line; returns JSON Lines, one for each brand, in the order they are named."""
    post = _post(line)
    names = line.brands or asked.brands
    if names:
        rows = [_towards(line, post, name, asked) for name in names]
    else:
        rows = [_whole(line, post, asked)]
    return "".join(jsons.line(row | _free(line.more, row)) for row in rows)


def _free(more: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's fields whose names are not ours: theirs may mean something else."""
    return {name: value for name, value in more.items() if name not in row}


def _towards(line: Line, post: Post, name: str, asked: Asked) -> dict[str, Any]:
    found = match.find(post, _matcher(name))
    one = found[0] if found else Matched(post, name, (), confidence=0.0)
    judgement: Judged = reasons.assign(score.score(one, with_polarity=asked.polarity))
    story = Story(judgement.id, (judgement,))
    ranked = rank.rank([story], now=asked.now)[0]
    row = asdict(record_of(ranked)) | {"feed": None, "title": line.title or None}
    for name in WORK:  # nobody has decided anything; the caller's own may stand there
        del row[name]
    if line.id is not None:
        row["id"] = line.id
    return row


def _whole(line: Line, post: Post, asked: Asked) -> dict[str, Any]:
    text = f"{post.title}\n{post.text}" if post.title else post.text
    negativity, polarity, evidence = score.score_text(
        text, post.language, with_polarity=asked.polarity
    )
    intent, intents, found = reasons.assign_text(text, post.language, negativity)
    return {
        "id": line.id,
        "url": line.url,
        "title": line.title or None,
        "published": instant(line.published),
        "language": post.language,
        "negativity": None if negativity is None else round(negativity, 3),
        "polarity": None if polarity is None else round(polarity, 2),
        "intent": intent,
        "intents": {name: round(strength, 3) for name, strength in intents},
        "reasons": list(found),
        "evidence": [
            {"name": one.name, "text": one.text, "weight": round(one.weight, 3)} for one in evidence
        ],
    }


def _post(line: Line) -> Post:
    text, cut = line.text[:MAX_TEXT], len(line.text) > MAX_TEXT
    post = Post(
        feed_url="",
        feed="",
        guid=("" if line.id is None else str(line.id)) or line.url or line.text[:200],
        url=line.url,
        title=line.title[:MAX_TEXT],
        text=text,
        published=line.published,
        truncated=cut,
    )
    return replace(post, language=line.lang or language.identify(f"{line.title}\n{text}"))


@lru_cache(maxsize=1024)
def _matcher(name: str) -> match.Matcher:
    return match.prepare([Brand(name)])


def _brands(told: dict[str, Any]) -> Iterator[str]:
    if told.get("brand") is not None and told.get("brands") is not None:
        raise ValueError('give "brand" or "brands", not both')
    value = told.get("brand") if told.get("brands") is None else told["brands"]
    names = [value] if isinstance(value, str) else value if value is not None else []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError('"brand" must be a string, "brands" a list of strings')
    if any(not name.strip() for name in names):
        raise ValueError("a brand's name is empty")
    return iter(names)


def _id(value: object) -> str | int | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError('"id" must be a string or a whole number')


def _finite(digits: str) -> float | None:
    """Read a number; one that is too large for JSON's readers is unknown, as NaN is."""
    number = float(digits)
    return number if isfinite(number) else None


def _more(told: dict[str, Any]) -> dict[str, Any]:
    more = {name: value for name, value in told.items() if name not in _READ}
    if any(isinstance(value, list | dict) for value in more.values()):
        try:
            jsons.line([[[[more]]]])  # deeper than it will stand, so that printing it cannot fail
        except RecursionError:
            raise ValueError("nested too deeply to be printed again") from None
    return more


def _string(told: dict[str, Any], key: str) -> str | None:
    value = told.get(key)
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f'"{key}" must be a string')
