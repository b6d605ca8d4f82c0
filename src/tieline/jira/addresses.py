"""What kind of place an IP address is, by our own table.

The rows are those of IANA's special-purpose registries, with multicast, site-local and the metadata services of
the large hosters added. The standard library's ``is_global`` is not asked: it calls several of these public.

<https://www.iana.org/assignments/iana-ipv4-special-registry>
<https://www.iana.org/assignments/iana-ipv6-special-registry>
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Verdict(StrEnum):
    """What an address is. Only ``PUBLIC`` needs no permission; ``METADATA`` can be given none."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    METADATA = "metadata"
    MULTICAST = "multicast"
    RESERVED = "reserved"


_METADATA_V4 = (
    "169.254.0.0/16",
    "168.63.129.16/32",
    "100.100.100.200/32",
    "192.0.0.192/32",
)
_METADATA_V6 = (
    "fe80::/10",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
    "fd00:c1::a9fe:a9fe/128",
    "fd00:42::42/128",
)

_IPV4_ROWS: tuple[tuple[str, Verdict], ...] = (
    *((text, Verdict.METADATA) for text in _METADATA_V4),
    ("0.0.0.0/8", Verdict.LOOPBACK),
    ("10.0.0.0/8", Verdict.PRIVATE),
    ("100.64.0.0/10", Verdict.PRIVATE),
    ("127.0.0.0/8", Verdict.LOOPBACK),
    ("172.16.0.0/12", Verdict.PRIVATE),
    ("192.0.0.0/24", Verdict.RESERVED),
    ("192.0.2.0/24", Verdict.RESERVED),
    ("192.31.196.0/24", Verdict.RESERVED),
    ("192.52.193.0/24", Verdict.RESERVED),
    ("192.88.99.0/24", Verdict.RESERVED),
    ("192.168.0.0/16", Verdict.PRIVATE),
    ("192.175.48.0/24", Verdict.RESERVED),
    ("198.18.0.0/15", Verdict.PRIVATE),
    ("198.51.100.0/24", Verdict.RESERVED),
    ("203.0.113.0/24", Verdict.RESERVED),
    ("224.0.0.0/4", Verdict.MULTICAST),
    ("240.0.0.0/4", Verdict.RESERVED),
)

_IPV6_ROWS: tuple[tuple[str, Verdict], ...] = (
    *((text, Verdict.METADATA) for text in _METADATA_V6),
    ("::/128", Verdict.LOOPBACK),
    ("::1/128", Verdict.LOOPBACK),
    ("64:ff9b:1::/48", Verdict.PRIVATE),
    ("100::/64", Verdict.RESERVED),
    ("100:0:0:1::/64", Verdict.RESERVED),
    ("2001::/23", Verdict.RESERVED),
    ("2001:db8::/32", Verdict.RESERVED),
    ("2620:4f:8000::/48", Verdict.RESERVED),
    ("3fff::/20", Verdict.RESERVED),
    ("5f00::/16", Verdict.RESERVED),
    ("fc00::/7", Verdict.PRIVATE),
    ("fec0::/10", Verdict.PRIVATE),
    ("ff00::/8", Verdict.MULTICAST),
    ("2000::/3", Verdict.PUBLIC),
)

_V4 = tuple((ipaddress.IPv4Network(text), verdict) for text, verdict in _IPV4_ROWS)
_V6 = tuple((ipaddress.IPv6Network(text), verdict) for text, verdict in _IPV6_ROWS)

_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_TEREDO = ipaddress.IPv6Network("2001::/32")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")

METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"})
"""Names of metadata services, refused before anything is resolved."""


def parse_address(text: str) -> Address | None:
    """An IP address in its plain spelling, an IPv6 zone cut off; None for everything else."""
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def judge(address: str | Address) -> Verdict:
    """The verdict on one address. Text that is no address is ``RESERVED``: nobody may go there."""
    ip = parse_address(address) if isinstance(address, str) else address
    if ip is None:
        return Verdict.RESERVED
    if isinstance(ip, ipaddress.IPv4Address):
        return _judge_v4(ip)
    return _judge_v6(ip)


def _judge_v4(ip: ipaddress.IPv4Address) -> Verdict:
    return next((verdict for network, verdict in _V4 if ip in network), Verdict.PUBLIC)


def _judge_v6(ip: ipaddress.IPv6Address) -> Verdict:
    whole = int(ip)
    low = ipaddress.IPv4Address(whole & 0xFFFFFFFF)
    if ip in _MAPPED or ip in _NAT64:
        return _judge_v4(low)
    if ip in _TRANSLATED or (ip in _COMPATIBLE and whole > 1):
        return _tunnelled(low)
    if ip in _SIX_TO_FOUR:
        return _tunnelled(ipaddress.IPv4Address(whole >> 80 & 0xFFFFFFFF))
    if ip in _TEREDO:
        client = ipaddress.IPv4Address(~whole & 0xFFFFFFFF)
        return _tunnelled(ipaddress.IPv4Address(whole >> 64 & 0xFFFFFFFF), client)
    if ip in _NAT64_LOCAL and _tunnelled(low, _nat64_48(whole)) is Verdict.METADATA:
        return Verdict.METADATA
    return next((verdict for network, verdict in _V6 if ip in network), Verdict.RESERVED)


def _tunnelled(*inside: ipaddress.IPv4Address) -> Verdict:
    """IPv4 carried in an IPv6 form that no public server is reached by: never public."""
    verdicts = [_judge_v4(ip) for ip in inside]
    order = (Verdict.METADATA, Verdict.LOOPBACK, Verdict.PRIVATE, Verdict.MULTICAST)
    return next((verdict for verdict in order if verdict in verdicts), Verdict.RESERVED)


def _nat64_48(whole: int) -> ipaddress.IPv4Address:
    """The IPv4 address in a /48 NAT64 prefix: bits 48-63 and 72-87 (RFC 6052, section 2.2)."""
    return ipaddress.IPv4Address((whole >> 64 & 0xFFFF) << 16 | whole >> 40 & 0xFFFF)
