"""Which addresses are public, read from the RFCs alone: nothing here knows how `fetch` tells it.

In: 4 or 16 bytes as a socket packs them. Out: whether they may be dialled.
Sources: IANA's special-purpose registries (RFC 6890, RFC 8190); RFC 4291 (2.5.5: mapped and
compatible), RFC 6052 (2.1: NAT64's well-known prefix), RFC 8215 (NAT64 within a network), RFC 3056
(2: 6to4), RFC 4380 (4: Teredo, the client's address with its bits turned over), RFC 5214 (6.1:
ISATAP, below any prefix).
Left out on purpose, since nothing in the address tells: NAT64 and 6rd below an operator's own
prefix (RFC 6052, RFC 5969), and 6over4 (RFC 2529), which looks like any low number.

Touches: nothing.
"""

from __future__ import annotations

_NOT_GLOBAL_4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
_NOT_GLOBAL_6 = (
    # First bits in hexadecimal, and how many of them. Benchmarking (RFC 5180), ORCHID (RFC 4843
    # and 7343: names, not places), documentation (RFC 3849, RFC 9637).
    ("200100020000", 48), ("20010010", 28), ("20010020", 28), ("20010db8", 32), ("3fff0", 20),
)  # fmt: skip


def is_public(packed: bytes) -> bool:
    """Whether this is an address of the public internet, and every IPv4 address inside it."""
    if len(packed) == 4:
        return not any(_within(packed, network) for network in _NOT_GLOBAL_4)
    bits = _bits(packed)
    translated = _translated(packed)
    if not translated and bits[:3] != "001":  # all global unicast so far (RFC 4291, 2.4)
        return False
    if any(bits[:length] == _hexadecimal(start)[:length] for start, length in _NOT_GLOBAL_6):
        return False
    return all(map(is_public, translated + _tunnelled(packed)))


def _translated(packed: bytes) -> list[bytes]:
    zeros = bytes(10)
    if packed[:12] in (zeros + b"\xff\xff", zeros + b"\0\0", b"\0\x64\xff\x9b" + bytes(8)):
        return [packed[12:]]
    return []


def _tunnelled(packed: bytes) -> list[bytes]:
    inside = []
    if packed[:2] == b"\x20\x02":
        inside.append(packed[2:6])
    if packed[:4] == b"\x20\x01\0\0":
        inside += [packed[4:8], bytes(byte ^ 0xFF for byte in packed[12:])]
    elif packed[8:12] in (b"\0\0\x5e\xfe", b"\x02\0\x5e\xfe"):
        inside.append(packed[12:])
    return inside


def _within(packed: bytes, network: str) -> bool:
    start, _, length = network.partition("/")
    prefix = bytes(map(int, start.split(".")))
    return _bits(packed)[: int(length)] == _bits(prefix)[: int(length)]


def _bits(packed: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in packed)


def _hexadecimal(digits: str) -> str:
    return "".join(f"{int(digit, 16):04b}" for digit in digits)
