"""How fast `scanner.parse` is, and where it reads a feed otherwise than feedparser does.

usage: python tests/benchmarks/parsing.py FOLDER [--against default|off|both|none] [--rounds 3]

In: a folder of feed documents, searched to its depths. Out: entries a second for each parser, then
the fields (title, link, date, cleaned text) in which they agree, entry by entry, and every document
that differs, by class of difference. feedparser is asked as it comes ("default") and with its
clean-ups off (`sanitize_html`, `resolve_relative_uris`). Seconds are of the processor, the best of
the rounds for each document; what both sides' HTML says is read by `scanner.text`, apart from the
parse. Needs feedparser beside scanner.

Touches: the disk, the terminal, the clock.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from calendar import timegm
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from scanner import parse, text
from scanner.records import Failed, Feed, FeedState, Fetched, Parsed, Post

ADDRESS = "https://feed.example/feed.xml"
"""Where every document is said to come from; relative links are resolved against it."""
NEVER_READ = (".txt", ".md")
FIELDS = ("title", "link", "date", "text")
MODES: dict[str, dict[str, bool]] = {
    "default": {},
    "off": {"sanitize_html": False, "resolve_relative_uris": False},
}
_WORD = re.compile(r"\w+")


@dataclass
class Entry:
    """What an entry says, whoever parsed it."""

    keys: tuple[str, ...]
    """What it may be known by: guid, link, title; "" where there is none."""
    title: str
    link: str
    date: datetime | None
    text: str
    hints: dict[str, str] = field(default_factory=dict)
    """Other addresses of the entry, by what they are: origlink, id, comments."""


@dataclass
class Reading:
    """One document through one parser."""

    entries: list[Entry] | None
    """None: it could not be read."""
    parse: float
    """Processor seconds."""
    read: float
    """Those for the words in its HTML."""


@dataclass
class Tally:
    """How one peer compares, over all documents."""

    same: Counter[str] = field(default_factory=Counter)
    paired: int = 0
    documents: int = 0
    """Documents that both read."""
    agreeing: int = 0
    """Of those, without any difference."""
    classes: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """Class of difference -> document -> examples."""


def main() -> None:
    """Read the command line, go through the documents, print both tables."""
    asked = _arguments()
    files = [
        file
        for file in sorted(asked.folder.rglob("*"))
        if file.is_file() and file.suffix.lower() not in NEVER_READ
    ]
    modes = {"both": ["default", "off"], "none": []}.get(asked.against, [asked.against])
    totals: dict[str, list[Reading]] = defaultdict(list)
    before = _children_took()
    tallies = {mode: Tally() for mode in modes}
    _warm_up()
    for file in files:
        body = file.read_bytes()
        ours = _best(partial(_ours, body), asked.rounds)
        totals["scanner.parse"].append(ours)
        for mode in modes:
            theirs = _best(partial(_theirs, body, MODES[mode]), asked.rounds)
            totals[f"feedparser, {mode}"].append(theirs)
            _compare(str(file.relative_to(asked.folder)), ours, theirs, tallies[mode])
    size = sum(file.stat().st_size for file in files)
    print(f"{len(files)} documents, {size / 1e6:.1f} MB, best of {asked.rounds} rounds\n")
    _print_speed(totals)
    print(f"scanner's own worker processes took {_children_took() - before:.2f} s on top")
    for mode, tally in tallies.items():
        _print_agreement(mode, tally, asked.show)


def _arguments() -> argparse.Namespace:
    told = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    told.add_argument("folder", type=Path, help="feed documents, in any sub-folders")
    told.add_argument(
        "--against",
        choices=("default", "off", "both", "none"),
        default="both",
        help="feedparser as it comes, with its clean-ups off, both, or not at all",
    )
    told.add_argument("--rounds", type=int, default=1, help="the best of so many counts (1)")
    told.add_argument("--show", type=int, default=1, help="examples told for a document (1)")
    return told.parse_args()


# --- both sides -----------------------------------------------------------------------------------


def _best(run: Callable[[], Reading], rounds: int) -> Reading:
    every = [run() for _ in range(rounds)]
    return Reading(every[0].entries, min(r.parse for r in every), min(r.read for r in every))


def _ours(body: bytes) -> Reading:
    feed = Feed(ADDRESS, "feed")
    began = time.process_time()
    parsed: Parsed | Failed = parse.parse(Fetched(feed, body, None, ADDRESS, FeedState(ADDRESS)))
    parsed_at = time.process_time()
    if isinstance(parsed, Failed):
        return Reading(None, parsed_at - began, 0)
    read: Any = getattr(parse, "read", None)  # unread posts are young
    posts: list[Post] = [read(post) if callable(read) else post for post in parsed.posts]
    done = time.process_time()
    entries = [
        Entry(
            (post.guid, post.url or "", post.title),
            post.title,
            post.url or "",
            post.published,
            post.text,
        )
        for post in posts
    ]
    return Reading(entries, parsed_at - began, done - parsed_at)


def _children_took() -> float:
    """Processor seconds of the processes that this one has started: scanner's worker is one."""
    took = 0.0
    for told in Path("/proc/self/task").glob("*/children"):
        for child in told.read_text().split():
            after_name = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            took += (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
    ended = os.times()
    return took + ended.children_user + ended.children_system


def _warm_up() -> None:
    """Let both sides import what they need before anything is timed."""
    tiny = b"<rss><channel><item><title>A</title><description>&lt;b&gt;</description></item>"
    _ours(tiny)
    _theirs(tiny, {})


def _theirs(body: bytes, options: dict[str, bool]) -> Reading:
    import feedparser

    began = time.process_time()
    headers = {"content-location": ADDRESS}
    try:
        found = feedparser.parse(body, response_headers=headers, **options)
    except Exception:  # it raises on some documents; that is a finding, not the end
        return Reading(None, time.process_time() - began, 0)
    parsed_at = time.process_time()
    if not found.version and not found.entries:
        return Reading(None, parsed_at - began, 0)
    told = [_words_of(entry) for entry in found.entries]
    done = time.process_time()
    entries = [_entry(entry, words) for entry, words in zip(found.entries, told, strict=True)]
    return Reading(entries, parsed_at - began, done - parsed_at)


def _words_of(entry: Any) -> tuple[str, str]:
    """Title and text, cleaned as `scanner` cleans its own: the longest telling counts."""
    bodies = [(body.get("value", ""), body.get("type", "")) for body in entry.get("content", ())]
    detail = entry.get("summary_detail") or {}
    bodies.append((entry.get("summary", ""), detail.get("type", "")))
    best = ""
    for value, kind in sorted(set(bodies), key=lambda body: -len(body[0])):
        if len(value) > len(best):
            said = text.clean(value[:256_000], html=kind != "text/plain").text
            best = max(best, said, key=len)
    return text.plain(entry.get("title", "")[:8_000]), best


def _entry(entry: Any, words: tuple[str, str]) -> Entry:
    title, said = words
    when = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        date = datetime.fromtimestamp(timegm(when), UTC) if when else None
    except (ValueError, OverflowError, OSError):
        date = None
    link = entry.get("link", "")
    names = {"origlink": "feedburner_origlink", "id": "id", "comments": "comments"}
    hints = {name: entry.get(key, "") for name, key in names.items()}
    return Entry((entry.get("id", "").strip(), link, title), title, link, date, said, hints)


# --- agreement ------------------------------------------------------------------------------------


def _compare(document: str, ours: Reading, theirs: Reading, tally: Tally) -> None:
    if ours.entries is None or theirs.entries is None:
        if (ours.entries is None) is not (theirs.entries is None):
            who = "scanner" if ours.entries is None else "feedparser"
            tally.classes[f"document: not read by {who}"][document].append("")
        return
    tally.documents += 1
    found = False
    for label, example in _differences(ours.entries, theirs.entries, tally):
        tally.classes[label][document].append(example)
        found = True
    tally.agreeing += not found


def _differences(ours: list[Entry], theirs: list[Entry], tally: Tally) -> Iterator[tuple[str, str]]:
    pairs, ours_only, theirs_only = _paired(ours, theirs)
    known = {key for entry in ours for key in entry.keys[:2] if key}
    for entry in ours_only:
        yield "entry: only scanner has it", entry.title
    for entry in theirs_only:
        again = entry.keys[0] in known or entry.keys[1] in known
        yield f"entry: only feedparser has it{', a repeated id' if again else ''}", entry.title
    for mine, other in pairs:
        tally.paired += 1
        for name, kind in (
            ("title", _title(mine, other)),
            ("link", _link(mine, other)),
            ("date", _date(mine, other)),
            ("text", _text(mine, other)),
        ):
            tally.same[name] += kind is None
            if kind:
                yield f"{name}: {kind}", _told(name, mine, other)


def _paired(
    ours: list[Entry], theirs: list[Entry]
) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    """By guid, then link, then title; what is left, in order, where as many are left on each side.

    scanner drops repetitions and cards, so position alone would shift the rest.
    """
    left, found = dict(enumerate(theirs)), dict[int, Entry]()
    for at in range(3):
        shelf: dict[str, list[int]] = defaultdict(list)
        for number, entry in left.items():
            if entry.keys[at]:
                shelf[entry.keys[at]].append(number)
        for number, entry in enumerate(ours):
            if number not in found and shelf.get(entry.keys[at]):
                found[number] = left.pop(shelf[entry.keys[at]].pop(0))
    strangers = [number for number in range(len(ours)) if number not in found]
    if len(strangers) == len(left):
        found |= zip(strangers, left.values(), strict=True)
        strangers, left = [], {}
    pairs = [(ours[number], other) for number, other in sorted(found.items())]
    return pairs, [ours[number] for number in strangers], list(left.values())


def _title(mine: Entry, other: Entry) -> str | None:
    if _folded(mine.title) == _folded(other.title):
        return None
    if not other.title:
        return "feedparser has none (made from the text)"
    if not mine.title:
        return "scanner has none"
    return _by_words(mine.title, other.title)


def _text(mine: Entry, other: Entry) -> str | None:
    if _folded(mine.text) == _folded(other.text):
        return None
    if not other.text:
        return "feedparser has none"
    if not mine.text:
        return "scanner has none"
    return _by_words(mine.text, other.text)


def _by_words(mine: str, other: str) -> str:
    ours, theirs = (" ".join(_WORD.findall(side)) for side in (mine, other))
    if ours == theirs:
        return "same words, other signs"
    if theirs in ours:
        return "scanner has more"
    if ours in theirs:
        return "scanner has less"
    return "other words"


def _link(mine: Entry, other: Entry) -> str | None:
    if mine.link == other.link:
        return None
    if not other.link:
        return "feedparser has none"
    if not mine.link:
        return "scanner has none"
    for name in ("origlink", "id", "comments"):
        if mine.link == other.hints[name].strip():
            return f"scanner takes the {name}"
    if _page(mine.link) == _page(other.link):
        return "same page, written otherwise"
    if not urlsplit(other.link).scheme:
        return "feedparser's is relative"
    return "another page"


def _page(url: str) -> str:
    parts = urlsplit(re.sub(r"\s", "", unquote(url)))
    return f"{(parts.netloc).lower()}{parts.path.rstrip('/')}?{parts.query}"


def _date(mine: Entry, other: Entry) -> str | None:
    if mine.date is None or other.date is None:
        if mine.date is other.date:
            return None
        return "feedparser has none" if other.date is None else "scanner has none"
    apart = abs((mine.date.replace(microsecond=0) - other.date).total_seconds())
    if apart < 1:
        return None
    # zones go by quarters of an hour, up to 14 hours from UTC
    return "another zone" if apart % 900 == 0 and apart <= 14 * 3600 else "another moment"


def _folded(words: str) -> str:
    return " ".join(words.split())


def _told(name: str, mine: Entry, other: Entry) -> str:
    ours, theirs = (str(getattr(side, name)) for side in (mine, other))
    if name in ("text", "title"):
        ours, theirs = _folded(ours), _folded(theirs)
        at = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None)
        start = max((min(len(ours), len(theirs)) if at is None else at) - 20, 0)
        ours, theirs = ours[start : start + 60], theirs[start : start + 60]
    return f"{ours!r} | {theirs!r}"


# --- tables ---------------------------------------------------------------------------------------


def _print_speed(totals: dict[str, list[Reading]]) -> None:
    print(f"{'parser':22} {'entries':>8} {'not read':>8} {'parse s':>8} {'words s':>8}", end="")
    print(f" {'entries/s parsed':>17} {'and read':>9} {'ms a document':>14}")
    for name, readings in totals.items():
        entries = sum(len(reading.entries or ()) for reading in readings)
        parsing, reading = sum(r.parse for r in readings), sum(r.read for r in readings)
        failed = sum(r.entries is None for r in readings)
        print(f"{name:22} {entries:8,} {failed:8} {parsing:8.2f} {reading:8.2f}", end="")
        print(f" {entries / parsing:17,.0f} {entries / (parsing + reading):9,.0f}", end="")
        print(f" {1000 * parsing / len(readings):14.2f}")


def _print_agreement(mode: str, tally: Tally, show: int) -> None:
    print(f"\nwith feedparser, {mode}: {tally.documents} documents read by both, ", end="")
    print(
        f"{tally.agreeing} without any difference; of {tally.paired:,} entries the same: ", end=""
    )
    share = (f"{name} {tally.same[name] / max(tally.paired, 1):.2%}" for name in FIELDS)
    print(", ".join(share))
    for label in sorted(tally.classes):
        documents = tally.classes[label]
        print(f"\n  {label}: {sum(map(len, documents.values()))} in {len(documents)} documents")
        _print_documents(documents.items(), show)


def _print_documents(documents: Iterable[tuple[str, list[str]]], show: int) -> None:
    for document, examples in sorted(documents, key=lambda item: -len(item[1])):
        print(f"    {len(examples):5} {text.printable(document)}")
        for example in [one for one in examples if one][:show]:
            print(f"            {text.printable(example)}")


if __name__ == "__main__":
    main()
