"""How both halves are added, and moved so that the sum is a probability.

In: log-odds of both halves on texts that they have not learnt from, and what a person said.
Out: three numbers for each language, and two for every other head.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from scanner.model.file import Floats

FEW = 60
"""Texts below which a language has no numbers of its own."""
RIDGE = 4.0
"""Divided by a language's texts: of 100 that the other languages' numbers weigh .04. At .6 a share
came out below 0, which would turn that half's evidence round."""
_Doubles = npt.NDArray[np.float64]


def blend(
    halves: Floats, labels: Floats, counts: Floats, languages: Sequence[str]
) -> Mapping[str, list[float]]:
    """For each language (and "other"): shares of linear and student, and what is added.

    Logistic regression with a ridge towards equal shares, and for a language towards all
    languages together, the weaker the more texts it has.
    """
    equal = np.array([0.5, 0.5, 0.0])
    whole = regress(halves, labels, counts, equal, 1e-4) if len(halves) else equal
    found = {"other": _rounded(whole)}
    told = np.array(languages)
    for language in sorted(set(languages)):
        rows = told == language
        if rows.sum() >= FEW:
            ridge = RIDGE / float(rows.sum())
            own = regress(halves[rows], labels[rows], counts[rows], whole, ridge)
            found[language] = _rounded(own)
    return found


def regress(
    inputs: Floats, labels: Floats, counts: Floats, prior: _Doubles, ridge: float
) -> _Doubles:
    """Weighed logistic regression by Newton's method, with a ridge towards `prior`.

    `inputs` is texts x features; the last number that comes out is added to their sum.
    """
    x = np.column_stack([inputs, np.ones(len(inputs))]).astype(np.float64)
    y = labels.astype(np.float64)
    w = counts.astype(np.float64) / counts.sum()
    found = prior.astype(np.float64).copy()
    for _ in range(60):
        guess = 1 / (1 + np.exp(-(x @ found).clip(-30, 30)))
        slope = x.T @ (w * (guess - y)) + ridge * (found - prior)
        bend = (x * (w * guess * (1 - guess))[:, None]).T @ x + ridge * np.eye(len(found))
        step = np.linalg.solve(bend, slope)
        terms = (x, y, w, prior, ridge)
        now = _lost(found, *terms)
        while _lost(found - step, *terms) > now and np.abs(step).max() > 1e-9:
            step /= 2  # far from the optimum a whole step overshoots
        found -= step
        if np.abs(step).max() < 1e-7:
            break
    return found


def _lost(
    at: _Doubles, x: _Doubles, y: _Doubles, w: _Doubles, prior: _Doubles, ridge: float
) -> float:
    """What `regress` makes small."""
    odds, apart = x @ at, at - prior
    return float(w @ (np.logaddexp(0, odds) - y * odds) + ridge / 2 * apart @ apart)


def _rounded(numbers: _Doubles) -> list[float]:
    return [round(float(one), 4) for one in numbers]
