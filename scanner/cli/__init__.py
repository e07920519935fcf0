"""The front door: Typer options in, one call, text out.

In: the command line. Out: the exit code; data on stdout, everything else on stderr.
Nothing heavy is imported here: `scanner --help` pays for Typer alone.

Touches: the terminal.
"""

from __future__ import annotations

from scanner.cli.app import app


def main() -> None:
    """Run the command line and exit with its code."""
    app(prog_name="scanner")
