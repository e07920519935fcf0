"""Which addresses may be dialled: public ones, and nothing on this machine or a private network.

In: the address that is about to be dialled, as the socket will get it (never a host name: names
lie, resolve twice, and have a dozen spellings). Out: None where it may be dialled, else a word for
what it is. Forms of IPv6 that carry an IPv4 address are judged by the address they carry.

Touches: nothing.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# IANA special-purpose registries for IPv4 and IPv6, read 2026-11. Not `is_global`: it is true for
# the NAT64 and 6to4 forms of 169.254.169.254.
_REFUSED_V4 = tuple(
    (ip_network(network), word)
    for network, word in (
        ("0.0.0.0/8", "this machine"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a carrier's private network"),
        ("127.0.0.0/8", "this machine"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("192.88.99.0/24", "a reserved address"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "a reserved address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
_REFUSED_V6 = tuple(
    (ip_network(network), word)
    for network, word in (
        ("::/128", "this machine"),
        ("::1/128", "this machine"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private network"),
        ("ff00::/8", "a multicast address"),
        ("2001:2::/48", "a reserved address"),
        ("2001:10::/28", "a reserved address"),
        ("2001:20::/28", "a reserved address"),
        ("2001:db8::/32", "a documentation address"),
        ("3fff::/20", "a documentation address"),
    )
)
_GLOBAL_V6 = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")
_WORD = 0xFFFFFFFF
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""Before the IPv4 address in an interface's identifier: a private one's, a public one's."""


@lru_cache(maxsize=4096)
def refusal(address: str) -> str | None:
    """Say what kind of address this is where it must not be dialled; None: it is public.

    `address` is the first item of a socket address (a scope, `%eth0`, is allowed). What is no
    address at all is refused too.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return "no address"
    if isinstance(found, IPv4Address):
        return _refusal_v4(found)
    found = IPv6Address(int(found))  # without its scope: a scoped address is in no network
    refused = next((word for network, word in _REFUSED_V6 if found in network), None)
    if refused is not None:
        return refused
    translated = _translated(found)
    carried = (*translated, *_tunnelled(found))
    refused = next((word for each in carried if (word := _refusal_v4(each)) is not None), None)
    if refused is not None:
        return refused
    return None if translated or found in _GLOBAL_V6 else "a reserved address"


def _refusal_v4(address: IPv4Address) -> str | None:
    return next((word for network, word in _REFUSED_V4 if address in network), None)


def _translated(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Give the IPv4 address that this one is: mapped, compatible (RFC 4291), NAT64 (RFC 6052)."""
    if address.ipv4_mapped is not None or address in _NAT64 or address in _COMPATIBLE:
        return (_last(address),)
    return ()


def _tunnelled(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Give the IPv4 addresses that packets for this one are sent to: Teredo's server and client
    (RFC 4380), 6to4 (RFC 3056), ISATAP below any prefix, that of 6to4 too (RFC 5214)."""
    if address.teredo is not None:
        return address.teredo
    gateway = () if address.sixtofour is None else (address.sixtofour,)
    if int(address) >> 32 & _WORD in _ISATAP:
        return (*gateway, _last(address))
    return gateway


def _last(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & _WORD)
