"""The JSON Schemas of what `--format json` and `jsonl`, `scanner score` and `feeds list` print.

In: nothing. Out: a dict (https://json-schema.org/draft/2020-12/schema). Tests hold it against
`record.Record` and `feeds.FeedRow`, field by field. Fields are added, so readers must let unknown
ones pass.

Touches: nothing.
"""

from __future__ import annotations

from typing import Any

from scanner.records import INTENTS, STATUSES
from scanner.render.record import SCHEMA_VERSION

Node = dict[str, Any]


_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> Node:
    """Describe a record (#/$defs/record), the array of them (#/$defs/records), a line that
    `score` prints (#/$defs/score) and a line that it reads (#/$defs/score_input)."""
    return {
        "$schema": _DRAFT,
        "title": "What scanner prints as JSON",
        "description": "Times are ISO 8601 in UTC. What is unknown is null. "
        "Fields are added, never renamed.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("record", "records", "score")],
        "$defs": {
            "record": _object("One post, judged for one brand.", _record(), tuple(_record())),
            "records": {
                "description": "--format json: one array, in the order of the queue.",
                "type": "array",
                "items": {"$ref": "#/$defs/record"},
            },
            "mention": _object(
                "One place where the brand is named.", _mention(), tuple(_mention())
            ),
            "score": _object("One line that `scanner score` prints.", _score(), _ALWAYS_SCORED),
            "score_input": _object("One line that `scanner score` reads.", _input(), ("text",)),
        },
    }


def feeds() -> Node:
    """Describe a feed (#/$defs/feed) and the array of them (#/$defs/feeds)."""
    return {
        "$schema": _DRAFT,
        "title": "What `scanner feeds list` prints as JSON",
        "description": "Times are ISO 8601 in UTC. What is unknown is null. "
        "Fields are added, never renamed.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("feed", "feeds")],
        "$defs": {
            "feed": _object("One feed of the config.", _feed(), tuple(_feed())),
            "feeds": _list(
                "--format json: one array, in the config's order.", {"$ref": "#/$defs/feed"}
            ),
        },
    }


def _record() -> Node:
    return {
        "id": _text("Identity of post and brand: 12 hex digits; any unique prefix names it."),
        "url": _text("Link to the post, http or https only.", unknown=True),
        "title": _text("Title; empty where the post has none."),
        "author": _text("Who wrote it, as the feed says.", unknown=True),
        "feed": _text("Name of the feed."),
        "published": _time("When it was published: RFC 3339, UTC, to the second."),
        "language": _text("ISO 639-1 code.", unknown=True),
        "brand": _text("The brand it is judged for."),
        "brand_confidence": _share("Probability that the name means this brand."),
        "mentions": _list(
            "Where the author names the brand, in reading order, title first.",
            {"$ref": "#/$defs/mention"},
        ),
        "negativity": _NEGATIVITY,
        "polarity": _POLARITY,
        "intent": _INTENT,
        "intents": _INTENTS,
        "reasons": _list("What it is about, such as billing or outage.", {"type": "string"}),
        "reach": _object(
            "How many have seen or answered it, where the feed tells.",
            {
                "comments": _count("Answers."),
                "points": _count("Points, likes or votes."),
                "views": _count("Views."),
            },
            ("comments", "points", "views"),
        ),
        "worth": {
            "description": "How much it is worth a reply; the sum of the terms' points.",
            "type": "number",
            "minimum": 0,
            "maximum": 100,
        },
        "terms": _list("The receipt: what the worth is made of.", _TERM),
        "why": _text("The same in a line of words."),
        "story": _object(
            "The story that the post stands for: copies and reposts of one thing.",
            {
                "id": _text("Identity of the story."),
                "size": {"description": "Posts in it.", "type": "integer", "minimum": 1},
            },
            ("id", "size"),
        ),
        "status": {
            "description": "new: never shown. open: shown, undecided. Else a person's decision.",
            "enum": list(STATUSES),
        },
        "text": _text("The author's own words, plain."),
        "rating": {
            "description": "Stars in a review.",
            "type": ["number", "null"],
            "minimum": 0,
            "maximum": 5,
        },
        "kind": _text("What it is on its site: post, comment, review, question, release, news."),
        "signals": _list("What ranking saw in it, such as first_hand.", {"type": "string"}),
        "truncated": {
            "description": "A field was longer than its cap and was cut.",
            "type": "boolean",
        },
        "schema_version": {
            "description": "Changes only if a field changes its meaning.",
            "const": SCHEMA_VERSION,
        },
        "owner": _text("Who is to answer.", unknown=True),
        "tags": _list("A person's own words for it, sorted.", {"type": "string"}),
    }


def _mention() -> Node:
    return {
        "text": _text("The name as it stands there."),
        "start": _number("Where it begins, in characters, in the record's title or text."),
        "end": _number("Where it ends."),
        "sentence": _text("The sentence around it."),
        "negativity": _NEGATIVITY,
        "polarity": _POLARITY,
        "where": {
            "description": "Which of the two the offsets count in.",
            "enum": ["title", "text"],
        },
    }


def _feed() -> Node:
    return {
        "name": _text("Its name."),
        "url": _text("Its address; what is secret in it is ***."),
        "about": _text("The brand that every post in it is about.", unknown=True),
        "status": _text("ok, failing, resting, gone or never asked."),
        "last_ok": _time("When it last worked."),
        "next_check": _time("Not asked before then."),
        "posts": _number("Posts in its last document."),
        "error": _text("The last failure in words.", unknown=True),
        "last_check": _time("When it was last asked, whatever came of it."),
        "waits_for": _text("What sets the next check.", unknown=True),
        "failures": _number("Failed checks in a row."),
        "failing_since": _time("When the first of them was."),
        "moved_to": _text("Where it has moved to for good, and is asked.", unknown=True),
        "gone": {"description": "Its server said 410: not asked again.", "type": "boolean"},
    }


_ALWAYS_SCORED = ("negativity", "intent", "reasons", "language")
WORK = ("owner", "tags")
"""Fields of a record that `score` has not: what nobody decided, and a caller may call his own."""


def _score() -> Node:
    """Describe what is judged: a record where a brand was asked about, else a part of one."""
    record = {name: node for name, node in _record().items() if name not in WORK}
    return record | {
        "id": {
            "description": "The input's; else the record's where a brand was asked about.",
            "type": ["string", "integer", "null"],
        },
        "title": _text("The input's title.", unknown=True),
        "feed": _text("Null: the input comes from no feed.", unknown=True),
        "brand_confidence": _share("Probability that the name means this brand; 0: not named."),
        "polarity": {**_POLARITY, "description": "TextBlob's polarity, with --polarity only."},
        "evidence": _list(
            "The words that carried the verdict, where no brand was asked about.",
            _object(
                "One piece of evidence.",
                {
                    "name": _text("What it is evidence of."),
                    "text": _text("The words."),
                    "weight": {
                        "description": "How much they moved the verdict; positive speaks for it.",
                        "type": "number",
                    },
                },
                ("name", "text", "weight"),
            ),
        ),
    }


def _input() -> Node:
    return {
        "id": {"description": "Printed again.", "type": ["string", "integer", "null"]},
        "title": _text("Title.", unknown=True),
        "text": _text("The text, plain."),
        "lang": _text("ISO 639-1 code; identified where it is missing.", unknown=True),
        "url": _text("Link to the post.", unknown=True),
        "published": _text("When it was published, ISO 8601.", unknown=True),
        "brand": _text("The brand to judge it for.", unknown=True),
        "brands": _list("Several brands; one output line each.", {"type": "string"}),
    }


def _object(description: str, properties: Node, required: tuple[str, ...]) -> Node:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(required),
    }


def _list(description: str, items: Node) -> Node:
    return {"description": description, "type": "array", "items": items}


def _text(description: str, *, unknown: bool = False) -> Node:
    return {"description": description, "type": ["string", "null"] if unknown else "string"}


def _time(description: str) -> Node:
    return {**_text(description, unknown=True), "format": "date-time"}


def _number(description: str) -> Node:
    return {"description": description, "type": "integer", "minimum": 0}


def _share(description: str) -> Node:
    return {"description": description, "type": "number", "minimum": 0, "maximum": 1}


def _count(description: str) -> Node:
    return {"description": description, "type": ["integer", "null"]}


_NEGATIVITY: Node = {
    "description": "Probability that the author is dissatisfied with this brand; null where the "
    "language has no data.",
    "type": ["number", "null"],
    "minimum": 0,
    "maximum": 1,
}
_POLARITY: Node = {
    "description": "TextBlob's polarity, for reference; null where it has no such language.",
    "type": ["number", "null"],
    "minimum": -1,
    "maximum": 1,
}
_INTENT: Node = {"description": "What the author is up to.", "enum": list(INTENTS)}
_INTENTS: Node = {
    "description": "Every intent that was seen with its strength, strongest first.",
    "type": "object",
    "propertyNames": {"enum": list(INTENTS)},
    "additionalProperties": _share("Strength."),
}
_TERM: Node = _object(
    "One summand.",
    {
        "name": _text("What it stands for."),
        "points": {"description": "May be negative.", "type": "number"},
        "evidence": _text("The words that earned it."),
    },
    ("name", "points", "evidence"),
)
