"""Whether a value changed, and whether two values of different sides mean the same."""

from __future__ import annotations

from typing import Any

from tieline.mapping.convert import Converted, Terms, from_remote, readable_body, status_key, to_remote, version_order
from tieline.mapping.fields import Shape
from tieline.mapping.model import FieldRule
from tieline.mapping.values import as_list, linked_only, plain_text, tidy
from tieline.records.issue import RemoteKind
from tieline.richtext.body import body_of, same_text
from tieline.sync.snapshot import FieldBaseline, Snapshot

AGREED_ON_NOTHING = FieldBaseline(ours=None, theirs=None)
"""What a field without a baseline is compared with: a value on either side counts as that side's change."""


def terms_of(snapshot: Snapshot) -> Terms | None:
    """What conversions of this link lean on; None when the mapping has no rule for this kind of record."""
    kind = snapshot.mapping.kind(snapshot.kind)
    if kind is None:
        return None
    return Terms(
        mapping=snapshot.mapping,
        kind=kind,
        edition=snapshot.edition,
        people=snapshot.lookups.people,
        people_back=snapshot.lookups.people_back,
        versions=snapshot.lookups.versions,
        versions_back=snapshot.lookups.versions_back,
    )


def same_ours(shape: Shape, a: Any, b: Any) -> bool:
    """Whether two values of our side are the same to a reader: order of tags, case of e-mails, line ends aside."""
    match shape:
        case Shape.TAGS:
            return sorted(set(as_list(a))) == sorted(set(as_list(b)))
        case Shape.PERSON:
            return str(a or "").casefold() == str(b or "").casefold()
        case Shape.BODY:
            return plain_text(a) == plain_text(b)
        case _:
            return bool(tidy(a) == tidy(b))


def same_theirs(shape: Shape, a: Any, b: Any, terms: Terms) -> bool:
    """Whether two values of Jira's are the same for this link.

    Versions that stand for none of our releases do not count, nor does what Jira's editor does to a body without
    changing its text.
    """
    match shape:
        case Shape.TAGS:
            return sorted(set(as_list(a))) == sorted(set(as_list(b)))
        case Shape.RELEASE:
            return set(linked_only(a, terms.versions_back)) == set(linked_only(b, terms.versions_back))
        case Shape.STATUS:
            return status_key(a) == status_key(b)
        case Shape.BODY:
            return says_the_same(a, b, terms) or readable_body(a, terms) == readable_body(b, terms)
        case _:
            return bool(tidy(a) == tidy(b))


def agreed_form(shape: Shape, theirs: Any, terms: Terms) -> Any:
    """Jira's value as the baseline keeps it. Of versions only the linked ones, so that a version whose release is
    linked later counts as new."""
    if shape is Shape.RELEASE:
        return sorted(linked_only(theirs, terms.versions_back), key=version_order) or None
    if shape is Shape.TAGS:
        return sorted(set(as_list(theirs))) or None
    return tidy(theirs)


def mean_the_same(rule: FieldRule, ours: Any, theirs: Any, terms: Terms, *, agreed: FieldBaseline) -> bool:
    """Whether both sides hold the same thing, each in its own form; then there is nothing to write."""
    shape, ours, theirs = terms.shape(rule), tidy(ours), tidy(theirs)
    if shape is None:
        return False
    if shape is Shape.STATUS:
        key = status_key(theirs)
        return any(pair.ours == ours and pair.theirs == key for pair in terms.kind.statuses)
    if shape is Shape.RELEASE:
        back = from_remote(rule, theirs, terms, ours=ours)
        return isinstance(back, Converted) and back.value == ours
    if shape is Shape.BODY:
        return _same_body(ours, theirs, terms)
    if ours is None or theirs is None:
        return ours is None and theirs is None
    back = from_remote(rule, theirs, terms, ours=ours, agreed_ours=agreed.ours)
    if isinstance(back, Converted) and same_ours(shape, back.value, ours):
        return True
    there = to_remote(rule, ours, terms, kept=theirs)
    return isinstance(there, Converted) and same_theirs(shape, there.value, theirs, terms)


def _same_body(ours: Any, theirs: Any, terms: Terms) -> bool:
    """Whether Jira's body reads like our Markdown, or is what our Markdown (``* a`` for ``- a``) would become."""
    if same_ours(Shape.BODY, readable_body(theirs, terms), ours):
        return True
    if terms.kind.remote_kind is RemoteKind.VERSION or not plain_text(ours):
        return False
    return says_the_same(body_of(ours, terms.edition).body, theirs, terms)


def says_the_same(a: Any, b: Any, terms: Terms) -> bool:
    """Whether two bodies of Jira's say the same; much quicker than reading both."""
    if terms.kind.remote_kind is RemoteKind.VERSION:
        return plain_text(a) == plain_text(b)
    return bool(a == b or same_text(a, b, terms.edition))
