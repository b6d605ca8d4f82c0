"""Comments and files of an issue."""

import mimetypes
from typing import Any

from .adf import looks_like_adf
from .ask import Answer, Ask, Upload, no_content, refuse, refuse_fields
from .intake import Intake
from .lookup import find_issue
from .model import Attachment, Comment, Issue, Json
from .view import View
from .view_issue import render_attachment, render_comment
from .world import World

UPLOAD_LIMIT = 10 * 1024 * 1024


def _body(view: View, value: Any) -> Answer | None:
    """A refusal, if the value is no comment body."""
    if view.api == "3":
        if not looks_like_adf(value):
            return refuse_fields({"comment": "Comment body is not valid!"})
        return None
    if not isinstance(value, str) or not value.strip():
        return refuse_fields({"comment": "Comment body can not be empty!"})
    return None


def read_comments(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    view = View(world=world, api=ask.api)
    comments = world.comments_of(one)
    if ask.query.get("orderBy", "").startswith("-"):
        comments = comments[::-1]
    start, limit = ask.number("startAt", 0), ask.number("maxResults", 100 if view.cloud else 1048576, low=1)
    return Answer(
        payload={
            "startAt": start,
            "maxResults": limit,
            "total": len(comments),
            "comments": [render_comment(view, each) for each in comments[start : start + limit]],
        }
    )


def add_comment(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    view = View(world=world, api=ask.api)
    project = world.project_that_exists(one.project)
    if not world.may(ask.caller.account, "ADD_COMMENTS", project):
        return refuse(403, "You do not have the permission to comment on this issue.")
    payload = ask.parse_payload() or {}
    wrong = _body(view, payload.get("body"))
    if wrong:
        return wrong
    at = world.now()
    comment = Comment(
        id=world.next_id("comment"),
        issue=one.id,
        author=ask.account,
        body=payload["body"],
        created=at,
        updated=at,
        update_author=ask.account,
    )
    world.save_comment(comment, actor=ask.account)
    return Answer(status=201, payload=render_comment(view, comment))


def _find_comment(world: World, ask: Ask) -> tuple[Issue, Comment] | Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    raw = ask.path_values["comment"]
    comment = world.comments.get(int(raw)) if raw.isdigit() else None
    if comment is None or comment.issue != one.id:
        return refuse(404, f"Can not find a comment for the id: {raw}.")
    return one, comment


def read_comment(world: World, ask: Ask) -> Answer:
    found = _find_comment(world, ask)
    return (
        found if isinstance(found, Answer) else Answer(payload=render_comment(View(world=world, api=ask.api), found[1]))
    )


def edit_comment(world: World, ask: Ask) -> Answer:
    found = _find_comment(world, ask)
    if isinstance(found, Answer):
        return found
    view = View(world=world, api=ask.api)
    payload = ask.parse_payload() or {}
    wrong = _body(view, payload.get("body"))
    if wrong:
        return wrong
    old = found[1]
    new = Comment(
        id=old.id,
        issue=old.issue,
        author=old.author,
        body=payload["body"],
        created=old.created,
        updated=world.now(),
        update_author=ask.account,
    )
    world.save_comment(new, actor=ask.account)
    return Answer(payload=render_comment(view, new))


def delete_comment(world: World, ask: Ask) -> Answer:
    found = _find_comment(world, ask)
    if isinstance(found, Answer):
        return found
    world.delete_comment(found[1], actor=ask.account)
    return no_content()


def add_comment_of(view: View, issue: Issue, intake: Intake, account: str) -> None:
    body = intake.comment.get("body") if isinstance(intake.comment, dict) else None
    if body is None:
        return
    at = view.world.now()
    view.world.save_comment(
        Comment(
            id=view.world.next_id("comment"),
            issue=issue.id,
            author=account,
            body=body,
            created=at,
            updated=at,
            update_author=account,
        ),
        actor=account,
    )


# ---- files


def read_attachment_settings(_world: World, _ask: Ask) -> Answer:
    return Answer(payload={"enabled": True, "uploadLimit": UPLOAD_LIMIT})


def add_attachments(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    if ask.headers.get("X-Atlassian-Token", "").lower() not in ("no-check", "nocheck"):
        text = b"XSRF check failed"
        status = 404 if world.edition == "dc" else 403
        return Answer(status=status, raw=text, content_type="text/html;charset=UTF-8")
    project = world.project_that_exists(one.project)
    if not world.may(ask.caller.account, "CREATE_ATTACHMENTS", project):
        return refuse(403, "You do not have permission to create attachments for this issue.")
    files = [each for each in ask.files if each.filename]
    if not files:
        return refuse(400, "No file was sent: the parts must be called 'file'.")
    if any(len(each.content) > UPLOAD_LIMIT for each in files):
        return refuse(413, f"The file is too large: at most {UPLOAD_LIMIT} bytes.")
    view = View(world=world, api=ask.api)
    rows: list[Json] = []
    with world.batch():
        rows.extend(render_attachment(view, _save_upload(world, ask, one, upload)) for upload in files)
    return Answer(payload=rows)


def _save_upload(world: World, ask: Ask, issue: Issue, upload: Upload) -> Attachment:
    attachment = Attachment(
        id=world.next_id("attachment"),
        issue=issue.id,
        filename=upload.filename,
        mime=upload.mime or mimetypes.guess_type(upload.filename)[0] or "application/octet-stream",
        size=len(upload.content),
        author=ask.account,
        created=world.now(),
        content=upload.content,
    )
    world.save_attachment(attachment, actor=ask.account)
    return attachment


def _find_attachment(world: World, ask: Ask) -> Attachment | Answer:
    raw = ask.path_values["attachment"]
    one = world.attachments.get(int(raw)) if raw.isdigit() else None
    issue = world.issues.get(one.issue) if one else None
    if one is None or issue is None or world.project(issue.project, account=ask.caller.account) is None:
        return refuse(404, f"The attachment with id '{raw}' does not exist")
    return one


def read_attachment(world: World, ask: Ask) -> Answer:
    one = _find_attachment(world, ask)
    if isinstance(one, Answer):
        return one
    view = View(world=world, api=ask.api)
    found = render_attachment(view, one)
    if view.cloud:
        found["id"] = one.id
    return Answer(payload=found)


def fetch_attachment(world: World, ask: Ask) -> Answer:
    one = _find_attachment(world, ask)
    if isinstance(one, Answer):
        return one
    return Answer(
        raw=one.content,
        content_type=one.mime,
        headers=(
            ("Content-Disposition", f'attachment; filename="{one.filename.encode("ascii", "replace").decode()}"'),
        ),
    )


def fetch_attachment_page(world: World, ask: Ask) -> Answer:
    """Data Center's download servlet: no REST, so an anonymous caller (and a token) is sent to the login page."""
    if ask.caller.account is None or ask.headers.get("Authorization", "").startswith("Bearer "):
        return Answer(
            status=302,
            raw=b"",
            content_type="text/html;charset=UTF-8",
            headers=(("Location", f"/login.jsp?permissionViolation=true&os_destination={ask.path}"),),
        )
    return fetch_attachment(world, ask)


def delete_attachment(world: World, ask: Ask) -> Answer:
    one = _find_attachment(world, ask)
    if isinstance(one, Answer):
        return one
    world.delete_attachment(one, actor=ask.account)
    return no_content()
