"""What changed between two states of an issue, as Jira's changelog words it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .adf import render_text
from .model import ChangeItem, Issue
from .scheme import (
    AUDIENCE_NAMES,
    COST_CENTRE_FIELD,
    FIELDS,
    PRIORITY_NAMES,
    RESOLUTION_NAMES,
    STATUSES_BY_ID,
    TYPES_BY_ID,
)

_CUSTOM_NAMES = {field.id: field.name for field in (*FIELDS, COST_CENTRE_FIELD) if field.custom}


@dataclass(frozen=True, kw_only=True)
class Names:
    """How to word the ids that only the site knows."""

    person: Callable[[str | None], str | None]
    person_id: Callable[[str | None], str | None]
    version: Callable[[int], str]
    component: Callable[[int], str]
    issue_key: Callable[[int | None], str | None]


def plan_change_items(old: Issue, new: Issue, names: Names) -> tuple[ChangeItem, ...]:
    """List the fields that differ, one item each; collections of versions give one item for each member."""
    items: list[ChangeItem] = []

    def say(
        field: str, field_id: str, before: tuple[str | None, str | None], after: tuple[str | None, str | None]
    ) -> None:
        if before != after:
            items.append(
                ChangeItem(
                    field=field,
                    field_id=field_id,
                    from_id=before[0],
                    from_text=before[1],
                    to_id=after[0],
                    to_text=after[1],
                    custom=field_id.startswith("customfield_"),
                )
            )

    say("summary", "summary", (None, old.summary), (None, new.summary))
    if old.description != new.description:
        say("description", "description", (None, render_text(old.description)), (None, render_text(new.description)))
    say(
        "issuetype",
        "issuetype",
        (old.type_id, TYPES_BY_ID[old.type_id].name),
        (new.type_id, TYPES_BY_ID[new.type_id].name),
    )
    for field, before, after in (("assignee", old.assignee, new.assignee), ("reporter", old.reporter, new.reporter)):
        say(
            field, field, (names.person_id(before), names.person(before)), (names.person_id(after), names.person(after))
        )
    say(
        "priority",
        "priority",
        (old.priority_id, PRIORITY_NAMES[old.priority_id]),
        (new.priority_id, PRIORITY_NAMES[new.priority_id]),
    )
    say("labels", "labels", (None, " ".join(old.labels)), (None, " ".join(new.labels)))
    items.extend(_members("Fix Version", "fixVersions", old.fix_versions, new.fix_versions, names.version))
    items.extend(_members("Version", "versions", old.versions, new.versions, names.version))
    items.extend(_members("Component", "components", old.components, new.components, names.component))
    say("duedate", "duedate", (old.due_date, old.due_date), (new.due_date, new.due_date))
    say(
        "Parent",
        "parent",
        (_text(old.parent), names.issue_key(old.parent)),
        (_text(new.parent), names.issue_key(new.parent)),
    )
    for field_id in sorted({*old.custom, *new.custom}):
        before_value, after_value = old.custom.get(field_id), new.custom.get(field_id)
        if before_value != after_value:
            name = _CUSTOM_NAMES.get(field_id, field_id)
            say(name, field_id, (None, _custom_text(before_value)), (None, _custom_text(after_value)))
    say(
        "resolution",
        "resolution",
        (old.resolution_id, RESOLUTION_NAMES.get(old.resolution_id or "")),
        (new.resolution_id, RESOLUTION_NAMES.get(new.resolution_id or "")),
    )
    say(
        "status",
        "status",
        (old.status_id, STATUSES_BY_ID[old.status_id].name),
        (new.status_id, STATUSES_BY_ID[new.status_id].name),
    )
    if old.rank != new.rank:
        say("Rank", "customfield_10019", ("", ""), ("", "Ranked higher" if new.rank < old.rank else "Ranked lower"))
    return tuple(items)


def _members(
    field: str, field_id: str, old: Sequence[int], new: Sequence[int], name: Callable[[int], str]
) -> Iterable[ChangeItem]:
    for gone in (one for one in old if one not in new):
        yield ChangeItem(
            field=field, field_id=field_id, from_id=str(gone), from_text=name(gone), to_id=None, to_text=None
        )
    for come in (one for one in new if one not in old):
        yield ChangeItem(
            field=field, field_id=field_id, from_id=None, from_text=None, to_id=str(come), to_text=name(come)
        )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _custom_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        return f"{value:g}"
    return AUDIENCE_NAMES.get(str(value), str(value))
