"""Progress of long work, on stderr, where a person looks at it.

In: a Shell and each feed's outcome. Out: a moving line on a terminal; with -v a line per feed.

Touches: the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.cli.shell import Shell
    from scanner.records import Outcome

Watch = Callable[["Outcome", int], None]


@contextmanager
def progress(shell: Shell, feeds: int) -> Iterator[Watch]:
    """Give a function that is told of every feed."""
    if shell.quiet or not shell.stderr_is_terminal:
        yield lambda outcome, new: shell.detail(line(outcome, new))
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
            shell.detail(line(outcome, new))

        yield watch


def line(outcome: Outcome, new: int) -> str:
    """What became of one feed, in a line."""
    from scanner.records import Deferred, Failed, Fetched

    name = outcome.feed.name
    if isinstance(outcome, Fetched):
        return f"{name}: read, {outcome.state.posts} posts, {new} new"
    if isinstance(outcome, Failed):
        return f"{name}: failed: {outcome.why}"
    if isinstance(outcome, Deferred):
        return f"{name}: not asked: {outcome.why}"
    return f"{name}: unchanged"
