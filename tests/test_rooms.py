"""The rules of the house, held by reading the code: what a room touches, and whom it knows."""

import ast
import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "scanner"
MODULES = sorted(HOUSE.rglob("*.py"))
STREET = ("fetch", "parse", "match", "score", "reasons", "cluster", "rank", "render")
SHARED = (
    "records",
    "errors",
    "text",
    "language",
    "cues",
    "scope",
    "phrases",
    "model",
    "sources",
    "apart",
)

TOUCHES = {
    "requests": "the network",
    "urllib3": "the network",
    "socket": "the network",
    "http": "the network",
    "sqlite3": "the disk",
    "tempfile": "the disk",
    "filelock": "the disk",
    "typer": "the terminal",
    "webbrowser": "the terminal",
}
CALLS = {
    ("datetime", "now"): "the clock",
    ("datetime", "utcnow"): "the clock",
    ("date", "today"): "the clock",
    ("time", "time"): "the clock",
    ("time", "time_ns"): "the clock",
    ("os", "getenv"): "the environment",
    ("os", "urandom"): "chance",
    ("random", "random"): "chance",
}
BARE_CALLS = {"open": "the disk", "print": "the terminal", "input": "the terminal"}


def name(path: Path) -> str:
    """The module's dotted name below `scanner`."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "scanner"


def said(path: Path) -> str:
    """What a module's docstring says it touches."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    found = re.search(r"Touches: ([\s\S]+?)\.\s*$", docstring)
    return found.group(1) if found else ""


def imported(tree: ast.AST) -> set[str]:
    """Every module that is imported for its behaviour, types alone left out."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute, so that this can see them"
            names.add(node.module or "")
            if node.module == "scanner":
                names |= {f"scanner.{alias.name}" for alias in node.names}
    return names


def touched(path: Path) -> dict[str, str]:
    """What a module touches by its imports and calls, each with the name that shows it."""
    tree = ast.parse(path.read_text("utf-8"))
    found = {
        TOUCHES[top]: top
        for top in (module.partition(".")[0] for module in imported(tree))
        if top in TOUCHES
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in BARE_CALLS:
            found[BARE_CALLS[function.id]] = function.id
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            pair = (function.value.id, function.attr)
            if pair in CALLS:
                found[CALLS[pair]] = ".".join(pair)
    return found


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_module_says_what_it_touches(path):
    """A module's docstring ends in what it touches, and it touches nothing else."""
    assert said(path), f"{path}: the docstring does not end in 'Touches: … .'"

    unsaid = {what: by for what, by in touched(path).items() if what not in said(path)}

    assert unsaid == {}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_rooms_on_the_street_do_not_know_each_other(path):
    """A room shares only nouns and tools with the others; scan.py alone knows the order."""
    room = name(path).partition(".")[0]
    if room not in STREET:
        return

    known = {
        module.split(".")[1]
        for module in imported(ast.parse(path.read_text("utf-8")))
        if module.startswith("scanner.")
    }

    assert known <= {room, *SHARED, "data"}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_stay_small_enough_to_read(path):
    """No module passes 400 lines: then it becomes a folder behind the same door.

    The nouns may: their file holds fields and what they mean, and nothing to follow.
    """
    if name(path) == "records":
        return

    assert len(path.read_text("utf-8").splitlines()) <= 400


def test_the_map_names_every_module():
    """ARCHITECTURE.md names every module of the house, and no room that is not there."""
    text = (HOUSE / "ARCHITECTURE.md").read_text("utf-8")
    drawn = set(re.findall(r"^\s{2,}([\w/]+\.py)\b", text, re.MULTILINE))

    assert drawn == {str(path.relative_to(HOUSE)) for path in MODULES}


def test_no_module_is_named_for_what_it_is_not():
    """No utils, helpers, manager, base or common."""
    assert not {path.stem for path in MODULES} & {"utils", "helpers", "manager", "base", "common"}


def test_planted_breaches_are_caught(tmp_path):
    """The checks above can fail: each kind of breach in a made-up module is found."""
    breach = tmp_path / "breach.py"
    breach.write_text(
        '"""In: x. Out: y.\n\nTouches: nothing.\n"""\n'
        "import requests\nfrom datetime import datetime\n"
        "def f():\n    open('x')\n    return datetime.now()\n",
        "utf-8",
    )

    assert touched(breach) == {
        "the network": "requests",
        "the disk": "open",
        "the clock": "datetime.now",
    }
    assert said(breach) == "nothing"
