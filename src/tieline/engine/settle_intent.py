"""A create whose outcome is unknown is settled by looking, never by sending again.

The look goes by the marker among this account's newest issues, from the moment of sending until Jira's search must have
caught up. Versions carry no marker: their names are unique in a project, and the list of versions does not lag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tieline.engine.desk import Desk, Stopped
from tieline.engine.ports import Answer, IntentView, IssueRef, LinkView, OpEnd, OpResult
from tieline.records.ids import IntentId, IssueId, IssueKey
from tieline.records.issue import RemoteKind, Version

MOST_APART_S = 900.0
"""The longest wait between two looks."""
CLOCKS_APART = timedelta(minutes=15)
"""How far our clock and Jira's may be apart; the look reaches back that much further."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What looking brought. ``found``: intent → what exists. ``absent``: certainly not there. ``open``: not settled
    yet, to be looked for again after ``again_s``. ``trouble``: the look itself did not work; then all are open."""

    found: dict[IntentId, IssueRef] = field(default_factory=dict)
    absent: tuple[IntentId, ...] = ()
    open: tuple[IntentId, ...] = ()
    again_s: float = 0.0
    trouble: Answer[object] | None = None


def look_for_issues(intents: Sequence[IntentView], desk: Desk) -> Look:
    """One look for the issues of these intents, all of them sent."""
    sent = [one for one in intents if one.sent_at is not None]
    if not sent or len(sent) < len(intents):
        raise ValueError("only creates that were sent can be looked for")
    asked_at = desk.turn.clock.now()
    earliest = min(one.sent_at for one in sent if one.sent_at is not None)
    wanted = tuple(one.marker for one in sent)
    answer = desk.note(desk.jira.read_newest_of_mine(desk.project_key, since=earliest - CLOCKS_APART, wanted=wanted))
    if answer.value is None:
        return Look(open=tuple(one.id for one in sent), trouble=answer)
    by_marker = {marker: IssueId(issue) for issue, marker in answer.value.markers.items()}
    keys = {issue.id: issue.key for issue in answer.value.issues}
    found = {
        one.id: IssueRef(id=by_marker[one.marker], key=keys.get(by_marker[one.marker], IssueKey("")))
        for one in sent
        if one.marker in by_marker
    }
    lag = timedelta(seconds=desk.turn.ports.pace.search_lag_s)
    missing = [one for one in sent if one.id not in found]
    whole = answer.value.next_token is None
    absent = tuple(one.id for one in missing if whole and _caught_up(one, asked_at, lag))
    still_open = [one for one in missing if one.id not in absent]
    return Look(
        found=found,
        absent=absent,
        open=tuple(one.id for one in still_open),
        again_s=min((_next_look_s(one, asked_at, lag) for one in still_open), default=0.0),
    )


def look_for_version(intent: IntentView, versions: Sequence[Version]) -> IssueRef | None:
    """The version that this intent made, if it is there."""
    name = str(intent.fields.get("fields", {}).get("name", ""))
    found = version_named(name, versions)
    return IssueRef(id=found.id, key=IssueKey(found.name)) if found else None


def version_named(name: str, versions: Sequence[Version]) -> Version | None:
    """Jira takes two names that differ only in case or outer blanks for the same one."""
    wanted = name.strip().casefold()
    return next((one for one in versions if one.name.strip().casefold() == wanted), None)


def settle_intent(view: LinkView, intent: IntentView, desk: Desk) -> IssueRef | Stopped | None:
    """The issue or version of a create that was sent; None when it certainly does not exist (the intent is dropped
    then); an end when it is too early to say or the look did not work."""
    if view.remote_kind is RemoteKind.VERSION:
        return _settle_version(intent, desk, view)
    look = look_for_issues((intent,), desk)
    if look.trouble is not None:
        return desk.stop(look.trouble, view, operation="look for a created issue")
    if intent.id in look.found:
        return look.found[intent.id]
    if look.open:
        why = "Jira did not say whether the issue was created; waiting for its search to catch up"
        return Stopped(end=OpEnd(result=OpResult.LATER, after_s=look.again_s, why=why))
    desk.turn.store.drop_intent(intent.id)
    desk.steps.append("The earlier try had created nothing")
    return None


def _settle_version(intent: IntentView, desk: Desk, view: LinkView) -> IssueRef | Stopped | None:
    answer = desk.note(desk.jira.read_versions(desk.project_key))
    if answer.value is None:
        return desk.stop(answer, view, operation="read versions")
    found = look_for_version(intent, answer.value)
    if found is None:
        desk.turn.store.drop_intent(intent.id)
        desk.steps.append("The earlier try had created nothing")
    return found


def _caught_up(intent: IntentView, asked_at: datetime, lag: timedelta) -> bool:
    return intent.sent_at is not None and asked_at - intent.sent_at > lag


def _next_look_s(intent: IntentView, asked_at: datetime, lag: timedelta) -> float:
    """Half as long again as it already took, at least a second, and once more right after the lag. Later still only
    where there were too many issues to look at all of them."""
    assert intent.sent_at is not None
    passed = (asked_at - intent.sent_at).total_seconds()
    left = lag.total_seconds() - passed + 0.1
    if left <= 0:
        return min(max(1.0, passed / 2), MOST_APART_S)
    return max(0.1, min(max(1.0, passed / 2), left))
