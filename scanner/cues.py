"""Cue lexicons: phrases in a data file per language, and where they occur in a text.

In: a text and its language. Out: `Hit`s with offsets: what was said, and what it is a cue of.
A tool that score and reasons share, not a stop on the street. The data files lie in
`data/cues/`; their first comment explains the small pattern language.

Phrases live in a trie over tokens, walked once per token, because a regular expression that
alternates over 900 phrases tries all of them at each character.

Touches: the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

from scanner.errors import ModelError

NEGATION_REACH = 3
"""Tokens between a negation and what it negates ("not a very good"); VADER (2014) uses 3 too."""

_GAP = "..."
_GAP_TOKENS = 3
"""Most words a "..." in a phrase skips."""

# Links, handles, words, smileys, runs of ! and ?, pictographs. One class after another: linear.
_TOKEN = re.compile(
    r"https?://\S+|[@#]?\w+(?:['’]\w+)*|[:;=][-']?[()DP|/]|<3|[!?]+|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_BREAK = re.compile(r"[.,;:!?()\n\u2014]")
"""What ends the reach of a negation."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One entry of a lexicon: phrases that mean the same thing."""

    name: str
    """What the words are evidence of, in words a person reads."""
    group: str | None = None
    """The weight that scoring gives it; None: says nothing about satisfaction."""
    negated: str | None = None
    """The group it falls into behind a negation; None: negation leaves it alone."""
    reason: str | None = None
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue found in a text."""

    cue: Cue
    start: int
    end: int
    negated: bool = False

    @property
    def group(self) -> str | None:
        """The weight group, negation considered."""
        return self.cue.negated if self.negated else self.cue.group


@dataclass(slots=True)
class _Node:
    """A step of the trie: which symbols lead on, and which cues end here."""

    next: dict[str, _Node] = field(default_factory=dict)
    ends: list[Cue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The compiled cues of one language."""

    language: str
    root: _Node
    stems: frozenset[str]
    sets: dict[str, tuple[str, ...]]
    """A word -> the sets ("~not") it belongs to."""
    known: dict[str, _Known] = field(default_factory=dict)
    """What each token may be called, remembered; bounded by _KNOWN_MAX."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A token as the lexicon sees it."""

    form: str
    symbols: tuple[str, ...]
    """All that a phrase may call it: itself, its stems, its sets, a number."""
    opens: tuple[_Node, ...]
    """Where phrases that start with it go on; mostly none."""


_KNOWN_MAX = 50_000
"""Distinct tokens remembered: the vocabulary of a day's feeds; more only costs time."""


def covered(language: str | None) -> bool:
    """Whether there are cues for the language; an unknown one (None) is read as English."""
    return language is None or language in languages()


@lru_cache(maxsize=1)
def languages() -> frozenset[str]:
    """Every language with a lexicon: the two-letter files in data/cues."""
    files = resources.files("scanner").joinpath("data", "cues").iterdir()
    return frozenset(f.name[:2] for f in files if f.name.endswith(".toml") and len(f.name) == 7)


@lru_cache(maxsize=16)
def find(text: str, language: str | None) -> tuple[Hit, ...]:
    """Every cue in the text, in reading order; none where the language has no lexicon.

    Of the cues that carry weight, a longer one hides the shorter ones inside it ("not working
    since the update" is not also "working"). The last few answers are remembered: scoring and
    reasons ask for the same text one after the other.
    """
    if not covered(language):
        return ()
    lexicon = load(language or "en")
    spans: list[tuple[int, int]] = []
    tokens: list[_Known] = []
    for match in _TOKEN.finditer(text):
        spans.append(match.span())
        word = match.group()
        tokens.append(lexicon.known.get(word) or _know(word, lexicon))
    found = [
        (first, after, cue)
        for first, token in enumerate(tokens)
        if token.opens
        for after, cue in _walk(tokens, first)
    ]
    return tuple(
        Hit(
            cue,
            spans[first][0],
            spans[after - 1][1],
            cue.negated is not None and _negated(text, tokens, spans, first),
        )
        for first, after, cue in _longest(found)
    )


@lru_cache(maxsize=16)
def load(language: str) -> Lexicon:
    """Read and compile one language's file; ModelError where it is damaged."""
    import tomli

    name = f"{language}.toml"
    source = resources.files("scanner").joinpath("data", "cues", name)
    try:
        data = tomli.loads(source.read_text("utf-8"))
        sets: dict[str, tuple[str, ...]] = {}
        for label, words in data["sets"].items():
            for word in _split(words):
                sets[_form(word)] = (*sets.get(_form(word), ()), f"~{label}")
        root, stems = _Node(), set[str]()
        for entry in data["cues"]:
            phrases = entry.pop("phrases")
            cue = Cue(**entry)
            for phrase in _split(phrases):
                _plant(root, phrase, cue, stems)
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as damage:
        raise ModelError(f"data/cues/{name} is damaged: {damage}; reinstall scanner") from damage
    return Lexicon(language, root, frozenset(stems), sets)


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.replace("\n", ",").split(",") if word.strip()]


def _form(token: str) -> str:
    low = token.lower().replace("’", "'")
    if low.startswith(("http", "@", "#")):
        return "@link" if low.startswith("http") else "@user" if low[0] == "@" else low[1:]
    if low[0] in "!?":
        return low[:2]
    return low[:-3] + "nt" if low.endswith("n't") else low


def _plant(root: _Node, phrase: str, cue: Cue, stems: set[str]) -> None:
    for words in _alternatives(phrase.split()):
        node = root
        for word in words:
            if word.endswith("*"):
                stems.add(word[:-1])
            node = node.next.setdefault(word, _Node())
        if cue not in node.ends:
            node.ends.append(cue)


def _alternatives(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Unfold "a|b" and "a?" of one phrase into plain phrases."""
    if not words:
        yield ()
        return
    head, rest = words[0], list(_alternatives(words[1:]))
    choices = head.removesuffix("?").split("|") if len(head) > 2 else [head]
    for tail in rest:
        for choice in choices:
            word = choice if choice[0] in "~#." or choice.endswith("*") else _form(choice)
            yield (word, *tail)
        if len(head) > 2 and head.endswith("?"):
            yield tail


def _know(word: str, lexicon: Lexicon) -> _Known:
    """Look a token up for the first time."""
    form = _form(word)
    stems = tuple(
        form[:n] + "*" for n in range(2, min(len(form), 20) + 1) if form[:n] in lexicon.stems
    )
    number = ("#",) if form[:1].isdigit() else ()
    symbols = (form, *stems, *lexicon.sets.get(form, ()), *number)
    after = lexicon.root.next
    known = _Known(form, symbols, tuple(after[s] for s in symbols if s in after))
    if len(lexicon.known) < _KNOWN_MAX and len(word) < 40:
        lexicon.known[word] = known
    return known


def _walk(tokens: list[_Known], first: int) -> Iterator[tuple[int, Cue]]:
    """Follow every phrase that starts at a token; yields the token after it and its cue."""
    paths = [(node, first + 1) for node in tokens[first].opens]
    while paths:
        node, at = paths.pop()
        for cue in node.ends:
            yield at, cue
        if at >= len(tokens) or not node.next:
            continue
        after = node.next
        paths.extend((after[symbol], at + 1) for symbol in tokens[at].symbols if symbol in after)
        if _GAP in after:
            skips = range(min(_GAP_TOKENS + 1, len(tokens) - at))
            paths.extend((after[_GAP], at + n) for n in skips)


def _longest(found: list[tuple[int, int, Cue]]) -> list[tuple[int, int, Cue]]:
    """Drop weighted cues inside a longer weighted one, and the same cue found twice."""
    kept: list[tuple[int, int, Cue]] = []
    reached: dict[str | None, int] = {}
    for first, after, cue in sorted(found, key=lambda hit: (hit[0], -hit[1])):
        layer = "weight" if cue.group else cue.name
        if first >= reached.get(layer, 0):
            reached[layer] = after
            kept.append((first, after, cue))
    return kept


def _negated(text: str, tokens: list[_Known], spans: list[tuple[int, int]], first: int) -> bool:
    """Whether a negation stands shortly before the token with no mark between them."""
    for back in range(first - 1, max(-1, first - 1 - NEGATION_REACH), -1):
        if _BREAK.search(text, spans[back][1], spans[first][0]):
            return False
        if "~not" in tokens[back].symbols:
            return not (back + 1 < first and tokens[back + 1].form in _NOT_REALLY)
    return False


_NOT_REALLY = frozenset({"only", "just", "nur"})
"""\"Not only good\" is no negation."""
