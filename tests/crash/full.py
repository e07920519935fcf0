"""No space: below a limit on files, on a small file system, at every single write.

In: a World and scenarios. Out: trials, each with how much space there was or which write failed.

Touches: the network, the disk, the clock.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.crash.trials import Scenario, Trial, killed, starved
from tests.crash.world import Ran, World

KIB = 1024
_ENOUGH = 64 * KIB * KIB
_SOURCE = Path(__file__).with_name("shim.c")


# --- a limit on the size of files -----------------------------------------------------------------


def limited(
    world: World, one: Scenario, sizes: Iterator[int] | list[int]
) -> Iterator[tuple[int, Trial]]:
    """Let no file grow beyond each of these sizes (RLIMIT_FSIZE), in bytes."""
    for size in sizes:
        trial = starved(
            world, one, partial(world.run, *one.arguments, limit=size), free=lambda: None
        )
        yield size, trial


def largest(world: World, one: Scenario) -> int:
    """Bytes of the largest file that an undisturbed run writes, its log included."""
    world.back_to(one.kept)
    one.prepare(world)
    running, most = world.start(*one.arguments), 0
    while running.process.poll() is None:
        for beside in world.data.iterdir():
            try:
                most = max(most, beside.stat().st_size)
            except FileNotFoundError:
                continue
    running.wait()
    return most


# --- a small file system --------------------------------------------------------------------------


def can_mount() -> bool:
    """Whether this process may mount, on a system that has tmpfs."""
    return os.geteuid() == 0 and Path("/proc/mounts").exists() and bool(shutil.which("mount"))


@contextmanager
def small(world: World) -> Iterator[None]:
    """Put the database's folder on a tmpfs; what was in it is there again afterwards."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", world.data], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", world.data], check=True)


def resize(world: World, size: int) -> None:
    """Give the small file system so many bytes."""
    subprocess.run(["mount", "-o", f"remount,size={size}", world.data], check=True)


def used(world: World) -> int:
    """Bytes that are taken on the file system of the database."""
    told = os.statvfs(world.data)
    return (told.f_blocks - told.f_bfree) * told.f_frsize


def cramped(world: World, one: Scenario, room: int) -> Trial:
    """Run with so many bytes free, then with enough."""

    def run_out() -> Ran:
        resize(world, used(world) + room)
        return world.run(*one.arguments)

    resize(world, _ENOUGH)
    return starved(world, one, run_out, free=lambda: resize(world, _ENOUGH))


# --- at every write -------------------------------------------------------------------------------


def can_compile() -> bool:
    """Whether there is a compiler for the shim."""
    return bool(shutil.which("gcc")) and Path("/proc/self/fd").exists()


def shim(folder: Path) -> Path:
    """Compile it."""
    made = folder / "shim.so"
    flags = ["-shared", "-fPIC", "-O1", "-Wall"]
    subprocess.run(["gcc", *flags, "-o", str(made), str(_SOURCE), "-ldl"], check=True)
    return made


def writes(world: World, one: Scenario, library: Path) -> list[str]:
    """The calls by which an undisturbed run changes files, in order."""
    world.back_to(one.kept)
    one.prepare(world)
    log = world.folder / "shim.log"
    log.unlink(missing_ok=True)
    world.run(*one.arguments, **_shimmed(world, library), SHIM_LOG=str(log))
    return [line.partition(" ")[2] for line in log.read_text().splitlines()]


def at_write(world: World, one: Scenario, library: Path, number: int, how: str) -> Trial:
    """Let the nth call fail ("full", "once") or be the last ("kill", "torn")."""
    environ = _shimmed(world, library) | {"SHIM_AT": str(number), "SHIM_HOW": how}
    disturb = partial(world.run, *one.arguments, **environ)
    if how in ("kill", "torn"):
        return killed(world, one, disturb)
    return starved(world, one, disturb, free=lambda: None)


def _shimmed(world: World, library: Path) -> dict[str, str]:
    return {"LD_PRELOAD": str(library), "SHIM_FOLDER": f"{world.data}/"}
