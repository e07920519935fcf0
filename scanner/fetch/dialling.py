"""Sockets under a deadline, dialled to addresses that were checked first.

In: a host and port, an Exchange (one feed's time, over all its redirects). Out: a connected
socket. A read timeout is no deadline (a byte a second renews it for ever), so a watchdog calls
`Exchange.cut`, which shuts the socket down under whoever is reading it.

Touches: the network, the clock.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from scanner.fetch.addresses import refusal
from scanner.fetch.answers import Refused, Trouble

_CONNECT = 5.0
"""Seconds to connect to one address, the limit in the design; a handshake over the Atlantic with
two lost packets takes about four."""
_STEP = 0.1
"""Seconds between two looks of somebody who waits for a place."""
_MAX_TRIES = 4
"""Addresses of one host that are tried."""
_ALLOW = "if that is meant, set `allow_private = true` on the feed"
_NETWORK = "check the address and your network"


class Exchange:
    """One feed's time on the network: a deadline, and the socket in use."""

    def __init__(self, seconds: float) -> None:
        """Start the clock."""
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        self.fresh = True
        """Whether the last connection was opened for this request, not kept from an earlier."""
        self.asked = False
        """Whether a server has answered already: this is a redirect."""
        self.reached = False
        """Whether any host took a connection."""
        self._socket: socket.socket | None = None
        self._cut = False
        self._lock = threading.Lock()

    def remaining(self) -> float:
        """Give the seconds left; raises Trouble when none are, or after a cut."""
        left = self.deadline - time.monotonic()
        if left <= 0 or self._cut:
            raise self.late()
        return left

    def late(self) -> Trouble:
        """Say that the time is over."""
        return Trouble(
            f"no whole answer within {self.seconds:g} s",
            "the server is slow or down: it is asked again later; `timeout` sets the limit",
            offline=not self.reached,
        )

    def wait_for(self, room: threading.Semaphore) -> None:
        """Take a place, and as much more time as it took to get one; raises Trouble.

        At most as long again as the feed has: who then still waits is asked another time.
        """
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            self.deadline += _STEP  # before, or the watchdog would end the wait
            if room.acquire(timeout=_STEP):
                return
            self.remaining()
        hint = "nothing to do: it is asked again later"
        raise Trouble("too many large feeds came at the same time", hint)

    def hold(self, sock: socket.socket) -> None:
        """Note the socket that waits for the server now."""
        with self._lock:
            self._socket = sock
        if self._cut:
            self.cut()
        self.remaining()

    def drop(self) -> None:
        """Forget the socket: it may serve another exchange from now on."""
        with self._lock:
            self._socket = None

    def cut(self) -> None:
        """End it: whoever reads or writes the socket wakes up with an error or an end."""
        with self._lock:
            self._cut = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


def dial(exchange: Exchange, host: str, port: int, *, guarded: bool) -> socket.socket:
    """Resolve once, and connect to an address that was checked: never to the name again.

    Of a name with public and private addresses only the public ones are dialled. Raises Trouble.
    """
    shown = host[:100]
    found = _resolve(exchange, host.strip("[]"), port)
    if guarded:
        words = [refusal(str(address[0])) for _, address in found]
        found = [each for each, word in zip(found, words, strict=True) if word is None]
        if not found:
            why = f"refused to ask {shown}: it is {words[0]}"
            raise Trouble(why, _ALLOW) if exchange.asked else Refused(why, _ALLOW)
    last = Trouble(f"{shown} has no address", _NETWORK, offline=True)
    for family, address in found[:_MAX_TRIES]:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(min(_CONNECT, exchange.remaining()))
            exchange.hold(sock)
            sock.connect(address)
        except OSError as error:
            sock.close()
            exchange.drop()
            exchange.remaining()
            last = _unreached(shown, error)
        except Trouble:
            sock.close()
            raise
        else:
            exchange.reached = True
            return sock
    raise last


_Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


def _resolve(
    exchange: Exchange, host: str, port: int
) -> list[tuple[socket.AddressFamily, _Address]]:
    exchange.remaining()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        why = f"the name {host[:100]} could not be resolved"
        raise Trouble(why, _NETWORK, offline=True) from None
    return [(family, address) for family, _, _, _, address in found]


def _unreached(host: str, error: OSError) -> Trouble:
    if isinstance(error, TimeoutError):
        what = "does not take the connection"
    elif isinstance(error, ConnectionRefusedError):
        what = "refused the connection"
    else:
        what = f"cannot be reached ({error.strerror or 'no route'})"
    return Trouble(f"{host} {what}", _NETWORK, offline=True)
