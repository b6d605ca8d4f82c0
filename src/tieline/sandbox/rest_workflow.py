"""Moving issues through the workflow."""

from dataclasses import replace

from .ask import Answer, Ask, no_content, refuse, refuse_fields
from .intake import parse_intake
from .lookup import find_issue, project_of
from .model import Issue, Json
from .rest_content import add_comment_of
from .rest_projects import field_meta
from .scheme import DONE_STATUS, STATUSES_BY_ID, TYPES_BY_ID, Field, Transition
from .view import View
from .world import World

_RESOLUTION = Field(id="resolution", name="Resolution", kind="resolution")


def render_transition(view: View, issue: Issue, one: Transition, *, full: bool) -> Json:
    found: Json = {
        "id": one.id,
        "name": one.name,
        "to": view.status(STATUSES_BY_ID[one.target]),
        "hasScreen": bool(one.screen),
        "isGlobal": False,
        "isInitial": False,
        "isConditional": False,
    }
    if view.cloud:
        found |= {"isAvailable": True, "looped": False}
    if full:
        project = project_of(view.world, issue)
        kind = TYPES_BY_ID[issue.type_id]
        found["fields"] = {
            each.id: {**field_meta(view, each, project, kind, listed=False), "required": each.id in one.required}
            for each in _transition_screen(view.world, one).values()
        }
    return found


def _transition_screen(world: World, one: Transition) -> dict[str, Field]:
    known = {field.id: field for field in world.fields()} | {"resolution": _RESOLUTION}
    return {name: known[name] for name in one.screen}


def read_transitions(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    view = View(world=world, api=ask.api)
    allowed = world.may(ask.caller.account, "TRANSITION_ISSUES", project_of(world, one))
    found = world.transitions_from(one.status_id) if allowed else []
    if ask.query.get("transitionId"):
        found = [each for each in found if each.id == ask.query["transitionId"]]
    full = ask.expands("transitions.fields")
    return Answer(
        payload={
            "expand": "transitions",
            "transitions": [render_transition(view, one, each, full=full) for each in found],
        }
    )


def transition_issue(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    payload = ask.parse_payload()
    asked = payload.get("transition") if isinstance(payload, dict) else None
    wanted = str(asked.get("id")) if isinstance(asked, dict) and asked.get("id") is not None else None
    if wanted is None:
        return refuse(400, "Missing 'transition' identifier")
    if not wanted.isdigit():
        return refuse(400, f"Transition id '{wanted}' is not valid for this issue.")
    allowed = world.may(ask.caller.account, "TRANSITION_ISSUES", project_of(world, one))
    step = next((each for each in world.transitions_from(one.status_id) if each.id == wanted and allowed), None)
    if step is None:
        return refuse(
            400,
            f"It seems that you have tried to perform a workflow operation ({wanted}) that is not valid "
            f"for the current state of this issue ({one.key}). The likely cause is that somebody has changed "
            "the issue recently, please look at the issue history for details."
            if world.edition == "dc"
            else f"Transition id '{wanted}' is not valid for this issue.",
        )
    view = View(world=world, api=ask.api)
    intake = parse_intake(
        view, payload=payload, old=one, screen=_transition_screen(world, step), account=ask.caller.account
    )
    errors = dict(intake.errors)
    for name in step.required:
        if not intake.values.get("resolution_id") and name == "resolution":
            errors.setdefault(name, "Resolution is required.")
    if errors:
        return refuse_fields(errors)
    with world.batch():
        saved = apply_transition(world, one, step, intake.values, actor=ask.account)
        add_comment_of(view, saved, intake, ask.account)
    return no_content()


def apply_transition(world: World, one: Issue, step: Transition, values: Json, *, actor: str) -> Issue:
    """Do one step of the workflow; leaving Done takes the resolution away."""
    done = step.target == DONE_STATUS
    new = replace(one, **values, status_id=step.target)
    new = replace(new, resolved=world.now()) if done else replace(new, resolved=None, resolution_id=None)
    return world.edit_issue(one, new, actor=actor, event_type="issue_generic")
