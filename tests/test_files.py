"""files: a file is replaced whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scanner import files
from scanner.errors import ScannerError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes, links and pipes are POSIX")


def mode(path: Path) -> int:
    """The permissions of a file."""
    return path.stat().st_mode & 0o7777


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is there."""
    file = tmp_path / "file"
    file.write_bytes(b"old")
    return file


@pytest.mark.parametrize(("asked", "given"), [(None, 0o640), (0o600, 0o600)])
def test_a_new_file_has_the_mode_asked_for_or_the_umask_s(
    tmp_path: Path, asked: int | None, given: int
) -> None:
    """A new file is as private as the umask, or as is asked."""
    before = os.umask(0o027)
    try:
        files.replace(tmp_path / "new", b"x", mode=asked)
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == given
    assert (tmp_path / "new").read_bytes() == b"x"


@pytest.mark.parametrize(("asked", "given"), [(None, 0o2604), (0o600, 0o600)])
def test_an_old_file_keeps_its_mode(path: Path, asked: int | None, given: int) -> None:
    """The old mode, unless another is asked for."""
    path.chmod(0o2604)
    files.replace(path, b"new", mode=asked)
    assert (path.read_bytes(), mode(path)) == (b"new", given)


def test_a_link_stays_a_link(path: Path) -> None:
    """The file behind the link is replaced, in its own folder."""
    folder = path.parent / "other"
    folder.mkdir()
    link = folder / "link"
    link.symlink_to(path)
    files.replace(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert sorted(entry.name for entry in folder.iterdir()) == ["link"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may")
def test_root_leaves_a_file_to_its_owner(path: Path) -> None:
    """What sudo replaces still belongs to whom it belonged."""
    os.chown(path, 1234, 4321)
    files.replace(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may")
def test_a_file_that_a_team_shares_stays_the_teams(path: Path, monkeypatch) -> None:
    """Who may not give it away keeps its group all the same, which he is in."""
    os.chown(path, 1234, 4321)
    given = os.chown

    def refused(name: str, uid: int, gid: int) -> None:
        if uid != -1:
            raise PermissionError(1, "Operation not permitted")
        given(name, uid, gid)

    monkeypatch.setattr(os, "chown", refused)
    files.replace(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (0, 4321)


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """A named pipe stays one; its reader gets the bytes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    files.replace(pipe, b"new")
    reader.join(timeout=10)
    assert read == [b"new"]
    assert pipe.is_fifo()


def test_stdout_by_its_name_is_the_shell_s_file(path: Path) -> None:
    """/dev/stdout under `>>` adds to the file; it does not take its place."""
    code = "from pathlib import Path; from scanner.files import replace; "
    code += "replace(Path('/dev/stdout'), b' new')"
    with path.open("ab") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True, timeout=60)
    assert path.read_bytes() == b"old new"


def test_a_reader_that_has_gone_is_told_as_such(tmp_path: Path) -> None:
    """A closed pipe is no failure of ours: BrokenPipeError goes up."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with pytest.raises(BrokenPipeError):
            files.replace(Path(f"/dev/fd/{writer}"), b"new")
    except ScannerError:  # a system that refuses to open it at all
        pytest.skip("/dev/fd cannot be opened here")
    finally:
        os.close(writer)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none/file", "there is no such folder"),
        ("file/x", "Not a directory"),
        ("", "Is a directory"),
        ("x" * 300, "File name too long"),
        ("a\0b", "null"),
    ],
    ids=lambda value: str(value)[:12].replace("\0", "0"),
)
def test_a_place_that_cannot_be_is_told_in_plain_words(path: Path, name: str, said: str) -> None:
    """The path as it was given and the reason; no number, no temporary file, no scrap."""
    target = path.parent / name
    with pytest.raises(ScannerError) as caught:
        files.replace(target, b"new")
    assert str(caught.value).startswith(f"{target}: could not write: ")
    assert said in str(caught.value)
    assert "Errno" not in str(caught.value)
    assert ".scanner-" not in str(caught.value)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit(143), OSError(28, "No space left")])
def test_whatever_ends_it_leaves_the_old_file_and_no_scrap(
    path: Path, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    """Ctrl-C, SIGTERM and a full disk alike."""

    def ended(handle: int) -> None:
        raise end

    monkeypatch.setattr(os, "fsync", ended)
    with pytest.raises((KeyboardInterrupt, SystemExit, ScannerError)):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_read_only_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing needs the folder's leave only, so the file's own is asked for."""
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(ScannerError, match=r"the file is read-only; the file is as it was$"):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"


def test_one_at_a_time_in_a_folder(tmp_path: Path) -> None:
    """While one changes the folder's files another process waits, and nothing is left behind."""
    code = "import sys; from pathlib import Path; from scanner.files import alone\n"
    code += "with alone(Path(sys.argv[1])): print('mine')"
    with files.alone(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=1)
    assert other.communicate(timeout=60)[0] == b"mine\n"
    assert list(tmp_path.iterdir()) == []


def test_without_locks_it_goes_on(tmp_path: Path) -> None:
    """A folder that cannot be locked holds nobody up."""
    with files.alone(tmp_path / "none"):
        entered = True
    assert entered


# --- crashes, full disks, and what they leave -----------------------------------------------------


def child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own that may be killed."""
    head = "import os, signal, sys; from pathlib import Path; from scanner import files\n"
    return subprocess.run(
        [sys.executable, "-c", head + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def scraps(folder: Path) -> list[Path]:
    """What was left beside a file."""
    return sorted(folder.glob(".scanner-*"))


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_a_kill_leaves_the_old_file_whole(path: Path, step: str) -> None:
    """SIGKILL after the bytes, after the disk has them, before the rename: the old file stands."""
    code = f"os.{step} = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
    ended = child(code + "files.replace(Path(sys.argv[1]), b'new' * 9999)", path)
    assert ended.returncode == -9
    assert path.read_bytes() == b"old"
    assert [scrap.name.startswith(".scanner-file-") for scrap in scraps(path.parent)] == [True]


def test_a_scrap_is_taken_away_by_the_next_who_writes_that_file(path: Path) -> None:
    """An hour later it belongs to nobody; a younger one may be somebody's at work.

    What is named otherwise is a person's own.
    """
    names = "file-dead_dea file-alive_00 another-dead_dea file-my-notes file-notes_of.txt"
    old, young, other, notes, mine = (path.parent / f".scanner-{name}" for name in names.split())
    for scrap in (old, young, other, notes, mine):
        scrap.write_bytes(b"half")
    for scrap in (old, other, notes, mine):
        os.utime(scrap, (1_000_000_000, 1_000_000_000))
    files.replace(path, b"new")
    assert set(scraps(path.parent)) == {young, other, notes, mine}
    assert path.read_bytes() == b"new"


def test_a_scrap_that_cannot_be_taken_away_is_left(path: Path) -> None:
    """What only looks like a scrap, a folder, holds nobody up."""
    odd = path.parent / ".scanner-file-odd_odd_"
    odd.mkdir()
    os.utime(odd, (1_000_000_000, 1_000_000_000))
    files.replace(path, b"new")
    assert (path.read_bytes(), scraps(path.parent)) == (b"new", [odd])


def test_a_long_name_has_room_for_its_scrap(tmp_path: Path) -> None:
    """A name of 255 bytes, the most there is, can be replaced; also one of many-byte letters."""
    for name in ("x" * 255, "é" * 127):
        files.replace(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"
    assert scraps(tmp_path) == []


def test_a_disk_that_fills_leaves_the_old_file(path: Path) -> None:
    """A limit on sizes stands for a full disk: half is written, then nothing; no scrap stays."""
    code = "import resource; hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))\n"
    code += "try: files.replace(Path(sys.argv[1]), b'new' * 9999)\n"
    code += "except files.ScannerError as problem: print(problem)\n"
    code += (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))\n"  # coverage writes a file, too
    )
    ended = child(code, path)
    said = f"{path}: could not write: File too large; the file is as it was\n"
    assert (ended.stdout, ended.stderr) == (said, "")
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has /dev/full")
def test_a_device_that_is_full_is_told(tmp_path: Path) -> None:
    """What cannot be replaced is written to, and says why it cannot be."""
    with pytest.raises(ScannerError, match=r"^/dev/full: could not write: No space left on device"):
        files.replace(Path("/dev/full"), b"new")


def test_the_folder_is_told_to_remember(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File and folder are on the disk when it returns; a folder that cannot be is passed over."""
    synced: list[bool] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(os.path.isdir(f"/proc/self/fd/{handle}"))
        if synced[-1]:
            raise OSError(22, "Invalid argument")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    files.replace(path, b"new")
    assert path.read_bytes() == b"new"
    if os.path.isdir("/proc/self/fd"):
        assert synced == [False, True]
