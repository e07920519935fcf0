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
