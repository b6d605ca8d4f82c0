"""Checks of a stored connection: the ladder, each step saved as it comes; a check that passes lets held work go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from typing import TYPE_CHECKING, Any

from tieline.wiring.doors import clients

if TYPE_CHECKING:
    from tieline.diagnosis.evidence import Settings
    from tieline.diagnosis.ladder import Needs, RungResult
    from tieline.store.models import CheckRun, Connection, Integration


def start_check(
    connection: Connection,
    *,
    integration: Integration | None = None,
    project_key: str | None = None,
    actor: str,
) -> CheckRun:
    """Begin a check in a thread of its own and return its row, which grows step by step (``results``)."""
    run = _make_run(connection, integration, project_key)
    _in_thread(lambda: _walk_to_the_end(run, actor))
    return run


def run_check(
    connection: Connection,
    *,
    integration: Integration | None = None,
    project_key: str | None = None,
    actor: str,
) -> Iterator[RungResult]:
    """The same, step by step for somebody who waits."""
    yield from _walk(_make_run(connection, integration, project_key), actor)


def settings_of(connection: Connection, project_key: str | None) -> Settings:
    """What diagnosis may know of a stored connection."""
    from tieline.diagnosis.evidence import Settings

    return Settings(
        address=connection.base_url,
        account=connection.account,
        auth=connection.auth,
        secret_shape=connection.secret_shape or None,
        project_key=project_key or None,
        worked_before=connection.login_accepted_at is not None,
        secret_set_at=connection.secret_set_at.isoformat() if connection.secret_set_at else None,
        authority_file="the certificates of this connection" if connection.authority_pem else None,
        client_certificate=connection.client_shown or None,
        proxy=connection.proxy_shown or None,
    )


def needs_of(integration: Integration | None) -> Needs:
    """What this integration will do: its issue types, the fields it fills, whether it makes versions."""
    from django.conf import settings

    from tieline.diagnosis.ladder import Needs
    from tieline.mapping.model import Direction
    from tieline.records.issue import RemoteKind
    from tieline.store.mappings import mapping_of

    kinds = mapping_of(integration).kinds if integration else ()
    if not kinds:
        return Needs()
    issues = [one for one in kinds if one.remote_kind is RemoteKind.ISSUE]
    sends = [rule.theirs for one in issues for rule in one.fields if rule.direction is not Direction.FROM_JIRA]
    feeds = {"issuetype", "project", "reporter", "parent", *sends, *(name for one in issues for name in one.constants)}
    public = settings.PUBLIC_URL
    return Needs(
        issue_types=tuple(one.issue_type_name or one.issue_type_id or "" for one in issues),
        fields=tuple(dict.fromkeys(name for name in sends if name != "status")),
        fed_fields=tuple(sorted(feeds)),
        versions=any(one.remote_kind is RemoteKind.VERSION for one in kinds),
        webhook_url=f"{public}/hooks/jira/{integration.webhook_token}" if public and integration else None,
    )


def _make_run(connection: Connection, integration: Integration | None, project_key: str | None) -> CheckRun:
    from django.utils import timezone

    from tieline.store.ids import new_id
    from tieline.store.models import CheckRun

    key = project_key or (integration.project_key if integration else "")
    return CheckRun.objects.create(
        id=new_id(),
        connection=connection,
        integration=integration,
        project_key=key,
        started=timezone.now(),
    )


def _walk_to_the_end(run: CheckRun, actor: str) -> None:
    for _ in _walk(run, actor):
        pass


def _walk(run: CheckRun, actor: str) -> Iterator[RungResult]:
    from django.utils import timezone

    from tieline.diagnosis.ladder import build_report
    from tieline.engine.check import check_connection
    from tieline.engine.clock import SystemClock
    from tieline.store.models import CheckRun, Connection
    from tieline.wiring.doors import open_door

    connection = Connection.objects.get(id=run.connection_id)
    settings = settings_of(connection, run.project_key)
    results: list[RungResult] = []
    door = open_door(connection)
    state = "broken-off"
    try:
        steps = check_connection(
            door,
            settings,
            clock=SystemClock(),
            edition_hint=connection.edition or None,
            project_key=run.project_key or None,
            needs=needs_of(run.integration),
        )
        for result in steps:
            results.append(result)
            shown = [*(run.results or []), _as_json(result, settings)]
            run.results = shown
            CheckRun.objects.filter(id=run.id).update(results=shown)
            yield result
        state = "done"
    finally:
        door.close()
        report = build_report(results, settings)
        run.state, run.ok, run.ended = state, state == "done" and report.ok, timezone.now()
        CheckRun.objects.filter(id=run.id).update(state=run.state, ok=run.ok, ended=run.ended)
    _keep_facts(connection, report.facts)
    if run.ok:
        _release(connection, actor)


def _as_json(result: RungResult, settings: Settings) -> dict[str, Any]:
    """A step as kept: what ``RungResult.as_json`` tells, what a green step means, and the cards of its problems."""
    from tieline.diagnosis.card import build_card
    from tieline.diagnosis.evidence import Evidence
    from tieline.store.evidence import storable

    evidence = Evidence(settings=settings, exchanges=result.exchanges, facts=result.facts)
    cards = [build_card(one, evidence, settings=settings).as_json() for one in result.findings]
    kept: dict[str, Any] = storable({**result.as_json(), "describes": result.rung.describes, "cards": cards})
    return kept


def _keep_facts(connection: Connection, facts: Any) -> None:
    """What the check learnt of the connection: edition, version, the account's name."""
    from django.utils import timezone

    from tieline.store.models import Connection as Row

    known = {name: str(facts[name])[:limit] for name, limit in (("edition", 8), ("version", 40)) if facts.get(name)}
    if facts.get("account_name"):
        known["account_name"] = str(facts["account_name"])[:255]
    changes: dict[str, Any] = dict(known)
    if facts.get("logged_in"):
        changes["login_accepted_at"] = timezone.now()
    if changes:
        Row.objects.filter(id=connection.id).update(**changes)


def _release(connection: Connection, actor: str) -> None:
    from tieline.records.ids import ConnectionId
    from tieline.store.audit import save_audit
    from tieline.store.repository import DjangoStore

    held = connection.held_by
    DjangoStore().release_connection(ConnectionId(connection.id))
    clients.forget(connection.id)
    if held:
        save_audit(actor, "connection released", connection.name, {"was": held}, connection.workspace)


def _in_thread(call: Callable[[], None]) -> None:
    from tieline.wiring.runtime import with_fresh_connections

    def run() -> None:
        from django.db import connections

        try:
            with_fresh_connections(call)
        finally:
            connections.close_all()

    Thread(target=run, name="tieline-check", daemon=True).start()
