"""Pages for a person in Jira: the issues of a project, one issue, and the forms on it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from html import escape
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from .adf import render_html, render_text
from .ask import Answer, page
from .markup import field, frame, lozenge, message, select, table, text_input
from .model import Body, Comment, Issue
from .rest_workflow import apply_transition
from .scheme import (
    AUDIENCE_NAMES,
    EPIC_NAME,
    FIRST_STATUS,
    ISSUE_TYPES,
    PRIORITY_NAMES,
    RESOLUTIONS,
    ROBIN,
    STATUSES,
    STATUSES_BY_ID,
    TYPES_BY_ID,
    Transition,
)
from .version_pages import go
from .wikitext import parse_wiki
from .world import World

_PAGE = 50
Form = MultiDict[str, str]


class IssuePages:
    """Reads and writes as Robin Vale, who is not the account that integrations use."""

    def __init__(self, world: World) -> None:
        self._world = world

    # ---- one project

    def project(self, key: str, args: Mapping[str, str]) -> Answer | None:
        world = self._world
        project = world.project(key, account=ROBIN)
        if project is None:
            return None
        text, status, kind = args.get("q", ""), args.get("status", ""), args.get("type", "")
        start = int(args["start"]) if args.get("start", "").isdigit() else 0
        found = [
            one
            for one in world.issues.values()
            if one.project == project.key
            and (not text or text.lower() in one.summary.lower() or text.upper() == one.key)
            and (not status or one.status_id == status)
            and (not kind or one.type_id == kind)
        ]
        found.sort(key=lambda one: one.updated, reverse=True)
        rows = [self._row(one) for one in found[start : start + _PAGE]]
        filters = (
            '<form class="inline card" method="get"><label class="soft" for="q">Find</label>'
            + text_input("q", text)
            + select(
                "status", [("", "Any status"), *((one.id, one.name) for one in STATUSES)], [status], label="Status"
            )
            + select("type", [("", "Any type"), *((one.id, one.name) for one in ISSUE_TYPES)], [kind], label="Type")
            + "<button>Show</button> "
            + f'<a class="button" href="/sandbox/pages/projects/{project.key}/new">New issue</a></form>'
        )
        more = ""
        if start + _PAGE < len(found):
            query = urlencode({"q": text, "status": status, "type": kind, "start": start + _PAGE})
            more = f'<p><a href="?{query}">Next {_PAGE}</a></p>'
        body = (
            f"<h1>{escape(project.name)}</h1>{message(args.get('said', ''))}{filters}"
            f'<p class="soft">{len(found)} issues</p>'
            + table(("Key", "Type", "Summary", "Status", "Fix version", "Assignee", "Updated"), rows)
            + more
        )
        return page(200, frame(project.name, body, edition=world.edition, project=project.key))

    def _row(self, one: Issue) -> tuple[str, ...]:
        status = STATUSES_BY_ID[one.status_id]
        versions = ", ".join(self._world.versions[id].name for id in one.fix_versions if id in self._world.versions)
        link = f'<a href="/sandbox/pages/issues/{one.key}">'
        return (
            f'<span class="key">{link}{one.key}</a></span>',
            escape(TYPES_BY_ID[one.type_id].name),
            f"{link}{escape(one.summary)}</a>",
            lozenge(status.name, status.category),
            escape(versions),
            escape(self._person(one.assignee)),
            _time(one.updated),
        )

    def _person(self, account: str | None) -> str:
        return self._world.people[account].display if account else ""

    def _field_name(self, id: str) -> str:
        return next((one.name for one in self._world.fields() if one.id == id), id)

    def _field_text(self, value: object) -> str:
        return AUDIENCE_NAMES.get(str(value), f"{value:g}" if isinstance(value, float) else str(value))

    # ---- one issue

    def issue(self, key: str, said: str) -> Answer | None:
        world = self._world
        one = world.issue(key)
        if one is None:
            return None
        status = STATUSES_BY_ID[one.status_id]
        moves = "".join(self._move(one, step) for step in world.transitions_from(one.status_id))
        rows = [
            ("Type", escape(TYPES_BY_ID[one.type_id].name)),
            ("Status", lozenge(status.name, status.category)),
            ("Assignee", escape(self._person(one.assignee)) or "–"),
            ("Reporter", escape(self._person(one.reporter))),
            ("Priority", escape(PRIORITY_NAMES[one.priority_id])),
            ("Labels", escape(", ".join(one.labels)) or "–"),
            (
                "Fix version",
                escape(", ".join(world.versions[id].name for id in one.fix_versions if id in world.versions)) or "–",
            ),
            ("Due", escape(one.due_date or "–")),
            ("Parent", self._link(one.parent) or "–"),
            ("Created", _time(one.created)),
            ("Updated", _time(one.updated)),
            *((escape(self._field_name(name)), escape(self._field_text(value))) for name, value in one.custom.items()),
            *(
                (f"Property {escape(name)}", f"<code>{escape(str(value)[:300])}</code>")
                for name, value in one.properties.items()
            ),
        ]
        facts = "".join(f'<tr><th scope="row">{name}</th><td>{value}</td></tr>' for name, value in rows)
        body = (
            f'<p class="soft">{one.key}</p><h1>{escape(one.summary)}</h1>{message(said)}'
            f'<div class="row card">{moves or "No step leads on from here."}</div>'
            '<div class="grid"><div>'
            f'<section class="card body"><h2>Description</h2>{render_html(one.description) or "<p>None.</p>"}</section>'
            f"{self._children(one)}{self._files(one)}{self._comments(one)}{self._history(one)}</div>"
            f'<div><div class="card"><table>{facts}</table></div>{self._form(one)}'
            f'<form class="card" method="post" action="/sandbox/pages/issues/{one.key}/delete">'
            "<button>Delete this issue</button></form>"
            "</div></div>"
        )
        return page(200, frame(f"{one.key} {one.summary}", body, edition=world.edition, project=one.project))

    def _link(self, id: int | None) -> str:
        one = self._world.issues.get(id) if id is not None else None
        return f'<a href="/sandbox/pages/issues/{one.key}">{one.key} {escape(one.summary)}</a>' if one else ""

    def _move(self, one: Issue, step: Transition) -> str:
        extra = ""
        if "resolution" in step.required:
            extra = '<label class="soft" for="resolution">Resolution</label>' + select(
                "resolution", [(id, name) for id, name, _ in RESOLUTIONS], []
            )
        return (
            f'<form class="inline" method="post" action="/sandbox/pages/issues/{one.key}/transition">'
            f'<input type="hidden" name="transition" value="{step.id}">{extra}'
            f"<button>{escape(step.name)} → {escape(STATUSES_BY_ID[step.target].name)}</button></form>"
        )

    def _children(self, one: Issue) -> str:
        rows = [
            self._row(self._world.issues[id]) for id in self._world.children.get(one.id, ()) if id in self._world.issues
        ]
        heads = ("Key", "Type", "Summary", "Status", "Fix version", "Assignee", "Updated")
        return f'<section class="card"><h2>Child issues</h2>{table(heads, rows)}</section>' if rows else ""

    def _files(self, one: Issue) -> str:
        rows = "".join(
            f'<li><a href="/sandbox/pages/attachments/{each.id}">{escape(each.filename)}</a> '
            f'<span class="soft">{each.size} bytes</span></li>'
            for each in self._world.attachments_of(one)
        )
        return f'<section class="card"><h2>Files</h2><ul>{rows}</ul></section>' if rows else ""

    def _comments(self, one: Issue) -> str:
        rows = "".join(
            f'<article class="body"><p class="soft">{escape(self._person(each.author))}, {_time(each.created)}</p>'
            f"{render_html(each.body)}</article>"
            for each in self._world.comments_of(one)
        )
        return (
            f'<section class="card"><h2>Comments</h2>{rows}'
            f'<form method="post" action="/sandbox/pages/issues/{one.key}/comment">'
            '<label for="comment">Add a comment</label><textarea id="comment" name="comment" required></textarea>'
            '<p><button class="primary">Add</button></p></form></section>'
        )

    def _history(self, one: Issue) -> str:
        rows = [
            (
                _time(change.created),
                escape(self._person(change.author)),
                escape(item.field),
                escape((item.from_text or "")[:120]),
                escape((item.to_text or "")[:120]),
            )
            for change in reversed(self._world.changes.get(one.id, [])[-20:])
            for item in change.items
        ]
        return (
            f'<section class="card"><h2>History</h2>{table(("At", "By", "Field", "From", "To"), rows)}</section>'
            if rows
            else ""
        )

    def _form(self, one: Issue) -> str:
        return (
            f'<form class="card" method="post" action="/sandbox/pages/issues/{one.key}/edit"><h2>Edit</h2>'
            + field("Summary", text_input("summary", one.summary, required=True), name="summary")
            + field(
                "Description",
                f'<textarea id="description" name="description">{escape(render_text(one.description))}</textarea>',
                name="description",
            )
            + self._shared_fields(one)
            + '<p><button class="primary">Save</button></p></form>'
        )

    def _shared_fields(self, one: Issue) -> str:
        world = self._world
        people = [("", "Nobody"), *((each.account_id, each.display) for each in world.people.values() if each.active)]
        versions = [(str(each.id), each.name) for each in world.versions_of(one.project)]
        return (
            field("Assignee", select("assignee", people, [one.assignee or ""]), name="assignee")
            + field("Due date", text_input("due_date", one.due_date, type="date"), name="due_date")
            + field("Labels, separated by blanks", text_input("labels", " ".join(one.labels)), name="labels")
            + field(
                "Fix version",
                select("fix_versions", versions, [str(id) for id in one.fix_versions], many=True)
                + '<input type="hidden" name="fix_versions_shown" value="1">',
                name="fix_versions",
            )
        )

    # ---- what the forms do

    def act(self, key: str, verb: str, form: Form) -> Answer | None:
        one = self._world.issue(key)
        if one is None:
            return None
        here = f"/sandbox/pages/issues/{one.key}"
        match verb:
            case "edit":
                return self._edit(one, form, here)
            case "transition":
                return self._transition(one, form, here)
            case "comment":
                return self._comment(one, form, here)
            case "delete":
                self._world.delete_issue(one, actor=ROBIN)
                return go(f"/sandbox/pages/projects/{one.project}", f"{one.key} is deleted.")
        return None

    def _edit(self, one: Issue, form: Form, here: str) -> Answer:
        summary = " ".join(form.get("summary", one.summary).split())
        if not summary or len(summary) > 255:
            return go(here, "A summary has between 1 and 255 characters. Nothing was saved.")
        new = replace(one, summary=summary, **self._shared_values(one, form))  # type: ignore[arg-type]
        text = form.get("description", "").replace("\r\n", "\n").strip()
        if "description" in form and text != render_text(one.description).strip():
            new = replace(new, description=self._body(text))
        self._world.edit_issue(one, new, actor=ROBIN)
        return go(here, "Saved.")

    def _shared_values(self, one: Issue, form: Form) -> dict[str, object]:
        world = self._world
        known = {str(each.id): each.id for each in world.versions_of(one.project)}
        values: dict[str, object] = {}
        if "assignee" in form:
            values["assignee"] = form["assignee"] if form["assignee"] in world.people else None
        if "due_date" in form:
            values["due_date"] = _parse_day(form["due_date"])
        if "labels" in form:
            values["labels"] = tuple(dict.fromkeys(form["labels"].split()))
        if "fix_versions" in form or "fix_versions_shown" in form:
            values["fix_versions"] = tuple(known[id] for id in form.getlist("fix_versions") if id in known)
        return values

    def _body(self, text: str) -> Body:
        if not text:
            return None
        return parse_wiki(text) if self._world.edition == "cloud" else text

    def _transition(self, one: Issue, form: Form, here: str) -> Answer:
        world = self._world
        step = next((each for each in world.transitions_from(one.status_id) if each.id == form.get("transition")), None)
        if step is None:
            return go(here, "That step is not possible from here any more.")
        resolution = form.get("resolution")
        if "resolution" in step.required and resolution not in {id for id, *_ in RESOLUTIONS}:
            return go(here, "Choose a resolution.")
        apply_transition(world, one, step, {"resolution_id": resolution} if step.required else {}, actor=ROBIN)
        return go(here, f"Now {STATUSES_BY_ID[step.target].name}.")

    def _comment(self, one: Issue, form: Form, here: str) -> Answer:
        text = form.get("comment", "").strip()
        if not text:
            return go(here, "A comment needs some text.")
        at = self._world.now()
        comment = Comment(
            id=self._world.next_id("comment"),
            issue=one.id,
            author=ROBIN,
            body=self._body(text.replace("\r\n", "\n")),
            created=at,
            updated=at,
            update_author=ROBIN,
        )
        self._world.save_comment(comment, actor=ROBIN)
        return go(here, "Comment added.")

    # ---- a new one

    def new(self, key: str) -> Answer | None:
        project = self._world.project(key, account=ROBIN)
        if project is None:
            return None
        kinds = [(one.id, one.name) for one in ISSUE_TYPES if not one.subtask]
        blank = self._blank(project.key, "10001", "")
        body = (
            f'<h1>New issue</h1><form class="card" method="post" action="/sandbox/pages/projects/{project.key}/new">'
            + field("Type", select("type", kinds, ["10001"]), name="type")
            + field("Summary", text_input("summary", "", required=True), name="summary")
            + field("Description", '<textarea id="description" name="description"></textarea>', name="description")
            + self._shared_fields(blank)
            + '<p><button class="primary">Create</button></p></form>'
        )
        return page(200, frame("New issue", body, edition=self._world.edition, project=project.key))

    def _blank(self, project: str, kind: str, summary: str) -> Issue:
        at = self._world.now()
        return Issue(
            id=0,
            key=f"{project}-0",
            project=project,
            type_id=kind,
            status_id=FIRST_STATUS,
            summary=summary,
            creator=ROBIN,
            reporter=ROBIN,
            rank="",
            created=at,
            updated=at,
        )

    def create(self, key: str, form: Form) -> Answer:
        world = self._world
        project = world.project(key, account=ROBIN)
        summary = " ".join(form.get("summary", "").split())
        kind = TYPES_BY_ID.get(form.get("type", ""))
        if project is None or kind is None or kind.subtask:
            return page(404, "<p>There is no such project or type.</p>")
        if not summary or len(summary) > 255:
            return go(f"/sandbox/pages/projects/{key}/new", "A summary has between 1 and 255 characters.")
        blank = self._blank(project.key, kind.id, summary)
        custom = {EPIC_NAME: summary} if kind.level > 0 and world.edition == "dc" else {}
        issue = replace(
            blank,
            **self._shared_values(blank, form),  # type: ignore[arg-type]
            description=self._body(form.get("description", "").replace("\r\n", "\n").strip()),
            id=world.next_id("issue"),
            key=world.next_key(project.key),
            rank=world.next_rank(),
            custom=custom,
        )
        world.create_issue(issue, actor=ROBIN)
        return go(f"/sandbox/pages/issues/{issue.key}", "Created.")

    def attachment(self, id: str) -> Answer | None:
        one = self._world.attachments.get(int(id)) if id.isdigit() else None
        if one is None:
            return None
        return Answer(
            raw=one.content,
            content_type="application/octet-stream",
            headers=(("Content-Disposition", "attachment"), ("X-Content-Type-Options", "nosniff")),
        )


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def _parse_day(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
