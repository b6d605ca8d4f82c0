"""A workspace with everything in it that a page may show, and the people who look at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.web.schema import schema_of_road, stored_schema
from tieline.diagnosis.evidence import Exchange, Request, Response
from tieline.diagnosis.finding import Confidence, Finding
from tieline.mapping.defaults import build_default_mapping
from tieline.mapping.json import mapping_as_json
from tieline.store import connections, integrations, people, planning
from tieline.store.evidence import exchange_as_json, finding_as_json
from tieline.store.ids import new_id
from tieline.store.models import (
    CheckRun,
    Clash,
    Connection,
    Integration,
    Link,
    LogEntry,
    Membership,
    Problem,
    Record,
    Role,
    User,
    Workspace,
)

PASSWORD = "a long enough password"
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

REFUSED = Exchange(
    id="x1",
    probe="create version",
    request=Request(method="POST", base="https://acme.atlassian.net", path="/rest/api/3/version", auth="basic"),
    response=Response(
        status=404,
        headers={"Content-Type": "application/json"},
        body='{"errorMessages":["Project with key ROAD either does not exist or you do not have permission to create versions in it"]}',
    ),
    elapsed_ms=84,
)


@dataclass
class Scene:
    """Everybody and everything; ``clients`` by role."""

    workspace: Workspace
    feature: Record
    requirement: Record
    release: Record
    connection: Connection
    integration: Integration
    link: Link
    clash: Clash
    problem: Problem
    entry: LogEntry
    run: CheckRun
    member: Membership
    admin: User
    clients: dict[str, Client] = field(default_factory=dict)

    def __getitem__(self, role: str) -> Client:
        return self.clients[role]


def make_person(email: str, *, is_admin: bool = False) -> User:
    user = User.objects.create_user(email, name=email.split("@", maxsplit=1)[0].title())
    user.set_password(PASSWORD)
    user.is_admin = is_admin
    user.save()
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def quick_passwords(settings):
    """Passwords are hashed slowly on purpose; the people of a test need not be."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def scene(db, quick_passwords) -> Scene:
    owner, contributor, viewer = (make_person(f"{name}@acme.io") for name in ("owner", "contributor", "viewer"))
    stranger, admin = make_person("stranger@elsewhere.io"), make_person("admin@acme.io", is_admin=True)
    workspace = people.create_workspace(key="FERRY", name="Ferry booking", owner=owner)
    people.create_workspace(key="OTHER", name="Another product", owner=stranger)
    people.add_member(workspace, contributor, Role.CONTRIBUTOR, actor=owner.email)
    people.add_member(workspace, viewer, Role.VIEWER, actor=owner.email)

    release = planning.create_record(workspace, "release", {"name": "Summer", "due": "2027-03-15"}, actor=owner.email)
    feature = planning.create_record(
        workspace,
        "feature",
        {"name": "Book a bicycle", "description": "For **cyclists**.", "release": release.id, "tags": ["web"]},
        actor=owner.email,
    )
    requirement = planning.create_record(
        workspace, "requirement", {"name": "Count the racks", "parent": feature.id}, actor=owner.email
    )
    connection = connections.create_connection(
        workspace,
        name="acme",
        base_url="https://acme.atlassian.net",
        auth="basic",
        account="pat@acme.io",
        secret="ATATT-very-secret",
        actor=owner.email,
    )
    integration = integrations.create_integration(workspace, connection, "acme", actor=owner.email)
    integrations.save_project(integration, key="ROAD", id="10000", name="Roadmap", actor=owner.email)
    integrations.save_schema(integration, stored_schema())
    integration = integrations.save_mapping(
        integration, mapping_as_json(build_default_mapping(schema_of_road())), owner.email
    )
    link = Link.objects.create(
        id=new_id(),
        integration=integration,
        record=feature,
        remote_kind="issue",
        remote_id="10012",
        remote_key="ROAD-12",
        remote_status="In Progress",
        remote_status_category="indeterminate",
        state="problem",
        last_sent=AT,
    )
    clash = Clash.objects.create(
        id=new_id(), link=link, field="name", ours="Ours", theirs="Theirs", agreed="Before", at=AT
    )
    finding = Finding(
        slug="perm-create-version",
        confidence=Confidence.CERTAIN,
        because=("Jira refused the version.",),
        facts={"account": "pat@acme.io", "project": "ROAD"},
        exchange_ids=("x1",),
    )
    problem = Problem.objects.create(
        id=new_id(),
        workspace=workspace,
        connection=connection,
        integration=integration,
        slug=finding.slug,
        scope="mapping",
        fingerprint="perm-create-version:mapping",
        finding=finding_as_json(finding),
        evidence=[exchange_as_json(REFUSED)],
        first_seen=AT,
        last_seen=AT,
    )
    problem.links.add(link)
    entry = LogEntry.objects.create(
        id=new_id(),
        workspace=workspace,
        integration=integration,
        record=feature,
        at=AT,
        level="problem",
        direction="push",
        sentence="Fix version “Summer” was not created",
        steps=["Create version “Summer”"],
        exchanges=[exchange_as_json(REFUSED)],
        elapsed_ms=84,
    )
    run = CheckRun.objects.create(
        id=new_id(),
        connection=connection,
        integration=integration,
        project_key="ROAD",
        state="done",
        ok=True,
        started=AT,
        results=[{"step": "address", "title": "Address", "state": "ok", "found": "Fine.", "findings": [], "cards": []}],
    )
    member = Membership.objects.get(workspace=workspace, user=viewer)
    found = Scene(
        workspace=workspace,
        feature=feature,
        requirement=requirement,
        release=release,
        connection=connection,
        integration=integration,
        link=link,
        clash=clash,
        problem=problem,
        entry=entry,
        run=run,
        member=member,
        admin=admin,
    )
    found.clients = {
        "anonymous": Client(),
        "owner": signed_in(owner),
        "contributor": signed_in(contributor),
        "viewer": signed_in(viewer),
        "stranger": signed_in(stranger),
        "admin": signed_in(admin),
    }
    return found
