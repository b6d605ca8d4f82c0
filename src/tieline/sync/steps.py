"""What a plan is made of. Steps name only what they change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Any

from tieline.records.issue import RemoteKind
from tieline.sync.snapshot import FieldBaseline, Hop


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One field of one side. ``field`` is our field name, ``remote_field`` Jira's; ``old`` and ``new`` are in the form
    of the side that is written; ``losses`` are sentences about what the other side cannot hold."""

    field: str
    remote_field: str
    old: Any
    new: Any
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CreateRemote:
    """Make the issue or version. ``fields``: canonical remote values by Jira field id, constants and ``parent`` too."""

    remote_kind: RemoteKind
    issue_type_id: str | None
    fields: MappingOf[str, Any]


@dataclass(frozen=True, kw_only=True)
class SetRemote:
    """Change fields of the issue or version. Of ``labels`` and ``fixVersions`` the door sends what came and went."""

    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True)
class MoveRemote:
    """Bring the issue to status ``target`` (id). ``hops``: the way there as far as it is known now, the first one open
    from the present status; ask again after each.
    """

    target: str
    hops: tuple[Hop, ...]
    change: FieldChange


@dataclass(frozen=True, kw_only=True)
class SetRecord:
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True)
class KeepClash:
    """Both sides changed ``field``. ``winner``: ``ours``, ``theirs`` or None (a person decides). ``ours``/``theirs``
    in record form for reading; the loser goes into the history."""

    field: str
    ours: Any
    theirs: Any
    agreed: Any
    winner: str | None


@dataclass(frozen=True, kw_only=True)
class FieldProblem:
    """This field cannot be carried now. ``slug`` names the catalogue entry, ``facts`` fill its words.

    Own slugs, with their facts: ``map-person-unmatched`` and ``map-status-unmapped`` (``person``/``status``; ``side``:
    ``ours`` or ``theirs``, the side that holds it), ``map-no-route`` (``status``, ``from``, ``target``),
    ``map-transition-needs-field`` (also ``transition``, ``fields``), ``map-version-unlinked`` (``release``),
    ``map-parent-unlinked``, ``map-parent-fixed``, ``map-parent-elsewhere``, ``map-field-absent``,
    ``map-field-unknown`` and ``map-name-empty`` (``field``),
    ``map-value-unreadable`` (``field``, ``value``), ``map-kind-unmapped`` (``kind``; ``field`` is empty).
    """

    field: str
    slug: str
    facts: MappingOf[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AskHops:
    """The status must change and the open transitions are not known yet: read them, then plan again."""

    target: str


Step = CreateRemote | SetRemote | MoveRemote | SetRecord | KeepClash | FieldProblem | AskHops


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``steps`` in the order of doing. ``baseline_after``: the agreed values once every step is done; to be saved also
    when there are no steps (fields with an open clash or a problem keep their former baseline). ``in_step``: nothing to
    write on either side and no problem.
    """

    steps: tuple[Step, ...] = ()
    baseline_after: MappingOf[str, FieldBaseline] = dataclasses.field(default_factory=dict)
    gone: bool = False
    settled: frozenset[str] = frozenset()
    """Fields of ``open_clashes`` that need no person any more: both sides hold the same value now."""

    @property
    def in_step(self) -> bool:
        return not self.steps and not self.gone
