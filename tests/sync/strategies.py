"""Random links: any mapping, any three values of each field, any open clash."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.sync.world import LOOKUPS, NOON, WORKFLOW, fields_of, mapping_with
from tieline.mapping.model import ClashPolicy, Direction
from tieline.records.ids import LinkId, RecordId
from tieline.records.issue import Edition, RemoteKind
from tieline.records.record import RecordKind
from tieline.richtext.body import body_of
from tieline.sync.snapshot import FieldBaseline, Snapshot

LONG = "Harbour master's log " * 20
TEXTS = (None, "Sails at ten.", "Sails at eleven.", "Sails at ten.\n\nBring a coat.")

AGREED: dict[str, tuple[tuple[Any, Any], ...]] = {
    "name": (
        ("Night ferry", "Night ferry"),
        ("Day ferry", "Day ferry"),
        ("Two\nlines", "Two lines"),
        (LONG, LONG[:255]),
    ),
    "status": (("new", "1"), ("ready", "1"), ("in-progress", "2"), ("in-progress", "4"), ("done", "3")),
    "assignee": ((None, None), ("ann@ferry.example", "u-ann"), ("Bob@Ferry.example", "u-bob")),
    "due": ((None, None), ("2026-05-01", "2026-05-01"), ("2026-06-30", "2026-06-30")),
    "tags": (
        (None, None),
        (["harbour"], ["harbour"]),
        (["harbour", "two words"], ["harbour", "two_words"]),
        (["night", "two words"], ["night", "two_words"]),
        (["harbour", "night"], ["harbour", "night"]),
    ),
    "release": (
        (None, None),
        ("r1", ["101"]),
        ("r2", ["102"]),
        (None, ["999"]),
        ("r1", ["101", "999"]),
        ("r1", ["101", "102"]),
    ),
}
RELEASE_STATUS = (("planned", False), ("released", True))
ALSO_OURS: dict[str, tuple[Any, ...]] = {
    "name": ("",),
    "status": ("shelved", "unheard-of"),
    "assignee": ("zoe@ferry.example",),
    "release": ("r3",),
}
ALSO_THEIRS: dict[str, tuple[Any, ...]] = {
    "name": (LONG[:200],),
    "status": ("9",),
    "assignee": ("u-zoe",),
    "tags": (["added", "harbour"], ["two_words"]),
}


def _pairs(name: str, kind: RecordKind, edition: Edition) -> tuple[tuple[Any, Any], ...]:
    if name == "status" and kind is RecordKind.RELEASE:
        return RELEASE_STATUS
    if name == "description" and kind is RecordKind.RELEASE:
        return tuple((text, text) for text in TEXTS)
    if name == "description":
        return tuple((text, body_of(text, edition).body if text else None) for text in TEXTS)
    return AGREED[name]


def _also(table: dict[str, tuple[Any, ...]], name: str, kind: RecordKind) -> tuple[Any, ...]:
    return () if name == "status" and kind is RecordKind.RELEASE else table.get(name, ())


def _agreed_form(name: str, theirs: Any) -> Any:
    return [one for one in theirs or () if one != "999"] or None if name == "release" else theirs


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A link of an issue or a version in any state that its three values can be in."""
    kind = draw(st.sampled_from((RecordKind.FEATURE, RecordKind.FEATURE, RecordKind.FEATURE, RecordKind.RELEASE)))
    edition = draw(st.sampled_from(tuple(Edition)))
    names = fields_of(kind)
    is_new = draw(st.integers(0, 9)) == 0
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    baseline: dict[str, FieldBaseline] = {}
    for name, remote in names.items():
        pairs = _pairs(name, kind, edition)
        agreed = draw(st.sampled_from(pairs))
        baseline[name] = FieldBaseline(ours=agreed[0], theirs=_agreed_form(name, agreed[1]))
        moves = draw(st.sampled_from(("none", "ours", "theirs", "both", "first", "absent")))
        ours[name], theirs[remote] = agreed
        if moves in {"ours", "both", "first"} or is_new:
            ours[name] = draw(st.sampled_from([*(pair[0] for pair in pairs), *_also(ALSO_OURS, name, kind)]))
        if moves in {"theirs", "both", "first"}:
            theirs[remote] = draw(st.sampled_from([*(pair[1] for pair in pairs), *_also(ALSO_THEIRS, name, kind)]))
        if moves == "first":
            del baseline[name]
            if name == "status" and draw(st.booleans()):
                baseline[name] = FieldBaseline(ours=None, theirs=None)
        if moves == "absent" and name not in {"name", "status"}:
            del theirs[remote]
            ours[name] = draw(st.sampled_from([pair[0] for pair in pairs]))
    clashing = draw(st.sets(st.sampled_from(sorted(set(names) - {"tags"}))))
    settled = draw(st.sets(st.sampled_from(sorted(clashing)))) if clashing else set()
    if not clashing or draw(st.booleans()):
        clashing, settled = set(), set()
    return Snapshot(
        link=LinkId("l1"),
        record=RecordId("f1"),
        kind=kind,
        remote_kind=RemoteKind.VERSION if kind is RecordKind.RELEASE else RemoteKind.ISSUE,
        edition=edition,
        ours=ours,
        theirs=None if is_new else theirs,
        baseline={} if is_new else baseline,
        mapping=mapping_with(
            kind,
            directions={name: draw(st.sampled_from((Direction.BOTH, *Direction))) for name in names},
            policies={name: draw(st.sampled_from(tuple(ClashPolicy))) for name in names},
        ),
        lookups=LOOKUPS,
        hops=None if kind is RecordKind.RELEASE or draw(st.booleans()) else WORKFLOW[str(theirs["status"])],
        workflow=draw(st.sampled_from(({}, WORKFLOW))),
        ours_changed_at={
            name: NOON + timedelta(minutes=draw(st.integers(-1, 1))) for name in names if draw(st.booleans())
        },
        theirs_changed_at=draw(st.sampled_from((NOON, None))),
        open_clashes=frozenset() if is_new else frozenset(clashing),
        decided={} if is_new else {name: draw(st.sampled_from(("ours", "theirs"))) for name in sorted(settled)},
    )
