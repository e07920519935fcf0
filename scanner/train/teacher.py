"""What a larger model made of the same texts: a file that a teacher has written.

In: the file. Out: a `Teacher`: its word pieces with start vectors, and its log-odds by text.
The file is written by `examples/teacher/teach.py`; training without one works, and is worse.

Touches: the disk.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tokenize import TokenError

import numpy as np

from scanner.errors import UsageError
from scanner.model.file import Floats
from scanner.model.words import tokens
from scanner.train.corpus import HEADS, key

STEP = 1 / 12
"""Log-odds in one step of a byte: ±10.6 in all, and finer than a teacher is sure."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """A larger model's answers."""

    name: str
    pieces: Sequence[str]
    scores: Floats
    """Log-probabilities of the pieces in a unigram model (Kudo 2018)."""
    vectors: Floats
    """pieces x dim: where the student starts from."""
    odds: Mapping[bytes, Floats]
    """Log-odds of every head, by `key_of` the text."""

    def of(self, text: str) -> Floats | None:
        """Its log-odds of a text; None where it was not asked."""
        return self.odds.get(key_of(text))


def key_of(text: str) -> bytes:
    """What an answer is found by: of the text's words, so that blanks do not matter."""
    return key(" ".join(tokens(text)))


def read(file: Path) -> Teacher:
    """Read a teacher's file; UsageError where it is none."""
    try:
        with np.load(BytesIO(file.read_bytes()), allow_pickle=False) as told:
            keys = told["keys"].tobytes()
            odds = told["odds"].astype(np.float32) * STEP
            if odds.shape[1] != len(HEADS):
                raise ValueError(f"{odds.shape[1]} heads, expected {len(HEADS)}")
            pieces = told["pieces"].tobytes().decode().split("\n")
            vectors = told["vectors"].astype(np.float32)
            if len(keys) != 8 * len(odds):
                raise ValueError("answers and their keys do not fit")
            if not len(set(pieces)) == len(pieces) == len(told["scores"]) == len(vectors):
                raise ValueError("pieces, scores and vectors do not fit")
            if vectors.ndim != 2 or vectors.shape[1] % 2 or not np.isfinite(vectors).all():
                raise ValueError("the vectors must be finite, and of an even length")
            return Teacher(
                name=told["name"].tobytes().decode(),
                pieces=pieces,
                scores=told["scores"].astype(np.float32),
                vectors=vectors,
                odds={keys[8 * n : 8 * n + 8]: row for n, row in enumerate(odds)},
            )
    except FileNotFoundError:
        raise UsageError(f"{file}: no such teacher file") from None
    except (OSError, EOFError, LookupError, TypeError, ValueError) as problem:
        raise UsageError(f"{file}: no teacher's file: {problem}") from problem
    except (zipfile.BadZipFile, zlib.error, MemoryError, TokenError) as problem:
        raise UsageError(f"{file}: no teacher's file: {problem}") from problem
