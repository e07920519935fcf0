"""The weights of the cue groups, read from `data/cues/weights.toml`.

In: a language. Out: its `Weights`.

Touches: the disk.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from scanner.errors import ModelError

BASE_RATE = 1 / 3
"""Share of dissatisfied authors assumed among posts about a brand before a word is read, in the
cues' half of the verdict; sets of posts about brands lie between a fifth (general tweets) and two
thirds (tweets to airlines). The weights were fitted at one half, so the prior is moved by its
logit. `base` was fitted after it, and has the last word."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of dissatisfaction."""

    prior: float
    """Of the cues' half, for a text without any cue."""
    groups: dict[str, float]
    cues: float
    """How much the cues' log-odds count beside the model's."""
    model: float
    """How much the model's do."""
    base: float
    """What is added to both."""


@lru_cache(maxsize=16)
def weights(language: str | None) -> Weights:
    """English has its own; all other languages share one set. ModelError where damaged."""
    source = resources.files("scanner").joinpath("data", "cues", "weights.toml")
    try:
        tables = tomllib.loads(source.read_text("utf-8"))
        table = {
            k: float(v) for k, v in tables["en" if language in (None, "en") else "other"].items()
        }
        blend = tables["blend"]["en" if language in (None, "en") else "other"]
        shares = [float(blend[name]) for name in ("cues", "model", "base")]
        prior = table.pop("prior") + math.log(BASE_RATE / (1 - BASE_RATE))
    except (OSError, KeyError, TypeError, ValueError) as damage:
        raise ModelError(f"weights.toml is damaged: {damage}; reinstall scanner") from damage
    return Weights(prior, table, *shares)
