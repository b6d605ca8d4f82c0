"""What a project ROAD offers, as a Jira would tell it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tieline.mapping.schema import IssueType, JiraField, JiraStatus, Option, ProjectSchema, ProjectSummary

STATUSES = (
    JiraStatus(id="1", name="To Do", category="new"),
    JiraStatus(id="2", name="In Progress", category="indeterminate"),
    JiraStatus(id="3", name="Done", category="done"),
)
FIELDS = (
    JiraField(id="summary", name="Summary", type="string", required=True),
    JiraField(id="description", name="Description", type="string"),
    JiraField(id="assignee", name="Assignee", type="user"),
    JiraField(id="duedate", name="Due date", type="date"),
    JiraField(id="labels", name="Labels", type="array", items="string"),
    JiraField(id="fixVersions", name="Fix versions", type="array", items="version"),
)
TEAM = JiraField(
    id="customfield_10050",
    name="Team",
    type="option",
    custom="com.atlassian.jira.plugin.system.customfieldtypes:select",
    required=True,
    options=(Option(id="7", name="Harbour"), Option(id="8", name="Deck")),
)


def schema_of_road(*, demanding: bool = False) -> ProjectSchema:
    """``demanding``: Jira wants a team for every new story."""
    fields = (*FIELDS, TEAM) if demanding else FIELDS
    return ProjectSchema(
        project=ProjectSummary(id="10000", key="ROAD", name="Roadmap"),
        issue_types=(
            IssueType(id="10", name="Story", subtask=False, level=0, create_fields=fields, statuses=STATUSES),
            IssueType(id="11", name="Sub-task", subtask=True, level=-1, create_fields=FIELDS, statuses=STATUSES),
            IssueType(id="12", name="Epic", subtask=False, level=1, create_fields=FIELDS, statuses=STATUSES),
        ),
    )


def stored_schema(*, demanding: bool = False) -> dict[str, Any]:
    return asdict(schema_of_road(demanding=demanding))
