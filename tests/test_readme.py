"""The README's commands, executed: each console block's output is what the README shows.

Where an output has changed on purpose, `python -m tests.test_readme` writes the new one into the
README, to be read in the diff.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"(?:<!-- (?P<mark>[\w ]+) -->\n)?```console\n(?P<body>.*?)```\n", re.DOTALL)
SETUP = ("main command", "test command")
"""Blocks that set up a machine: `.ci/run` executes these, in empty environments."""


def steps(body: str) -> list[tuple[str, str]]:
    """Commands of a block with the output that each should have."""
    parts = re.split(r"^\$ (.*(?:\\\n.*)*)\n", body, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def execute(command: str, folder: Path) -> str:
    """Run a command as a person would, in a folder with the repository's files at hand."""
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    run = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    return run.stdout


def prepared(folder: Path) -> Path:
    """A folder in which the README's commands work: the examples and what they point at."""
    for name in ("config.example.toml", "scanner", "examples"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def test_every_console_block_prints_what_the_readme_shows(tmp_path):
    """All blocks, in their order, in one folder, as a reader would type them."""
    folder = prepared(tmp_path)
    blocks = [b for b in BLOCK.finditer(README.read_text("utf-8")) if b["mark"] not in SETUP]
    assert len(blocks) >= 5

    for block in blocks:
        for command, expected in steps(block["body"]):
            if "jq" in command and not subprocess.run(["which", "jq"], capture_output=True).stdout:
                continue
            assert (command, execute(command, folder)) == (command, expected)


def test_the_two_commands_are_there():
    """One command sets up and runs the main job, one sets up and passes the tests."""
    marked = {b["mark"]: steps(b["body"]) for b in BLOCK.finditer(README.read_text("utf-8"))}

    assert [len(marked[name]) for name in SETUP] == [1, 1]
    assert "scanner demo" in marked["main command"][0][0]
    assert "pytest" in marked["test command"][0][0]


@pytest.mark.parametrize("path", ["CHANGELOG.md", "LICENSE", ".github/CONTRIBUTING.md"])
def test_files_that_the_readme_names_exist(path):
    """The README points at nothing that is not there."""
    assert path in README.read_text("utf-8")
    assert (ROOT / path).exists()


def update() -> None:
    """Write today's outputs into the README."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name))

        def renewed(block: re.Match[str]) -> str:
            if block["mark"] in SETUP:
                return block[0]
            body = "".join(f"$ {c}\n{execute(c, folder)}" for c, _ in steps(block["body"]))
            return block[0].replace(block["body"], body)

        README.write_text(BLOCK.sub(renewed, README.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    update()
