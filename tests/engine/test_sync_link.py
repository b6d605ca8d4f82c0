"""One link brought into step: what both sides hold afterwards, and which calls that took."""

from __future__ import annotations

from tests.engine.world import PERSON, World
from tieline.mapping.model import ClashPolicy, Direction
from tieline.records.record import RecordKind
from tieline.store.models import Clash, Intent


def test_a_new_feature_becomes_one_issue_and_is_in_step(either: World) -> None:
    feature = either.record("Night ferry", description="Sails at **10 pm**", tags=["sea", "two words"])
    either.settle()
    assert either.news() == [("issue created", "ROAD-1", None)]
    link, issue = either.link(feature), either.issue(feature)
    assert (link.state, link.remote_key, link.remote_status) == ("in-step", "ROAD-1", "To Do")
    assert issue.summary == "Night ferry"
    assert set(issue.labels) == {"sea", "two_words"}
    assert issue.properties["tieline"]["marker"] == Intent.objects.get(link=link).marker
    assert Intent.objects.get(link=link).state == "settled"
    assert either.fresh(feature).tags == ["sea", "two words"]
    assert either.history(feature) == []


def test_our_own_write_coming_back_plans_nothing(either: World) -> None:
    feature = either.record("Night ferry", description="- a\n- b")
    release = either.record("R1", "release")
    either.settle()
    either.edit(feature, name="Late ferry", description="- a\n- c", release=release.id)
    either.settle()
    either.news()
    for _ in range(3):
        either.poll()
    assert either.news() == []
    assert either.history(feature) == []
    assert either.link(feature).state == "in-step"


def test_an_edit_here_changes_only_that_field_in_jira(either: World) -> None:
    feature = either.record("Night ferry", description="Sails daily", due="2027-05-01")
    either.settle()
    either.news()
    either.edit(feature, name="Late ferry")
    either.settle()
    assert either.news() == [("issue edited", "ROAD-1", ["summary"])]
    assert either.issue(feature).due_date == "2027-05-01"


def test_an_edit_in_jira_changes_the_record_and_its_history(either: World) -> None:
    feature = either.record("Night ferry")
    either.settle()
    either.robin_edits(feature, summary="Morning ferry")
    either.poll()
    assert either.fresh(feature).name == "Morning ferry"
    assert either.history(feature) == [("name", "Night ferry", "Morning ferry")]
    assert ("issue edited", "ROAD-1", ["summary"]) not in either.news()


def test_edits_of_different_fields_on_both_sides_both_survive(world: World) -> None:
    feature = world.record("Night ferry", due="2027-05-01")
    world.settle()
    world.robin_edits(feature, due_date="2027-06-02")
    world.edit(feature, name="Late ferry")
    world.settle()
    assert world.issue(feature).summary == "Late ferry"
    assert world.issue(feature).due_date == "2027-06-02"
    assert world.fresh(feature).name == "Late ferry"
    assert str(world.fresh(feature).due) == "2027-06-02"


def test_a_clash_keeps_both_values_and_the_newest_wins(world: World) -> None:
    feature = world.record("Night ferry")
    world.settle()
    world.robin_edits(feature, summary="Robin's ferry")
    world.edit(feature, name="Dana's ferry")
    world.settle()
    assert world.issue(feature).summary == "Dana's ferry"
    clash = Clash.objects.get(link=world.link(feature))
    assert (clash.ours, clash.theirs, clash.winner) == ("Dana's ferry", "Robin's ferry", "ours")


def test_a_clash_that_a_person_must_settle_writes_nothing(world: World) -> None:
    from tieline.store.integrations import settle_clash

    world.remap(RecordKind.FEATURE, "name", policy=ClashPolicy.ASK)
    feature = world.record("Night ferry")
    world.settle()
    world.news()
    world.robin_edits(feature, summary="Robin's ferry")
    world.edit(feature, name="Dana's ferry")
    world.settle()
    assert world.news() == []
    assert world.fresh(feature).name == "Dana's ferry"
    clash = Clash.objects.get(link=world.link(feature))
    assert (clash.ours, clash.theirs, clash.winner) == ("Dana's ferry", "Robin's ferry", "")
    settle_clash(clash, "theirs", PERSON)
    world.settle()
    assert world.fresh(feature).name == "Robin's ferry"
    assert world.link(feature).state == "in-step"
    assert Clash.objects.filter(link=world.link(feature), winner="").count() == 0


def test_an_issue_deleted_in_jira_deletes_nothing_here(world: World) -> None:
    from tieline.sandbox.scheme import ROBIN

    feature = world.record("Night ferry")
    world.settle()
    world.sandbox.world.delete_issue(world.issue(feature), actor=ROBIN)
    world.edit(feature, name="Late ferry")
    world.settle()
    assert world.link(feature).state == "gone"
    assert world.fresh(feature).deleted is None
    assert world.fresh(feature).name == "Late ferry"
    assert world.created() == 1


def test_a_status_goes_to_jira_over_several_hops_and_does_not_bounce(world: World) -> None:
    """The way is learnt from another issue that stands halfway."""
    world.remap(RecordKind.FEATURE, "status", direction=Direction.BOTH)
    feature, other = world.record("Night ferry"), world.record("Day ferry")
    world.settle()
    world.robin_edits(other, status_id="3")
    world.poll()
    assert world.fresh(other).status == "in-progress"
    world.news()
    world.edit(feature, status="in-review")
    world.settle()
    assert world.issue(feature).status_id == "10001"
    assert [kind for kind, _, _ in world.news()] == ["issue transitioned", "issue transitioned"]
    for _ in range(2):
        world.poll()
    assert world.news() == []
    assert world.fresh(feature).status == "in-review"
    assert Clash.objects.count() == 0


def test_a_status_that_no_transition_reaches_is_a_problem_of_the_record(world: World) -> None:
    world.remap(RecordKind.FEATURE, "status", direction=Direction.TO_JIRA)
    feature = world.record("Night ferry")
    world.settle()
    world.edit(feature, status="done", name="Late ferry")
    world.settle()
    assert world.issue(feature).summary == "Late ferry"
    assert world.link(feature).state == "problem"
    assert world.problems() in (["map-no-route"], ["map-transition-needs-field"])


def test_a_requirement_follows_its_feature(either: World) -> None:
    feature = either.record("Night ferry")
    requirement = either.record("Pay on board", "requirement", parent=feature.id)
    either.settle()
    either.settle()
    assert str(either.issue(requirement).parent) == either.link(feature).remote_id
    assert either.link(requirement).state == "in-step"


def test_a_feature_gets_the_version_of_its_release(either: World) -> None:
    release = either.record("R1", "release", due="2027-09-01")
    feature = either.record("Night ferry", release=release.id)
    either.settle()
    either.settle()
    assert either.version(release).release_date == "2027-09-01"
    assert [str(one) for one in either.issue(feature).fix_versions] == [either.link(release).remote_id]
    assert either.problems() == []


def test_the_record_edited_while_jira_is_asked_loses_nothing(world: World) -> None:
    """A person saves between our read and the saving of the outcome."""
    from tieline.store import planning

    feature = world.record("Night ferry", due="2027-05-01")
    world.settle()
    world.robin_edits(feature, due_date="2027-06-02", summary="Robin's ferry")
    save = world.ports.store.save_outcome
    edited = []

    def save_late(outcome, **kwargs):  # type: ignore[no-untyped-def]
        if not edited:
            edited.append(planning.edit_record(feature, {"name": "Dana's ferry"}, actor=PERSON))
        return save(outcome, **kwargs)

    world.ports.store.save_outcome = save_late  # type: ignore[method-assign]
    world.poll()
    world.settle()
    kept = Clash.objects.get(link=world.link(feature))
    assert {kept.ours, kept.theirs} == {"Dana's ferry", "Robin's ferry"}
    assert world.fresh(feature).name == world.issue(feature).summary
    assert str(world.fresh(feature).due) == "2027-06-02"
