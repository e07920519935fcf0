"""The front door: Typer options in, one call, text out.

In: the command line. Out: the exit code; data on stdout, everything else on stderr.
Nothing heavy is imported here: `scanner --help` pays for Typer alone, and a Ctrl-C while that is
loaded finds somebody who heeds it.

Touches: the terminal, the environment.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line and exit with its code."""
    from scanner.cli import process

    signals = process.Signals()
    try:
        signals.heed()
        process.fill_descriptors()
        process.relax_encodings()
        # The model multiplies small matrices: threads that wait for each other made it three times
        # slower (400 against 125 posts a second on two busy cores). numpy reads this when loaded.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from scanner.cli.app import app

        app(prog_name="scanner")
    except KeyboardInterrupt as stop:  # before or after the command itself, which says more
        stopped = process.as_stopped(stop)
        with suppress(OSError):
            os.write(2, _last_words(stopped.word, stopped.code))
        raise SystemExit(stopped.code) from None
    except BrokenPipeError:
        process.end_quietly()
    finally:
        signals.release()


def _last_words(word: str, code: int) -> bytes:
    if "--json" in sys.argv:
        return b'{"level": "error", "message": "%s", "code": %d}\n' % (word.encode(), code)
    return f"{word}\n".encode()
