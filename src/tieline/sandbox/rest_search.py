"""Search: `search/jql` with page tokens on Cloud, `search` with `startAt` on Data Center."""

import base64
import binascii
import hashlib
import json
from typing import Any

from .ask import Answer, Ask, refuse
from .jql import parse_jql, run_query
from .jql_words import JqlRefused
from .lookup import parse_list
from .model import Issue, Json
from .view import View
from .view_issue import render_issue
from .world import World

_REMEMBERED_MS = 2000


def _listed(ask: Ask, payload: Json, name: str) -> list[str]:
    if name in payload:
        value = payload[name]
        return value.split(",") if isinstance(value, str) else [str(one) for one in value or []]
    return parse_list(ask, name)


def _asked(ask: Ask, payload: Json, name: str, default: Any) -> Any:
    return payload.get(name, ask.query.get(name, default)) if payload else ask.query.get(name, default)


def _whole(value: Any, default: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def find_issues(
    world: World, jql: str, account: str | None, *, reconciled: frozenset[int] = frozenset()
) -> tuple[list[Issue], bool]:
    """The issues a caller finds, and whether the query was bounded. Raises JqlRefused.

    `reconciled` are ids that the search sees as they are, without its lag.
    """
    index = world.search_index()
    if reconciled:
        index = {**index, **{id: world.issues[id] for id in reconciled if id in world.issues}}
    kept = world.remembered.get((jql, account))
    if (
        not reconciled
        and kept
        and kept[0] == world.index_version
        and 0 <= world.now() - kept[1] < _REMEMBERED_MS
        and not world.faults
    ):
        found, bounded = kept[2]
        return found, bounded
    query = parse_jql(jql, world, account=account)
    visible = {one.key for one in world.visible_projects(account)}
    found = run_query(query, (one for one in index.values() if one.project in visible and one.id in world.issues))
    if len(world.remembered) > 16:
        world.remembered.clear()
    if not reconciled:
        world.remembered[(jql, account)] = (world.index_version, world.now(), (found, query.bounded))
    return found, query.bounded


def search_cloud(world: World, ask: Ask) -> Answer:
    payload = _payload(ask)
    jql = str(_asked(ask, payload, "jql", "") or "")
    try:
        found, bounded = find_issues(world, jql, ask.caller.account, reconciled=_reconciled(ask, payload))
    except JqlRefused as refusal:
        return refuse(400, *refusal.messages)
    if not bounded:
        return refuse(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    limit = max(1, min(5000, _whole(_asked(ask, payload, "maxResults", 50), 50)))
    fields = _listed(ask, payload, "fields") or ["id"]
    if fields != ["id"] and fields != ["key"]:
        limit = min(limit, 100)
    start = 0
    token = _asked(ask, payload, "nextPageToken", None)
    if token:
        parsed = _parse_token(str(token), jql)
        if parsed is None:
            return refuse(400, "The provided next page token is invalid or has expired.")
        start = parsed
    rows = _rows(world, ask, payload, found[start : start + limit], fields)
    answer: Json = {"issues": rows, "isLast": start + limit >= len(found)}
    if start + limit < len(found):
        answer["nextPageToken"] = _token(start + limit, jql)
    return Answer(payload=answer)


def _reconciled(ask: Ask, payload: Json) -> frozenset[int]:
    """`reconcileIssues`: at most 50 ids."""
    return frozenset(int(one) for one in _listed(ask, payload, "reconcileIssues")[:50] if one.isdigit())


def _token(start: int, jql: str) -> str:
    mark = hashlib.sha256(jql.encode()).hexdigest()[:12]
    return base64.urlsafe_b64encode(json.dumps({"s": start, "q": mark}).encode()).decode()


def _parse_token(token: str, jql: str) -> int | None:
    try:
        parsed = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, binascii.Error):
        return None
    if not isinstance(parsed, dict) or parsed.get("q") != hashlib.sha256(jql.encode()).hexdigest()[:12]:
        return None
    return int(parsed["s"])


def _payload(ask: Ask) -> Json:
    if ask.method != "POST":
        return {}
    payload = ask.parse_payload()
    return payload if isinstance(payload, dict) else {}


def _rows(world: World, ask: Ask, payload: Json, found: list[Issue], fields: list[str]) -> list[Json]:
    view = View(world=world, api=ask.api)
    expand = payload.get("expand") or parse_list(ask, "expand")
    wanted = frozenset(expand.split(",") if isinstance(expand, str) else expand)
    properties = _listed(ask, payload, "properties")
    only_id = fields in (["id"], ["key"]) and view.cloud
    if only_id and not properties and not wanted:
        return [{"id": str(one.id)} | ({"key": one.key} if fields == ["key"] else {}) for one in found]
    names = None if fields == ["*all"] else fields
    return [render_issue(view, one, fields=names, properties=properties, expand=wanted) for one in found]


def search_dc(world: World, ask: Ask) -> Answer:
    payload = _payload(ask)
    try:
        found, _ = find_issues(world, str(_asked(ask, payload, "jql", "") or ""), ask.caller.account)
    except JqlRefused as refusal:
        return refuse(400, *refusal.messages)
    start = max(0, _whole(_asked(ask, payload, "startAt", 0), 0))
    limit = max(0, min(1000, _whole(_asked(ask, payload, "maxResults", 50), 50)))
    fields = _listed(ask, payload, "fields") or ["*navigable"]
    answer: Json = {
        "expand": "schema,names",
        "startAt": start,
        "maxResults": limit,
        "total": len(found),
        "issues": _rows(world, ask, payload, found[start : start + limit], fields),
    }
    expand = parse_list(ask, "expand") or payload.get("expand") or []
    view = View(world=world, api=ask.api)
    if "names" in expand:
        answer["names"] = {each.id: each.name for each in view.world.fields()}
    return Answer(payload=answer)


def search_removed(_world: World, _ask: Ask) -> Answer:
    return refuse(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
        "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    )


def count_issues(world: World, ask: Ask) -> Answer:
    payload = _payload(ask)
    try:
        found, bounded = find_issues(world, str(payload.get("jql") or ""), ask.caller.account)
    except JqlRefused as refusal:
        return refuse(400, *refusal.messages)
    if not bounded:
        return refuse(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return Answer(payload={"count": len(found)})
