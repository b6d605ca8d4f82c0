"""Webhooks an administrator registers, and the app-only resource that refuses everybody else."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from .ask import Answer, Ask, no_content, refuse
from .model import Json, WebhookRow
from .view import View
from .world import World

EVENTS = frozenset(
    {
        "jira:issue_created",
        "jira:issue_updated",
        "jira:issue_deleted",
        "comment_created",
        "comment_updated",
        "comment_deleted",
        "jira:version_created",
        "jira:version_updated",
        "jira:version_released",
        "jira:version_unreleased",
        "jira:version_moved",
        "jira:version_deleted",
        "jira:worklog_updated",
        "worklog_created",
        "worklog_updated",
        "worklog_deleted",
        "issuelink_created",
        "issuelink_deleted",
        "attachment_created",
        "attachment_deleted",
        "project_created",
        "project_updated",
        "project_deleted",
        "user_created",
        "user_updated",
        "user_deleted",
        "sprint_created",
        "sprint_updated",
        "board_updated",
    }
)


def _denied(world: World, ask: Ask, name: str | None) -> Answer | None:
    if world.may(ask.caller.account, "ADMINISTER"):
        return None
    if name is not None:
        return refuse(403, f"You do not have permission to create WebHook '{name}'.")
    return refuse(403, "You do not have permission to access WebHooks.")


def read_webhooks(world: World, ask: Ask) -> Answer:
    denied = _denied(world, ask, None)
    if denied:
        return denied
    view = View(world=world, api=ask.api)
    return Answer(payload=[view.webhook(one) for one in world.webhooks.values()])


def create_webhook(world: World, ask: Ask) -> Answer:
    payload = ask.parse_payload() or {}
    denied = _denied(world, ask, str(payload.get("name", "")))
    if denied:
        return denied
    wrong = _judge(payload, fresh=True)
    if wrong:
        return wrong
    webhook = WebhookRow(
        id=world.next_id("webhook"),
        name=str(payload["name"]),
        url=str(payload["url"]),
        events=tuple(payload["events"]),
        jql=_jql(payload),
        exclude_body=payload.get("excludeBody") is True,
        enabled=payload.get("enabled", True) is not False,
        secret=payload.get("secret") or (payload.get("configuration") or {}).get("SECRET"),
        author=ask.account,
        updated=world.now(),
    )
    world.save_webhook(webhook, actor=ask.account)
    return Answer(status=201, payload=View(world=world, api=ask.api).webhook(webhook))


def _jql(payload: Json) -> str:
    filters = payload.get("filters") or {}
    return str(filters.get("issue-related-events-section") or payload.get("jqlFilter") or payload.get("jql") or "")


def _judge(payload: Json, *, fresh: bool) -> Answer | None:
    if fresh and not payload.get("name"):
        return refuse(400, "A name is required for the WebHook.")
    url: Any = payload.get("url")
    if (fresh or url is not None) and (
        not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc
    ):
        return refuse(400, "The WebHook URL is not well formed.")
    events = payload.get("events")
    if (fresh or events is not None) and (not isinstance(events, list) or not events):
        return refuse(400, "At least one event is required for the WebHook.")
    unknown = [one for one in events or () if str(one) not in EVENTS]
    if unknown:
        return refuse(400, f"The event '{unknown[0]}' is not known.")
    return None


def _find(world: World, ask: Ask) -> WebhookRow | Answer:
    denied = _denied(world, ask, None)
    if denied:
        return denied
    raw = ask.path_values["webhook"]
    one = world.webhooks.get(int(raw)) if raw.isdigit() else None
    return one or refuse(404, f"No webhook with id '{raw}' exists.")


def read_webhook(world: World, ask: Ask) -> Answer:
    one = _find(world, ask)
    return one if isinstance(one, Answer) else Answer(payload=View(world=world, api=ask.api).webhook(one))


def edit_webhook(world: World, ask: Ask) -> Answer:
    one = _find(world, ask)
    if isinstance(one, Answer):
        return one
    payload = ask.parse_payload() or {}
    wrong = _judge(payload, fresh=False)
    if wrong:
        return wrong
    new = replace(
        one,
        name=str(payload.get("name") or one.name),
        url=str(payload.get("url") or one.url),
        events=tuple(payload.get("events") or one.events),
        jql=_jql(payload) if "filters" in payload else one.jql,
        exclude_body=payload.get("excludeBody", one.exclude_body) is True,
        enabled=payload.get("enabled", one.enabled) is not False,
        secret=payload.get("secret", one.secret),
        author=ask.account,
        updated=world.now(),
    )
    world.save_webhook(new, actor=ask.account)
    return Answer(payload=View(world=world, api=ask.api).webhook(new))


def delete_webhook(world: World, ask: Ask) -> Answer:
    one = _find(world, ask)
    if isinstance(one, Answer):
        return one
    world.delete_webhook(one, actor=ask.account)
    return no_content()


def refuse_dynamic(_world: World, _ask: Ask) -> Answer:
    """Dynamic webhooks belong to apps; an account with a token is none."""
    return refuse(403, "Only Connect and OAuth 2.0 apps can use this operation.")
