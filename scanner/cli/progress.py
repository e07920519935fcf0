"""Progress of long work, on stderr, where a person looks at it.

In: a Shell and each feed's outcome. Out: a moving line on a terminal; with -v a line per feed that
says what came, why it was asked, and when it is asked again.

Touches: the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from scanner.cli.shell import Shell
    from scanner.records import Feed, FeedState, Outcome

Watch = Callable[["Outcome", int], None]


@contextmanager
def progress(shell: Shell, feeds: int, told: Callable[[Outcome, int], str]) -> Iterator[Watch]:
    """Give a function that is told of every feed; `told` makes the line that -v prints of it."""

    def detail(outcome: Outcome, new: int) -> None:
        if shell.verbose:
            shell.detail(told(outcome, new))

    if shell.quiet or not shell.stderr_is_terminal:
        yield detail
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, force_terminal=True, no_color=not shell.color)
    columns = (
        TextColumn("feeds"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed, {task.fields[posts]} new posts"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("feeds", total=feeds, failed=0, posts=0)
        failed = posts = 0

        def watch(outcome: Outcome, new: int) -> None:
            nonlocal failed, posts
            from scanner.records import Failed

            failed += isinstance(outcome, Failed)
            posts += new
            bar.update(task, advance=1, failed=failed, posts=posts)
            detail(outcome, new)

        yield watch


def line(outcome: Outcome, new: int, clock: datetime, asked: str | None = None) -> str:
    """What became of one feed, in a line: what came, why it was asked, when it is next."""
    from scanner.records import Deferred

    name = outcome.feed.name
    if isinstance(outcome, Deferred):
        if outcome.state is not None and outcome.state.checked_at == clock:
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
