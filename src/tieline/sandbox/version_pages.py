"""Pages for a person in Jira: the versions of a project."""

from dataclasses import replace
from datetime import date
from html import escape
from urllib.parse import quote

from werkzeug.datastructures import MultiDict

from .ask import Answer, page
from .markup import field, frame, lozenge, message, text_input
from .model import Version
from .scheme import ROBIN
from .world import World

Form = MultiDict[str, str]


def go(path: str, said: str = "") -> Answer:
    """Send the browser on after a form, with a sentence to show."""
    return page(303, "", ("Location", path + (f"?said={quote(said)}" if said else "")))


class VersionPages:
    """Reads and writes as Robin Vale."""

    def __init__(self, world: World) -> None:
        self._world = world

    def show(self, key: str, said: str) -> Answer | None:
        world = self._world
        project = world.project(key, account=ROBIN)
        if project is None:
            return None
        cards = "".join(self._card(one) for one in world.versions_of(project.key))
        body = (
            f"<h1>Versions of {escape(project.name)}</h1>{message(said)}{cards}"
            f'<form class="card" method="post"><h2>New version</h2>{_fields(None)}'
            '<p><button class="primary">Create</button></p></form>'
        )
        return page(200, frame("Versions", body, edition=world.edition, project=project.key))

    def _card(self, one: Version) -> str:
        state = lozenge("released", "done") if one.released else lozenge("unreleased", "indeterminate")
        count = sum(one.id in issue.fix_versions for issue in self._world.issues.values())
        other = "Take the release back" if one.released else "Release"
        return (
            f'<form class="card" id="version-{one.id}" method="post" action="/sandbox/pages/versions/{one.id}">'
            f'<div class="row"><strong>{escape(one.name)}</strong> {state} '
            f'<span class="soft">{count} issues</span></div>'
            f"<details><summary>Edit</summary>{_fields(one)}</details>"
            '<p class="row"><button name="do" value="save" class="primary">Save</button>'
            f'<button name="do" value="release">{other}</button>'
            '<button name="do" value="delete">Delete</button></p></form>'
        )

    def create(self, key: str, form: Form) -> Answer:
        world = self._world
        project = world.project(key, account=ROBIN)
        if project is None:
            return page(404, "<p>There is no such project.</p>")
        here = f"/sandbox/pages/projects/{project.key}/versions"
        name = form.get("name", "").strip()
        if not name or any(one.name.lower() == name.lower() for one in world.versions_of(project.key)):
            return go(here, "A version needs a name that no other version has.")
        version = Version(
            id=world.next_id("version"),
            project=project.key,
            name=name,
            description=form.get("description") or None,
            start_date=_day(form.get("start_date")),
            release_date=_day(form.get("release_date")),
            sequence=1 + max((one.sequence for one in world.versions_of(project.key)), default=0),
        )
        world.save_version(version, actor=ROBIN)
        return go(here, f'"{name}" is created.')

    def edit(self, id: str, form: Form) -> Answer:
        world = self._world
        one = world.versions.get(int(id)) if id.isdigit() else None
        if one is None:
            return page(404, "<p>There is no such version.</p>")
        here = f"/sandbox/pages/projects/{one.project}/versions"
        if form.get("do") == "delete":
            world.delete_version(one, actor=ROBIN)
            return go(here, f'"{one.name}" is deleted.')
        if form.get("do") == "release":
            world.save_version(replace(one, released=not one.released), actor=ROBIN)
            return go(here, f'"{one.name}" is {"unreleased" if one.released else "released"}.')
        name = form.get("name", "").strip()
        others = {each.name.lower() for each in world.versions_of(one.project) if each.id != one.id}
        if not name or name.lower() in others:
            return go(here, "A version needs a name that no other version has.")
        new = replace(
            one,
            name=name,
            description=form.get("description") or None,
            start_date=_day(form.get("start_date")),
            release_date=_day(form.get("release_date")),
        )
        world.save_version(new, actor=ROBIN)
        return go(here, "Saved.")


def _fields(one: Version | None) -> str:
    tail = f"-{one.id}" if one else ""

    def control(label: str, name: str, value: str | None, *, type: str = "text") -> str:
        made = text_input(name, value, type=type).replace(f'id="{name}"', f'id="{name}{tail}"')
        return field(label, made, name=name + tail)

    return (
        control("Name", "name", one.name if one else "")
        + control("Description", "description", one.description if one else "")
        + control("Start", "start_date", one.start_date if one else "", type="date")
        + control("Release", "release_date", one.release_date if one else "", type="date")
    )


def _day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text or "").isoformat()
    except ValueError:
        return None
