"""Word pieces of a corpus, where no teacher brings its own.

In: words with how often they count. Out: pieces with their scores, for a unigram model.

Touches: nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

PIECES = 16_380
"""With four rows of other use 2^14."""
LONGEST = 8
START = "▁"
"""Marks a piece that begins a word, as in SentencePiece (Kudo and Richardson 2018)."""


def learn(words: Mapping[str, float], most: int = PIECES) -> tuple[list[str], list[float]]:
    """Single characters first, then what is most used: words, their beginnings, their insides.

    A piece scores the logarithm of its share; a longer piece stands for more letters, so whole
    words win over their parts.
    """
    counts: defaultdict[str, float] = defaultdict(float)
    singles: defaultdict[str, float] = defaultdict(float)
    for word, often in words.items():
        edged = START + word[:40] if word[0].isalnum() or word[0] == "_" else word[:40]
        for letter in set(edged):
            singles[letter] += often
        counts[edged] += often
        for start in range(len(edged)):
            for end in range(start + 2, min(len(edged), start + LONGEST) + 1):
                counts[edged[start:end]] += often / (end - start) ** 2
    chosen = sorted(singles, key=lambda piece: (-singles[piece], piece))[: most // 4]
    known = set(chosen)
    ordered = sorted(counts, key=lambda piece: (-counts[piece], piece))
    chosen += [piece for piece in ordered if piece not in known][: most - len(chosen)]
    total = sum(words.values()) or 1.0
    return chosen, [
        math.log((counts.get(piece) or singles[piece] / 100) / total) for piece in chosen
    ]
