"""What one field asks for, before the fields of a link become one plan."""

from __future__ import annotations

from dataclasses import dataclass

from tieline.sync.snapshot import FieldBaseline
from tieline.sync.steps import AskHops, FieldChange, FieldProblem, KeepClash, MoveRemote


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``baseline`` None: the former one stays. ``settled``: the field's open clash is over."""

    push: FieldChange | None = None
    pull: FieldChange | None = None
    clash: KeepClash | None = None
    problem: FieldProblem | None = None
    route: AskHops | MoveRemote | None = None
    baseline: FieldBaseline | None = None
    settled: bool = False
