"""The mapping of an integration as the store hands it out, a person's choices in clashes worked in."""

from __future__ import annotations

import json
from collections.abc import Mapping as MappingOf
from dataclasses import replace
from functools import lru_cache
from typing import Any

from tieline.mapping.json import parse_saved_mapping
from tieline.mapping.model import ClashPolicy, Mapping
from tieline.records.record import RecordKind
from tieline.store.models import Integration


def mapping_of(integration: Integration) -> Mapping:
    """The saved mapping; an empty one (no kind mapped) while none is saved."""
    if not integration.mapping:
        return Mapping(project_key=integration.project_key, project_id=integration.project_id)
    return _parsed(json.dumps(integration.mapping, sort_keys=True))


@lru_cache(maxsize=64)
def _parsed(text: str) -> Mapping:
    payload: Any = json.loads(text)
    return parse_saved_mapping(payload)


def decide(mapping: Mapping, kind: RecordKind, choices: MappingOf[str, str]) -> Mapping:
    """``mapping`` for one link whose clashes in the fields of ``choices`` were decided (``ours`` or ``theirs``).

    The chosen side wins the next sync by the ordinary way of a field's policy.
    """
    if not choices:
        return mapping
    policies = {"ours": ClashPolicy.OURS, "theirs": ClashPolicy.JIRAS}
    kinds = tuple(
        replace(
            rule,
            fields=tuple(
                replace(one, policy=policies[choices[one.ours]]) if one.ours in choices else one for one in rule.fields
            ),
        )
        if rule.kind == kind
        else rule
        for rule in mapping.kinds
    )
    return replace(mapping, kinds=kinds)
