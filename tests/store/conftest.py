"""A small plan and a connection, as every store test needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tieline.mapping.json import mapping_as_json
from tieline.mapping.model import FieldRule, KindRule, Mapping
from tieline.records.issue import RemoteKind
from tieline.records.record import RecordKind
from tieline.store import connections, integrations, people, planning
from tieline.store.ledger import DjangoLedger
from tieline.store.models import Connection, Integration, Link, Record, User, Workspace
from tieline.store.repository import DjangoStore


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


MAPPING = Mapping(
    project_key="ROAD",
    project_id="10000",
    kinds=(
        KindRule(
            kind=RecordKind.FEATURE,
            remote_kind=RemoteKind.ISSUE,
            issue_type_id="10001",
            issue_type_name="Story",
            fields=(
                FieldRule(ours="name", theirs="summary"),
                FieldRule(ours="description", theirs="description"),
                FieldRule(ours="tags", theirs="labels"),
                FieldRule(ours="release", theirs="fixVersions"),
            ),
        ),
        KindRule(
            kind=RecordKind.REQUIREMENT,
            remote_kind=RemoteKind.ISSUE,
            issue_type_id="10003",
            issue_type_name="Sub-task",
            fields=(FieldRule(ours="name", theirs="summary"),),
        ),
        KindRule(
            kind=RecordKind.RELEASE,
            remote_kind=RemoteKind.VERSION,
            issue_type_id=None,
            fields=(FieldRule(ours="name", theirs="name"),),
        ),
    ),
)


@dataclass(kw_only=True)
class Plan:
    """A workspace ``FERRY`` with an owner, a connection and an integration that is on."""

    owner: User
    workspace: Workspace
    connection: Connection
    integration: Integration
    clock: Clock = field(default_factory=Clock)

    @property
    def store(self) -> DjangoStore:
        return DjangoStore(self.clock)

    @property
    def ledger(self) -> DjangoLedger:
        return DjangoLedger(self.clock)

    def record(self, name: str = "Night ferry", kind: str = "feature", **fields: object) -> Record:
        return planning.create_record(self.workspace, kind, {"name": name, **fields}, actor="pat@acme.io")

    def linked(self, name: str = "Night ferry", kind: str = "feature", **fields: object) -> Link:
        record = self.record(name, kind, **fields)
        return Link.objects.select_related("record", "integration").get(record=record)


@pytest.fixture
def make_plan(db: None) -> Callable[..., Plan]:
    def make(key: str = "FERRY", state: str = "on") -> Plan:
        owner = User.objects.filter(email="pat@acme.io").first() or User.objects.create_user(
            "pat@acme.io", password=None
        )
        workspace = people.create_workspace(key=key, name="Ferries", owner=owner)
        connection = connections.create_connection(
            workspace,
            name="Acme Jira",
            base_url="https://jira.acme.io/jira",
            auth="basic",
            account="pat",
            secret="s3cret-of-pat",
            actor="pat@acme.io",
        )
        integration = integrations.create_integration(workspace, connection, "Roadmap", actor="pat@acme.io")
        integrations.save_project(integration, key="ROAD", id="10000", name="Road", actor="pat@acme.io")
        integrations.save_mapping(integration, mapping_as_json(MAPPING), "pat@acme.io")
        integration = integrations.set_state(integration, state, "pat@acme.io")
        return Plan(owner=owner, workspace=workspace, connection=connection, integration=integration)

    return make


@pytest.fixture
def plan(make_plan: Callable[..., Plan]) -> Plan:
    return make_plan()
