"""How the sandbox's Jira is configured: people, issue types, workflow, fields and permissions."""

from dataclasses import dataclass
from typing import Any

from .model import Person, Project
from .options import Edition

CLOUD_ID = "7d4a1c52-0b9e-4c39-9f0a-5c1f2a8e6b11"
CLOUD_TOKEN = "ATATT3xFfGF0sandbox-7Qw2Kq8ZrT5pVn1LxYc4Bd9Em6Hj3Ua0"
CLOUD_PASSWORD = "harbour-lights-7"
DC_SECRET = "NjQ1MTc0MDk4Njkyc2FuZGJveC1wYXQt"

PAT = "712020:0c5be3a1-4d2f-4b1a-9c66-1f0a5d9b7e01"
ROBIN = "712020:2f1de8b7-63a4-4b0e-8a3d-77c0f4e2d902"

PEOPLE: tuple[Person, ...] = (
    Person(account_id=PAT, name="pat", email="pat@skerrylines.example", display="Pat Lindgren"),
    Person(account_id=ROBIN, name="robin", email="robin@skerrylines.example", display="Robin Vale (sandbox)"),
    Person(
        account_id="712020:5a90cd13-8be7-4f44-b7a0-3e61c2d4f803",
        name="amara",
        email="amara@skerrylines.example",
        display="Amara Osei",
    ),
    Person(
        account_id="712020:8c3f7e20-19d5-4d6b-a2f1-6b8e90c1a704",
        name="jonas",
        email="jonas@skerrylines.example",
        display="Jonas Ek",
    ),
    Person(
        account_id="712020:b7e4420d-5c18-4a9a-8d33-90ad1f5b6605",
        name="mei",
        email="mei@skerrylines.example",
        display="Mei Tanaka",
    ),
    Person(
        account_id="712020:e19b6f84-2a7c-4c53-b6e8-c4d7f03a5506",
        name="sofia",
        email="sofia@skerrylines.example",
        display="Sofía Marín",
    ),
    Person(
        account_id="712020:f60a2b9c-7d31-4e08-9b15-2d8c6e4f1407",
        name="tove",
        email="tove@skerrylines.example",
        display="Tove Dahl",
        active=False,
    ),
)

PROJECTS: tuple[Project, ...] = (
    Project(id=10000, key="ROAD", name="Skerry Lines booking", lead=PAT),
    Project(id=10001, key="CREW", name="Crew rostering", lead=ROBIN),
    Project(id=10002, key="FARES", name="Fare strategy", lead=ROBIN, visible_to=frozenset({ROBIN})),
)
MAIN_PROJECT = "ROAD"


@dataclass(frozen=True, kw_only=True)
class IssueType:
    id: str
    name: str
    description: str
    level: int  # 1 epic, 0 standard, -1 sub-task
    avatar: int

    @property
    def subtask(self) -> bool:
        return self.level < 0


ISSUE_TYPES: tuple[IssueType, ...] = (
    IssueType(id="10000", name="Epic", description="A big piece of work, split into stories.", level=1, avatar=10307),
    IssueType(id="10001", name="Story", description="Something a passenger or a clerk can do.", level=0, avatar=10315),
    IssueType(id="10002", name="Task", description="Work that needs to be done.", level=0, avatar=10318),
    IssueType(id="10003", name="Sub-task", description="A part of a story.", level=-1, avatar=10316),
    IssueType(id="10004", name="Bug", description="Something that does not work as it should.", level=0, avatar=10303),
)


@dataclass(frozen=True, kw_only=True)
class Status:
    id: str
    name: str
    category: str
    description: str = ""


CATEGORIES: dict[str, dict[str, Any]] = {
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}
STATUSES: tuple[Status, ...] = (
    Status(id="10000", name="To Do", category="new"),
    Status(id="3", name="In Progress", category="indeterminate", description="Somebody is working on this."),
    Status(id="10001", name="In Review", category="indeterminate", description="Waiting for a second pair of eyes."),
    Status(id="10002", name="Done", category="done"),
)
FIRST_STATUS, DONE_STATUS = "10000", "10002"


@dataclass(frozen=True, kw_only=True)
class Transition:
    """`screen` names the fields asked for on the way; `required` those that must be given."""

    id: str
    name: str
    source: str
    target: str
    screen: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


TRANSITIONS: tuple[Transition, ...] = (
    Transition(id="11", name="Start work", source="10000", target="3"),
    Transition(id="21", name="Send to review", source="3", target="10001"),
    Transition(
        id="31",
        name="Approve",
        source="10001",
        target="10002",
        screen=("resolution", "fixVersions"),
        required=("resolution",),
    ),
    Transition(id="41", name="Back to work", source="10001", target="3"),
    Transition(id="51", name="Put back", source="3", target="10000"),
    Transition(id="61", name="Reopen", source="10002", target="10000"),
)

PRIORITIES: tuple[tuple[str, str, str], ...] = (
    ("1", "Highest", "#d04437"),
    ("2", "High", "#f15C75"),
    ("3", "Medium", "#f79232"),
    ("4", "Low", "#707070"),
    ("5", "Lowest", "#999999"),
)
RESOLUTIONS: tuple[tuple[str, str, str], ...] = (
    ("10000", "Done", "Work has been completed on this issue."),
    ("10001", "Won't Do", "This issue won't be actioned."),
    ("10002", "Duplicate", "The problem is a duplicate of an existing issue."),
)
LINK_TYPES: tuple[tuple[str, str, str, str], ...] = (
    ("10000", "Blocks", "is blocked by", "blocks"),
    ("10001", "Duplicate", "is duplicated by", "duplicates"),
    ("10003", "Relates", "relates to", "relates to"),
)

POINTS, AUDIENCE, SOURCE_KEY, COST_CENTRE = (
    "customfield_10016",
    "customfield_10032",
    "customfield_10040",
    "customfield_10041",
)
EPIC_LINK, EPIC_NAME, RANK = "customfield_10014", "customfield_10011", "customfield_10019"
AUDIENCES: tuple[tuple[str, str], ...] = (("10100", "Passengers"), ("10101", "Harbour staff"), ("10102", "Operations"))


@dataclass(frozen=True, kw_only=True)
class Field:
    """`kind` is the schema type, `plugin` the custom field's type key; `types` limits it to issue types."""

    id: str
    name: str
    kind: str
    items: str | None = None
    plugin: str | None = None
    on_create: bool = True
    on_edit: bool = True
    required: bool = False
    types: frozenset[str] | None = None
    operations: tuple[str, ...] = ("set",)
    editions: frozenset[Edition] = frozenset({"cloud", "dc"})
    navigable: bool = True
    clauses: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        return self.plugin is not None

    @property
    def schema(self) -> dict[str, Any]:
        parts: dict[str, Any] = {"type": self.kind}
        if self.items:
            parts["items"] = self.items
        if self.plugin:
            parts["custom"] = self.plugin
            parts["customId"] = int(self.id.removeprefix("customfield_"))
        else:
            parts["system"] = self.id
        return parts


_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
_GREENHOPPER = "com.pyxis.greenhopper.jira:"
_LIST = ("add", "set", "remove")
_WORK = frozenset({"10001", "10002", "10004"})

FIELDS: tuple[Field, ...] = (
    Field(id="summary", name="Summary", kind="string", required=True, clauses=("summary",)),
    Field(
        id="issuetype", name="Issue Type", kind="issuetype", required=True, operations=(), clauses=("issuetype", "type")
    ),
    Field(id="project", name="Project", kind="project", required=True, on_edit=False, clauses=("project",)),
    Field(id="parent", name="Parent", kind="issuelink", clauses=("parent",)),
    Field(id="description", name="Description", kind="string", clauses=("description",)),
    Field(id="reporter", name="Reporter", kind="user", clauses=("reporter",)),
    Field(id="assignee", name="Assignee", kind="user", clauses=("assignee",)),
    Field(id="priority", name="Priority", kind="priority", clauses=("priority",)),
    Field(id="labels", name="Labels", kind="array", items="string", operations=_LIST, clauses=("labels",)),
    Field(
        id="components", name="Components", kind="array", items="component", operations=_LIST, clauses=("component",)
    ),
    Field(
        id="fixVersions", name="Fix versions", kind="array", items="version", operations=_LIST, clauses=("fixVersion",)
    ),
    Field(
        id="versions",
        name="Affects versions",
        kind="array",
        items="version",
        operations=_LIST,
        types=frozenset({"10004"}),
        clauses=("affectedVersion",),
    ),
    Field(id="duedate", name="Due date", kind="date", clauses=("due", "duedate")),
    Field(
        id=POINTS,
        name="Story Points",
        kind="number",
        plugin=_CUSTOM + "float",
        types=_WORK,
        clauses=("cf[10016]", "Story Points"),
    ),
    Field(
        id=AUDIENCE,
        name="Audience",
        kind="option",
        plugin=_CUSTOM + "select",
        types=frozenset({"10000", "10001"}),
        clauses=("cf[10032]", "Audience"),
    ),
    Field(
        id=SOURCE_KEY,
        name="Source key",
        kind="string",
        plugin=_CUSTOM + "textfield",
        clauses=("cf[10040]", "Source key"),
    ),
    Field(
        id=EPIC_NAME,
        name="Epic Name",
        kind="string",
        plugin=_GREENHOPPER + "gh-epic-label",
        types=frozenset({"10000"}),
        required=True,
        editions=frozenset({"dc"}),
        clauses=("cf[10011]", "Epic Name"),
    ),
    Field(
        id=EPIC_LINK,
        name="Epic Link",
        kind="any",
        plugin=_GREENHOPPER + "gh-epic-link",
        types=_WORK,
        editions=frozenset({"dc"}),
        clauses=("cf[10014]", "Epic Link"),
    ),
    Field(
        id=RANK,
        name="Rank",
        kind="any",
        plugin=_GREENHOPPER + "gh-lexo-rank",
        on_create=False,
        on_edit=False,
        clauses=("cf[10019]", "Rank"),
    ),
    Field(id="status", name="Status", kind="status", on_create=False, on_edit=False, clauses=("status",)),
    Field(
        id="resolution", name="Resolution", kind="resolution", on_create=False, on_edit=False, clauses=("resolution",)
    ),
    Field(id="creator", name="Creator", kind="user", on_create=False, on_edit=False, clauses=("creator",)),
    Field(id="created", name="Created", kind="datetime", on_create=False, on_edit=False, clauses=("created",)),
    Field(id="updated", name="Updated", kind="datetime", on_create=False, on_edit=False, clauses=("updated",)),
    Field(id="resolutiondate", name="Resolved", kind="datetime", on_create=False, on_edit=False, clauses=("resolved",)),
    Field(id="subtasks", name="Sub-tasks", kind="array", items="issuelinks", on_create=False, on_edit=False),
    Field(
        id="attachment",
        name="Attachment",
        kind="array",
        items="attachment",
        on_create=False,
        on_edit=False,
        navigable=False,
    ),
    Field(id="comment", name="Comment", kind="comments-page", on_create=False, on_edit=False, navigable=False),
)
COST_CENTRE_FIELD = Field(
    id=COST_CENTRE,
    name="Cost centre",
    kind="string",
    plugin=_CUSTOM + "textfield",
    required=True,
    clauses=("cf[10041]", "Cost centre"),
)

PERMISSIONS: tuple[tuple[str, str, str, str], ...] = (
    ("ADMINISTER", "44", "Administer Jira", "GLOBAL"),
    ("USER_PICKER", "27", "Browse users and groups", "GLOBAL"),
    ("BULK_CHANGE", "33", "Make bulk changes", "GLOBAL"),
    ("ADMINISTER_PROJECTS", "23", "Administer projects", "PROJECT"),
    ("BROWSE_PROJECTS", "10", "Browse projects", "PROJECT"),
    ("CREATE_ISSUES", "11", "Create issues", "PROJECT"),
    ("EDIT_ISSUES", "12", "Edit issues", "PROJECT"),
    ("ASSIGN_ISSUES", "13", "Assign issues", "PROJECT"),
    ("ASSIGNABLE_USER", "17", "Assignable user", "PROJECT"),
    ("SCHEDULE_ISSUES", "28", "Schedule issues", "PROJECT"),
    ("LINK_ISSUES", "21", "Link issues", "PROJECT"),
    ("DELETE_ISSUES", "16", "Delete issues", "PROJECT"),
    ("TRANSITION_ISSUES", "46", "Transition issues", "PROJECT"),
    ("MODIFY_REPORTER", "30", "Modify reporter", "PROJECT"),
    ("ADD_COMMENTS", "15", "Add comments", "PROJECT"),
    ("EDIT_ALL_COMMENTS", "34", "Edit all comments", "PROJECT"),
    ("DELETE_ALL_COMMENTS", "36", "Delete all comments", "PROJECT"),
    ("CREATE_ATTACHMENTS", "19", "Create attachments", "PROJECT"),
    ("WORK_ON_ISSUES", "20", "Work on issues", "PROJECT"),
    ("MANAGE_WATCHERS", "32", "Manage watchers", "PROJECT"),
)
PERMISSION_KEYS = frozenset(key for key, *_ in PERMISSIONS)

TYPES_BY_ID = {one.id: one for one in ISSUE_TYPES}
STATUSES_BY_ID = {one.id: one for one in STATUSES}
PRIORITY_NAMES = {key: name for key, name, _ in PRIORITIES}
RESOLUTION_NAMES = {key: name for key, name, _ in RESOLUTIONS}
AUDIENCE_NAMES = dict(AUDIENCES)
