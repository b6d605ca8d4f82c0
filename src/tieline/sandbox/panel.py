"""The panel: each fault with what it does and a switch, the latest calls, the latest effects."""

from datetime import UTC, datetime
from html import escape
from itertools import groupby

from werkzeug.wrappers import Request

from .ask import Answer, page
from .faults import FAULTS, Fault, faults_for
from .markup import frame, lozenge, table
from .webhooks import Courier
from .world import World


def render_panel(world: World, courier: Courier) -> str:
    parts = [
        "<h1>Faults</h1><p>Each of these makes Jira behave as it does when something is wrong. "
        "Switch one on, then look at what your integration says.</p>"
    ]
    on = sorted(world.faults)
    parts.append(
        f"<p>On now: {', '.join(f'<code>{escape(name)}</code>' for name in on)}</p>"
        if on
        else "<p>Nothing is wrong at the moment.</p>"
    )
    for group, faults in groupby(faults_for(world.edition), key=lambda one: one.group):
        parts.append(f"<h2>{escape(group)}</h2>")
        parts.append(table(("Fault", "What happens", "State", ""), [_row(world, fault) for fault in faults]))
    parts.append("<h2>Latest calls</h2>")
    parts.append(
        table(
            ("At", "Call", "Answer", "Caller"),
            [
                (
                    _time(one.at),
                    f"<code>{escape(one.method)} {escape(one.path[:140])}</code>",
                    str(one.status or "no answer"),
                    _who(world, one.caller),
                )
                for one in list(world.calls)[-30:][::-1]
            ],
        )
    )
    parts.append("<h2>Latest effects</h2>")
    parts.append(
        table(
            ("At", "What", "On", "By"),
            [
                (_time(one.at), escape(one.kind), escape(one.subject), _who(world, one.actor))
                for one in world.history[-30:][::-1]
            ],
        )
    )
    parts.append("<h2>Latest webhooks</h2>")
    parts.append(
        table(
            ("At", "Event", "To", "Try", "Answer"),
            [
                (
                    _time(one.at),
                    escape(one.event),
                    f"<code>{escape(one.url[:90])}</code>",
                    str(one.attempt + 1),
                    str(one.status or "no answer"),
                )
                for one in list(courier.attempts)[-20:][::-1]
            ],
        )
    )
    return frame("Faults", "".join(parts), edition=world.edition)


def _row(world: World, fault: Fault) -> tuple[str, str, str, str]:
    on = fault.name in world.faults
    state = lozenge("on", "warn") if on else lozenge("off", "new")
    verb = "Switch off" if on else "Switch on"
    if fault.transport:
        action = '<span class="soft">fixed at the start</span>'
    else:
        action = (
            f'<form class="inline" method="post" action="/sandbox/faults/{fault.name}">'
            f'<input type="hidden" name="on" value="{"false" if on else "true"}">'
            f'<button aria-label="{verb} {fault.name}">{verb}</button></form>'
        )
    return f"<code>{fault.name}</code>", escape(fault.description), state, action


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S")


def _who(world: World, account: str | None) -> str:
    return escape(world.people[account].display) if account in world.people else '<span class="soft">anonymous</span>'


def apply_fault(world: World, name: str, request: Request) -> Answer:
    """Switch by form or JSON: `{"on": true, "times": 1}`; a form comes back to the panel."""
    asked = request.get_json(silent=True) if request.is_json else request.form
    fault = FAULTS.get(name)
    if fault is None or world.edition not in fault.editions:
        return Answer(status=404, payload={"message": f'No fault of this edition is called "{name}"'})
    if fault.transport:
        return Answer(status=409, payload={"message": f'"{name}" is fixed when the sandbox starts'})
    value = asked.get("on") if asked else None
    times = asked.get("times") if asked else None
    if value in (True, "true", "on", "1"):
        world.switch_on(name, times=int(times) if times else None)
    elif value in (False, "false", "off", "0"):
        world.switch_off(name)
    else:
        return Answer(status=400, payload={"message": 'Say "on": true or "on": false'})
    if request.is_json:
        return Answer(payload={"faults": sorted(world.faults)})
    return page(303, "", ("Location", "/sandbox/panel"))
