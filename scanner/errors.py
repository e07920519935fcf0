"""What can go wrong by the operator's hand, and the exit codes that say so.

A feed that fails is no exception but a `records.Failed`; these are for mistakes in asking
(exit 2) and for things that stop the whole run (exit 1).

Touches: nothing.
"""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class ExitCode(IntEnum):
    """What the shell is told. The contract; numbers never change meaning."""

    OK = 0
    FAILED = 1
    """Could not do it: no feed worked, the database is locked or damaged, a bug."""
    USAGE = 2
    """Asked wrongly: usage, config."""
    SOME_FEEDS = 3
    """Done and printed, but some feeds failed or have gone dark."""
    ABOVE = 4
    """Done and printed, and something is above --fail-above."""
    INTERRUPTED = 130


class ScannerError(Exception):
    """Stops the run; its text says what happened, where, and what to do next."""

    exit_code = ExitCode.FAILED


class UsageError(ScannerError):
    """The command was asked for something that makes no sense."""

    exit_code = ExitCode.USAGE


class ConfigError(ScannerError):
    """The TOML file is wrong; carries every complaint at once, one a line."""

    exit_code = ExitCode.USAGE

    def __init__(self, complaints: list[str]) -> None:
        """Take the complaints in file order."""
        super().__init__("\n".join(complaints))
        self.complaints = tuple(complaints)


class QueryError(ValueError):
    """A match query does not parse; config.py turns it into a ConfigError with its place."""

    def __init__(self, message: str, column: int) -> None:
        """Say what is wrong and at which column (1-based) of the query."""
        super().__init__(message)
        self.column = column


class StoreError(ScannerError):
    """The database is locked, damaged, unwritable or from a newer scanner."""


class ModelError(ScannerError):
    """A data file of the package is damaged or foreign."""
