"""`cron`: the lines that make a scan run by itself, for cron and for systemd.

In: options, and what this machine has. Out: a crontab line and two units, with how to put them in.
Nothing is installed.

Touches: the terminal, the disk, the environment.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scanner.cli.options import FORMAT, OUTPUT, span
from scanner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scanner.cli.shell import Shell
    from scanner.records import Config

Part = Literal["all", "crontab", "service", "timer"]
_PARTS = ("all", "crontab", "service", "timer")
_PASSED_ON = (
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir",
    "requests_ca_bundle", "curl_ca_bundle", "scanner_model",
)  # fmt: skip
"""Variables that change what a scan does, and that neither cron nor systemd knows by itself."""
_ADDRESS = re.compile(
    r"(?!-)[^\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\"'\\%<>|]+"
)
_RUNNING = Path("/run/systemd/system")
"""There where systemd runs the machine: sd_booted(3)."""


def register(app: typer.Typer) -> None:
    """Add `cron`."""
    app.command("cron", rich_help_panel="Setting up")(cron)


def cron(
    ctx: typer.Context,
    part: Annotated[
        str, typer.Argument(help="all, or crontab, service or timer alone, to be put in place.")
    ] = "all",
    at: Annotated[
        str | None,
        typer.Option("--at", help="When: 07:15.", show_default="after 7, by a minute of your own"),
    ] = None,
    days: Annotated[str, typer.Option("--days", help="daily or mon-fri.")] = "daily",
    every: Annotated[
        str | None, typer.Option("--every", help="Instead of --at: 30m, 1h, 6h …")
    ] = None,
    format_: FORMAT = None,
    output: OUTPUT = None,
    mail: Annotated[
        str | None, typer.Option("--mail", help="Where cron mails what is printed.")
    ] = None,
) -> None:
    """Print a crontab line and a systemd timer that scan with this config; install nothing."""
    from scanner.cli.output import Output

    shell: Shell = ctx.obj
    if part not in _PARTS:
        raise UsageError(f'expected one of {", ".join(_PARTS)}, not "{part}"')
    if days not in ("daily", "mon-fri"):
        raise UsageError(f'--days: expected daily or mon-fri, not "{days}"')
    if mail is not None and not _ADDRESS.fullmatch(mail):
        raise UsageError(f'--mail: expected an address such as you@example.org, not "{mail}"')
    Output.choose(shell, format_, output)  # asked wrongly: better now than at night
    file = shell.absolute(shell.config_file())
    config = shell.config()
    command = [*_program(), "-q", "-c", str(file), *_database(shell, config), "scan"]
    command += ["--format", format_] if format_ else []
    command += ["-o", str(shell.absolute(output))] if output else []
    lines = _lines(shell, command, file, at=at, every=every, working_days=days == "mon-fri")
    notes = list(_notes(shell.environ, file, output))
    _print(shell, part, lines, mail, notes)


@dataclass(frozen=True, slots=True)
class _Lines:
    """What is to be put in place."""

    crontab: str
    service: str
    timer: str


def _lines(
    shell: Shell,
    command: list[str],
    file: Path,
    *,
    at: str | None,
    every: str | None,
    working_days: bool,
) -> _Lines:
    from scanner import timetable

    length = None if every is None else span(every, "--every")
    try:
        time = timetable.when(at, length, working_days=working_days, key=str(file))
        return _Lines(
            timetable.crontab(command, time),
            timetable.service(command, str(file)),
            timetable.timer(time),
        )
    except ValueError as problem:
        raise UsageError(str(problem)) from None


def _program() -> list[str]:
    """How to start this very scanner from anywhere."""
    told = sys.argv[0]
    if Path(told).name in ("scanner", "scanner.exe") and (found := shutil.which(told)):
        return [os.path.abspath(found)]
    beside = Path(sys.executable).with_name("scanner")
    if os.access(beside, os.X_OK) and beside.is_file():
        return [os.path.abspath(beside)]
    return [os.path.abspath(sys.executable), "-m", "scanner"]


def _database(shell: Shell, config: Config) -> list[str]:
    """The database, where it depends on something that cron does not know."""
    environ = shell.environ
    told = shell.db_path is not None or environ.get("SCANNER_DB")
    moved = environ.get("XDG_DATA_HOME") and config.db is None
    return ["--db", str(shell.absolute(shell.database(config)))] if told or moved else []


def _notes(environ: Mapping[str, str], file: Path, output: Path | None) -> Iterator[str]:
    """What to heed: variables that are there now, and will not be there by night."""
    names = [name for name in sorted(environ) if name.lower() in _PASSED_ON and environ[name]]
    secret = dict.fromkeys(_secrets(file))
    # a name that is no variable here may be a secret in the wrong place
    names += [name for name in secret if name in environ]
    if unset := len(secret) - sum(name in environ for name in secret):
        names.append(f"{unset} more that *_env keys of the config name")
    if names:
        yield (
            f"cron and systemd do not know {', '.join(names)}. What scanner needs of that goes"
            " above the crontab's job as NAME=…, or into the service as Environment=NAME=…"
            " (chmod 600 what holds a secret)."
        )
    if output is not None:
        yield f"{output} is replaced in every run, by an empty one where nothing is new."


def _secrets(file: Path) -> list[str]:
    """Variables that the config names by its *_env keys."""
    import tomli

    from scanner import config

    text = config.read_text(file).removeprefix("\ufeff")
    return list(_named_by(tomli.loads(text)))


def _named_by(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith("_env") and isinstance(inner, str):
                yield inner
            else:
                yield from _named_by(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named_by(inner)


# --- what is printed ------------------------------------------------------------------------------


def _print(shell: Shell, part: str, lines: _Lines, mail: str | None, notes: list[str]) -> None:
    told = _mailing(mail) + lines.crontab + "\n"
    if shell.json:
        import json

        parts = {"crontab": told, "service": lines.service, "timer": lines.timer, "notes": notes}
        shell.data(json.dumps(parts, indent=2, ensure_ascii=False) + "\n")
    elif part == "all":
        shell.data(_everything(told, lines, notes, shell.environ))
    else:
        for note in notes:
            shell.warn(note)
        shell.data(told if part == "crontab" else getattr(lines, part))


def _mailing(mail: str | None) -> str:
    """Variables of a crontab; they count for every line below them."""
    if mail is None:
        return ""
    return f"MAILTO={mail}\nCONTENT_TYPE=text/plain; charset=utf-8\n"


def _everything(crontab: str, lines: _Lines, notes: list[str], environ: Mapping[str, str]) -> str:
    has_cron, has_systemd = shutil.which("crontab") is not None, _RUNNING.is_dir()
    from scanner.text import printable

    units = printable(str(Path(environ.get("XDG_CONFIG_HOME") or "~/.config", "systemd/user")))
    parts = [
        f"# cron ({_has(has_cron, 'crontab')}): `crontab -e`, and put in",
        crontab,
        f"# systemd ({_has(has_systemd, 'systemd')}), instead of cron. It mails nothing; what is",
        "# printed is in `journalctl --user -u scanner`. Put this into",
        f"# {units}/scanner.service",
        lines.service,
        f"# and this into {units}/scanner.timer",
        lines.timer,
        "# then: systemctl --user daemon-reload && systemctl --user enable --now scanner.timer",
        "# To have it run also while you are not logged in: loginctl enable-linger",
        "# One alone: `scanner cron crontab`, `… service` or `… timer`, with the same options.",
        *(f"#\n# Note: {printable(note)}" for note in notes),
    ]
    return "\n".join(parts) + "\n"


def _has(is_there: bool, what: str) -> str:
    return f"this machine has {what}" if is_there else f"no {what} found on this machine"
