from __future__ import annotations

import itertools
import random
import socket
import time
from collections.abc import Iterator

import pytest

from tests.jira.loopback import QUICK, answering, ask, door_to, serving
from tests.jira.test_addresses import PUBLIC, ROWS
from tieline.diagnosis.evidence import Failure, Stage
from tieline.jira.addresses import Verdict, judge
from tieline.jira.allow import AllowList, parse_allow_list
from tieline.jira.guard import judge_all
from tieline.jira.options import Resolution
from tieline.jira.resolve import SystemResolver

DENIED = [address for address, verdict in ROWS if address and address != "not an address"]
ODD_HOSTS = [
    "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0", "127.0.0.1.", "localhost", "localhost.", "[::1]",
    "[::ffff:127.0.0.1]", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "0.0.0.0", "[::ffff:7f00:1]",
]  # fmt: skip


class Names:
    """A name service that says what it is told, and counts how often it was asked."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = itertools.cycle(answers)
        self.asked = 0

    def resolve(self, host: str, port: int, *, timeout_s: float) -> Resolution:
        self.asked += 1
        return Resolution(addresses=next(self._answers))


class Dialled:
    """A connector that notes where it would have gone, and goes nowhere."""

    def __init__(self) -> None:
        self.places: list[tuple[str, int]] = []

    def __call__(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.places.append((address, port))
        raise ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize("address", DENIED)
def test_no_packet_goes_to_a_special_address(address: str) -> None:
    dialled = Dialled()
    exchange = ask(door_to("https://jira.acme.example", resolver=Names((address,)), connect=dialled))
    assert exchange.failure is not None
    assert exchange.failure.stage is Stage.GUARD
    assert exchange.addresses == (address,)
    assert dialled.places == []


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_an_odd_spelling_of_this_machine_reaches_nothing(host: str) -> None:
    with serving(answering()) as heard:
        exchange = ask(door_to(f"http://{host}:{heard.port}"))
        assert exchange.failure is not None
        assert exchange.failure.stage in {Stage.GUARD, Stage.RESOLVE, Stage.SETTINGS}
        assert heard.connections == []


@pytest.mark.parametrize(
    "host", ["http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://metadata.google.internal"]
)
def test_metadata_and_link_local_hosts_reach_nothing_although_everything_is_allowed(host: str) -> None:
    dialled = Dialled()
    exchange = ask(door_to(host, "0.0.0.0/0", "::/0", connect=dialled, resolver=Names(("fe80::1%eth0",))))
    assert exchange.failure is not None
    assert exchange.failure.kind in {"metadata-address", "malformed-address"}
    assert dialled.places == []


def test_metadata_is_out_of_reach_with_every_private_range_allowed() -> None:
    for address, verdict in ROWS:
        if verdict is not Verdict.METADATA:
            continue
        dialled = Dialled()
        door = door_to("https://jira.corp", "0.0.0.0/0", "::/0", resolver=Names((address,)), connect=dialled)
        failure = ask(door).failure
        assert failure is not None
        assert failure.kind == "metadata-address"
        assert dialled.places == []


def test_one_bad_address_among_good_ones_refuses_them_all() -> None:
    dialled = Dialled()
    names = Names(("185.166.143.10", "10.0.0.5", "2600:1f18::1"))
    failure = ask(door_to("https://jira.acme.example", resolver=names, connect=dialled)).failure
    assert failure is not None
    assert failure.kind == "private-address"
    assert "10.0.0.5" in failure.detail
    assert dialled.places == []


def test_a_name_that_changes_its_answer_reaches_no_denied_address_in_a_thousand_tries() -> None:
    dice = random.Random(7)
    dialled = Dialled()
    answers = [tuple(dice.choices([*DENIED, *PUBLIC], k=dice.choice((1, 2)))) for _ in range(1000)]
    names = Names(*answers)
    door = door_to("https://jira.acme.example", resolver=names, connect=dialled)
    for _ in range(1000):
        ask(door)
    assert names.asked == 1000
    assert dialled.places
    assert [address for address, _ in dialled.places if judge(address) is not Verdict.PUBLIC] == []


def test_the_judged_address_is_the_one_that_is_dialled_and_the_name_stays_in_the_request() -> None:
    with serving(answering()) as heard:
        names = Names(("127.0.0.1",))
        door = door_to(f"http://jira.corp:{heard.port}", f"jira.corp:{heard.port}", resolver=names)
        exchange = ask(door)
        assert exchange.response is not None
        assert exchange.response.status == 200
        assert exchange.addresses == ("127.0.0.1",)
        assert f"Host: jira.corp:{heard.port}".lower().encode() in heard.requests[0].lower()
        ask(door)
        assert names.asked == 1
        assert len(heard.connections) == 1


def test_a_second_address_is_tried_when_the_first_refuses() -> None:
    with serving(answering(), host="127.0.0.2") as heard:
        names = Names(("127.0.0.1", "127.0.0.2"))
        exchange = ask(door_to(f"http://jira.corp:{heard.port}", "127.0.0.0/8", resolver=names))
        assert exchange.response is not None
        assert heard.connections


def test_a_denied_target_gives_the_same_answer_at_the_same_speed_open_or_closed() -> None:
    def denied(port: int) -> tuple[Failure | None, float]:
        door = door_to(f"http://127.0.0.1:{port}")
        ask(door)
        started = time.perf_counter()
        exchanges = [ask(door) for _ in range(20)]
        return exchanges[-1].failure, time.perf_counter() - started

    with serving(answering()) as heard:
        open_failure, open_s = denied(heard.port)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            closed = probe.getsockname()[1]
        closed_failure, closed_s = denied(closed)
        assert open_failure is not None
        assert closed_failure is not None
        assert open_failure.detail.replace(str(heard.port), "P") == closed_failure.detail.replace(str(closed), "P")
        assert open_s < 1.0
        assert closed_s < 1.0
        assert heard.connections == []


def test_a_name_that_does_not_resolve_is_refused_not_let_through() -> None:
    class Broken:
        def resolve(self, host: str, port: int, *, timeout_s: float) -> Resolution:
            return Resolution(failure=Failure(stage=Stage.RESOLVE, kind="temporary", detail="EAI_AGAIN"))

    dialled = Dialled()
    failure = ask(door_to("https://jira.acme.example", "0.0.0.0/0", resolver=Broken(), connect=dialled)).failure
    assert failure == Failure(stage=Stage.RESOLVE, kind="temporary", detail="EAI_AGAIN")
    assert dialled.places == []


def test_a_name_without_addresses_is_not_found() -> None:
    failure = ask(door_to("https://jira.acme.example", resolver=Names(()))).failure
    assert failure is not None
    assert (failure.stage, failure.kind) == (Stage.RESOLVE, "not-found")


def test_the_system_says_which_names_do_not_exist() -> None:
    failure = ask(door_to("https://no-such-jira.tieline.invalid")).failure
    assert failure is not None
    assert failure.stage is Stage.RESOLVE
    assert failure.kind in {"not-found", "temporary"}


def test_a_slow_name_service_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> list[object]:
        time.sleep(1.0)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    started = time.monotonic()
    found = SystemResolver().resolve("jira.acme.example", 443, timeout_s=0.1)
    assert found.failure is not None
    assert found.failure.kind == "timeout"
    assert time.monotonic() - started < 0.8


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: nobody gets through and nobody is refused."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        time.sleep(0.05)
        yield port
        for one in waiting:
            one.close()


def test_connecting_is_given_up_after_its_time(full_port: int) -> None:
    started = time.monotonic()
    failure = ask(door_to(f"http://127.0.0.1:{full_port}", "127.0.0.1/32", limits=QUICK)).failure
    assert failure is not None
    assert (failure.stage, failure.kind) == (Stage.CONNECT, "timeout")
    assert time.monotonic() - started < 2.0


def test_a_closed_port_is_told_as_refused() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    failure = ask(door_to(f"http://127.0.0.1:{port}", "127.0.0.1/32")).failure
    assert failure is not None
    assert (failure.stage, failure.kind) == (Stage.CONNECT, "refused")


def test_the_words_of_a_refusal_name_the_address_and_what_it_is() -> None:
    failure = judge_all("jira.corp", 443, ["10.0.0.5"], AllowList())
    assert failure is not None
    assert failure.detail == "10.0.0.5 is a private address and port 443 there is not on the operator's allow list"
    assert judge_all("jira.corp", 443, ["10.0.0.5"], parse_allow_list(["jira.corp:443"])) is None
