"""Other ways to read feeds, each as a whole process, for side_by_side.py to start.

usage: PYTHON tests/benchmarks/peers.py reader|requests|feedparser URLS

In: a file with one address a line, in a folder that may be written to. Out: nothing but what is
stored in that folder: reader's database, or the validators for the next run.
`requests` asks with 32 threads and parses nothing; `feedparser` parses what came, as it comes.

Touches: the network, the disk.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

THREADS = 32
READER_WORKERS = 20


def with_reader(urls: list[str], folder: Path) -> None:
    """Update with the library `reader`."""
    from importlib import import_module

    reader = import_module("reader")  # only the Python that runs this has it
    made = reader.make_reader(str(folder / "reader.db"))
    for url in urls:
        made.add_feed(url, exist_ok=True)
    made.update_feeds(scheduled=False, workers=READER_WORKERS)  # also what is not due yet


def with_requests(urls: list[str], folder: Path, *, parse: bool) -> None:
    """Ask conditionally, and keep validators; parse with feedparser where that is asked for."""
    import requests

    memory = folder / "validators.json"
    known: dict[str, dict[str, str]] = json.loads(memory.read_text()) if memory.exists() else {}
    own = threading.local()

    def ask(url: str) -> int:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        answer: Any = own.session.get(url, headers=known.get(url), timeout=30)
        if answer.status_code == 304:
            return 0
        told = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
        headers = answer.headers
        known[url] = {ask: headers[name] for ask, name in told.items() if name in headers}
        return _entries(answer.content) if parse else 0

    with ThreadPoolExecutor(THREADS) as pool:
        print(sum(pool.map(ask, urls)), "entries")
    memory.write_text(json.dumps(known))


def _entries(body: bytes) -> int:
    import feedparser

    return len(feedparser.parse(body).entries)


def main() -> None:
    """Read the command line."""
    if len(sys.argv) != 3 or sys.argv[1] not in ("reader", "requests", "feedparser"):
        sys.exit(__doc__)
    how, listed = sys.argv[1], Path(sys.argv[2])
    urls = listed.read_text().split()
    if how == "reader":
        with_reader(urls, listed.parent)
    else:
        with_requests(urls, listed.parent, parse=how == "feedparser")


if __name__ == "__main__":
    main()
