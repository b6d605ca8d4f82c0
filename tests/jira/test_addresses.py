from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieline.jira.addresses import Verdict, judge
from tieline.jira.allow import AllowedName, AllowList, parse_allow_list

# One member of each row of IANA's special-purpose registries, and of what was added to them.
ROWS = [
    ("0.0.0.0", Verdict.LOOPBACK),
    ("0.1.2.3", Verdict.LOOPBACK),
    ("10.0.0.5", Verdict.PRIVATE),
    ("100.64.0.1", Verdict.PRIVATE),
    ("127.0.0.1", Verdict.LOOPBACK),
    ("127.255.255.254", Verdict.LOOPBACK),
    ("169.254.1.1", Verdict.METADATA),
    ("169.254.169.254", Verdict.METADATA),
    ("169.254.170.2", Verdict.METADATA),
    ("172.16.0.1", Verdict.PRIVATE),
    ("172.31.255.255", Verdict.PRIVATE),
    ("192.0.0.1", Verdict.RESERVED),
    ("192.0.0.8", Verdict.RESERVED),
    ("192.0.0.9", Verdict.RESERVED),
    ("192.0.0.10", Verdict.RESERVED),
    ("192.0.0.170", Verdict.RESERVED),
    ("192.0.0.192", Verdict.METADATA),
    ("192.0.2.7", Verdict.RESERVED),
    ("192.31.196.1", Verdict.RESERVED),
    ("192.52.193.1", Verdict.RESERVED),
    ("192.88.99.1", Verdict.RESERVED),
    ("192.168.1.1", Verdict.PRIVATE),
    ("192.175.48.1", Verdict.RESERVED),
    ("198.18.0.1", Verdict.PRIVATE),
    ("198.19.255.1", Verdict.PRIVATE),
    ("198.51.100.1", Verdict.RESERVED),
    ("203.0.113.1", Verdict.RESERVED),
    ("224.0.0.1", Verdict.MULTICAST),
    ("239.255.255.250", Verdict.MULTICAST),
    ("240.0.0.1", Verdict.RESERVED),
    ("255.255.255.255", Verdict.RESERVED),
    ("168.63.129.16", Verdict.METADATA),
    ("100.100.100.200", Verdict.METADATA),
    ("::", Verdict.LOOPBACK),
    ("::1", Verdict.LOOPBACK),
    ("::ffff:127.0.0.1", Verdict.LOOPBACK),
    ("::ffff:10.0.0.5", Verdict.PRIVATE),
    ("::ffff:169.254.169.254", Verdict.METADATA),
    ("::127.0.0.1", Verdict.LOOPBACK),
    ("::169.254.169.254", Verdict.METADATA),
    ("::8.8.8.8", Verdict.RESERVED),
    ("::ffff:0:127.0.0.1", Verdict.LOOPBACK),
    ("::ffff:0:8.8.8.8", Verdict.RESERVED),
    ("64:ff9b::7f00:1", Verdict.LOOPBACK),
    ("64:ff9b::a9fe:a9fe", Verdict.METADATA),
    ("64:ff9b:1::7f00:1", Verdict.PRIVATE),
    ("64:ff9b:1::a9fe:a9fe", Verdict.METADATA),
    ("64:ff9b:1:a9fe:a9:fe00::", Verdict.METADATA),
    ("100::1", Verdict.RESERVED),
    ("100:0:0:1::1", Verdict.RESERVED),
    ("2001:1ff::1", Verdict.RESERVED),
    ("2001:0:808:808:0:0:f7f7:f7f7", Verdict.RESERVED),
    ("2001:0:7f00:1::", Verdict.LOOPBACK),
    ("2001:0:102:304:0:0:5601:5601", Verdict.METADATA),
    ("2001:1::1", Verdict.RESERVED),
    ("2001:2::1", Verdict.RESERVED),
    ("2001:3::1", Verdict.RESERVED),
    ("2001:4:112::1", Verdict.RESERVED),
    ("2001:10::1", Verdict.RESERVED),
    ("2001:20::1", Verdict.RESERVED),
    ("2001:30::1", Verdict.RESERVED),
    ("2001:db8::1", Verdict.RESERVED),
    ("2002:7f00:1::", Verdict.LOOPBACK),
    ("2002:a9fe:a9fe::1", Verdict.METADATA),
    ("2002:808:808::1", Verdict.RESERVED),
    ("2620:4f:8000::1", Verdict.RESERVED),
    ("3fff::1", Verdict.RESERVED),
    ("5f00::1", Verdict.RESERVED),
    ("fc00::1", Verdict.PRIVATE),
    ("fd12:3456::1", Verdict.PRIVATE),
    ("fd00:ec2::254", Verdict.METADATA),
    ("fd20:ce::254", Verdict.METADATA),
    ("fe80::1", Verdict.METADATA),
    ("fe80::1%eth0", Verdict.METADATA),
    ("fec0::1", Verdict.PRIVATE),
    ("ff02::1", Verdict.MULTICAST),
    ("4000::1", Verdict.RESERVED),
    ("not an address", Verdict.RESERVED),
    ("", Verdict.RESERVED),
]
PUBLIC = [
    "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.0", "128.0.0.1", "172.15.255.255", "172.32.0.1",
    "192.0.1.1", "192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "185.166.143.10",
    "2600:1f18::1", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize(("address", "verdict"), ROWS)
def test_each_special_address_is_known_for_what_it_is(address: str, verdict: Verdict) -> None:
    assert judge(address) is verdict


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_public(address: str) -> None:
    assert judge(address) is Verdict.PUBLIC


@given(st.ip_addresses(v=4))
def test_every_spelling_of_an_ipv4_address_in_ipv6_is_judged_no_kinder(ip: ipaddress.IPv4Address) -> None:
    plain = judge(ip)
    inside = (
        f"::ffff:{ip}",
        f"64:ff9b::{ip}",
        f"::{ip}",
        f"2002:{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}::1",
        f"::ffff:0:{ip}",
    )
    for text in inside:
        if plain is not Verdict.PUBLIC:
            assert judge(text) is not Verdict.PUBLIC
        if plain is Verdict.METADATA:
            assert judge(text) is Verdict.METADATA


ALL = [address for address, _ in ROWS if address and address != "not an address"] + PUBLIC
EVERYTHING = parse_allow_list(["0.0.0.0/0", "::/0"])


def test_metadata_services_are_never_allowed_whatever_is_listed() -> None:
    allowed = {address for address in ALL if EVERYTHING.allows("jira.corp", 443, address)}
    assert allowed == {address for address in ALL if judge(address) is not Verdict.METADATA}
    assert not parse_allow_list(["169.254.169.254:80"]).allows("169.254.169.254", 80, "169.254.169.254")
    assert not parse_allow_list(["metadata.google.internal:80"]).allows("metadata.google.internal.", 80, "10.0.0.1")


@pytest.mark.parametrize("address", [address for address in ALL if judge(address) is not Verdict.METADATA])
def test_an_entry_for_one_address_and_port_changes_the_answer_for_no_other(address: str) -> None:
    entry = f"[{address}]:8080" if ":" in address else f"{address}:8080"
    allow = parse_allow_list([entry])
    matrix = {(other, port) for other in ALL for port in (80, 443, 8080) if allow.allows("jira.corp", port, other)}
    assert matrix == {(address, 8080)}


def test_a_name_is_allowed_on_its_port_and_nowhere_else() -> None:
    allow = parse_allow_list(["Jira.Corp:8443"])
    assert allow.allows("jira.corp", 8443, "10.0.0.5")
    assert allow.allows("JIRA.corp.", 8443, "10.0.0.5")
    assert not allow.allows("jira.corp", 443, "10.0.0.5")
    assert not allow.allows("wiki.jira.corp", 8443, "10.0.0.5")
    assert not allow.allows("10.0.0.5", 8443, "10.0.0.5")


def test_a_network_is_allowed_on_every_port_or_on_the_one_named() -> None:
    assert parse_allow_list(["10.1.0.0/16"]).allows("a", 1234, "10.1.9.9")
    assert not parse_allow_list(["10.1.0.0/16"]).allows("a", 1234, "10.2.0.1")
    assert not parse_allow_list(["10.1.0.0/16:443"]).allows("a", 80, "10.1.9.9")
    assert parse_allow_list(["[fd00::]/8:443"]).allows("a", 443, "fd00::1")
    assert parse_allow_list(["fd00::/8"]).allows("a", 443, "fd00::1")
    assert parse_allow_list(["::1"]).allows("a", 443, "::1")


def test_the_list_is_read_with_blanks_and_an_empty_one_allows_nothing() -> None:
    assert parse_allow_list([" jira.corp:80 ", "", "  "]).entries == (AllowedName(host="jira.corp", port=80),)
    assert not AllowList().allows("localhost", 80, "127.0.0.1")


@pytest.mark.parametrize("entry", ["jira.corp", "jira.corp:", "jira.corp:0", "jira.corp:70000", "*.corp:80", "http://jira.corp:80", "10.0.0.0/33", "a b:80", ":80"])  # fmt: skip
def test_an_entry_that_names_no_exact_place_is_refused_in_a_sentence(entry: str) -> None:
    with pytest.raises(ValueError, match=r"Write host:port"):
        parse_allow_list([entry])
