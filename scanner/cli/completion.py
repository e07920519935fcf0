"""What the shell offers after <Tab>: the words of an option, feeds' names, IDs of posts.

In: the words so far. Out: what may stand there, which Typer narrows to what fits; nothing where
anything at all goes wrong: a message would end up in the middle of what a person is typing.

Touches: the terminal, the disk.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import typer

if TYPE_CHECKING:
    from scanner.cli.shell import Shell
    from scanner.records import Judged
    from scanner.store import Store

T = TypeVar("T")

MOST = 50
"""IDs offered at most: more than one looks through."""


def complete_format() -> list[str]:
    """Formats of the queue."""
    from scanner.render import FORMATS

    return list(FORMATS)


def complete_intent() -> list[str]:
    """Intents of the contract."""
    from scanner.records import INTENTS

    return list(INTENTS)


def complete_status() -> list[str]:
    """Statuses of the contract, and all of them."""
    from scanner.records import STATUSES

    return [*STATUSES, "all"]


def complete_reason(ctx: typer.Context) -> list[str]:
    """Every built-in reason, and those of the config."""
    from scanner.reasons import REASONS

    own = _quietly(lambda: [reason.name for reason in _shell(ctx).config_alone().reasons])
    return list(dict.fromkeys((*REASONS, *own)))


def complete_kind() -> list[str]:
    """What a brand may sell."""
    from scanner.starter import KINDS

    return list(KINDS)


def complete_brand(ctx: typer.Context) -> list[str]:
    """Brands of the config."""
    return _quietly(lambda: [brand.name for brand in _shell(ctx).config_alone().brands])


def complete_feed(ctx: typer.Context) -> list[str]:
    """Names of the feeds in the config."""
    return _quietly(lambda: [feed.name for feed in _shell(ctx).config_alone().feeds])


def complete_order() -> list[str]:
    """What the queue may be sorted by."""
    from scanner.sift import ORDERS

    return list(ORDERS)


def complete_person(ctx: typer.Context) -> list[str]:
    """Everybody who has something to answer."""
    return _quietly(lambda: _stored(_shell(ctx), lambda store: store.owners()))


def complete_owner(ctx: typer.Context) -> list[str]:
    """The same, and nobody."""
    return ["none", *complete_person(ctx)]


def complete_tag(ctx: typer.Context) -> list[str]:
    """Tags in use."""
    return _quietly(lambda: _stored(_shell(ctx), lambda store: store.tags()))


def complete_author(ctx: typer.Context) -> list[str]:
    """Authors of posts no older than the config's `since`."""
    return _quietly(lambda: _authors(_shell(ctx)))


def complete_id(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """IDs of posts no older than the config's `since`, each with its title."""
    return _quietly(lambda: _ids(_shell(ctx), incomplete))


def _ids(shell: Shell, begun: str) -> list[tuple[str, str]]:
    from scanner.text import printable

    found = [(one.id, printable(one.post.title)[:60]) for one in _judged(shell)]
    return [one for one in found if one[0].startswith(begun)][:MOST]


def _authors(shell: Shell) -> list[str]:
    from scanner.text import printable

    names = (printable(one.post.author)[:60] for one in _judged(shell) if one.post.author)
    return sorted(dict.fromkeys(names))


def _judged(shell: Shell) -> list[Judged]:
    config = shell.config_alone()
    return _stored(
        shell,
        lambda store: store.judged(
            shell.now() - config.since,
            brands={brand.name for brand in config.brands},
            feed_urls=[feed.url for feed in config.feeds],
        ),
    )


def _stored(shell: Shell, look: Callable[[Store], list[T]]) -> list[T]:
    with shell.store(shell.config_alone(), write=False) as store:
        return look(store)


def _shell(ctx: typer.Context) -> Shell:
    """The shell as the options before <Tab> make it; no command has run yet."""
    from scanner.cli.shell import Shell

    told = ctx.find_root().params
    config, db = told.get("config"), told.get("db")
    return Shell(config_path=Path(config) if config else None, db_path=Path(db) if db else None)


def _quietly(look: Callable[[], list[T]]) -> list[T]:
    from scanner.text import printable

    try:
        found = look()
    except Exception:
        return []
    return [cast(T, printable(one)) if isinstance(one, str) else one for one in found]
