"""The real engine on real SQL against the sandbox, all three on one clock that tests move."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tieline.engine.pace import PacedJira
from tieline.engine.turn import Pace, Ports
from tieline.engine.worker import Worker
from tieline.jira.client import JiraClient, build_client
from tieline.mapping.defaults import build_default_mapping
from tieline.mapping.json import mapping_as_json
from tieline.mapping.model import ClashPolicy, Direction, Mapping
from tieline.records.ids import OpId
from tieline.records.issue import Edition
from tieline.records.record import RecordKind
from tieline.sandbox.options import SandboxOptions
from tieline.sandbox.scheme import PAT, ROBIN
from tieline.sandbox.server import Sandbox
from tieline.store import connections, integrations, people, planning
from tieline.store.gate import DjangoGate
from tieline.store.ids import new_id
from tieline.store.ledger import DjangoLedger
from tieline.store.models import Connection, Integration, Link, LogEntry, Op, Problem, Record, RecordChange, Workspace
from tieline.store.repository import DjangoStore

PERSON = "dana@skerrylines.example"


class Clock:
    """A time that stands until it is moved; sleeping moves it."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC).replace(microsecond=0)
        self.slept = 0.0

    def now(self) -> datetime:
        return self.moment

    def milliseconds(self) -> int:
        return int(self.moment.timestamp() * 1000)

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.move(seconds)

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Ids:
    def new(self) -> str:
        return new_id()


@dataclass(kw_only=True)
class World:
    """A workspace ``FERRY`` tied to the sandbox's project ``ROAD``."""

    clock: Clock
    sandbox: Sandbox
    workspace: Workspace
    connection: Connection
    integration: Integration
    ports: Ports
    worker: Worker
    client: JiraClient
    seen: int = field(default=0)
    asked: int = field(default=0)

    # --- here ----------------------------------------------------------------------------------------------------

    def record(self, name: str, kind: str = "feature", **fields: Any) -> Record:
        return planning.create_record(self.workspace, kind, {"name": name, **fields}, actor=PERSON)

    def edit(self, record: Record, **changes: Any) -> Record:
        self.clock.move(2)
        return planning.edit_record(record, changes, actor=PERSON).record

    def fresh(self, record: Record) -> Record:
        return Record.objects.get(id=record.id)

    def link(self, record: Record) -> Link:
        return Link.objects.get(record=record)

    def op(self, record: Record) -> Op:
        return Op.objects.filter(lane=f"link:{self.link(record).id}").latest("id")

    def problems(self) -> list[str]:
        return sorted(Problem.objects.filter(fixed_at=None).values_list("slug", flat=True))

    def history(self, record: Record, source: str = "jira") -> list[tuple[str, Any, Any]]:
        rows = RecordChange.objects.filter(record=record, source=source).order_by("at", "id")
        return [(row.field, row.old, row.new) for row in rows]

    def log(self) -> list[str]:
        return list(LogEntry.objects.order_by("id").values_list("sentence", flat=True))

    # --- work ----------------------------------------------------------------------------------------------------

    def run(self, *, patience: int = 200) -> int:
        """Run what is due now until nothing is; how many runs that took."""
        runs = 0
        while ops := self.ports.ledger.due(50):
            for op in ops:
                self.worker.run(op.id)
                runs += 1
                assert runs < patience, "the work does not end"
        return runs

    def settle(self, seconds: float = 5.0) -> None:
        """Let the quiet time pass and run what is due."""
        self.clock.move(seconds)
        self.run()

    def run_one(self, op: str) -> None:
        self.worker.run(OpId(op))

    def poll(self, reason: str = "") -> None:
        self.clock.move(2)
        integrations.ask_poll(self.integration, reason=reason or "Timetable")
        self.run()

    # --- there ---------------------------------------------------------------------------------------------------

    def issue(self, record: Record) -> Any:
        return self.sandbox.world.issue(self.link(record).remote_key)

    def version(self, record: Record) -> Any:
        return self.sandbox.world.versions[int(self.link(record).remote_id or 0)]

    def robin_edits(self, record: Record, **changes: Any) -> None:
        """Another person changes the issue on Jira's own pages."""
        self.clock.move(2)
        issue = self.issue(record)
        self.sandbox.world.edit_issue(issue, replace(issue, **changes), actor=ROBIN)

    def news(self) -> list[tuple[str, str, Any]]:
        """What this account did to the site since the last look: (kind, subject, fields)."""
        found = self.sandbox.world.history[self.seen :]
        self.seen = len(self.sandbox.world.history)
        return [(one.kind, one.subject, one.detail.get("fields")) for one in found if one.actor == PAT]

    def calls(self) -> list[tuple[str, str, int]]:
        """Requests since the last look: (method, path, status)."""
        found = [one for one in self.sandbox.world.calls if one.number > self.asked]
        self.asked = max((one.number for one in found), default=self.asked)
        return [(one.method, one.path.partition("?")[0], one.status) for one in found]

    def created(self, kind: str = "issue created") -> int:
        return sum(1 for one in self.sandbox.world.history if one.kind == kind and one.actor == PAT)

    # --- settings ------------------------------------------------------------------------------------------------

    def remap(self, kind: RecordKind, ours: str, **changes: Any) -> None:
        """Change one row of the mapping."""
        mapping = self.ports.store.read_integration(self.integration.id).mapping  # type: ignore[arg-type]
        kinds = tuple(
            replace(rule, fields=tuple(replace(one, **changes) if one.ours == ours else one for one in rule.fields))
            if rule.kind is kind
            else rule
            for rule in mapping.kinds
        )
        self.save_mapping(replace(mapping, kinds=kinds))

    def save_mapping(self, mapping: Mapping) -> None:
        self.integration = integrations.save_mapping(self.integration, mapping_as_json(mapping), PERSON)


def build_world(sandbox: Sandbox, clock: Clock, *, search_lag_s: float = 180.0, calls_per_second: float = 1e6) -> World:
    """Tie a fresh workspace to the running sandbox, as the wizard would."""
    owner = people.ensure_admin()
    workspace = people.create_workspace(key="FERRY", name="Skerry Lines", owner=owner)
    connection = connections.create_connection(
        workspace,
        name="Sandbox",
        base_url=sandbox.url,
        auth="bearer" if sandbox.options.edition == "dc" else "basic",
        account=sandbox.user,
        secret=sandbox.secret,
        actor=PERSON,
    )
    Connection.objects.filter(id=connection.id).update(edition=sandbox.options.edition)
    connection.refresh_from_db()
    client = open_client(sandbox, clock)
    schema = client.read_schema(sandbox.project).value
    assert schema is not None
    integration = integrations.create_integration(workspace, connection, "Roadmap", actor=PERSON)
    integrations.save_project(
        integration, key=schema.project.key, id=schema.project.id, name=schema.project.name, actor=PERSON
    )
    integrations.save_mapping(integration, mapping_as_json(build_default_mapping(schema)), PERSON)
    integration = integrations.set_state(integration, "on", PERSON)
    paced = PacedJira(
        client,
        connection=connection.id,  # type: ignore[arg-type]
        gate=DjangoGate(clock.now, calls_per_second=calls_per_second),
        clock=clock,
    )
    ports = Ports(
        store=DjangoStore(clock.now),
        ledger=DjangoLedger(clock.now),
        jira=lambda _: paced,
        clock=clock,
        ids=Ids(),
        pace=Pace(search_lag_s=search_lag_s),
    )
    world = World(
        clock=clock,
        sandbox=sandbox,
        workspace=workspace,
        connection=connection,
        integration=integration,
        ports=ports,
        worker=Worker(ports, dead_after_s=1e9),
        client=client,
    )
    world.ports.ledger.beat(world.worker.name)
    world.calls()
    return world


def open_client(sandbox: Sandbox, clock: Clock) -> JiraClient:
    from tieline.jira.allow import parse_allow_list
    from tieline.jira.door import build_door
    from tieline.jira.options import DoorOptions, Limits
    from tieline.jira.secret import Secret

    class DoorClock:
        def now(self) -> datetime:
            return clock.now()

        def monotonic(self) -> float:
            return time.monotonic()

    options = DoorOptions(
        base_url=sandbox.url,
        auth="bearer" if sandbox.options.edition == "dc" else "basic",
        account=sandbox.user,
        secret=Secret(sandbox.secret),
        allow=parse_allow_list([urlsplit(sandbox.url).netloc]),
        limits=Limits(read_s=5.0, total_s=10.0),
        clock=DoorClock(),
    )
    return build_client(build_door(options), Edition(sandbox.options.edition), DoorClock())


def open_sandbox(edition: str, clock: Clock, **options: Any) -> Iterator[Sandbox]:
    chosen = SandboxOptions(edition=edition, empty=True, **options)  # type: ignore[arg-type]
    with Sandbox.start(chosen, now=clock.milliseconds, sleep=clock.sleep) as sandbox:
        yield sandbox


BOTH = Direction.BOTH
ASK = ClashPolicy.ASK
