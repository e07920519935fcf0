"""Labelled files and scenario folders: found, read, checked, and told apart by a fingerprint.

In: paths from the command line. Out: `Row`s with their labels, and folders to rank.
A line that cannot be read stops the run, with all the others that cannot: a gate that passes over
what it does not understand would go on passing while its set melts away.

Touches: the disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from scanner.errors import ScannerError, UsageError
from scanner.reasons import REASONS
from scanner.records import INTENTS

Label = Literal["negative", "neutral", "positive", "not"]
"""What a person said of an author and a brand; "not" is all that is not negative."""

LABELS: Mapping[str, Label] = {
    "negative": "negative",
    "neg": "negative",
    "complaint": "negative",
    "neutral": "neutral",
    "neu": "neutral",
    "positive": "positive",
    "pos": "positive",
    "not": "not",
}
_COMPLAINTS = 10
"""Bad lines that are named; a file in a wrong form has as many as lines."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text."""

    set: str
    text: str
    targets: tuple[tuple[str, Label], ...]
    """Brands with what was said of each, the watched one first; empty: `label` is for the text."""
    label: Label | None = None
    title: str = ""
    lang: str | None = None
    intent: str | None = None
    reasons: tuple[str, ...] | None = None
    hard: str | None = None
    """Why the row is difficult."""
    first_hand: bool | None = None
    leaving: bool | None = None
    resolved: bool | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """What the command line named."""

    files: tuple[Path, ...]
    scenarios: tuple[Path, ...]


def find(paths: Iterable[Path]) -> Sources:
    """Sort paths into labelled files and scenarios, folders searched; UsageError otherwise."""
    files: dict[Path, Path] = {}
    scenarios: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
        found = list(_within(path))
        if not found:
            raise UsageError(
                f"{path}: no *.jsonl in this folder, and no scenario (scanner.toml, labels.jsonl)"
            )
        for one in found:
            (scenarios if one.is_dir() else files).setdefault(one.resolve(), one)
    return Sources(tuple(files.values()), tuple(scenarios.values()))


def fingerprint(sources: Sources) -> str:
    """SHA-256 over every input file with its name, whatever the folder it stands in today."""
    inputs = [(file.name, file) for file in sources.files]
    for folder in sources.scenarios:
        inputs += [
            (f"{folder.resolve().name}/{file.relative_to(folder).as_posix()}", file)
            for file in folder.rglob("*")
            if file.is_file() and not file.name.startswith(".")
        ]
    digest = sha256()
    for name, file in sorted(inputs):
        body = _body(file)
        digest.update(f"{name}\0{len(body)}\0".encode("utf-8", "surrogatepass"))
        digest.update(body)
    return digest.hexdigest()


def read(files: Iterable[Path], *, limit: int = 0) -> list[Row]:
    """Read labelled files; UsageError names every bad line, up to ten.

    `limit` takes that many rows of each file, spread evenly over it: files are often sorted by
    their label. 0 takes all.
    """
    rows: list[Row] = []
    bad: list[str] = []
    for file in files:
        told = []
        for number, line in _lines(file):
            try:
                told.append(_row(line, file.stem))
            except ValueError as problem:
                bad.append(f"{file}:{number}: {problem}")
        if not told and not bad:
            bad.append(f"{file}: holds no labelled text")
        rows += _spread(told, limit)
    _stop_on(bad)
    return rows


def gains(file: Path) -> dict[str, float]:
    """Read a scenario's labels: how much each address is worth a reply (0 to 3)."""
    found: dict[str, float] = {}
    bad: list[str] = []
    for number, line in _lines(file):
        try:
            url, gain = _gain(line)
        except ValueError as problem:
            bad.append(f"{file}:{number}: {problem}")
        else:
            found[url] = gain
    if not found and not bad:
        bad.append(f"{file}: holds no labelled post")
    _stop_on(bad)
    return found


def _within(path: Path) -> Iterator[Path]:
    """A file, a scenario, or all of both that a folder holds, in the order of their names."""
    if not path.is_dir() or ((path / "scanner.toml").exists() and (path / "labels.jsonl").exists()):
        yield path
        return
    for inner in sorted(path.iterdir()):
        if not inner.name.startswith(".") and (inner.is_dir() or inner.suffix == ".jsonl"):
            yield from _within(inner)


def _body(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ScannerError(f"{file}: could not read: {problem.strerror or problem}") from problem


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers; only a line feed ends one."""
    lines = _body(file).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _spread(rows: list[Row], limit: int) -> list[Row]:
    if not limit or len(rows) <= limit:
        return rows
    return [rows[at * len(rows) // limit] for at in range(limit)]


def _stop_on(bad: list[str]) -> None:
    if bad:
        more = [f"and {len(bad) - _COMPLAINTS} more"] if len(bad) > _COMPLAINTS else []
        raise UsageError("\n".join(bad[:_COMPLAINTS] + more))


# --- one line ------------------------------------------------------------------------------------


def _row(line: bytes, stem: str) -> Row:
    told = _object(line)
    text = _string(told, "text")
    if text is None:
        raise ValueError('"text" is missing')
    targets = _targets(told)
    return Row(
        set=_string(told, "source") or stem,
        text=text,
        targets=targets,
        label=None if targets else _label(told.get("label")),
        title=_string(told, "title") or "",
        lang=_string(told, "lang"),
        intent=_known(told, "intent", INTENTS),
        reasons=_reasons(told),
        hard=_string(told, "hard"),
        first_hand=_flag(told, "first_hand"),
        leaving=_flag(told, "leaving"),
        resolved=_string(told, "state") == "resolved" if "state" in told else None,
    )


def _gain(line: bytes) -> tuple[str, float]:
    told = _object(line)
    url = _string(told, "url")
    gain = told.get("gain", told.get("grade"))
    if not url:
        raise ValueError('"url" is missing')
    if isinstance(gain, bool) or not isinstance(gain, int | float) or not 0 <= gain <= 3:
        raise ValueError('expected "gain" or "grade" from 0 to 3')
    return url, float(gain)


def _object(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"not JSON: {problem}") from None
    if not isinstance(told, dict):
        raise ValueError('not a JSON object; expected {"text": …, "label": …}')
    return told


def _targets(told: dict[str, Any]) -> tuple[tuple[str, Label], ...]:
    """The brands that the row has labels for; none for the plain form without a target."""
    one = _string(told, "target")
    several = told.get("targets", {one: told.get("label")} if one else {})
    if not isinstance(several, dict) or any(not name.strip() for name in several):
        raise ValueError('"targets" must be an object: {"Name": "neg", …}')
    return tuple((name, _label(label)) for name, label in several.items())


def _label(told: object) -> Label:
    label = LABELS.get(told.lower()) if isinstance(told, str) else None
    if label is None:
        raise ValueError(f"label {json.dumps(told)}: expected one of {', '.join(LABELS)}")
    return label


def _reasons(told: dict[str, Any]) -> tuple[str, ...] | None:
    value = told.get("reasons")
    if value is None:
        return None
    unknown = [one for one in value if one not in REASONS] if isinstance(value, list) else [value]
    if unknown:
        raise ValueError(
            f'"reasons": {json.dumps(unknown[0])} is none of the list of {", ".join(REASONS)}'
        )
    return tuple(value)


def _known(told: dict[str, Any], key: str, known: Iterable[str]) -> str | None:
    value = _string(told, key)
    if value is not None and value not in known:
        raise ValueError(f'"{key}": {json.dumps(value)} is none of {", ".join(known)}')
    return value


def _flag(told: dict[str, Any], key: str) -> bool | None:
    value = told.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f'"{key}" must be true or false')


def _string(told: dict[str, Any], key: str) -> str | None:
    value = told.get(key)
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f'"{key}" must be a string')
