"""Which addresses may be dialled, in every spelling that reaches a socket."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.fetch.addresses import refusal

PRIVATE_V4 = {
    "0.0.0.0": "this machine",
    "10.1.2.3": "a private network",
    "100.64.0.1": "a carrier's private network",
    "127.0.0.1": "this machine",
    "127.255.255.254": "this machine",
    "169.254.169.254": "a link-local address",
    "172.16.0.1": "a private network",
    "172.31.255.255": "a private network",
    "192.0.0.8": "a reserved address",
    "192.168.1.1": "a private network",
    "198.18.0.1": "a reserved address",
    "203.0.113.9": "a documentation address",
    "224.0.0.251": "a multicast address",
    "255.255.255.255": "a reserved address",
}
PRIVATE_V6 = {
    "::": "this machine",
    "::1": "this machine",
    "fc00::1": "a private network",
    "fd12:3456::1": "a private network",
    "fe80::1": "a link-local address",
    "fe80::1%eth0": "a link-local address",
    "febf::1": "a link-local address",
    "ff02::1": "a multicast address",
    "2001:db8::1": "a documentation address",
    "100::1": "a reserved address",
    "64:ff9b:1::1": "a reserved address",
    "4000::5efe:808:808": "a reserved address",
}
CARRIERS = {
    "mapped": lambda n: f"::ffff:{n >> 16:x}:{n & 0xFFFF:x}",
    "compatible": lambda n: f"::{n >> 16:x}:{n & 0xFFFF:x}",
    "NAT64": lambda n: f"64:ff9b::{n >> 16:x}:{n & 0xFFFF:x}",
    "6to4": lambda n: f"2002:{n >> 16:x}:{n & 0xFFFF:x}::1",
    "Teredo server": lambda n: f"2001:0:{n >> 16:x}:{n & 0xFFFF:x}::f7f7:f7f7",
    "ISATAP": lambda n: f"2606:4700::5efe:{n >> 16:x}:{n & 0xFFFF:x}",
    "ISATAP, public": lambda n: f"2606:4700:0:0:200:5efe:{n >> 16:x}:{n & 0xFFFF:x}",
    "ISATAP below 6to4": lambda n: f"2002:808:808:0:0:5efe:{n >> 16:x}:{n & 0xFFFF:x}",
    "Teredo client": lambda n: f"2001:0:808:808::{~n >> 16 & 0xFFFF:x}:{~n & 0xFFFF:x}",
}
PUBLIC = ("8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "2606:4700::1111")


def number(address: str) -> int:
    return int.from_bytes(socket.inet_aton(address), "big")


@pytest.mark.case("S01")
@pytest.mark.parametrize(("address", "word"), (PRIVATE_V4 | PRIVATE_V6).items())
def test_addresses_that_are_not_public_are_refused_by_name(address, word):
    """Every private, local or reserved range is refused and named."""
    assert refusal(address) == word


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address):
    """A public address beside a private range is not refused."""
    assert refusal(address) is None


@pytest.mark.case("S03")
@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(("address", "word"), PRIVATE_V4.items())
def test_private_addresses_are_found_inside_ipv6(carrier, address, word):
    """An IPv4 address carried in IPv6 is judged as itself."""
    if carrier == "compatible" and address == "0.0.0.0":
        assert refusal("::") == "this machine"
    else:
        assert refusal(CARRIERS[carrier](number(address))) == word


@pytest.mark.parametrize("carrier", CARRIERS)
def test_public_addresses_inside_ipv6_are_let_through(carrier):
    """NAT64 and its like may carry a public address: networks without IPv4 need it."""
    assert refusal(CARRIERS[carrier](number("8.8.8.8"))) is None


@pytest.mark.parametrize("text", ["", "example.org", "127.1", "0x7f.1", "1.2.3.4.5", "::g"])
def test_what_is_no_address_is_refused(text):
    """Only a numeric address can be judged; a name never gets through."""
    assert refusal(text) == "no address"


@settings(max_examples=200, deadline=None)
@given(st.ip_addresses(network="2000::/3"), st.ip_addresses(v=4))
def test_an_ipv6_address_is_never_better_than_what_it_carries(outer, inner):
    """Whatever the carrier, a refused IPv4 address stays refused, and a public one public."""
    assert refusal(str(outer)) is None or refusal(str(outer)) in set(
        (PRIVATE_V4 | PRIVATE_V6).values()
    )
    plain = refusal(str(inner))
    for name in ("mapped", "NAT64", "6to4", "ISATAP", "Teredo server"):
        assert refusal(CARRIERS[name](int(inner))) == plain
