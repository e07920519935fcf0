"""Coverage-guided fuzzing with atheris: for hours by hand, not in CI and no dependency.

In: the name of a target, seconds, what libFuzzer takes. Out: each new failure with its traceback;
its input is kept in build/fuzz/TARGET-failed/.
Atheris has wheels for few versions of Python, so give it an environment of its own:

    python3 -m venv .venv-fuzz
    .venv-fuzz/bin/pip install atheris -e .
    nice .venv-fuzz/bin/python -m tests.fuzz.guided text --seconds 1200
    nice .venv-fuzz/bin/python -m tests.fuzz.guided text FILE...  # try these again

What was learnt stays in build/fuzz/TARGET/ and is where the next run starts, together with
seeds/TARGET/, which `test_fuzz.py` also reads. A failure does not end a run: each place is reported
once. Mend it, put the input into a test as short as it will go, and run again.

Touches: the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
BUILD = FOLDER.parents[1] / "build/fuzz"

LONGEST = {"parse": 4096, "text": 400, "growth": 100, "dates": 140, "addresses": 200}
"""Bytes of an input: what goes wrong does so on little, and little is quick."""


def main() -> None:
    """Fuzz one target; libFuzzer ends the process."""
    command = argparse.ArgumentParser(prog="tests.fuzz.guided", allow_abbrev=False)
    command.add_argument("target", choices=LONGEST)
    command.add_argument("--seconds", type=int, default=60)
    options, passed = command.parse_known_args()
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["scanner", "feedparser"]):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[options.target]
    learnt, failed = BUILD / options.target, BUILD / f"{options.target}-failed"
    for folder in (learnt, failed):
        folder.mkdir(parents=True, exist_ok=True)
    words = BUILD / f"{options.target}.dict"
    words.write_text("".join(map(_quoted, target.words)), "ascii")
    if all(word.startswith("-") for word in passed):
        passed += [str(learnt), str(FOLDER / "seeds" / options.target)]
    limits = (
        f"-max_total_time={options.seconds}",
        f"-max_len={LONGEST[options.target]}",
        f"-dict={words}",
        f"-artifact_prefix={failed}/",
        "-timeout=30",
        "-rss_limit_mb=3000",
        "-print_final_stats=1",
    )
    atheris.Setup([sys.argv[0], *limits, *passed], _noting(target.holds, failed))
    atheris.Fuzz()


def _noting(holds: Callable[[bytes], object], failed: Path) -> Callable[[bytes], None]:
    """Go on after a failure, but keep the first input of each place that fails."""
    seen: set[tuple[object, ...]] = set()

    def tried(data: bytes) -> None:
        try:
            holds(data)
        except Exception as failure:
            frames = traceback.extract_tb(failure.__traceback__)[-2:]
            place = (type(failure), *((frame.filename, frame.lineno) for frame in frames))
            if place in seen:
                return
            seen.add(place)
            kept = failed / sha256(data).hexdigest()[:16]
            kept.write_bytes(data)
            print(f"FAILED {kept}: {data!a}")
            traceback.print_exception(failure, file=sys.stdout)

    return tried


def _quoted(word: str) -> str:
    """A line of libFuzzer's dictionary."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass")) + '"\n'


if __name__ == "__main__":
    main()
