"""Where the TOML and the database are: options first, then variables, then the usual folders.

In: what the options and the environment say. Out: a path. Nothing is created.

Touches: the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from os.path import expanduser  # Path's own raises for a home that is not there
from pathlib import Path

from scanner.errors import UsageError
from scanner.records import Config

FILE = "scanner.toml"


def find(explicit: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """Find the TOML: -c, else SCANNER_CONFIG, ./scanner.toml, the user's config folder.

    A file that was named is not looked for elsewhere, and `load` says so if it is missing.
    Raises UsageError where none was named and none is found.
    """
    named = explicit or _variable(environ, "SCANNER_CONFIG")
    if named is not None:
        return named
    from platformdirs import user_config_path

    places = [cwd / FILE, user_config_path("scanner", appauthor=False) / FILE]
    for place in places:
        if place.is_file():
            return place
    looked = "".join(f"\n  {place}" for place in places)
    raise UsageError(
        f"no {FILE} found; looked for{looked}\n"
        "`scanner init` writes one, -c FILE names another, `scanner demo` needs none"
    )


def database(explicit: Path | None, environ: Mapping[str, str], config: Config | None) -> Path:
    """Find the database: --db, else SCANNER_DB, `db` in the TOML, the user's data folder.

    A relative `db` in the TOML counts from the TOML's folder. The file need not exist.
    """
    named = explicit or _variable(environ, "SCANNER_DB")
    if named is not None:
        return named
    if config is not None and config.db is not None:
        folder = Path(config.path).parent if config.path is not None else Path()
        return folder / expanduser(config.db)
    from platformdirs import user_data_path

    return user_data_path("scanner", appauthor=False) / "scanner.db"


def _variable(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name, "")
    return Path(expanduser(value)) if value else None
