"""What Jira hides, deletes or moves: nothing here is emptied for it, and what comes back is heard of again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.engine.world import World
from tieline.records.issue import Edition
from tieline.sandbox import view_issue
from tieline.sandbox.model import Version
from tieline.sandbox.scheme import ROBIN
from tieline.store.models import Link


def hide_field(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a field configuration does: Jira's answers leave the field out."""
    makers = view_issue._makers

    def without(view: Any, one: Any) -> dict[str, Any]:
        found = makers(view, one)
        found.pop(name, None)
        return found

    monkeypatch.setattr(view_issue, "_makers", without)


def test_a_field_that_jira_hides_empties_nothing_here(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    feature = either.record("Night ferry", due="2027-05-01", tags=["sea"])
    either.settle()
    read = either.client.read_issue(either.link(feature).remote_id or "").value
    assert read is not None
    assert read.absent == frozenset()
    hide_field("duedate", monkeypatch)
    hide_field("labels", monkeypatch)
    read = either.client.read_issue(either.link(feature).remote_id or "").value
    assert read is not None
    assert read.absent == {"duedate", "labels"}
    either.robin_edits(feature, summary="Morning ferry")
    either.poll()
    assert either.fresh(feature).name == "Morning ferry"
    assert str(either.fresh(feature).due) == "2027-05-01"
    assert either.fresh(feature).tags == ["sea"]
    assert either.problems() == []
    either.edit(feature, due="2027-06-01")
    either.settle()
    assert either.problems() == ["map-field-absent"]
    assert str(either.fresh(feature).due) == "2027-06-01"


def two_releases_one_feature(world: World) -> tuple[Any, Any, Any, Any]:
    release, other = world.record("R1", "release"), world.record("R2", "release")
    feature = world.record("Night ferry", release=release.id)
    world.settle()
    world.settle()
    plain = Version(id=world.sandbox.world.next_id("version"), project="ROAD", name="Robin's own")
    world.sandbox.world.save_version(plain, actor=ROBIN)
    versions = (*world.issue(feature).fix_versions, plain.id)
    world.robin_edits(feature, fix_versions=versions)
    world.poll()
    return release, other, feature, plain


def test_a_version_deleted_in_jira_clears_no_release_and_takes_no_other_version_away(either: World) -> None:
    release, other, feature, plain = two_releases_one_feature(either)
    either.sandbox.world.delete_version(either.version(release), actor=ROBIN)
    assert list(either.issue(feature).fix_versions) == [plain.id]
    either.poll()
    either.settle()
    assert either.fresh(feature).release_id == release.id
    assert either.link(release).state == "gone"
    assert either.link(feature).state == "in-step"
    assert list(either.issue(feature).fix_versions) == [plain.id]
    either.edit(feature, release=other.id)
    either.settle()
    there = {str(one) for one in either.issue(feature).fix_versions}
    assert there == {str(plain.id), either.link(other).remote_id}
    assert either.link(feature).state == "in-step"


def test_a_webhook_about_the_feature_comes_before_anybody_knows_that_the_version_is_gone(world: World) -> None:
    from tieline.store import integrations

    release, _, feature, _ = two_releases_one_feature(world)
    world.clock.move(2)
    world.sandbox.world.delete_version(world.version(release), actor=ROBIN)
    integrations.sync_now(world.fresh(feature))
    world.run()
    assert world.fresh(feature).release_id == release.id
    assert world.link(release).state == "gone"


def test_a_version_taken_off_an_issue_by_a_person_takes_the_release_off_here(either: World) -> None:
    _, _, feature, plain = two_releases_one_feature(either)
    either.robin_edits(feature, fix_versions=(plain.id,))
    either.poll()
    assert either.fresh(feature).release_id is None


def test_an_issue_that_was_only_hidden_is_heard_of_again_though_nothing_changed_in_it(either: World) -> None:
    feature = either.record("Night ferry")
    either.settle()
    issue = either.issue(feature)
    del either.sandbox.world.issues[issue.id]
    either.edit(feature, name="Late ferry")
    either.settle()
    assert either.link(feature).state == "gone"
    either.sandbox.world.issues[issue.id] = issue
    either.clock.move(3700)
    either.poll()
    assert either.link(feature).state == "in-step"
    assert either.issue(feature).summary == "Late ferry"


def test_a_requirement_moved_here_moves_in_jira_or_says_why_not(either: World) -> None:
    first, second = either.record("Night ferry"), either.record("Day ferry")
    requirement = either.record("Pay on board", "requirement", parent=first.id)
    either.settle()
    either.settle()
    either.edit(requirement, parent=second.id, name="Pay at the quay")
    either.settle()
    assert either.issue(requirement).summary == "Pay at the quay"
    if either.client.edition is Edition.CLOUD:
        assert str(either.issue(requirement).parent) == either.link(second).remote_id
        assert either.problems() == []
    else:
        assert str(either.issue(requirement).parent) == either.link(first).remote_id
        assert either.problems() == ["map-parent-fixed"]
        either.robin_edits(requirement, parent=int(either.link(second).remote_id or 0))
        either.poll()
    assert either.fresh(requirement).parent_id == second.id
    assert either.link(requirement).state == "in-step"
    assert either.problems() == []


def test_a_sub_task_moved_in_jira_moves_here(either: World) -> None:
    first, second = either.record("Night ferry"), either.record("Day ferry")
    requirement = either.record("Pay on board", "requirement", parent=first.id)
    either.settle()
    either.settle()
    either.news()
    either.robin_edits(requirement, parent=int(either.link(second).remote_id or 0))
    either.poll()
    assert either.fresh(requirement).parent_id == second.id
    assert either.news() == []
    assert either.link(requirement).state == "in-step"


def test_a_sub_task_moved_under_an_issue_without_a_feature_stays_here_and_is_told(world: World) -> None:
    first = world.record("Night ferry")
    requirement = world.record("Pay on board", "requirement", parent=first.id)
    world.settle()
    world.settle()
    stranger = replace(world.issue(first), id=world.sandbox.world.next_id("issue"), key="ROAD-900", properties={})
    world.sandbox.world.issues[stranger.id] = stranger
    world.robin_edits(requirement, parent=stranger.id)
    world.poll()
    assert world.fresh(requirement).parent_id == first.id
    assert world.problems() == ["map-parent-elsewhere"]
    world.robin_edits(requirement, parent=int(world.link(first).remote_id or 0))
    world.poll()
    assert world.problems() == []
    assert Link.objects.filter(state="problem").count() == 0
