"""The sample workspace of ``tieline demo``: a small plan that is not in Jira yet."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from tieline.records.record import RecordKind
from tieline.store.models import Record, Workspace
from tieline.store.people import create_workspace, ensure_admin
from tieline.store.planning import create_record

ACTOR = "sample plan"

RELEASES = (
    ("Autumn timetable", "Everything a passenger needs before the **winter timetable** starts.", 30),
    ("Bicycles on board", "Reservations for bicycles and trailers.", 90),
)
FEATURES: tuple[tuple[str, str, int, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "Show the next three crossings on the start page",
        "People open the app at the quay and want **one** answer: when does the next boat leave?\n\n"
        "- the next three crossings from the nearest quay\n- delay in minutes, not in words\n- works without location",
        0,
        ("start-page", "passengers"),
        ("Ask for the nearest quay once", "Show the delay in minutes"),
    ),
    (
        "Tell passengers when a crossing is cancelled",
        "A push message at least 20 minutes before, with the next crossing that has room.\n\n"
        "| Time before departure | Message |\n|---|---|\n| 60 min | warning |\n| 20 min | final |",
        0,
        ("messages",),
        ("Choose the routes to hear about",),
    ),
    (
        "Pay with a company account",
        "Two haulage firms asked for a monthly invoice.\n\n> We will not type card numbers on a quay.",
        0,
        ("payment", "freight"),
        (),
    ),
    (
        "Reserve a place for a bicycle",
        "At most 12 per crossing; `cargo` bicycles count twice.",
        1,
        ("bicycles",),
        ("Count cargo bicycles twice", "Show the places left"),
    ),
    ("Print a boarding pass at the quay", "For people without a telephone: a code from the ticket machine.", 1, (), ()),
)


def save_sample_plan() -> None:
    """Make the workspace once; later starts leave it as it has become."""
    if Workspace.objects.exists():
        return
    workspace = create_workspace(key="FERRY", name="Ferry booking", owner=ensure_admin())
    today: date = timezone.localdate()
    releases: list[Record] = [
        create_record(
            workspace,
            RecordKind.RELEASE,
            {"name": name, "description": description, "due": today + timedelta(days=days)},
            actor=ACTOR,
        )
        for name, description, days in RELEASES
    ]
    for name, description, release, tags, requirements in FEATURES:
        feature = create_record(
            workspace,
            RecordKind.FEATURE,
            {"name": name, "description": description, "release": releases[release].id, "tags": list(tags)},
            actor=ACTOR,
        )
        for requirement in requirements:
            create_record(workspace, RecordKind.REQUIREMENT, {"name": requirement, "parent": feature.id}, actor=ACTOR)
