"""Where our quick reader of XML and feedparser's two parsers give different posts.

usage: python tests/benchmarks/readers.py FOLDER [--show 1]

In: a folder of feed documents, searched to its depths. Out: for each document in XML that both
read, whether all its posts agree in title, link, date and text, and how those that do not differ.
Both readers' entries go the same way afterwards (sources, posts, text), so that nothing but the
reading is compared; `parsing.py` compares whole programs. The slow reader is driven as
`parse/forgiving.py` does.

Touches: the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scanner.parse import forgiving, posts, wash, wellformed, xmlfeed
from scanner.records import Feed, FeedState, Fetched, Post
from scanner.sources.entry import Document, NotAFeed

ADDRESS = "https://feed.example/feed.xml"


def main() -> None:
    """Compare document by document."""
    command = argparse.ArgumentParser(description="our reader of XML beside feedparser's")
    command.add_argument("folder", type=Path)
    command.add_argument("--show", type=int, default=1, help="examples for a document (1)")
    options = command.parse_args()
    classes: Counter[str] = Counter()
    both = same = unsure = 0
    seconds = [0.0, 0.0]
    for path in sorted(path for path in options.folder.rglob("*") if path.is_file()):
        xml = _xml(path.read_bytes())
        if xml is None:
            continue
        start = time.process_time()
        quick = wellformed.read(xml)
        seconds[0] += time.process_time() - start
        if not isinstance(quick, Document):
            unsure += 1
            continue
        start = time.process_time()
        slow = forgiving.read(wash.mend(xml))
        seconds[1] += time.process_time() - start
        both += 1
        found = list(_differences(_posts(quick, xml), _posts(slow, xml)))
        same += not found
        classes.update({what for what, _ in found})
        for what, how in found[: options.show]:
            print(f"{path.relative_to(options.folder)}: {what}: {how}")
    print(f"{both} documents read by both, {same} with the same posts ({same / max(both, 1):.1%})")
    print(f"documents that differ, by field: {dict(classes.most_common())}")
    print(f"{unsure} left to feedparser; processor seconds: {seconds[0]:.2f} and {seconds[1]:.2f}")


def _xml(body: bytes) -> str | None:
    text = wash.decode(body, None)
    if text.lstrip()[:1] in ("", "{", "["):
        return None
    try:
        return wash.unescaped_controls(xmlfeed._cut(text, xmlfeed._find_root(text, ADDRESS))[0])
    except NotAFeed:
        return None


def _posts(document: Document, xml: str) -> list[Post]:
    if wash.needs_settling(xml):
        xmlfeed._settle(document)
    feed = Feed(ADDRESS, "feed")
    fetched = Fetched(feed, b"", None, ADDRESS, FeedState(ADDRESS))
    return [posts.read(post) for post in posts.build(document, fetched)]


def _differences(quick: list[Post], slow: list[Post]) -> Iterator[tuple[str, str]]:
    if len(quick) != len(slow):
        yield "count", f"{len(quick)} | {len(slow)}"
        return
    for mine, other in zip(quick, slow, strict=True):
        for name in ("title", "url", "published", "text"):
            here, there = getattr(mine, name), getattr(other, name)
            if here != there:
                yield name, f"{str(here)[:90]!r} | {str(there)[:90]!r}"


if __name__ == "__main__":
    main()
