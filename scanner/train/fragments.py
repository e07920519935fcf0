"""Pieces of the training texts that a teacher is asked about alone: words, pairs, clauses.

In: examples. Out: more examples, without labels. A student that hears what its teacher makes of
"charged twice" alone learns it from more than the few texts in which it stands.

Touches: nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from scanner import text
from scanner.model.words import tokens
from scanner.train.corpus import Example, key

WORDS, PAIRS, CLAUSES = 14_000, 10_000, 24_000
CLAUSE = (3, 14)
"""Words in a clause that is worth asking about."""
SET = "fragments"


def fragments(examples: Sequence[Example]) -> Iterator[Example]:
    """The most used words and pairs, by language, and clauses picked by their hash."""
    sizes = Counter((one.set, one.language) for one in examples)
    words: Counter[tuple[str, str]] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    clauses: dict[str, str] = {}
    for one in examples:
        if one.named or one.kept_out:
            continue
        often = sizes[one.set, one.language] ** -0.5 * (2 if one.rich else 1)
        cut = [word for word in tokens(one.text) if word[0].isalpha()]
        for word in set(cut):
            words[word, one.language] += often
        for pair in set(pairwise(cut)):
            pairs[" ".join(pair), one.language] += often
        clauses |= dict.fromkeys(_clauses(one.text), one.language)
    for counts, most in ((words, WORDS), (pairs, PAIRS)):
        ordered = sorted(counts, key=lambda told: (-counts[told], told))
        yield from (_fragment(*told) for told in ordered[:most])
    for clause in sorted(clauses, key=key)[:CLAUSES]:
        yield _fragment(clause, clauses[clause])


def _fragment(words: str, language: str) -> Example:
    return Example(SET, words, language, {})


def _clauses(body: str) -> Iterator[str]:
    """Clauses of a text of several, or its sentences."""
    low, high = CLAUSE
    for sentence in text.sentences(body[:2000]):
        for clause in text.clauses(body, sentence):
            found = " ".join(body[clause.start : clause.end].split()).strip(" ,;:-–—")
            if low <= found.count(" ") + 1 <= high and len(found) < len(body) * 0.8:
                yield found
