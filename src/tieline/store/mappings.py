"""The mapping of an integration as the store hands it out."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from tieline.mapping.json import parse_saved_mapping
from tieline.mapping.model import Mapping
from tieline.records.record import RecordKind
from tieline.store.models import Integration


def mapping_of(integration: Integration) -> Mapping:
    """The saved mapping; an empty one (no kind mapped) while none is saved."""
    if not integration.mapping:
        return Mapping(project_key=integration.project_key, project_id=integration.project_id)
    return _parsed(json.dumps(integration.mapping, sort_keys=True))


def fields_that_meet_another(before: Mapping, after: Mapping) -> dict[RecordKind, set[str]]:
    """By kind: our fields that met one field of Jira's and now meet another one."""
    met = {(rule.kind, row.ours): row.theirs for rule in before.kinds for row in rule.fields}
    found: dict[RecordKind, set[str]] = {}
    for rule in after.kinds:
        other = {row.ours for row in rule.fields if met.get((rule.kind, row.ours), row.theirs) != row.theirs}
        if other:
            found[rule.kind] = other
    return found


@lru_cache(maxsize=64)
def _parsed(text: str) -> Mapping:
    payload: Any = json.loads(text)
    return parse_saved_mapping(payload)
