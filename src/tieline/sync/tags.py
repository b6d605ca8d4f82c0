"""Tags and labels: what either side added or removed is carried to the other, so two people's edits both survive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tieline.mapping.values import as_label, as_labels, as_list, labels_back
from tieline.sync.snapshot import FieldBaseline


@dataclass(frozen=True, kw_only=True)
class MergedTags:
    """``ours``/``theirs``: what each side holds afterwards, in its own form. ``baseline``: what both agree on then."""

    ours: list[str] | None
    theirs: list[str] | None
    baseline: FieldBaseline


def merge_tags(ours: Any, theirs: Any, agreed: FieldBaseline, *, may_push: bool, may_pull: bool) -> MergedTags:
    """Apply each side's additions and removals since the baseline to the other.

    One way, the silent side's own additions stay where they are and are never part of the baseline. An addition on
    one side outweighs a removal on the other.
    """
    our_labels, agreed_ours = _labels(ours), _labels(agreed.ours)
    their_labels, agreed_theirs = set(as_list(theirs)), set(as_list(agreed.theirs))
    our_added, their_added = our_labels - agreed_ours, their_labels - agreed_theirs
    our_removed = agreed_ours - our_labels - their_added
    their_removed = agreed_theirs - their_labels - our_added

    labels_after = (their_labels - our_removed) | our_added if may_push else their_labels
    tags_after = set(as_list(ours))
    if may_pull:
        tags_after = {tag for tag in tags_after if as_label(tag) not in their_removed}
        tags_after |= their_added - _labels(sorted(tags_after))

    tags, labels = sorted(tags_after) or None, sorted(labels_after) or None
    if may_push and may_pull:
        baseline = FieldBaseline(ours=tags, theirs=labels)
    elif may_push:
        baseline = FieldBaseline(ours=tags, theirs=as_labels(tags))
    else:
        baseline = FieldBaseline(ours=labels_back(labels or (), known=(as_list(ours),)), theirs=labels)
    return MergedTags(ours=tags, theirs=labels, baseline=baseline)


def _labels(tags: Any) -> set[str]:
    return set(as_labels(tags) or ())
