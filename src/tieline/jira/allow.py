"""The operator's list of places that are not public and may be called all the same."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tieline.jira.addresses import METADATA_NAMES, Address, Verdict, judge, parse_address

_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")


def plain_host(host: str) -> str:
    """A host as it is compared: lower case, without brackets, the dot at the end or an IPv6 zone."""
    return host.lower().strip("[]").partition("%")[0].removesuffix(".")


@dataclass(frozen=True, kw_only=True)
class AllowedName:
    """One host by name, on one port."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class AllowedNetwork:
    """One address or network; ``port`` None is every port."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    port: int | None = None


@dataclass(frozen=True, kw_only=True)
class AllowList:
    """What the operator lets through. An entry allows what it names and nothing else; metadata services never."""

    entries: tuple[AllowedName | AllowedNetwork, ...] = ()

    def allows(self, host: str, port: int, address: str) -> bool:
        """May ``address``, to which ``host`` resolved, be called on ``port`` although it is not public?"""
        ip = parse_address(address)
        if ip is None or judge(ip) is Verdict.METADATA or plain_host(host) in METADATA_NAMES:
            return False
        return any(_matches(entry, plain_host(host), port, ip) for entry in self.entries)


def _matches(entry: AllowedName | AllowedNetwork, host: str, port: int, ip: Address) -> bool:
    if isinstance(entry, AllowedName):
        return entry.host == host and entry.port == port
    return entry.port in (None, port) and ip.version == entry.network.version and ip in entry.network


def parse_allow_list(texts: Iterable[str]) -> AllowList:
    """Read entries ``host:port``, ``network`` or ``network:port`` (IPv6 with a port in brackets).

    Blank texts are skipped. Raises ``ValueError`` with a sentence that names the entry and the form it should have.
    """
    return AllowList(entries=tuple(parse_entry(text) for text in texts if text.strip()))


def parse_entry(text: str) -> AllowedName | AllowedNetwork:
    """Read one entry; see :func:`parse_allow_list`."""
    entry = text.strip()
    network = _parse_network(entry)
    if network is not None:
        return AllowedNetwork(network=network)
    head, colon, tail = entry.rpartition(":")
    port = int(tail) if tail.isascii() and tail.isdigit() else 0
    if not colon or not 1 <= port <= 65535:
        raise ValueError(f'"{entry}" names no port. Write host:port, a network such as 10.1.0.0/16, or network:port.')
    network = _parse_network(head)
    if network is not None:
        return AllowedNetwork(network=network, port=port)
    if not _NAME.fullmatch(head.lower()):
        raise ValueError(f'"{head}" is not a host name or network. Write host:port, such as jira.corp:8443.')
    return AllowedName(host=plain_host(head), port=port)


def _parse_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if text.startswith("["):
        inside, _, after = text[1:].partition("]")
        if after and not after.startswith("/"):
            return None
        text = inside + after
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None
