"""Names: they do not exist, are not answered, lead to several places, or change between two calls."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.jira.loopback import answering, serving
from tests.network.names import NXDOMAIN, SERVFAIL, AskingResolver, naming
from tests.network.world import look

ROOT = Path(__file__).parents[2]
TOLD = b'{"baseUrl":"http://jira.ferry.test","version":"10.3.12","deploymentType":"Server","serverTitle":"Ferries"}'


@pytest.mark.parametrize(
    ("answer", "slug"), [(NXDOMAIN, "net-dns-failure"), (SERVFAIL, "net-dns-temporary"), (None, "net-dns-temporary")]
)
def test_a_name_without_an_answer_ends_at_its_step_and_nothing_is_dialled(answer, slug):
    with naming({"jira.ferry.test": [answer]}) as server:
        seen = look("https://jira.ferry.test", resolver=AskingResolver(server.port))
        assert server.asked == ["jira.ferry.test"]
    assert (seen.red, seen.first) == ("name", slug)
    assert seen.wire.dialled == []
    assert seen.seconds < 1.5


@pytest.mark.parametrize(
    ("addresses", "slug"),
    [
        (("185.166.143.10", "10.0.0.5"), "guard-private-address"),
        (("10.0.0.5",), "guard-private-address"),
        (("169.254.169.254",), "guard-metadata-address"),
        (("185.166.143.10", "169.254.169.254"), "guard-metadata-address"),
        (("224.0.0.1",), "guard-not-allowed"),
    ],
)
def test_one_denied_address_among_the_answers_keeps_every_packet_back(addresses, slug):
    with naming({"jira.ferry.test": [addresses]}) as server:
        seen = look("https://jira.ferry.test", resolver=AskingResolver(server.port))
    assert (seen.red, seen.first) == ("name", slug)
    assert seen.wire.dialled == []


@pytest.mark.parametrize(
    ("second", "slug"), [("10.0.0.5", "guard-private-address"), ("169.254.169.254", "guard-metadata-address")]
)
def test_a_name_that_changes_between_two_calls_of_one_check_reaches_nothing_new(second, slug):
    reply = answering("200 OK", TOLD, "Content-Type: application/json", "X-AUSERNAME: pat", "Connection: close")
    with naming({"jira.ferry.test": [("127.0.0.1",), (second,)]}) as server, serving(reply) as heard:
        seen = look(f"http://jira.ferry.test:{heard.port}", resolver=AskingResolver(server.port))
        assert len(server.asked) > 1
    assert slug in [one.slug for one in seen.findings]
    assert seen.step("name").state.value == "ok"
    assert set(seen.wire.dialled) == {("127.0.0.1", heard.port)}


def test_a_name_with_several_good_addresses_is_dialled_until_one_answers():
    reply = answering("200 OK", TOLD, "Content-Type: application/json", "X-AUSERNAME: pat")
    with naming({"jira.ferry.test": [("127.0.0.3", "127.0.0.1")]}) as server, serving(reply) as heard:
        seen = look(f"http://jira.ferry.test:{heard.port}", resolver=AskingResolver(server.port))
    assert seen.step("product").state.value == "ok"
    assert seen.wire.dialled[:2] == [("127.0.0.3", heard.port), ("127.0.0.1", heard.port)]


# --- the machine's own resolver -------------------------------------------------------------------------------------

INSIDE = """
    import json, sys
    from tests.network.names import naming, SERVFAIL, NXDOMAIN
    from tests.network.world import look
    zone = {"gone.ferry.test": [NXDOMAIN], "sick.ferry.test": [SERVFAIL], "mute.ferry.test": [None],
            "split.ferry.test": [("127.0.0.9", "10.0.0.5")]}
    with naming(zone, host="127.0.0.1", port=53):
        for name in zone:
            seen = look(f"https://{name}", allow=("127.0.0.0/8",))
            print(json.dumps([name, seen.red, seen.first, seen.wire.dialled]))
"""


def own_name_service_allowed() -> bool:
    """A mount space of one's own, in which the list of name servers is another one."""
    tried = (
        subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
        if sys.platform == "linux"
        else None
    )
    return tried is not None and tried.returncode == 0


@pytest.mark.skipif(not own_name_service_allowed(), reason="this machine lets nobody have a name service of their own")
def test_the_systems_resolver_tells_the_same_of_a_real_name_service(tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    script = f"""
        set -e
        mount --bind {tmp_path}/resolv.conf /etc/resolv.conf
        ip link set lo up 2>/dev/null || true
        exec {sys.executable} -c "$1"
    """
    done = subprocess.run(
        ["unshare", "-rmn", "bash", "-c", script, "bash", textwrap.dedent(INSIDE)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode and "53" in done.stderr and "bind" in done.stderr.lower():
        pytest.skip("no port 53 in a network space of one's own here")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told == [
        ["gone.ferry.test", "name", "net-dns-failure", []],
        ["sick.ferry.test", "name", "net-dns-temporary", []],
        ["mute.ferry.test", "name", "net-dns-temporary", []],
        ["split.ferry.test", "name", "guard-private-address", []],
    ]
