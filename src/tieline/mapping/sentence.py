"""A mapping in plain words, for the summary before it is turned on."""

from __future__ import annotations

from tieline.mapping.fields import OurField, our_field, remote_label
from tieline.mapping.model import ClashPolicy, Direction, FieldRule, KindRule, Mapping
from tieline.mapping.schema import ProjectSchema
from tieline.records.issue import RemoteKind

POLICY_WORDS: dict[ClashPolicy, str] = {
    ClashPolicy.NEWEST: "the newer change wins",
    ClashPolicy.OURS: "the change here wins",
    ClashPolicy.JIRAS: "Jira's change wins",
    ClashPolicy.ASK: "a person decides",
}


def describe(mapping: Mapping, schema: ProjectSchema) -> tuple[str, ...]:
    """Say what the mapping does, a few sentences for each kind of record.

    ``("A feature here is a Story in ROAD; its status follows Jira.", "Name, description and tags go both ways; …")``
    """
    if not mapping.kinds:
        return (f"Nothing is mapped to {mapping.project_key}.",)
    sentences: list[str] = []
    for rule in mapping.kinds:
        sentences.append(_opening(rule, mapping, schema))
        sentences += _directions(rule, schema)
        sentences += _clashes(rule)
    return tuple(sentences)


def _opening(rule: KindRule, mapping: Mapping, schema: ProjectSchema) -> str:
    if rule.remote_kind is RemoteKind.VERSION:
        sentence = f"A {rule.kind.value} here is a version of {mapping.project_key}"
    else:
        issue_type = schema.issue_type(rule.issue_type_id or "")
        name = issue_type.name if issue_type else rule.issue_type_name or "issue"
        sentence = f"A {rule.kind.value} here is {_article(name)} {name} in {mapping.project_key}"
        if rule.child:
            sentence += ", below its feature's issue"
    status = next((one for one in rule.fields if one.ours == "status"), None)
    return f"{sentence}; {_status_words(status)}."


def _status_words(rule: FieldRule | None) -> str:
    if rule is None:
        return "its status is not carried"
    return {
        Direction.FROM_JIRA: "its status follows Jira",
        Direction.TO_JIRA: "Jira's status follows it",
        Direction.BOTH: "its status goes both ways",
        Direction.SET_ONCE: "its status is not carried after the first time",
    }[rule.direction]


def _directions(rule: KindRule, schema: ProjectSchema) -> list[str]:
    words = {
        Direction.BOTH: ("goes both ways", "go both ways"),
        Direction.TO_JIRA: ("goes to Jira only", "go to Jira only"),
        Direction.FROM_JIRA: ("comes from Jira only", "come from Jira only"),
        Direction.SET_ONCE: (
            "is set in Jira once, when it is made there",
            "are set in Jira once, when it is made there",
        ),
    }
    sentences = []
    for direction, (one_word, many_word) in words.items():
        names = [
            _field_words(ours, one, rule, schema)
            for one in rule.fields
            if one.direction is direction and one.ours != "status" and (ours := our_field(rule.kind, one.ours))
        ]
        if names:
            names[0] = names[0][0].upper() + names[0][1:]
            sentences.append(f"{_listed(names)} {one_word if len(names) == 1 else many_word}.")
    return sentences


def _field_words(ours: OurField, one: FieldRule, rule: KindRule, schema: ProjectSchema) -> str:
    """Our name of the field, with Jira's where it is not the same word."""
    issue_type = schema.issue_type(rule.issue_type_id or "")
    theirs = remote_label(one.theirs, kind=rule.kind, fields=issue_type.create_fields if issue_type else ())
    name = ours.label.lower()
    return name if theirs.casefold() == name.casefold() else f"{name} (“{theirs}”)"


def _clashes(rule: KindRule) -> list[str]:
    sentences = []
    for policy, words in POLICY_WORDS.items():
        names = [
            ours.label.lower()
            for one in rule.fields
            if one.direction is Direction.BOTH
            and one.policy is policy
            and one.ours != "tags"
            and (ours := our_field(rule.kind, one.ours))
        ]
        if names:
            sentences.append(f"When both sides change {_listed(names, last='or')}, {words}.")
    return sentences


def _listed(names: list[str], *, last: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def _article(name: str) -> str:
    return "an" if name[:1].casefold() in set("aeiou") else "a"
