"""Labelled texts -> a model file: `scanner train`.

In: labelled rows, a teacher's answers if there are any. Out: the file's bytes, and what was done.
One command, numpy alone, the same bytes for the same input on the same machine.

Touches: nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scanner.errors import UsageError
from scanner.evaluate.sets import Row
from scanner.model import file
from scanner.model.file import Floats
from scanner.model.linear import Linear
from scanner.model.student import Student, Weights, places
from scanner.model.words import Words
from scanner.model.words import tokens as cut
from scanner.train import hashed, network, pieces
from scanner.train.calibrate import calibrate
from scanner.train.corpus import HEADS, Example, examples
from scanner.train.fragments import fragments
from scanner.train.recipe import Recipe
from scanner.train.teacher import Teacher
from scanner.train.wanted import wanted

LANGUAGES = frozenset(("en", "de", "fr", "es", "it", "pt", "nl"))
"""Those that there are labelled posts of our own in."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what it was made of."""

    body: bytes
    texts: int
    kept_out: int
    taught: int
    """Texts that the teacher was asked about."""


Watch = Callable[[str], None]


def train(
    rows: Sequence[Row],
    teacher: Teacher | None = None,
    recipe: Recipe | None = None,
    *,
    fingerprint: str = "",
    watch: Watch = lambda said: None,
) -> Trained:
    """Fit both halves, blend and calibrate them on a tenth that was kept out, and pack them."""
    recipe = recipe or Recipe()
    every = list(examples(rows, LANGUAGES))
    watch(f"{len(every)} texts from {len(rows)} labels")
    learnt = [one for one in every if not one.kept_out]
    _check(learnt, [one for one in every if one.kept_out])
    if teacher is not None:
        learnt += [one for one in fragments(every) if teacher.of(one.text) is not None]
    names, scores, table = _pieces(learnt, teacher, recipe)
    words = Words(names, scores, np.zeros(1 << hashed.BITS, np.float32))
    target, counts, taught = wanted(learnt, teacher, recipe)
    weights, bias = _linear(learnt, words, (target[:, 0], counts[:, 0]), recipe)
    watch("linear half: done")
    student = network.fit(
        network.Task([_text(one, words) for one in learnt], target, counts),
        network.begin(table, recipe.filters, recipe.width, len(HEADS), recipe.seed),
        epochs=recipe.epochs,
        rate=recipe.rate,
        seed=recipe.seed,
        watch=lambda epoch, loss: watch(f"student, epoch {epoch + 1}: loss {loss:.4f}"),
    )
    packed = _packed(weights, student, names, scores, recipe)
    linear_kept, kept = _unpacked(packed)
    words = Words(names, packed["scores"].astype(np.float32), linear_kept)
    out = [one for one in every if one.kept_out]
    found, packed["out"], packed["out_bias"] = calibrate(
        out, Linear(words, bias), Student(kept, words), words, kept
    )
    spoken = Counter(one.language for one in learnt if one.labels)
    head = {
        "bits": hashed.BITS,
        "blend": found,
        "corpus": fingerprint,
        "heads": list(HEADS),
        "languages": sorted(code for code, many in spoken.items() if many >= FEWEST_SPOKEN),
        "linear_bias": bias,
        "teacher": teacher.name if teacher else None,
    }
    return Trained(file.write(head, packed), len(learnt), len(out), taught)


FEWEST_SPOKEN = 50
"""Texts in a language below which it is not judged at all."""
FEWEST = 200
"""Texts from which learning is worth its name; our toy corpus for tests has a few more."""


def _check(learnt: Sequence[Example], out: Sequence[Example]) -> None:
    if len(learnt) < FEWEST:
        known = ", ".join(sorted(LANGUAGES))
        raise UsageError(f"{len(learnt)} texts in {known} to learn from; {FEWEST} are needed")
    for what, some in (("to learn from", learnt), ("to calibrate on", out)):
        if len({one.labels["negative"] for one in some}) < 2:
            raise UsageError(f"the texts {what} are all negative, or none is: add the other kind")


def _pieces(
    learnt: Sequence[Example], teacher: Teacher | None, recipe: Recipe
) -> tuple[Sequence[str], Floats, Floats]:
    """The student's pieces with their scores, and the table that it starts from."""
    chance = np.random.default_rng(recipe.seed)
    if teacher is not None:
        names, scores, table = teacher.pieces, teacher.scores, teacher.vectors
    else:
        counts: Counter[str] = Counter()
        for one in learnt:
            counts.update(cut(one.text))
        told, odds = pieces.learn({w: n for w, n in counts.items() if w not in "\x01\x02"})
        names, scores = told, np.array(odds, np.float32)
        table = (0.3 * chance.standard_normal((len(names), recipe.dim))).astype(np.float32)
    first = 0.3 * chance.standard_normal((4, table.shape[1]))
    first[0] = 0
    kept = scores.astype(np.float16).astype(np.float32)  # as the file will hold them
    return names, kept, np.vstack([first, table]).astype(np.float32)


def _linear(
    learnt: Sequence[Example], words: Words, wanted: tuple[Floats, Floats], recipe: Recipe
) -> tuple[Floats, float]:
    half = Linear(words, 0.0)
    laid = []
    for one in learnt:
        tokens = cut(one.text)
        words.make_room(len(tokens))
        laid.append(half.buckets(tokens, words.rows(tokens)))
    return hashed.fit(
        hashed.sparse(laid),
        *wanted,
        epochs=recipe.linear_epochs,
        rate=recipe.linear_rate,
        seed=recipe.seed,
    )


LONGEST = 200
"""Pieces of a text that the student learns from: those around the brand, else the first."""


def _text(one: Example, words: Words) -> network.Text:
    tokens = cut(one.text)
    words.make_room(len(tokens))
    told = words.pieces(words.rows(tokens)) if tokens else np.ones(1, np.int64)
    if len(told) > LONGEST:
        named = np.flatnonzero(told == 2)
        low = max(0, min(int(named[0]) - LONGEST // 2, len(told) - LONGEST)) if len(named) else 0
        told = told[low : low + LONGEST]
    return network.Text(told, places(told) if (told == 2).any() else None)


def _packed(
    weights: Floats, student: Weights, names: Sequence[str], scores: Floats, recipe: Recipe
) -> dict[str, npt.NDArray[Any]]:
    """Arrays for the file."""
    arrays = file.pack_linear(weights, recipe.kept_weights) | file.pack_table(student.table)
    return arrays | {
        "pieces": np.frombuffer("\n".join(names).encode("utf-8", "surrogatepass"), np.uint8),
        "scores": scores.astype(np.float16),
        "conv": student.conv.astype(np.float16),
        "conv_bias": student.conv_bias.astype(np.float32),
        "out": student.out.astype(np.float32),
        "out_bias": student.out_bias.astype(np.float32),
        "usual": student.usual.astype(np.float16),
    }


def _unpacked(arrays: file.Arrays) -> tuple[Floats, Weights]:
    """Both halves as they will come out of the file again."""
    names = ("conv", "conv_bias", "out", "out_bias", "usual")
    parts = {name: arrays[name].astype(np.float32) for name in names}
    linear = file.unpack_linear(arrays, 1 << hashed.BITS)
    return linear, Weights(table=file.unpack_table(arrays), **parts)
