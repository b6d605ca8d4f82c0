"""Values from one side's form to the other's, with what the other side cannot hold said in words.

The forms are those of ``sync/snapshot.py``: ours as stored (text, slug, ISO date, list of tags, id), theirs canonical
(status id, user id, sorted lists, body as Jira holds it). None is empty on both sides. Nothing here guesses: a value
without a counterpart is ``Unconvertible``, which is a value too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from tieline.mapping.fields import Shape, our_field
from tieline.mapping.model import FieldRule, KindRule, Mapping
from tieline.mapping.values import (
    as_label,
    as_labels,
    as_line,
    as_list,
    labels_back,
    linked_only,
    plain_text,
    tidy,
)
from tieline.records.issue import Edition, RemoteKind
from tieline.richtext.body import apply_edit, body_of, markdown_of


@dataclass(frozen=True, kw_only=True)
class Converted:
    """``losses`` are sentences about what the other side cannot hold."""

    value: Any
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Unconvertible:
    """There is no counterpart. ``slug`` names the catalogue entry, ``facts`` fill its words."""

    slug: str
    facts: MappingOf[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Everything a conversion leans on beside the value: the mapping of its kind and what was looked up beforehand.

    ``people``: our e-mail → Jira user id; ``versions``: release record id → version id; ``…_back`` the other way.
    The mapping's own table of people is asked before ``people``.
    """

    mapping: Mapping
    kind: KindRule
    edition: Edition
    people: MappingOf[str, str] = field(default_factory=dict)
    people_back: MappingOf[str, str] = field(default_factory=dict)
    versions: MappingOf[str, str] = field(default_factory=dict)
    versions_back: MappingOf[str, str] = field(default_factory=dict)

    def shape(self, rule: FieldRule) -> Shape | None:
        """The shape of the rule's values; None for a field that this kind of record does not have."""
        ours = our_field(self.kind.kind, rule.ours)
        return ours.shape if ours else None


def to_remote(
    rule: FieldRule, value: Any, terms: Terms, *, kept: Any = None, agreed_ours: Any = None, agreed_theirs: Any = None
) -> Converted | Unconvertible:
    """Convert our value to Jira's form.

    ``kept`` is what Jira holds now: blocks of a body that were not edited, and versions that are none of ours, come
    back in the result as they are. ``agreed_ours``/``agreed_theirs`` are the baseline: a version leaves the issue only
    if it stood for the release agreed on before, or came since then.
    """
    match terms.shape(rule):
        case Shape.TEXT:
            line, losses = as_line(value)
            if line is None:
                return Unconvertible(slug="map-name-empty", facts={"field": rule.ours})
            return Converted(value=line, losses=losses)
        case Shape.BODY:
            return _body_to_remote(value, terms, kept)
        case Shape.STATUS:
            return _status_to_remote(value, terms)
        case Shape.PERSON:
            return _person_to_remote(value, terms)
        case Shape.DAY:
            return _day(rule, value)
        case Shape.TAGS:
            return Converted(value=as_labels(value), losses=_label_losses(value))
        case Shape.RELEASE:
            return _release_to_remote(value, terms, kept, agreed_ours, agreed_theirs)
        case None:
            return Unconvertible(slug="map-field-unknown", facts={"field": rule.ours})


def from_remote(
    rule: FieldRule, value: Any, terms: Terms, *, ours: Any = None, agreed_ours: Any = None
) -> Converted | Unconvertible:
    """Convert Jira's value to ours.

    ``ours`` and ``agreed_ours`` break ties: of several linked versions ours stays, and a label that one of our tags
    became comes back as that tag.
    """
    value = tidy(value)
    match terms.shape(rule):
        case Shape.TEXT:
            if not isinstance(value, str) or not value.strip():
                return Unconvertible(slug="map-name-empty", facts={"field": rule.theirs})
            return Converted(value=value)
        case Shape.BODY:
            return Converted(value=readable_body(value, terms))
        case Shape.STATUS:
            return _status_from_remote(value, terms)
        case Shape.PERSON:
            return _person_from_remote(value, terms)
        case Shape.DAY:
            return _day(rule, value)
        case Shape.TAGS:
            return Converted(value=labels_back(as_list(value), known=(as_list(ours), as_list(agreed_ours))))
        case Shape.RELEASE:
            linked = [terms.versions_back[one] for one in linked_only(value, terms.versions_back)]
            if ours in linked:
                return Converted(value=ours)
            return Converted(value=linked[0] if linked else None)
        case None:
            return Unconvertible(slug="map-field-unknown", facts={"field": rule.ours})


def readable_body(body: Any, terms: Terms) -> str | None:
    """A body of Jira's as Markdown; the description of a version is plain text and read as it is."""
    if terms.kind.remote_kind is RemoteKind.VERSION:
        return plain_text(body)
    return plain_text(kept_markdown(body, terms.edition)) if body else None


def kept_markdown(body: Any, edition: Edition) -> str:
    """``markdown_of``, remembered for the few bodies at hand: judging one description reads the same body several
    times over."""
    if isinstance(body, str):
        return _markdown_of(body, edition, False)
    try:
        return _markdown_of(json.dumps(body), edition, True)
    except (TypeError, ValueError, RecursionError):
        return markdown_of(body, edition)


@lru_cache(maxsize=32)
def _markdown_of(body: str, edition: Edition, is_document: bool) -> str:
    return markdown_of(json.loads(body) if is_document else body, edition)


def _body_to_remote(value: Any, terms: Terms, kept: Any) -> Converted:
    text = plain_text(value)
    if terms.kind.remote_kind is RemoteKind.VERSION:
        return Converted(value=text)
    if text is None:
        return Converted(value=None)
    if kept:
        edited = apply_edit(kept, kept_markdown(kept, terms.edition), text, terms.edition)
    else:
        edited = body_of(text, terms.edition)
    return Converted(value=edited.body, losses=tuple(edited.losses))


def _status_to_remote(value: Any, terms: Terms) -> Converted | Unconvertible:
    pair = next((one for one in terms.kind.statuses if one.ours == value), None)
    if pair is None:
        return Unconvertible(slug="map-status-unmapped", facts={"status": str(value or ""), "side": "ours"})
    if terms.kind.remote_kind is RemoteKind.VERSION:
        return Converted(value=pair.theirs == "true")
    return Converted(value=pair.theirs)


def _status_from_remote(value: Any, terms: Terms) -> Converted | Unconvertible:
    theirs = status_key(value)
    pair = next((one for one in terms.kind.statuses if one.theirs == theirs), None)
    if pair is None:
        return Unconvertible(slug="map-status-unmapped", facts={"status": theirs, "side": "theirs"})
    return Converted(value=pair.ours)


def status_key(value: Any) -> str:
    """How a status of Jira's stands in the pairs: its id, or ``true``/``false`` for ``released``."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _person_to_remote(value: Any, terms: Terms) -> Converted | Unconvertible:
    if not value:
        return Converted(value=None)
    email = str(value).casefold()
    for table in (terms.mapping.people, terms.people):
        for known, user in table.items():
            if known.casefold() == email:
                return Converted(value=user)
    return Unconvertible(slug="map-person-unmatched", facts={"person": str(value), "side": "ours"})


def _person_from_remote(value: Any, terms: Terms) -> Converted | Unconvertible:
    if not value:
        return Converted(value=None)
    for email, user in terms.mapping.people.items():
        if user == value:
            return Converted(value=email)
    email_found = terms.people_back.get(value)
    if email_found:
        return Converted(value=email_found)
    return Unconvertible(slug="map-person-unmatched", facts={"person": str(value), "side": "theirs"})


def _day(rule: FieldRule, value: Any) -> Converted | Unconvertible:
    if not value:
        return Converted(value=None)
    text = value.isoformat() if isinstance(value, date) else str(value)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Unconvertible(slug="map-value-unreadable", facts={"field": rule.ours, "value": text[:60]})
    return Converted(value=day.isoformat())


def _label_losses(tags: Any) -> tuple[str, ...]:
    changed = ((tag, as_label(tag)) for tag in as_list(tags))
    return tuple(
        f"Labels in Jira hold no blanks and at most 255 characters: “{tag}” goes as “{label}”."
        for tag, label in changed
        if label and label != tag
    )


def _release_to_remote(
    value: Any, terms: Terms, kept: Any, agreed_ours: Any, agreed_theirs: Any
) -> Converted | Unconvertible:
    wanted: set[str] = set()
    if value:
        version = terms.versions.get(value)
        if version is None:
            return Unconvertible(slug="map-version-unlinked", facts={"release": str(value)})
        wanted.add(version)
    present = set(as_list(kept))
    came_since = set(linked_only(kept, terms.versions_back)) - set(as_list(agreed_theirs))
    former = {terms.versions[agreed_ours]} if agreed_ours in terms.versions else set()
    after = (present - came_since - former) | wanted
    return Converted(value=sorted(after, key=version_order) or None)


def version_order(version_id: str) -> tuple[int, str]:
    """Ids of versions are numbers written as text; the older comes first."""
    return (int(version_id), "") if version_id.isdecimal() else (1 << 62, version_id)
