"""What a command knows of the world around it: streams, colours, width, clock, paths.

In: the command line's global options and the environment. Out: a `Shell`, which every command gets.
All of it can be replaced, which is what the tests do.

Touches: the terminal, the clock, the disk.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scanner.errors import ExitCode, ScannerError, UsageError

if TYPE_CHECKING:
    from scanner.records import Config
    from scanner.render import Style
    from scanner.store import Store


@dataclass(slots=True)
class Shell:
    """The world of one command; made once, before the command runs."""

    config_path: Path | None = None
    db_path: Path | None = None
    quiet: bool = False
    verbose: int = 0
    debug: bool = False
    color_flag: bool | None = None
    """--color or --no-color; None: decided by the environment and the terminal."""
    paged: bool = True
    """Whether output that is longer than the terminal may go through a pager."""
    json: bool = False
    """--json: JSON is the format where none is named, and messages are JSON objects, one a line."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    # --- streams -----------------------------------------------------------------------------

    def data(self, text: str) -> None:
        """Write data to stdout as UTF-8, whatever the locale says; a pipe's line ends stay ours."""
        if not text:
            return
        stream = sys.stdout
        try:
            if stream is None:  # started with stdout closed (`>&-`)
                raise OSError(errno.EBADF, "stdout is closed")
            binary = getattr(stream, "buffer", None)
            if binary is None:
                stream.write(text)
            else:
                stream.flush()
                binary.write(text.encode("utf-8", "replace"))
            stream.flush()
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as problem:
            _silence(stream)
            raise ScannerError(f"could not write to stdout: {problem}") from problem

    def say(self, message: str) -> None:
        """Tell a person at the terminal; cron and pipes do not get to see it unless -v is given."""
        if not self.quiet and (self.verbose or self.stderr_is_terminal):
            self._to_stderr(message)

    def detail(self, message: str) -> None:
        """Tell whoever asked with -v."""
        if self.verbose:
            self._to_stderr(message)

    def warn(self, message: str) -> None:
        """Say what went wrong; always shown, except under --quiet."""
        if not self.quiet:
            self._to_stderr(message)

    def fail(self, message: str) -> None:
        """Say why the command could not do it; always shown."""
        self._to_stderr(message)

    def _to_stderr(self, message: str) -> None:
        from scanner.text import printable, redact

        if sys.stderr is None:
            return
        # printable first: what hides inside a word must not hide a secret from redact
        safe = redact(printable(message, newlines=True))
        try:
            encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
            sys.stderr.write(safe.encode(encoding, "replace").decode(encoding) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            _silence(sys.stderr)

    # --- the terminal ------------------------------------------------------------------------

    @property
    def stdout_is_terminal(self) -> bool:
        """Whether a person reads stdout."""
        return _is_terminal(sys.stdout)

    @property
    def stderr_is_terminal(self) -> bool:
        """Whether a person reads stderr."""
        return _is_terminal(sys.stderr)

    @property
    def color(self) -> bool:
        """The flag, then NO_COLOR (not empty), then FORCE_COLOR (not 0), then the terminal.

        https://no-color.org and https://force-color.org
        """
        if self.color_flag is not None:
            return self.color_flag
        if self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR", "0") not in ("", "0"):
            return True
        return self.stdout_is_terminal and self.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int | None:
        """Columns: COLUMNS, else the terminal's; None where stdout is no terminal (O13)."""
        told = self.environ.get("COLUMNS", "")
        if told.isascii() and told.isdigit() and int(told) > 0:
            return min(int(told), 1000)
        if self.stdout_is_terminal:
            try:
                return os.get_terminal_size(sys.stdout.fileno()).columns or 80
            except (OSError, ValueError):
                return 80
        return None

    @property
    def height(self) -> int | None:
        """Lines of the terminal: LINES, else the terminal's; None where stdout is none."""
        if not self.stdout_is_terminal:
            return None
        told = self.environ.get("LINES", "")
        if told.isascii() and told.isdigit() and int(told) > 0:
            return min(int(told), 1000)
        try:
            return os.get_terminal_size(sys.stdout.fileno()).lines or 24
        except (OSError, ValueError):
            return 24

    @property
    def ascii_only(self) -> bool:
        """Whether stdout's encoding cannot show more than ASCII."""
        encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
        return not encoding.replace("-", "").startswith("utf")

    def style(self, *, csv_raw: bool = False, excel: bool = False) -> Style:
        """How this shell wants things rendered."""
        from scanner.render import Style

        return Style(
            width=self.width,
            color=self.color,
            ascii_only=self.ascii_only,
            csv_raw=csv_raw,
            excel=excel,
        )

    # --- what commands work on ---------------------------------------------------------------

    def now(self, told: str | None = None) -> datetime:
        """The time given with --now, else the clock's."""
        if told is None:
            return datetime.now(UTC)
        from scanner.config import parse_time

        try:
            return parse_time(told)
        except ValueError as problem:
            raise UsageError(f"--now: {problem}") from problem

    def config_file(self) -> Path:
        """The TOML file this command is about."""
        from scanner.config import find

        named = self.config_path or self.environ.get("SCANNER_CONFIG")
        return find(self.config_path, self.environ, Path() if named else self._here())

    def _here(self) -> Path:
        try:
            return Path.cwd()
        except FileNotFoundError:
            raise UsageError(
                "the folder you are in was deleted; change into another, or give -c FILE"
            ) from None

    def config(self, *, need_feeds: bool = True) -> Config:
        """The TOML file, read and checked; its warnings go to stderr."""
        config = self.config_alone(need_feeds=need_feeds)
        for warning in config.warnings:
            self.warn(f"warning: {warning}")
        return config

    def config_alone(self, *, need_feeds: bool = False) -> Config:
        """The same without a word about its warnings, which the config carries."""
        from scanner.config import load

        return load(self.config_file(), need_feeds=need_feeds)

    def database(self, config: Config | None) -> Path:
        """Where the database is: --db, SCANNER_DB, the config, the user data folder."""
        from scanner.config import database

        return database(self.db_path, self.environ, config)

    @contextmanager
    def store(self, config: Config | None, *, write: bool, wait: float = 0.0) -> Iterator[Store]:
        """Open the database for one command."""
        from scanner import store

        with store.connect(self.database(config), write=write, wait=wait) as opened:
            yield opened


def end_quietly() -> None:
    """End as a program does whose reader has gone: by SIGPIPE, status 141, without a word."""
    _silence(sys.stdout)
    if hasattr(os, "kill") and os.name == "posix":
        import signal

        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    raise SystemExit(int(ExitCode.FAILED))


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _silence(stream: TextIO | None) -> None:
    """Point a stream that failed at nothing, or Python complains once more when it exits."""
    if stream is None:
        return
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
    except (OSError, ValueError):
        pass
