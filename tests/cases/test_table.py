"""Every case of the table is held by a test, or stands here with the reason why not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent.parent
CASES = [
    f"{letter}{number:02}"
    for letter, last in zip("PNSXODCK", (27, 18, 13, 17, 13, 19, 17, 5), strict=True)
    for number in range(1, last + 1)
]
NOT_HELD: dict[str, str] = {}
"""Case -> why no test holds it."""


def marked(path: Path) -> Iterator[str]:
    """The cases that the tests of a file are marked with, decorators and parameters alike."""
    text = path.read_text("utf-8")
    if "mark.case" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.case":
            yield from (ast.literal_eval(argument) for argument in node.args)


def test_every_case_is_held():
    """Each case is marked on a test or stands among those not held; no mark is misspelt."""
    held = {case for path in TESTS.rglob("*.py") for case in marked(path)}

    assert held <= set(CASES), f"no such case: {sorted(held - set(CASES))}"
    assert set(CASES) - held == NOT_HELD.keys()
    assert all(NOT_HELD.values())


def test_a_mark_is_seen_wherever_it_stands(tmp_path):
    """Decorators, parameters and several cases in one mark are all found."""
    path = tmp_path / "test_sample.py"
    path.write_text(
        "import pytest\n"
        "@pytest.mark.case('P01')\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.case('N01', 'N02'))])\n"
        "def test_it(x): pass\n"
    )

    assert sorted(marked(path)) == ["N01", "N02", "P01"]
