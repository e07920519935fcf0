"""The Typer application: global options, and how an exception becomes an exit code.

In: the command line. Out: the registered commands, run.

Touches: the terminal.
"""

from __future__ import annotations

import re
import signal
import threading
from collections import deque
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from scanner import __version__
from scanner.cli.shell import Shell, end_quietly
from scanner.errors import ExitCode, ScannerError

_FLAGS = {"--quiet", "--verbose", "--debug", "--color", "--no-color", "--no-pager", "--json"}
_WITH_VALUE = {"--config", "--db"}
_SHORT = re.compile(r"-([qv]*)(?:(c)(.*))?", re.DOTALL)
"""-q, -v and -c, alone or in one word: -vv, -qv, -cFILE, -qc FILE."""


def hoist(arguments: list[str]) -> list[str]:
    """Move the global options to the front, so that they may stand anywhere on the line.

    `help` in place of a command becomes --help behind the rest. Raises ValueError where an option
    lacks its file.
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = deque(arguments)
    while waiting:
        word = waiting.popleft()
        if word == "--":
            rest += [word, *waiting]
            break
        name, equals, value = word.partition("=")
        short = _SHORT.fullmatch(word) if len(word) > 1 else None
        if word in _FLAGS or (short and not short[2]):
            front.append(word)
        elif name in _WITH_VALUE or short:
            front += _with_value(word, waiting, bool(short[3] if short else equals and value))
        else:
            rest.append(word)
    if rest[:1] == ["help"]:
        rest = [*rest[1:], "--help"]
    return front + rest


def _with_value(word: str, waiting: deque[str], has_value: bool) -> list[str]:
    if has_value:
        return [word]
    if word.endswith("=") or not waiting or (waiting[0].startswith("-") and len(waiting[0]) > 1):
        option = word.rstrip("=") if word.startswith("--") else "-c"
        raise ValueError(f"{option} needs a file")
    return [word, waiting.popleft()]


class Commands(TyperGroup):
    """The command group: options anywhere, every failure a message and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Hoist the global options, then parse as usual."""
        try:
            args = hoist(args)
        except ValueError as problem:
            if not ctx.resilient_parsing:  # the shell asks for completions of half a line
                ctx.fail(str(problem))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn what it raises into what the contract says."""
        shell = Shell()
        ctx.obj = shell
        _catch_signals()
        try:
            return super().invoke(ctx)
        except ScannerError as problem:
            if shell.debug:
                raise
            shell.fail(_told(problem))
            raise typer.Exit(int(problem.exit_code)) from problem
        except KeyboardInterrupt:
            shell.fail("interrupted; what was fetched before is kept")
            raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
        except BrokenPipeError:
            end_quietly()
        except (typer.Exit, typer.Abort):
            raise
        except Exception as bug:
            # Typer's own usage errors carry their exit code, under whatever name this version has.
            if shell.debug or hasattr(bug, "exit_code"):
                raise
            shell.fail(f"scanner: a bug: {type(bug).__name__}: {bug}\n(--debug shows where)")
            raise typer.Exit(int(ExitCode.FAILED)) from bug


def _catch_signals() -> None:
    """Let SIGTERM and SIGHUP unwind like Ctrl-C does, so that temporary files go."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), _terminated)


def _terminated(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _told(problem: ScannerError) -> str:
    return "\n".join(f"scanner: {line}" for line in str(problem).splitlines() or ["failed"])


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"scanner {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    name="scanner",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="The options above may stand anywhere on the line. First time here? Try: scanner demo",
)


@app.callback()
def options(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", help="The TOML file.", show_default="./scanner.toml"),
    ] = None,
    db: Annotated[
        Path | None,
        typer.Option("--db", help="The database.", show_default="in your user data folder"),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only data and failures.")] = False,
    verbose: Annotated[
        int,
        typer.Option("-v", "--verbose", count=True, help="Say of every feed what became of it."),
    ] = 0,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    color: Annotated[
        bool | None, typer.Option("--color/--no-color", help="Colour, whatever the terminal says.")
    ] = None,
    no_pager: Annotated[
        bool, typer.Option("--no-pager", help="Print long output at once.")
    ] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help="JSON to stdout, and messages as JSON objects to stderr."),
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Find what is said about your brand, and the few posts worth a reply."""
    shell: Shell = ctx.obj
    shell.config_path, shell.db_path = config, db
    shell.quiet, shell.verbose, shell.debug = quiet, verbose, debug
    shell.color_flag = color
    shell.paged, shell.json = not no_pager, json
    if shell.environ.get("SCANNER_MODEL"):
        from scanner import model

        model.choose(Path(shell.environ["SCANNER_MODEL"]))


def _register() -> None:
    from scanner.cli import evaluate, feeds, listing, post, score, start, train, walk

    walk.register(app)
    listing.register(app)
    post.register(app)
    feeds.register(app)
    score.register(app)
    evaluate.register(app)
    train.register(app)
    start.register(app)


_register()
