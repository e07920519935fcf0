"""The trained model: how likely an author is dissatisfied with a brand, and what the text is.

In: a matched post laid out by `scope`, or a text with its language. Out: `Heard`, one for each
mention. What the model is and what it learnt from: `data/model/CARD.md`. A tool that score and
reasons share, not a stop on the street. numpy and the file are loaded when the first text is read.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import ModelError
from scanner.records import Evidence, Matched, Where

if TYPE_CHECKING:
    from scanner.model.mentions import Passage
    from scanner.model.whole import Model, Reading

NAME = "model"
"""What its evidence is called in a receipt."""
MAX_EVIDENCE = 5
"""Phrases told; what follows is mostly small change."""
LEAST = 0.25
"""Log-odds from which a phrase is worth showing."""

WORST = 0.75
"""Share of the worst paragraph in the verdict, like that of the worst mention in a post's."""
FEWEST_WORDS = 5
"""Words of a paragraph that says something; "Sent from my phone" has four."""
MAX_PARAGRAPHS = 8
"""Paragraphs read alone; a passage of 1,200 characters rarely has more."""

_chosen: list[Path] = []


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model says of one passage."""

    odds: float
    """Log-odds that the author is dissatisfied with the brand (or, without one, at all)."""
    traits: Mapping[str, float]
    """Every head with its probability: "intent/complaint", "reason/billing", "first_hand" …"""
    evidence: tuple[Evidence, ...]


def choose(path: Path | None) -> None:
    """Use another model file from now on, in this process; None: the one that is shipped."""
    _chosen[:] = [path] if path else []
    load.cache_clear()
    digest.cache_clear()
    towards.cache_clear()


def source() -> Traversable:
    """Where the model is that is in use."""
    return _chosen[0] if _chosen else resources.files("scanner").joinpath("data/model/model.npz")


@lru_cache(maxsize=1)
def digest() -> str:
    """What tells one model from another, without unpacking it; ModelError where there is none."""
    try:
        return sha256(source().read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        raise ModelError(f"{source()}: no such model file (SCANNER_MODEL)") from None
    except OSError as problem:
        raise ModelError(f"{source()}: could not read: {problem.strerror or problem}") from problem


@lru_cache(maxsize=1)
def load() -> Model:
    """Unpack the model; ModelError where the file is damaged or foreign."""
    from scanner.model.whole import Model

    return Model(source())


def covered(language: str | None) -> bool:
    """Whether the model has learnt the language; an unknown one (None) is read as English."""
    return language is None or language in load().languages


@lru_cache(maxsize=8)
def towards(matched: Matched) -> tuple[Heard, ...]:
    """Read the surroundings of each of the page's mentions; of a post without any, its beginning.

    Ask `covered` first. The last answers are remembered: score and reasons ask for the same.
    """
    from scanner import scope  # not at the top: a start that only asks for `digest` reads no text
    from scanner.model.mentions import passages, unnamed

    page = scope.read(matched)
    read = passages(matched, page) if page.mentions else [unnamed(matched)]
    language = matched.post.language or "en"
    heard = {passage: _hear(passage, language) for passage in dict.fromkeys(read)}
    return tuple(heard[passage] for passage in read)


def _hear(passage: Passage, language: str) -> Heard:
    """A passage as a whole, and what its worst paragraph adds.

    What one paragraph complains of, kind words in another take back only a quarter of.
    """
    reading = load().read(passage.body, language, passage.target, MAX_EVIDENCE)
    if reading is None:
        return Heard(0.0, {}, ())
    odds = reading.odds
    for part in islice(_paragraphs(passage), MAX_PARAGRAPHS):
        alone = load().read(part.body, language, part.target)
        if alone is not None:
            odds = max(odds, WORST * alone.odds + (1 - WORST) * reading.odds)
    return Heard(odds, reading.traits, tuple(_evidence(reading, passage)))


def _paragraphs(passage: Passage) -> Iterator[Passage]:
    """Those of several that hold words and belong to the brand: it was named last, not a rival."""
    parts = passage.body.split("\n\n")
    at, ours = 0, True
    for part in parts if len(parts) > 1 else ():
        here = passage.within(at, at + len(part))
        at += len(part) + 2
        ours = bool(here.target[0]) or (ours and not here.target[1])
        if ours and sum(any(map(str.isalpha, word)) for word in part.split()) >= FEWEST_WORDS:
            yield here


def _evidence(reading: Reading, passage: Passage) -> Iterator[Evidence]:
    """The strongest phrases with their places in title or text."""
    for words, weight, start, end in reading.phrases:
        start, end = start + passage.low, end + passage.low
        if abs(weight) < LEAST or start < passage.offset < end:
            continue
        where: Where = "title" if end <= passage.offset else "text"
        back = 0 if where == "title" else passage.offset
        yield Evidence(NAME, words, round(weight, 3), where, start - back, end - back)
