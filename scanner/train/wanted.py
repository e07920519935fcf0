"""What the student is told of each text, and how much each text counts.

In: examples, a teacher's answers. Out: targets and counts, texts x heads.

Touches: nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from scanner.model.file import Floats
from scanner.train.corpus import HEADS, Example
from scanner.train.fragments import SET as FRAGMENTS
from scanner.train.recipe import Recipe
from scanner.train.teacher import Teacher

_COUNTS = {"negative": 1.0, "positive": 0.4, "intent": 0.35, "reason": 0.25}
"""How much each kind of head counts beside the first; the rest as intents do."""
_UNLABELLED = 0.4
"""Of that, where only the teacher says something."""


def wanted(
    learnt: Sequence[Example], teacher: Teacher | None, recipe: Recipe
) -> tuple[Floats, Floats, int]:
    """Targets and counts, texts x heads: labels mixed with what the teacher said."""
    base = weigh(learnt, recipe)
    target = np.zeros((len(learnt), len(HEADS)), np.float32)
    counts = np.zeros_like(target)
    each = [_COUNTS.get(name.split("/")[0], _COUNTS["intent"]) for name in HEADS]
    taught = 0
    for n, one in enumerate(learnt):
        odds = teacher.of(one.text) if teacher else None
        if odds is not None:
            target[n] = 1 / (1 + np.exp(-odds))
            counts[n] = _UNLABELLED * base[n] * np.array(each)
            taught += 1
        share = 0.0 if odds is None else recipe.taught_rich if one.rich else recipe.taught
        for head, label in one.labels.items():
            at = HEADS.index(head)
            target[n, at] = share * target[n, at] + (1 - share) * label
            counts[n, at] = each[at] * base[n]
    alone = np.array([not one.labels for one in learnt])
    counts[alone, 0] = base[alone]
    return target, counts, taught


def weigh(learnt: Sequence[Example], recipe: Recipe) -> Floats:
    """A set counts as the square root of its size, each class half of it.

    By size alone the model would learn which set a text came from (F1 at .5: .50, so .62).
    """
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for n, one in enumerate(learnt):
        groups[one.set, "" if one.set == FRAGMENTS else one.language].append(n)
    out = np.zeros(len(learnt), np.float32)
    for (name, _), members in groups.items():
        more = recipe.rich if learnt[members[0]].rich else 1.0
        total = len(members) ** 0.5 * (recipe.fragments if name == FRAGMENTS else more)
        labels = np.array([learnt[n].labels.get("negative", -1.0) for n in members])
        for label in np.unique(labels):
            same = [n for n, told in zip(members, labels, strict=True) if told == label]
            out[same] = total / len(np.unique(labels)) / len(same)
    return out
