"""The benchmarks are run by hand; that they still start, and their server answers, is tested."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.mark.parametrize(
    "script", ["side_by_side.py", "parsing.py", "store.py", "large.py", "trust.py"]
)
def test_help_works(script):
    """Each script says how it is used, without starting any work."""
    told = subprocess.run(
        [sys.executable, BENCHMARKS / script, "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert told.stdout.startswith(f"usage: {script} ")


def test_the_server_serves_a_feed_once_and_then_a_304():
    """Whole and packed the first time; "not modified" to a conditional request; both counted."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(BENCHMARKS / "server.py"), str(port), "0", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server, requests.Session() as client:
        try:
            assert server.stdout
            assert server.stdout.readline().startswith(b"serving 5 feeds")
            at = f"http://127.0.0.1:{port}"
            first = client.get(f"{at}/f/0.xml", timeout=10)
            known = {"If-None-Match": first.headers["ETag"]}
            again = client.get(f"{at}/f/0.xml", headers=known, timeout=10)
            since = {"If-Modified-Since": first.headers["Last-Modified"]}
            still = client.get(f"{at}/f/0.xml", headers=since, timeout=10)
            none = client.get(f"{at}/f/5.xml", timeout=10)
            stats = client.get(f"{at}/stats", timeout=10).json()
        finally:
            server.kill()
    assert first.headers["Content-Encoding"] == "gzip"
    assert 25 <= len(re.findall("<item>", first.text)) <= 35
    assert (again.status_code, again.content) == (304, b"")
    assert (still.status_code, none.status_code) == (304, 404)
    assert stats == {"r200": 1, "r304": 2}
