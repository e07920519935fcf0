"""What every test may use: a command line in a folder of its own, and feeds made on the spot."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import settings
from typer.testing import CliRunner

from scanner.records import Matched, Mention, Post, Where


def _modes_bind() -> bool:
    """Whether file modes hold for this process: root passes them, unless that right was dropped."""
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0)
        return not os.access(file.name, os.R_OK)


_PASSED = pytest.mark.skipif(not _modes_bind(), reason="root passes file modes; CI runs -m modes")


def where_modes_bind(test: Any) -> Any:
    """Mark a test that only means something where file modes hold."""
    return pytest.mark.modes(_PASSED(test))


# Started by nohup or in a script's background, we ignore Ctrl-C, and so would what the tests start.
with suppress(ValueError):
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("house", deadline=None, max_examples=60)
settings.load_profile("house")


@dataclass(frozen=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """stdout as JSON."""
        return json.loads(self.out)

    @property
    def rows(self):
        """stdout as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Cli:
    """`scanner` in a folder of its own, with an empty home, no terminal and 80 columns."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.environ = {
            "HOME": str(folder / "home"),
            "XDG_CONFIG_HOME": str(folder / "home/.config"),
            "XDG_DATA_HOME": str(folder / "home/.local/share"),
            "SCANNER_DB": "",
            "SCANNER_CONFIG": "",
            "NO_COLOR": "1",
            "FORCE_COLOR": "",
            "COLUMNS": "80",
            "TERM": "xterm",
        }

    def __call__(self, *arguments: object, stdin: str | None = None, **environ: str) -> Ran:
        """Run a command line in this process."""
        from scanner.cli.app import app

        ran = CliRunner().invoke(
            app,
            [str(argument) for argument in arguments],
            input=stdin,
            env=self.environ | environ,
            prog_name="scanner",
        )
        return Ran(ran.exit_code, ran.stdout, ran.stderr)

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def config(self, *feeds: str, brand: str = 'name = "Acme"', more: str = "") -> Path:
        """Write ./scanner.toml with one brand and these feeds."""
        rows = "\n".join(f'[[feeds]]\nurl = "{feed}"\nallow_private = true\n' for feed in feeds)
        return self.write("scanner.toml", f"{more}\n[[brands]]\n{brand}\n\n{rows}")


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """`scanner`, ready to run."""
    monkeypatch.chdir(tmp_path)
    return Cli(tmp_path)


def rss(posts: Sequence[dict[str, object]], title: str = "Feed") -> str:
    """An RSS 2.0 document of posts: title, text (HTML), when (datetime), author, comments."""
    items = []
    for number, post in enumerate(posts, 1):
        when = post.get("when")
        parts = {
            "title": post.get("title", f"Post {number}"),
            "link": post.get("url", f"https://posts.example/{number}"),
            "guid": post.get("guid", f"guid-{number}"),
            "description": post.get("text", ""),
            "pubDate": format_datetime(when) if isinstance(when, datetime) else None,
            "dc:creator": post.get("author"),
            "slash:comments": post.get("comments"),
        }
        body = "".join(
            f"<{tag}>{escape(str(value))}</{tag}>"
            for tag, value in parts.items()
            if value is not None
        )
        items.append(f"<item>{body}</item>")
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/">'
        f"<channel><title>{escape(title)}</title><link>https://posts.example/</link>"
        f"<description>d</description>{''.join(items)}</channel></rss>"
    )


def matched(
    text: str = "",
    *,
    title: str = "",
    brand: str = "Acme",
    rival: str = "Globex",
    **post: Any,
) -> Matched:
    """A post that names a brand, and perhaps a rival, wherever these words stand in it."""
    whole = Post(
        feed_url="https://feed.example/",
        feed="feed",
        guid=title + text[:50],
        url=None,
        title=title,
        text=text,
        **({"language": "en"} | post),
    )
    return Matched(whole, brand, _named(brand, title, text), _named(rival, title, text))


def _named(name: str, title: str, text: str) -> tuple[Mention, ...]:
    places: list[tuple[Where, int]] = []
    places += [("title", at) for at in range(len(title)) if title.startswith(name, at)]
    places += [("text", at) for at in range(len(text)) if text.startswith(name, at)]
    return tuple(Mention(name, name, where, at, at + len(name), "name") for where, at in places)
