"""The audit log: who changed what here. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tieline.store.ids import new_id
from tieline.store.models import AuditEntry, Workspace


def save_audit(
    actor: str,
    what: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
    workspace: Workspace | None = None,
) -> None:
    """Add one line: ``what`` is a short stable name (``secret changed``), ``details`` never hold a secret."""
    AuditEntry.objects.create(
        id=new_id(),
        at=timezone.now(),
        actor=_one_line(actor, 255),
        workspace=workspace,
        what=what,
        subject=_one_line(subject, 200),
        details=dict(details or {}),
    )


def _one_line(text: str, limit: int) -> str:
    """Text that cannot forge a second line or move a terminal's cursor."""
    return "".join(char if char.isprintable() else " " for char in text)[:limit]
