"""The model's file: written, read, checked and unpacked.

In: where the file is, or what to put into it. Out: its header and its arrays.
No pickle is written or read, so a foreign file can be wrong but cannot run anything.

Touches: the disk.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from io import BytesIO
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt

from scanner.errors import ModelError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Arrays = Mapping[str, npt.NDArray[Any]]

FORMAT = 1
"""Raised when an older program could not read what a newer one writes."""
MOST = 64 * 1024 * 1024
"""Bytes that a file may unpack to; ours takes 2 MB. A crafted archive must not fill the memory."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the same model has the same bytes."""


def read(source: Traversable) -> tuple[dict[str, Any], Arrays]:
    """Header and arrays, each with the checksum that the header says; ModelError where not."""
    try:
        body = source.read_bytes()
        with zipfile.ZipFile(BytesIO(body)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST:
                raise ValueError(f"it would unpack to more than {MOST >> 20} MB")
        with np.load(BytesIO(body), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        head: dict[str, Any] = json.loads(arrays["header"].tobytes())
        if head["format"] != FORMAT:
            raise ValueError(f"format {head['format']}, and this program reads {FORMAT}")
        for name, crc in head["crc32"].items():
            if zlib.crc32(arrays[name].tobytes()) != crc:
                raise ValueError(f"{name} is not what was written")
    except FileNotFoundError:
        raise ModelError(f"{source}: no such model file (SCANNER_MODEL)") from None
    except (OSError, EOFError, AttributeError, KeyError, TypeError, ValueError) as damage:
        raise damaged(source, damage) from damage
    except (zipfile.BadZipFile, zlib.error, MemoryError, RuntimeError, TokenError) as damage:
        raise damaged(source, damage) from damage
    return head, arrays


def write(head: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Everything in one archive; the same input gives the same bytes."""
    sums = {name: zlib.crc32(array.tobytes()) for name, array in sorted(arrays.items())}
    told = dict(head) | {"format": FORMAT, "crc32": sums}
    header = json.dumps(told, sort_keys=True, ensure_ascii=False).encode()
    members = dict(sorted(arrays.items())) | {"header": np.frombuffer(header, np.uint8)}
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in members.items():
            packed = BytesIO()
            np.save(packed, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", _EPOCH),
                packed.getvalue(),
                zipfile.ZIP_DEFLATED,
            )
    return out.getvalue()


def damaged(source: Traversable, damage: Exception) -> ModelError:
    """What a person is told of a file that is no model, or not whole."""
    told = str(damage) or type(damage).__name__
    return ModelError(f"{source}: damaged, or no model of scanner's: {told[:120]}")


# --- the linear half: a bit for each bucket that has a weight, the weights as int8, their scale ---


def pack_linear(weights: Floats, keep: int) -> dict[str, npt.NDArray[Any]]:
    """The `keep` heaviest weights; the rest is nothing."""
    heavy = np.sort(np.argsort(-np.abs(weights), kind="stable")[:keep])
    heavy = heavy[weights[heavy] != 0]
    scale = float(np.abs(weights[heavy]).max(initial=1e-9)) / 127
    there = np.zeros(len(weights), bool)
    there[heavy] = True
    return {
        "linear_there": np.packbits(there),
        "linear": np.round(weights[heavy] / scale).astype(np.int8),
        "linear_scale": np.array([scale], np.float32),
    }


def unpack_linear(arrays: Arrays, size: int) -> Floats:
    """What `pack_linear` has kept."""
    out = np.zeros(size, np.float32)
    there = np.unpackbits(arrays["linear_there"], count=size).astype(bool)
    out[there] = arrays["linear"].astype(np.float32) * float(arrays["linear_scale"][0])
    return out


# --- the student's table: two four-bit numbers a byte, a scale a row ------------------------------


def pack_table(table: Floats) -> dict[str, npt.NDArray[Any]]:
    """Each number as one of 15 steps of its row."""
    steps, scale = round_table(table)
    codes = (steps + 8).astype(np.uint8)
    packed = codes[:, 0::2] | (codes[:, 1::2] << 4)
    return {"table": packed, "scale": scale.astype(np.float16)}


def round_table(table: Floats) -> tuple[Floats, Floats]:
    """Whole numbers from -7 to 7, and what each row is multiplied with."""
    scale = np.abs(table).max(axis=1).clip(1e-6).astype(np.float32) / 7
    scale = scale.astype(np.float16).astype(np.float32).clip(1e-7)
    return np.round(table / scale[:, None]).clip(-7, 7).astype(np.float32), scale


def unpack_table(arrays: Arrays) -> Floats:
    """What `pack_table` has kept."""
    packed = arrays["table"]
    table = np.empty((len(packed), 2 * packed.shape[1]), np.float32)
    table[:, 0::2], table[:, 1::2] = packed & 15, packed >> 4
    out: Floats = (table - 8) * arrays["scale"].astype(np.float32)[:, None]
    return out
