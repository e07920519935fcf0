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

from scanner.cli.process import silence
from scanner.errors import ScannerError, UsageError

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
            silence(stream)
            raise ScannerError(f"could not write to stdout: {problem}") from problem

    def say(self, message: str, **more: object) -> None:
        """Tell a person at the terminal; cron and pipes do not get to see it unless -v is given."""
        if self.looked_at:
            self._to_stderr("info", message, more)

    @property
    def looked_at(self) -> bool:
        """Whether somebody wants to see more than data and failures."""
        return not self.quiet and bool(self.verbose or self.stderr_is_terminal)

    def detail(self, message: str) -> None:
        """Tell whoever asked with -v."""
        if self.verbose:
            self._to_stderr("info", message)

    def warn(self, message: str) -> None:
        """Say what went wrong; always shown, except under --quiet."""
        if not self.quiet:
            self._to_stderr("warning", message)

    def fail(self, message: str, *, level: str = "error", **more: object) -> bool:
        """Say why the command could not do it; always shown. Under --json also what is in `more`.

        False: it could not be said, because stderr is closed or full.
        """
        return self._to_stderr(level, message, more)

    def _to_stderr(
        self, level: str, message: str, more: Mapping[str, object] | None = None
    ) -> bool:
        from scanner.text import printable, redact

        stream = sys.stderr
        if stream is None:
            return False
        # printable first: what hides inside a word must not hide a secret from redact
        safe = redact(printable(message, newlines=True))
        if self.json:
            safe = _as_json(level, safe, more or {})
        try:
            encoding = getattr(stream, "encoding", None) or "utf-8"
            stream.write(safe.encode(encoding, "replace").decode(encoding) + "\n")
            stream.flush()
        except (OSError, ValueError):
            silence(stream)
            return False
        return True

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
        """Whether stdout is a terminal that shows ASCII only: its encoding, or the C locale.

        Python takes the C locale for UTF-8 (PEP 540), a terminal does not. A pipe gets UTF-8.
        """
        if not self.stdout_is_terminal:
            return False
        encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
        locale = next(filter(None, map(self.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
        return locale in ("C", "POSIX") or not encoding.replace("-", "").startswith("utf")

    def style(self, *, csv_raw: bool = False, excel: bool = False) -> Style:
        """How this shell wants things rendered."""
        from scanner.render import Style

        return Style(
            width=self.width,
            piped=not self.stdout_is_terminal,
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

    def absolute(self, path: Path) -> Path:
        """A path as it is from anywhere."""
        return path if path.is_absolute() else Path(os.path.normpath(self._here() / path))

    def _here(self) -> Path:
        try:
            return Path.cwd()
        except FileNotFoundError:
            raise UsageError(
                "the folder you are in was deleted; change into another, or give paths whole"
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


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _as_json(level: str, message: str, more: Mapping[str, object]) -> str:
    """One line: `{"level": …, "message": …}` and whatever else is known; ASCII, so any encoding."""
    import json

    from scanner.text import printable, redact

    known = {
        name: redact(printable(value, newlines=True)) if isinstance(value, str) else value
        for name, value in more.items()
        if value is not None
    }
    plain = message.removeprefix("scanner: ").removeprefix("warning: ")
    return json.dumps({"level": level, "message": plain} | known)
