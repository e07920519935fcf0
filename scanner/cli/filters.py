"""The filters of the queue, as options of every command that takes some of it.

In: a command with a parameter `filters`. Out: the same command with an option for each filter.
Typer reads a command's signature, so the decorator writes one.

Touches: the terminal.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache, wraps
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

from scanner.cli.options import (
    AUTHORS,
    BRANDS,
    FEEDS,
    INTENTS,
    MAX_WORTH,
    MIN_WORTH,
    NOBODY,
    OLDER_THAN,
    OWNERS,
    REASONS,
    SEARCH,
    SINCE,
    STATUSES,
    TAGS,
    known_brands,
    known_feeds,
    known_intents,
    known_reasons,
    known_statuses,
    span,
    tag_word,
)
from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.records import Config, Status
    from scanner.sift import Wanted

EVER = timedelta(days=36500)
"""Older posts than a century are none; the longest duration that an option takes."""

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters as they were typed; the annotation of each is its option."""

    status: STATUSES = None
    search: SEARCH = None
    brand: BRANDS = None
    feed: FEEDS = None
    intent: INTENTS = None
    reason: REASONS = None
    owner: OWNERS = None
    tag: TAGS = None
    author: AUTHORS = None
    since: SINCE = None
    older_than: OLDER_THAN = None
    min_worth: MIN_WORTH = None
    max_worth: MAX_WORTH = None

    def __bool__(self) -> bool:
        """Whether any was given."""
        return any(getattr(self, field.name) not in (None, []) for field in fields(self))

    def wanted(self, config: Config, usual: tuple[Status, ...] = ()) -> Wanted:
        """What they mean by this config; `usual`, or what is undecided, where no status is named.

        Without a limit, best first. Raises UsageError where a value is none that there is.
        """
        from scanner.sift import Wanted

        if (self.min_worth or 0.0) > (100.0 if self.max_worth is None else self.max_worth):
            raise UsageError("--min-worth is more than --max-worth: nothing can be both")
        newest = None if self.since is None else span(self.since, "--since")
        oldest = None if self.older_than is None else span(self.older_than, "--older-than")
        return Wanted(
            since=_reach(config.since, newest, oldest),
            min_worth=config.min_worth if self.min_worth is None else self.min_worth,
            max_worth=100.0 if self.max_worth is None else self.max_worth,
            brands=known_brands(config, self.brand),
            intents=known_intents(self.intent),
            reasons=known_reasons(config, self.reason),
            feeds=known_feeds(config, self.feed),
            statuses=known_statuses(self.status, usual),
            owners=tuple(map(_owner, self.owner or ())),
            tags=tuple(tag_word(word, "--tag") for word in self.tag or ()),
            authors=tuple(self.author or ()),
            newer_than=newest,
            older_than=oldest,
            search=_searched(self.search),
        )


def filtered(command: Command) -> Command:
    """Give a command the filters' options in place of its parameter `filters`.

    The command is called with `filters`, a Filters; its other parameters stay.
    """
    options, hints = _options()

    @wraps(command)
    def with_filters(*arguments: Any, **named: Any) -> Any:
        told = {name: named.pop(name) for name in options if name in named}
        return command(*arguments, filters=Filters(**told), **named)

    own = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name == "filters":
            parameters += [
                inspect.Parameter(
                    name, parameter.KEYWORD_ONLY, default=option.default, annotation=hints[name]
                )
                for name, option in options.items()
            ]
        else:
            parameters.append(
                parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=own[parameter.name])
            )
    made: Any = with_filters
    made.__signature__ = inspect.Signature(parameters)
    made.__annotations__ = {each.name: each.annotation for each in parameters}
    typed: Command = made
    return typed


@cache
def _options() -> tuple[Mapping[str, inspect.Parameter], dict[str, Any]]:
    """The filters as parameters, and their annotations; made once for all commands."""
    hints = get_type_hints(Filters, include_extras=True)
    return inspect.signature(Filters).parameters, {n: _in_panel(hint) for n, hint in hints.items()}


def _in_panel(hint: Any) -> Any:
    """The same option, in a panel of its own where a person asks for help."""
    (option,) = hint.__metadata__
    option = copy(option)
    option.rich_help_panel = "Filters"
    return Annotated[hint.__origin__, option]


def _reach(usual: timedelta, newest: timedelta | None, oldest: timedelta | None) -> timedelta:
    """How far back to read; what is older than the queue reaches is only found beyond it."""
    if newest is not None:
        return newest
    return usual if oldest is None or oldest < usual else EVER


def _owner(told: str) -> str | None:
    return None if told.strip().casefold() == NOBODY else " ".join(told.split())


def _searched(told: str | None) -> str:
    if told is not None and not told.strip():
        raise UsageError("--search: there is no word to look for")
    return told or ""
