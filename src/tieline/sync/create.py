"""The plan for a link that has no issue or version yet."""

from __future__ import annotations

from typing import Any

from tieline.mapping.convert import Terms, Unconvertible, to_remote
from tieline.mapping.fields import Shape
from tieline.mapping.model import Direction
from tieline.mapping.values import tidy
from tieline.records.issue import RemoteKind
from tieline.sync.compare import AGREED_ON_NOTHING, agreed_form
from tieline.sync.snapshot import FieldBaseline, Snapshot
from tieline.sync.steps import CreateRemote, FieldProblem, Plan

SENT_AT_CREATION = frozenset({Direction.TO_JIRA, Direction.BOTH, Direction.SET_ONCE})


def plan_create(snapshot: Snapshot, terms: Terms) -> Plan:
    """Plan the making of the issue or version.

    The status of an issue is not part of it: Jira gives the first one, and an empty baseline for the status says that
    nobody chose it. A field that cannot be carried is left out and told; without a name, or a sub-task without its
    parent, nothing is made.
    """
    kind = terms.kind
    fields: dict[str, Any] = dict(kind.constants)
    baseline: dict[str, FieldBaseline] = {}
    problems: list[FieldProblem] = []
    stopped = False
    for rule in kind.fields:
        shape = terms.shape(rule)
        if shape is None or rule.ours not in snapshot.ours or rule.ours in baseline:
            continue
        if shape is Shape.STATUS and (kind.remote_kind is RemoteKind.ISSUE or rule.direction is Direction.FROM_JIRA):
            baseline[rule.ours] = AGREED_ON_NOTHING
            continue
        if rule.direction not in SENT_AT_CREATION:
            continue
        ours = tidy(snapshot.ours[rule.ours])
        converted = to_remote(rule, ours, terms)
        if isinstance(converted, Unconvertible):
            problems.append(FieldProblem(field=rule.ours, slug=converted.slug, facts=dict(converted.facts)))
            stopped = stopped or shape is Shape.TEXT
            continue
        if converted.value is not None:
            fields[rule.theirs] = converted.value
        baseline[rule.ours] = FieldBaseline(ours=ours, theirs=agreed_form(shape, converted.value, terms))
    if kind.child:
        parent = snapshot.lookups.parents.get(snapshot.parent) if snapshot.parent else None
        if parent is None:
            problems.append(FieldProblem(field="parent", slug="map-parent-unlinked", facts={}))
            stopped = True
        else:
            fields["parent"] = parent
            baseline["parent"] = FieldBaseline(ours=snapshot.parent, theirs=parent)
    if stopped:
        return Plan(steps=tuple(problems), baseline_after=dict(snapshot.baseline))
    create = CreateRemote(remote_kind=kind.remote_kind, issue_type_id=kind.issue_type_id, fields=fields)
    return Plan(steps=(create, *problems), baseline_after=baseline)
