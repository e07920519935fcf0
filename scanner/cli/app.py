"""The Typer application: global options, and how an exception becomes an exit code.

In: the command line. Out: the registered commands, run.

Touches: the terminal.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from scanner import __version__
from scanner.cli.output import defuse
from scanner.cli.process import as_stopped, end_quietly, silence
from scanner.cli.shell import Shell
from scanner.errors import ConfigError, ExitCode, ScannerError

_FLAGS = {"--quiet", "--verbose", "--debug", "--color", "--no-color", "--no-pager", "--json"}
_WITH_VALUE = {"--config", "--db"}
_FETCH = {"scan", "feeds"}
"""Commands that keep what they fetched before they were interrupted."""
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

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line; under --json what the parser complains of is an object, too."""
        words = extra.get("args") or (args[0] if args else None) or sys.argv[1:]
        if not _asks_for_json(words):
            with _unheard():
                return super().main(*args, **extra)
        try:
            code = super().main(*args, **extra | {"standalone_mode": False})
        except Exception as problem:
            if not hasattr(problem, "format_message"):
                raise
            code = int(getattr(problem, "exit_code", ExitCode.USAGE))
            told = problem.format_message().strip() or "a command is missing; --help lists them"
            Shell(json=True).fail(told, code=code, kind="usage")
        sys.exit(code if isinstance(code, int) else 0)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Hoist the global options, then parse as usual."""
        try:
            args = hoist(args)
        except ValueError as problem:
            if not ctx.resilient_parsing:  # the shell asks for completions of half a line
                ctx.fail(str(problem))
        with _failing_well(Shell(json=_asks_for_json(args)), ctx):  # --help and --version print
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn what it raises into what the contract says."""
        ctx.obj = Shell()
        with _failing_well(ctx.obj, ctx):
            return super().invoke(ctx)


@contextmanager
def _failing_well(shell: Shell, ctx: Any) -> Iterator[None]:
    """Turn what is raised into a message and an exit code."""
    try:
        yield
    except ScannerError as problem:
        _fail(shell, problem, _messages(shell, problem), problem.exit_code, _kind(problem))
    except (KeyboardInterrupt, typer.Abort) as stop:
        _interrupted(shell, ctx, stop)
    except BrokenPipeError:
        end_quietly()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Rich's, while it printed the help
            end_quietly()
        raise
    except typer.Exit:
        raise
    except OSError as problem:
        silence(sys.stdout)  # if it is what failed, Python would complain of it once more
        where = f"{problem.filename}: " if problem.filename else ""
        said = f"scanner: {where}{problem.strerror or problem}"
        _fail(shell, problem, [said], ExitCode.FAILED, "system")
    except Exception as bug:
        # Typer's own usage errors carry their exit code, under whatever name this version has.
        if hasattr(bug, "exit_code"):
            defuse(bug)
            raise
        said = f"scanner: a bug: {type(bug).__name__}: {bug}\n(--debug shows where)"
        _fail(shell, bug, [said], ExitCode.FAILED, "bug")


@contextmanager
def _unheard() -> Iterator[None]:
    """Where stderr is full, a wrong call still ends in its exit code."""
    try:
        yield
    except OSError as problem:
        silence(sys.stderr)
        wrong = problem.__context__
        while wrong is not None and not hasattr(wrong, "exit_code"):
            wrong = wrong.__context__
        sys.exit(int(getattr(wrong, "exit_code", ExitCode.FAILED)))


def _fail(
    shell: Shell, problem: Exception, messages: list[str], code: ExitCode, kind: str
) -> NoReturn:
    more = {}
    if shell.debug:
        import traceback

        more["traceback"] = "".join(traceback.format_exception(problem))
        if not shell.json:
            messages = [more["traceback"].rstrip()]  # by our own hand: it repeats hostile words
    for message in messages:
        shell.fail(message, code=int(code), kind=kind, **more)
    raise typer.Exit(int(code)) from problem


def _interrupted(shell: Shell, ctx: Any, stop: BaseException) -> NoReturn:
    """Say so in one line; stdout may be a pipe that nobody reads, and Python would wait for it."""
    silence(sys.stdout)
    if isinstance(stop, typer.Abort):  # Ctrl-C at a question, or its end of input
        if not isinstance(stop.__context__, KeyboardInterrupt):
            raise stop
        stop = stop.__context__
    stopped = as_stopped(stop)
    fetches = ctx.invoked_subcommand in _FETCH
    kept = "; what was fetched before is kept" if fetches else ""
    shell.fail(f"{stopped.word}{kept}", code=stopped.code, kind="interrupted")
    raise typer.Exit(stopped.code) from None


def _messages(shell: Shell, problem: ScannerError) -> list[str]:
    """What a person reads: each complaint about a config by itself, all with our name before."""
    if shell.json:
        return list(problem.complaints) if isinstance(problem, ConfigError) else [str(problem)]
    lines = str(problem).splitlines() or ["failed"]
    return ["\n".join(f"scanner: {line}" for line in lines)]


def _kind(problem: ScannerError) -> str:
    """What kind of failure it is, for scripts: usage, config, store, model or failed."""
    name = type(problem).__name__.removesuffix("Error").lower()
    return "failed" if name == "scanner" else name


def _asks_for_json(words: Any) -> bool:
    words = list(words)
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def _version(wanted: bool) -> None:
    if wanted:
        Shell().data(f"scanner {__version__}\n")
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
        typer.Option(
            "-c",
            "--config",
            help="The TOML file.",
            show_default="./scanner.toml, else in your config folder",
        ),
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
    from scanner.cli import (
        backup,
        cron,
        doctor,
        evaluate,
        feeds,
        listing,
        post,
        score,
        start,
        train,
        triage,
        walk,
    )

    walk.register(app)
    listing.register(app)
    triage.register(app)
    post.register(app)
    feeds.register(app)
    score.register(app)
    evaluate.register(app)
    train.register(app)
    start.register(app)
    cron.register(app)
    backup.register(app)
    doctor.register(app)


_register()
