"""Start-up is felt: asking for help must not pay for what only the work needs."""

import subprocess
import sys

import pytest

HEAVY = (
    "textblob", "nltk", "requests", "urllib3", "feedparser", "numpy", "tomllib",
    "tomli", "msgspec", "platformdirs", "filelock",
)  # fmt: skip

PROBE = """
import sys
from scanner.cli import main
sys.argv = ["scanner", *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The top-level modules that a command line imports, in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(run.stderr.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("scan", "--help"), ("feeds", "--help"), ("--version",)],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments):
    """--help and --version load none of the libraries that fetch, parse, judge or store."""
    assert loaded(*arguments) & set(HEAVY) == set()


def test_the_probe_sees_what_is_loaded():
    """The check above can fail: a command that works does load what it works with."""
    assert {"numpy", "msgspec", "tomli"} <= loaded("demo", "--limit", "1")
