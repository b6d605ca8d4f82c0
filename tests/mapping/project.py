"""A project of Jira to map to: two issue types, the fields of their create screens, three statuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tieline.mapping.schema import IssueType, JiraField, JiraStatus, ProjectSchema, ProjectSummary


def jira_field(id: str, name: str, type: str, **more: Any) -> JiraField:
    return JiraField(id=id, name=name, type=type, **more)


CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes"
SUMMARY = jira_field("summary", "Summary", "string", required=True)
DESCRIPTION = jira_field("description", "Description", "string")
ASSIGNEE = jira_field("assignee", "Assignee", "user")
DUE = jira_field("duedate", "Due date", "date")
LABELS = jira_field("labels", "Labels", "array", items="string")
VERSIONS = jira_field("fixVersions", "Fix versions", "array", items="version")
TARGET = jira_field("customfield_10020", "Target", "string", custom=f"{CUSTOM}:textfield")
LANDING = jira_field("customfield_10021", "Landing", "date", custom=f"{CUSTOM}:datepicker")
TEAM = jira_field("customfield_10030", "Team", "option", custom=f"{CUSTOM}:select", required=True)
PARENT = jira_field("parent", "Parent", "issuelink", required=True)
STATUSES = (
    JiraStatus(id="1", name="To Do", category="new"),
    JiraStatus(id="2", name="In Progress", category="indeterminate"),
    JiraStatus(id="3", name="Done", category="done"),
)
STORY = IssueType(
    id="10001",
    name="Story",
    subtask=False,
    level=0,
    create_fields=(SUMMARY, DESCRIPTION, ASSIGNEE, DUE, LABELS, VERSIONS, TARGET, LANDING),
    statuses=STATUSES,
)
SUB_TASK = IssueType(
    id="10002",
    name="Sub-task",
    subtask=True,
    level=-1,
    create_fields=(SUMMARY, DESCRIPTION, ASSIGNEE, PARENT),
    statuses=STATUSES,
)
ROAD = ProjectSchema(project=ProjectSummary(id="10000", key="ROAD", name="Road"), issue_types=(STORY, SUB_TASK))


def road_with(*types: IssueType) -> ProjectSchema:
    return replace(ROAD, issue_types=types)


def story_with(*fields: JiraField) -> IssueType:
    return replace(STORY, create_fields=(*STORY.create_fields, *fields))
