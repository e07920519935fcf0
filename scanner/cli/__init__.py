"""The front door: Typer options in, one call, text out.

In: the command line. Out: the exit code; data on stdout, everything else on stderr.
Nothing heavy is imported here: `scanner --help` pays for Typer alone.

Touches: the terminal, the environment.
"""

from __future__ import annotations

import os

from scanner.cli.app import app


def main() -> None:
    """Run the command line and exit with its code."""
    # The model multiplies small matrices: threads that wait for each other made it three times
    # slower (400 against 125 posts a second on two busy cores). numpy reads this when it is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app(prog_name="scanner")
