"""Entity properties of issues: small values under a key that no screen shows."""

from .ask import Answer, Ask, no_content, refuse
from .lookup import find_issue, project_of
from .view import View
from .world import World


def read_property_keys(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    view = View(world=world, api=ask.api)
    return Answer(
        payload={
            "keys": [
                {"self": view.link(f"issue/{one.id}/properties/{key}"), "key": key} for key in sorted(one.properties)
            ]
        }
    )


def read_property(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    key = ask.path_values["key"]
    if key not in one.properties:
        return refuse(
            404,
            f"The property with key '{key}' was not found"
            + (f" for issue '{one.key}'." if world.edition == "cloud" else "."),
        )
    return Answer(payload={"key": key, "value": one.properties[key]})


def set_property(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    if not world.may(ask.caller.account, "EDIT_ISSUES", project_of(world, one)):
        return refuse(403, "You do not have permission to edit this issue.")
    value = ask.parse_payload()
    if value is None:
        return refuse(400, "The property value must be a valid, non-empty JSON.")
    if len(ask.body) > 32768:
        return refuse(400, "The value of the property is too long: at most 32768 characters.")
    fresh = ask.path_values["key"] not in one.properties
    world.set_property(one, ask.path_values["key"], value, actor=ask.account)
    return Answer(status=201 if fresh else 200, payload={} if world.edition == "cloud" else None)


def delete_property(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    key = ask.path_values["key"]
    if key not in one.properties:
        return refuse(404, f"The property with key '{key}' was not found.")
    world.set_property(one, key, None, actor=ask.account)
    return no_content()
