"""A scan in a process of its own, with the time it took and the memory it held.

In: a folder with a config, and arguments. Out: what was printed, seconds, bytes at the peak.
The peak is the sum over the process and all it started of the most each has held (VmHWM), looked
at every few milliseconds: what a child holds counts, and so does a peak between two looks.

Touches: the disk, the clock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Cli

CAN_MEASURE = Path("/proc/self/status").exists()
_LOOK = 0.005
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Measured:
    """How a process ended, and what it took."""

    code: int
    err: str
    seconds: float
    """By the clock on the wall."""
    cpu: float
    """Seconds of a processor, that of the processes it started included."""
    peak: int
    """Bytes."""


def measured(cli: Cli, *arguments: str) -> Measured:
    """Run `scanner` and look at it until it ends."""
    began = time.monotonic()
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-m", "scanner", *arguments],
            env=os.environ | cli.environ,
            cwd=cli.folder,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as run,
    ):
        peaks = [0]
        over = threading.Event()
        looker = threading.Thread(target=_look, args=(run.pid, peaks, over))
        looker.start()
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        over.set()
        looker.join()
        took = time.monotonic() - began
        errors.seek(0)
        said = errors.read().decode()
    cpu = used.ru_utime + used.ru_stime
    return Measured(run.returncode, said, took, cpu, peaks[0])


def _look(pid: int, peaks: list[int], over: threading.Event) -> None:
    while not over.wait(_LOOK):
        peaks[0] = max(peaks[0], sum(_held(each) for each in _family(pid)))


def _family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for each in found:
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _held(pid: int) -> int:
    """The most a process has held so far, in bytes; 0 where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
