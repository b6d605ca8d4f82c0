from __future__ import annotations

from tieline.records.issue import RemoteKind
from tieline.records.record import RecordKind
from tieline.store import integrations, planning
from tieline.store.models import ImportRun, Link, Op, Record, RecordChange
from tieline.sync.remote import IssueRef
from tieline.sync.snapshot import FieldBaseline
from tieline.sync.views import ImportedRecord


def imported(number, kind=RecordKind.FEATURE, *, parent=None, **fields):
    name = fields.pop("name", f"Issue {number}")
    key = f"ROAD-{number}"
    return ImportedRecord(
        kind=kind,
        remote_kind=RemoteKind.VERSION if kind is RecordKind.RELEASE else RemoteKind.ISSUE,
        remote=IssueRef(id=str(10000 + number), key=key),
        fields={"name": name, **fields},
        baseline={"name": FieldBaseline(ours=name, theirs=name)},
        remote_view={"key": key, "status": "Done", "status_category": "done", "updated": "2026-03-01T09:00:00+00:00"},
        parent_remote=parent,
    )


def test_an_imported_issue_is_a_record_with_link_and_baseline_and_no_work_to_do(plan):
    (link_id,) = plan.store.save_imported(
        plan.integration.id, [imported(1, tags=["sea"], due="2026-04-01", status="done", assignee="lee@acme.io")], None
    )
    link = Link.objects.select_related("record").get(id=link_id)
    record = link.record
    assert (record.ref, record.name, record.tags, record.status) == ("FERRY-1", "Issue 1", ["sea"], "done")
    assert (record.due.isoformat(), record.assignee) == ("2026-04-01", "lee@acme.io")
    assert (link.remote_id, link.remote_key, link.remote_status, link.state) == ("10001", "ROAD-1", "Done", "in-step")
    assert link.baseline == {"name": ["Issue 1", "Issue 1"]}
    assert Op.objects.count() == 0
    assert RecordChange.objects.get(record=record).note == "Imported from ROAD-1"


def test_importing_twice_makes_no_second_record(plan):
    run = integrations.start_import(plan.integration, "pat")
    page = [imported(1), imported(2), imported(2)]
    assert len(plan.store.save_imported(plan.integration.id, page, run.id)) == 2
    assert plan.store.save_imported(plan.integration.id, [imported(1), imported(3)], run.id) != ()
    view = plan.store.read_import(run.id)
    assert (view.made, view.skipped, Record.objects.count()) == (3, 2, 3)
    assert sorted(Record.objects.values_list("ref", flat=True)) == ["FERRY-1", "FERRY-2", "FERRY-3"]


def test_a_version_and_an_issue_of_the_same_number_are_two_things(plan):
    page = [imported(1), imported(1, RecordKind.RELEASE)]
    assert len(plan.store.save_imported(plan.integration.id, page, None)) == 2
    found = plan.store.find_links(plan.integration.id, RemoteKind.VERSION, ["10001", "10002"])
    assert list(found) == ["10001"]
    stamps = plan.store.read_remote_stamps(plan.integration.id, ["10001"])
    assert stamps == {"10001": "2026-03-01T09:00:00+00:00"}


def test_children_find_their_feature_in_the_same_page_and_in_an_earlier_one(plan):
    plan.store.save_imported(plan.integration.id, [imported(1)], None)
    page = [
        imported(2),
        imported(3, RecordKind.REQUIREMENT, parent="10001"),
        imported(4, RecordKind.REQUIREMENT, parent="10002"),
        imported(5, RecordKind.REQUIREMENT, parent="10999"),
    ]
    plan.store.save_imported(plan.integration.id, page, None)
    parents = {row.name: row.parent.name if row.parent else None for row in Record.objects.filter(kind="requirement")}
    assert parents == {"Issue 3": "Issue 1", "Issue 4": "Issue 2", "Issue 5": None}


def test_features_are_planned_for_imported_releases(plan):
    (release_link,) = plan.store.save_imported(plan.integration.id, [imported(1, RecordKind.RELEASE)], None)
    release = Link.objects.get(id=release_link).record_id
    assert plan.store.release_versions(plan.integration.id) == {release: "10001"}
    plan.store.save_imported(plan.integration.id, [imported(2, release=release)], None)
    assert Record.objects.get(kind="feature").release_id == release


def test_an_issue_whose_record_was_deleted_is_not_imported_again(plan):
    (link_id,) = plan.store.save_imported(plan.integration.id, [imported(1)], None)
    planning.delete_record(Link.objects.get(id=link_id).record, actor="pat")
    assert plan.store.save_imported(plan.integration.id, [imported(1)], None) == ()


def test_an_import_goes_on_where_it_was_and_tells_how_far_it_is(plan):
    run = integrations.start_import(plan.integration, "pat")
    assert integrations.start_import(plan.integration, "lee").id == run.id
    (op,) = Op.objects.all()
    assert (op.kind, op.subject, op.lane) == ("import", run.id, f"import:{plan.integration.id}")
    plan.store.save_import_progress(run.id, state="running", cursor="page-2", seen=100, total=250)
    view = plan.store.read_import(run.id)
    assert (view.state, view.cursor, view.seen, view.total) == ("running", "page-2", 100, 250)
    plan.store.save_import_progress(run.id, state="done")
    assert ImportRun.objects.get().ended == plan.clock()
    assert integrations.start_import(plan.integration, "pat").id != run.id


def test_a_page_of_a_hundred_takes_few_statements(plan, django_assert_max_num_queries):
    page = [imported(number) for number in range(100)]
    with django_assert_max_num_queries(16):
        assert len(plan.store.save_imported(plan.integration.id, page, None)) == 100


def test_a_release_whose_version_is_gone_stands_for_none(plan):
    page = [imported(1, RecordKind.RELEASE), imported(2, RecordKind.RELEASE)]
    plan.store.save_imported(plan.integration.id, page, None)
    gone = Link.objects.get(remote_id="10001")
    Link.objects.filter(id=gone.id).update(state="gone")
    kept = Link.objects.get(remote_id="10002")
    assert plan.store.release_versions(plan.integration.id) == {kept.record_id: "10002"}
    assert plan.store.gone_issues(plan.integration.id, 10) == {}


def test_an_imported_requirement_agrees_on_its_parent(plan):
    page = [imported(1), imported(2, RecordKind.REQUIREMENT, parent="10001")]
    plan.store.save_imported(plan.integration.id, page, None)
    feature, requirement = Link.objects.get(remote_id="10001"), Link.objects.get(remote_id="10002")
    assert requirement.baseline["parent"] == [feature.record_id, "10001"]
    assert "parent" not in feature.baseline
