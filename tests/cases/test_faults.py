"""Everything at once: every fault the server knows, beside five feeds that are well."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.cases.child import CAN_MEASURE, Measured, measured
from tests.cases.pages import BROKEN, ODD, document, fine

WELL = [f"/well/{n}" for n in range(5)]


@pytest.mark.case("N18")
@pytest.mark.skipif(not CAN_MEASURE, reason="memory is read from /proc")
def test_no_fault_takes_another_feed_down(world, idle: Measured):
    """Beside all that is broken or odd, the feeds that are well are read and stored.

    Each has a site of its own; what is broken is told in a line each, within the deadline.
    """
    world.server.pages |= {path: fine(document(4, path.replace("/", ""))) for path in WELL}
    paths = [*BROKEN, *ODD, *WELL]
    sites = {path: world.server.url(path, door=world.server.door()) for path in paths}
    world.watch(
        *((url, f"name = '{path}'") for path, url in sites.items()),
        fetch='allow_private = true\ntimeout = "2s"',
    )

    ran = measured(world.cli, "scan", "--limit", "0")

    assert ran.code == 3
    assert "Traceback" not in ran.err
    assert ran.cpu < 30
    # the deadline of 2 s, and what parsing takes; a busy machine shows in the idle scan too
    assert ran.seconds < 20 + 3 * idle.seconds
    assert ran.peak - idle.peak < 150e6
    assert {request.path for request in world.server.log} >= set(paths)
    stored = Counter(post.feed for post in world.posts)
    assert {path: stored[path] for path in WELL} == dict.fromkeys(WELL, 4)
    assert {path: stored[path] for path in BROKEN} == dict.fromkeys(BROKEN, 0)
    assert [path for path in ODD if not stored[path]] in ([], ["/deep"])
    told = Counter(line.partition(": ")[0] for line in ran.err.splitlines())
    assert {path: told[path] for path in BROKEN} == dict.fromkeys(BROKEN, 1)
    assert not {path for path in WELL if told[path]}

    asked = len(world.server.log)
    assert measured(world.cli, "scan").code == 3
    assert len(world.server.log) == asked, "nobody is asked again within the hour"
