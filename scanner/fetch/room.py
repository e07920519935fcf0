"""Room for large bodies: few at once, so that memory is bounded whatever servers send.

In: the size that a body has reached. Out: leave to grow on, perhaps after a wait.
32 feeds at once with the largest body that is allowed took 480 MB; now they take turns.

Touches: the clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scanner.fetch.dialling import Exchange

_LARGE = 512 * 1024
"""Bytes, decoded, from which a body is large: 366 of 374 real feeds are smaller."""
_PLACES = 3
"""Large bodies at once: 30 MB under the default cap."""


class Room:
    """The places of one run. Used by many threads."""

    def __init__(self) -> None:
        """Begin with all of them free."""
        self._places = threading.Semaphore(_PLACES)

    @contextmanager
    def place(self, exchange: Exchange) -> Iterator[Callable[[int], None]]:
        """Give what is to be told each size that a body reaches; it waits where it must."""
        taken = False

        def swell(size: int) -> None:
            nonlocal taken
            if not taken and size > _LARGE:
                exchange.wait_for(self._places)
                taken = True

        try:
            yield swell
        finally:
            if taken:
                self._places.release()
