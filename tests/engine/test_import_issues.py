"""Imports: what is made of a project's issues and versions, and how an import goes on."""

from __future__ import annotations

from dataclasses import replace

from tests.engine.world import PERSON, World
from tieline.sandbox.model import Version
from tieline.sandbox.scheme import ROBIN
from tieline.store.integrations import start_import
from tieline.store.models import ImportRun, Link, Op, Record


def fill(world: World, count: int) -> None:
    """Issues that other people made: stories, every fifth a bug, every seventh with a sub-task that came before it."""
    from tieline.sync.remote import NewIssue

    site = world.sandbox.world
    there = Version(id=site.next_id("version"), project="ROAD", name="R1", released=True)
    site.save_version(there, actor=ROBIN)
    schema = world.client.read_schema("ROAD").value
    assert schema is not None
    types = {one.name: one.id for one in schema.issue_types}
    made = []
    for number in range(count):
        kind = "Bug" if number % 5 == 4 else "Story"
        new = NewIssue(
            project_id=schema.project.id,
            issue_type_id=types[kind],
            fields={"summary": f"Issue {number}", "labels": ["sea"], "fixVersions": [str(there.id)]},
            marker=f"m{number}",
        )
        made.append(world.client.create_issue(new).value)
    for number in range(0, count, 7):
        if number % 5 == 4:
            continue
        new = NewIssue(
            project_id=schema.project.id,
            issue_type_id=types["Sub-task"],
            fields={"summary": f"Part of {number}", "parent": made[number].id},  # type: ignore[union-attr]
            marker=f"s{number}",
        )
        world.client.create_issue(new)
    world.clock.move(1)
    world.calls()
    world.news()


def test_issues_and_versions_become_records_that_are_in_step(either: World) -> None:
    fill(either, 30)
    run = start_import(either.integration, PERSON)
    either.run()
    run.refresh_from_db()
    assert run.state == "done"
    features = Record.objects.filter(kind="feature")
    assert features.count() == 24
    assert {str(one.release.name) for one in features if one.release} == {"R1"}
    requirements = Record.objects.filter(kind="requirement")
    assert requirements.count() == 4
    assert all(one.parent is not None for one in requirements)
    assert Record.objects.get(kind="release").status == "released"
    assert set(Link.objects.values_list("state", flat=True)) == {"in-step"}
    either.poll()
    assert either.news() == []
    assert Op.objects.filter(state="waiting").count() == 0


def test_an_import_costs_one_call_a_page(world: World) -> None:
    fill(world, 210)
    start_import(world.integration, PERSON)
    world.run()
    assert len(world.calls()) <= 6
    assert ImportRun.objects.get().made > 168


def test_importing_twice_makes_nothing_new(world: World) -> None:
    fill(world, 12)
    start_import(world.integration, PERSON)
    world.run()
    count = Record.objects.count()
    start_import(world.integration, PERSON)
    world.run()
    assert Record.objects.count() == count
    assert set(ImportRun.objects.values_list("state", flat=True)) == {"done"}


def test_an_import_goes_on_where_it_was_cut_short(world: World) -> None:
    fill(world, 150)
    run = start_import(world.integration, PERSON)
    world.worker._stopping = lambda: True
    world.run_one(Op.objects.get(kind="import").id)
    world.run_one(Op.objects.get(kind="import").id)
    run.refresh_from_db()
    assert run.state == "running"
    halfway = Record.objects.count()
    assert 0 < halfway < 150
    world.worker._stopping = lambda: False
    world.calls()
    world.run()
    run.refresh_from_db()
    assert run.state == "done"
    assert Record.objects.filter(kind="feature").count() == 120
    assert len(world.calls()) <= 3


def test_a_sub_task_whose_parent_comes_later_still_finds_it(world: World) -> None:
    fill(world, 8)
    site = world.sandbox.world
    part = next(one for one in site.issues.values() if one.summary == "Part of 0")
    late = next(one for one in site.issues.values() if one.summary == "Issue 7")
    site.edit_issue(part, replace(part, parent=late.id), actor=ROBIN)
    start_import(world.integration, PERSON)
    world.run()
    requirement = Record.objects.get(name="Part of 0")
    assert requirement.parent is not None
    assert requirement.parent.name == "Issue 7"


def test_an_import_refused_by_the_login_waits_and_goes_on(world: World) -> None:
    fill(world, 12)
    world.sandbox.world.switch_on("auth-cloud-token-revoked")
    run = start_import(world.integration, PERSON)
    world.run()
    run.refresh_from_db()
    assert run.state in {"waiting", "running"}
    world.sandbox.world.switch_off("auth-cloud-token-revoked")
    world.clock.move(60)
    world.ports.store.release_connection(world.connection.id)  # type: ignore[arg-type]
    world.ports.jira(world.connection.id).forget_refusal()  # type: ignore[attr-defined, arg-type]
    world.run()
    run.refresh_from_db()
    assert run.state == "done"
