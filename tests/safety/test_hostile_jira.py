"""A Jira that answers anything at all, through the whole engine: findings and never a traceback, and no work is lost."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.conftest import clock
from tests.engine.world import Clock, World, build_world, open_sandbox
from tests.safety.echo import Asked, EchoJira, Turned, echoing
from tieline.records.ids import ConnectionId
from tieline.sandbox.server import Sandbox
from tieline.store import integrations
from tieline.store.models import Link, LogEntry, Op, Problem, Record

__all__ = ("clock",)

pytestmark = pytest.mark.django_db(transaction=True)

DEEP = b"[" * 100_000 + b"]" * 100_000
BODIES: dict[str, bytes] = {
    "a page": b"<!doctype html><html><head><title>Log in</title></head><body><form action='/login'></form></body></html>",
    "nothing": b"",
    "cut": b'{"issues": [{"id": "10001", "key": "ROAD-1", "fields": {"summary": "x',
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "a text": b'"ROAD-1"',
    "an empty object": b"{}",
    "deep": DEEP,
    "deep inside": b'{"fields": {"description": ' + b'{"content": [' * 3000 + b"]}" * 3000 + b"}}",
    "large": b'{"issues": [' + b'{"id": "1"},' * 400_000 + b'{"id": "1"}]}',
    "too large": b'{"x": "' + b"x" * (9 * 1024 * 1024) + b'"}',
    "no text at all": bytes(range(256)) * 40,
    "utf-16": '{"id": "1"}'.encode("utf-16"),
    "no numbers": b'{"id": NaN, "total": Infinity, "startAt": -Infinity, "values": 1e999}',
    "nul and half letters": b'{"id": "\\u0000", "key": "\\ud800", "fields": {"summary": "\\u0000\\udfff", "labels": ["\\u0000"]}}',
}
VALUES: dict[str, Any] = {
    "nulls": None, "lists": [], "objects": {}, "numbers": -7, "truth": True, "texts": "\u0000\u202e<script>",
    "long texts": "x" * 70_000, "nested": [[[{"a": [None]}]]],
}  # fmt: skip
"""Every value of a real answer is replaced by one of these, keys kept."""
KINDS = (*BODIES, *VALUES)

PLACES: dict[str, tuple[str, str]] = {
    "create an issue": ("POST", r"/issue$"),
    "create many": ("POST", r"/issue/bulk$"),
    "read an issue": ("GET", r"/issue/[^/]+$"),
    "read many": ("POST", r"/issue/bulkfetch$"),
    "edit an issue": ("PUT", r"/issue/[^/]+$"),
    "search": ("GET|POST", r"/search(/jql)?$"),
    "transitions": ("GET|POST", r"/transitions$"),
    "versions": ("GET", r"/versions?(/[^/]+)?$"),
    "write a version": ("POST|PUT", r"/version(/[^/]+)?$"),
    "people": ("GET", r"/(myself|user.*|mypermissions)$"),
    "everything": (".*", r""),
}


class Between:
    """The sandbox as it is met through the proxy before it."""

    def __init__(self, sandbox: Sandbox, jira: EchoJira) -> None:
        self._sandbox, self._jira = sandbox, jira

    @property
    def url(self) -> str:
        return self._jira.url

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)


def spoilt(value: Any, put: Any) -> Any:
    if isinstance(value, dict):
        return {key: spoilt(one, put) if isinstance(one, (dict, list)) else put for key, one in value.items()}
    if isinstance(value, list):
        return [spoilt(one, put) if isinstance(one, (dict, list)) else put for one in value]
    return put


class Hostile:
    """Spoils the answers at one place. ``after``: only once the sandbox has done what was asked."""

    def __init__(self, jira: EchoJira, place: str, kind: str, *, after: bool) -> None:
        self.jira, self.kind, self.after = jira, kind, after
        self.method, self.path = PLACES[place]
        self.spoilt = 0

    def __call__(self, asked: Asked) -> Turned | None:
        if not re.fullmatch(self.method, asked.method) or not re.search(self.path, asked.path.partition("?")[0]):
            return None
        self.spoilt += 1
        answer = self.jira.pass_on(asked) if self.after or self.kind in VALUES else (200, {}, b"")
        if self.kind in BODIES:
            status = answer[0] if answer[0] != 204 else 200
            return status, {"Content-Type": "application/json"}, BODIES[self.kind]
        try:
            body = spoilt(json.loads(answer[2]), VALUES[self.kind])
        except ValueError:
            return answer
        return answer[0], {"Content-Type": "application/json"}, json.dumps(body).encode()


@pytest.fixture(params=["cloud", "dc"], ids=["cloud, before", "dc, after"])
def met(request: pytest.FixtureRequest, clock: Clock, transactional_db: None) -> Iterator[tuple[World, EchoJira]]:
    for sandbox in open_sandbox(request.param, clock):
        with echoing(sandbox, sandbox.secret) as jira:
            yield build_world(Between(sandbox, jira), clock), jira  # type: ignore[arg-type]


def live_a_little(world: World, features: list[Record], n: int) -> Record:
    """An edit on each side, a new record, a look at what changed, all while answers are spoilt."""
    world.edit(features[0], name=f"Ours {n}", description=f"Words **{n}**")
    if world.link(features[1]).remote_key:
        world.robin_edits(features[1], summary=f"Robin's {n}")
    made = world.record(f"New {n}")
    release = Record.objects.get(kind="release")
    world.edit(release, name=f"Summer {n}")
    world.settle()
    world.poll()
    integrations.start_import(world.integration, "dana")
    world.run()
    world.settle(20)
    return made


def be_good_again(world: World, jira: EchoJira) -> None:
    """Answers are right again, and a person has pressed *check again*."""
    jira.turn = lambda _: None
    world.ports.store.release_connection(ConnectionId(world.connection.id))  # type: ignore[attr-defined]
    for link in Link.objects.select_related("record"):
        integrations.sync_now(link.record, actor="dana")
    for _ in range(3):
        world.settle(400)
        world.poll()


def stumbles(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{one.getMessage()}: {one.exc_info[1]!r}" for one in caplog.records if one.exc_info and one.exc_info[1]]


def chosen_for(place: str, *, after: bool) -> list[str]:
    """Three kinds for each place, others at each, so that every kind is met somewhere."""
    start = 3 * (2 * list(PLACES).index(place) + after)
    return [KINDS[(start + n) % len(KINDS)] for n in range(3)] + PINNED.get(place, [])


PINNED = {
    "create an issue": ["nul and half letters", "numbers", "long texts"],
    "edit an issue": ["a page", "an empty object"],
    "write a version": ["a page", "long texts"],
    "transitions": ["a page"],
}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_stumbles_and_nothing_is_lost(
    met: tuple[World, EchoJira], place: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On Cloud instead of what was asked, on Data Center after it was done."""
    world, jira = met
    after = world.sandbox.options.edition == "dc"
    features = [world.record(f"Ferry {n}") for n in range(2)]
    world.record("Summer", "release")
    world.settle()
    assert {one.state for one in Link.objects.all()} == {"in-step"}
    spoilt_answers = 0
    caplog.set_level(logging.WARNING)
    kinds = chosen_for(place, after=after)
    for n, kind in enumerate(kinds):
        hostile = Hostile(jira, place, kind, after=after)
        jira.turn = hostile
        made = live_a_little(world, features, n)
        spoilt_answers += hostile.spoilt
        assert (kind, stumbles(caplog)) == (kind, [])
        be_good_again(world, jira)
        assert (kind, stumbles(caplog)) == (kind, [])
        assert (kind, world.link(made).state, world.fresh(made).name) == (kind, "in-step", f"New {n}"), world.problems()
        assert (kind, world.issue(features[0]).summary) == (kind, f"Ours {n}")
        assert (kind, [one.name for one in world.sandbox.world.versions.values()]) == (kind, [f"Summer {n}"])
        assert world.fresh(features[1]).name == f"Robin's {n}", kind
    ours = [one.summary for one in world.sandbox.world.issues.values() if one.key.startswith("ROAD-")]
    assert len(ours) == len(set(ours)) == 2 + len(kinds), "no issue is lost or there twice"
    assert Record.objects.filter(kind="feature").count() == 2 + len(kinds)
    assert Op.objects.exclude(state__in=["done", "waiting", "parked"]).count() == 0
    if place not in {"create many", "read many", "transitions", "people"}:
        assert spoilt_answers > 0


def test_what_a_hostile_answer_said_can_be_shown(met: tuple[World, EchoJira]) -> None:
    """Whatever was kept of it is JSON that both databases take, short enough, and readable as a page needs it."""
    world, jira = met
    feature = world.record("Ferry")
    world.settle()
    for kind in KINDS[::4]:
        jira.turn = Hostile(jira, "everything", kind, after=False)
        world.edit(feature, name=f"Ours {kind}")
        world.settle()
        be_good_again(world, jira)
    for entry in LogEntry.objects.all():
        assert len(json.dumps(entry.exchanges)) < 2_000_000
        assert "\x00" not in json.dumps(entry.exchanges, ensure_ascii=False)
    assert all(one.slug for one in Problem.objects.all())
