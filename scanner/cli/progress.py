"""Progress of long work, on stderr, where a person looks at it.

In: a Shell and each feed's outcome. Out: a moving line on a terminal; with -v a line per feed that
says what came, why it was asked, and when it is asked again.

Touches: the terminal, the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from scanner.cli.shell import Shell
    from scanner.records import Feed, FeedState, Outcome

Watch = Callable[["Outcome", int], None]
_LONG = 3.0
"""Seconds without news after which it is said whom we wait for."""


@contextmanager
def progress(
    shell: Shell, feeds: Sequence[Feed], told: Callable[[Outcome, int], str]
) -> Iterator[Watch]:
    """Give a function that is told of every feed; `told` makes the line that -v prints of it."""

    def detail(outcome: Outcome, new: int) -> None:
        if shell.verbose:
            shell.detail(told(outcome, new))

    if shell.quiet or shell.json or not shell.stderr_is_terminal:
        yield detail
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    class Bar(Progress):
        """Looks at its texts whenever it is drawn, also while nothing comes."""

        def get_renderables(self) -> Iterable[RenderableType]:
            for task in self.tasks:
                task.fields["waiting"] = waiting.said(monotonic())
            yield from super().get_renderables()

    waiting = Waiting(feeds, monotonic())
    console = Console(stderr=True, force_terminal=True, no_color=not shell.color)
    columns = (
        TextColumn("feeds"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed, {task.fields[posts]} new posts", markup=False),
        TextColumn("{task.fields[waiting]}", markup=False),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("feeds", total=len(feeds), failed=0, posts=0, waiting="")
        failed = posts = 0

        def watch(outcome: Outcome, new: int) -> None:
            nonlocal failed, posts
            from scanner.records import Failed

            failed += isinstance(outcome, Failed)
            posts += new
            waiting.over(outcome.feed, monotonic())
            bar.update(task, advance=1, failed=failed, posts=posts)
            detail(outcome, new)

        yield watch


class Waiting:
    """Whom a run waits for, in words, once that takes a while."""

    def __init__(self, feeds: Sequence[Feed], now: float) -> None:
        """Take the feeds, and the seconds of a clock that only runs on."""
        self._left = {feed.url: urlsplit(feed.url).hostname or feed.name for feed in feeds}
        self._since = now

    def over(self, feed: Feed, now: float) -> None:
        """Note that a feed has its outcome."""
        self._left.pop(feed.url, None)
        self._since = now

    def said(self, now: float) -> str:
        """Name the first host, and how many more there are; nothing while outcomes come."""
        from scanner.text import printable

        hosts = list(dict.fromkeys(list(self._left.values())))
        if not hosts or now - self._since < _LONG:
            return ""
        more = f", {len(hosts) - 1} more" if len(hosts) > 1 else ""
        return f"waiting for {printable(hosts[0])[:40]}{more}"


def line(outcome: Outcome, new: int, clock: datetime, asked: str | None = None) -> str:
    """What became of one feed, in a line: what came, why it was asked, when it is next."""
    from scanner.notices import was_refused
    from scanner.records import Deferred

    name = outcome.feed.name
    if isinstance(outcome, Deferred):
        if was_refused(outcome, clock):
            return "; ".join(filter(None, (f"{name}: deferred: {outcome.why}", asked)))
        return f"{name}: not asked: {outcome.why}"
    parts = (f"{name}: {_came(outcome, new)}", asked, _next(outcome, clock))
    return "; ".join(part for part in parts if part)


def why_asked(feed: Feed, before: FeedState | None, clock: datetime, *, refetch: bool) -> str:
    """Why a feed was asked in this run."""
    from scanner.fetch.waits import clock as time_of_day

    if feed.url.startswith("file:"):
        return "a file"
    if before is None or before.checked_at is None:
        return "asked for the first time"
    if before.gone:
        return "asked once more (--retry-gone)"
    if before.next_check is not None and before.next_check <= clock:
        return f"due since {time_of_day(before.next_check, clock)}"
    return "--refetch" if refetch else "due"


def _came(outcome: Outcome, new: int) -> str:
    from scanner.records import Failed, Fetched

    if isinstance(outcome, Fetched):
        posts = outcome.state.posts
        return f"read, {posts} {'post' if posts == 1 else 'posts'}, {new} new"
    if isinstance(outcome, Failed):
        return f"failed: {outcome.why}"
    if outcome.feed.url.startswith("file:"):
        return "unchanged"
    same = outcome.state is not None and outcome.state.complete_at == outcome.state.checked_at
    return "read, the same as before" if same else "not modified"


def _next(outcome: Outcome, clock: datetime) -> str | None:
    from scanner.fetch import waits

    state = outcome.state
    if state is None or state.next_check is None or state.next_check <= clock:
        return None
    word = waits.reason(state, None, outcome.feed.policy.every, clock)
    return f"next at {waits.clock(state.next_check, clock)} ({word})"
