"""A Tieline of its own for the kill tests: ``python runner.py FOLDER SCENARIO NUMBER``, told what to do by environment.

It first lets everything that an earlier process left behind end, reports that on one line, then runs the scenario
(``send``, ``edit``, ``batch``) under ``TIELINE_TEST_CRASH_AT`` and ends by itself when the scenario is through.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

PERSON = "dana@skerrylines.example"


def prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TIELINE_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tieline.settings"
    from tieline.store.secrets import ensure_keys

    ensure_keys(folder)
    import django

    django.setup()


def connect() -> Any:
    """The integration with the sandbox, made by the first process."""
    from tieline.mapping.defaults import build_default_mapping
    from tieline.mapping.json import mapping_as_json
    from tieline.store import connections, integrations, people
    from tieline.store.models import Connection, Integration
    from tieline.store.upkeep import migrate_database
    from tieline.wiring import open_jira

    migrate_database()
    found = Integration.objects.first()
    if found is not None:
        return found
    owner = people.ensure_admin()
    workspace = people.create_workspace(key="FERRY", name="Skerry Lines", owner=owner)
    connection = connections.create_connection(
        workspace,
        name="Sandbox",
        base_url=os.environ["TIELINE_TEST_JIRA"],
        auth="basic",
        account=os.environ["TIELINE_TEST_USER"],
        secret=os.environ["TIELINE_TEST_SECRET"],
        actor=PERSON,
    )
    Connection.objects.filter(id=connection.id).update(edition="cloud")
    connection.refresh_from_db()
    schema = open_jira(connection).read_schema(os.environ["TIELINE_TEST_PROJECT"]).value
    assert schema is not None
    integration = integrations.create_integration(workspace, connection, "Roadmap", actor=PERSON)
    integrations.save_project(
        integration, key=schema.project.key, id=schema.project.id, name=schema.project.name, actor=PERSON
    )
    integrations.save_mapping(integration, mapping_as_json(build_default_mapping(schema)), PERSON)
    return integrations.set_state(integration, "on", PERSON)


def wait_for_the_end(seconds: float = 40.0) -> dict[str, Any]:
    """Until every link is in step and no op is left, or the time is up."""
    from tieline.store.models import Link, Op, Problem

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ops = Op.objects.filter(kind="sync-link", state__in=("waiting", "running")).count()
        if ops == 0 and not Link.objects.exclude(state="in-step").exists():
            break
        time.sleep(0.05)
    return {
        "links": {
            f"{link.record.kind}:{link.record.name}": [link.state, link.remote_id]
            for link in Link.objects.select_related("record")
        },
        "ops": [[op.state, op.attempts, op.why] for op in Op.objects.filter(kind="sync-link").exclude(state="done")],
        "problems": list(Problem.objects.filter(fixed_at=None).values_list("slug", flat=True)),
    }


def run_scenario(scenario: str, number: str, integration: Any) -> None:
    from tieline.store import planning
    from tieline.store.models import Record

    workspace = integration.workspace
    if scenario == "send":
        release = planning.create_record(workspace, "release", {"name": f"R{number}"}, actor=PERSON)
        wait_for_the_end()
        fields = {"name": f"Ferry {number}", "release": release.id, "tags": ["sea"]}
        planning.create_record(workspace, "feature", fields, actor=PERSON)
    elif scenario == "batch":
        from django.db import transaction

        with transaction.atomic():
            for part in "abc":
                planning.create_record(workspace, "feature", {"name": f"Ferry {number}{part}"}, actor=PERSON)
    else:
        feature = Record.objects.filter(kind="feature").order_by("id").first()
        assert feature is not None
        planning.edit_record(feature, {"name": f"Ferry edit {number}", "tags": [f"t{number}"]}, actor=PERSON)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> None:
    folder, scenario, number = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    prepare(folder)
    from tieline.engine import crash_points
    from tieline.wiring import build_runtime

    integration = connect()
    runtime = build_runtime(worker=True)
    runtime.start()
    say(json.dumps(wait_for_the_end()))
    if scenario != "look":
        crash_points.arm(
            at=os.environ.get("TIELINE_TEST_CRASH_AT", ""), log=os.environ.get("TIELINE_TEST_CRASH_LOG", "")
        )
        run_scenario(scenario, number, integration)
        say(json.dumps(wait_for_the_end()))
        crash_points.arm()
    runtime.stop()


if __name__ == "__main__":
    main()
