"""Integrations: a workspace and a Jira project, what they share, and what is asked of them."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef
from django.utils import timezone

from tieline.mapping.json import mapping_as_json, parse_saved_mapping
from tieline.records.ids import OpId
from tieline.records.record import RecordKind
from tieline.store.audit import save_audit
from tieline.store.ids import new_id
from tieline.store.links import ask_sync, forget_agreed, link_of, make_links
from tieline.store.mappings import fields_that_meet_another, mapping_of
from tieline.store.models import Clash, Connection, ImportRun, Integration, Intent, Link, Op, Record, Workspace
from tieline.store.ops import Wanted, announce_waiting, enqueue_all, link_lane, wake
from tieline.store.planning import save_changes
from tieline.store.problems import settle_link_problems
from tieline.store.secrets import seal, unseal
from tieline.store.transactions import one_transaction
from tieline.sync.views import OpKind

ROTATION: Final = timedelta(hours=24)
"""How long the webhook secret before the present one still verifies."""
STATES: Final = ("draft", "on", "paused")


@one_transaction
def create_integration(workspace: Workspace, connection: Connection, name: str, *, actor: str = "") -> Integration:
    """A draft: nothing is sent or heard until it is switched on."""
    integration = Integration(
        id=new_id(),
        workspace=workspace,
        connection=connection,
        name=name,
        webhook_token=randomness.token_urlsafe(32),
    )
    _set_webhook_secret(integration)
    integration.save(force_insert=True)
    save_audit(actor, "integration made", name, {"connection": connection.name}, workspace)
    return integration


@one_transaction
def save_project(integration: Integration, *, key: str, id: str, name: str, actor: str) -> Integration:
    """Choose the Jira project. Another project than before empties mapping and schema (they spoke of the old one)."""
    current = _locked(integration)
    if current.project_id and current.project_id != id:
        if Link.objects.filter(integration=current).exists():
            raise ValueError("This integration has links to another project. Make a new integration for this one.")
        current.mapping, current.schema, current.schema_read_at = {}, {}, None
    current.project_key, current.project_id, current.project_name = key, id, name
    current.save()
    save_audit(actor, "project chosen", current.name, {"project": key}, current.workspace)
    return current


@one_transaction
def save_schema(integration: Integration, schema: Mapping[str, Any]) -> None:
    """Keep what the project offers, as JSON, with the time it was read."""
    Integration.objects.filter(id=integration.id).update(schema=dict(schema), schema_read_at=timezone.now())


@one_transaction
def save_mapping(integration: Integration, mapping: Mapping[str, Any], actor: str) -> Integration:
    """Save the mapping (JSON as ``mapping_as_json`` writes it). Parked work of the integration is tried again with it.

    What a field agreed on with another field of Jira's is forgotten: an empty new field is not a value taken away.
    Raises ``ValueError`` for JSON that is no mapping.
    """
    parsed = parse_saved_mapping(mapping)
    current = _locked(integration)
    forget_agreed(current, fields_that_meet_another(mapping_of(current), parsed))
    current.mapping = mapping_as_json(parsed)
    current.save()
    save_audit(actor, "mapping saved", current.name, {"project": parsed.project_key}, current.workspace)
    wake(Op.objects.filter(integration=current, kind=OpKind.SYNC_LINK.value), why="The mapping was changed")
    return current


@one_transaction
def set_state(integration: Integration, state: str, actor: str) -> Integration:
    """Switch ``on``, ``paused`` (work is kept, nothing is called) or back to ``draft``."""
    if state not in STATES:
        raise ValueError(f"An integration is draft, on or paused, not “{state}”.")
    current = _locked(integration)
    if current.state == state:
        return current
    current.state = state
    current.save()
    if state != "paused":
        Op.objects.filter(integration=current, state="waiting").update(handed_at=None)
        announce_waiting()
    save_audit(actor, f"integration {state}", current.name, {}, current.workspace)
    return current


@one_transaction
def set_auto_send(integration: Integration, auto_send: bool, actor: str) -> None:
    Integration.objects.filter(id=integration.id).update(auto_send=auto_send)
    save_audit(actor, "auto send set", integration.name, {"auto_send": auto_send}, integration.workspace)


@one_transaction
def delete_integration(integration: Integration, *, actor: str) -> None:
    """Forget the integration and its links. Records and issues stay as they are."""
    workspace, name = integration.workspace, integration.name
    integration.delete()
    save_audit(actor, "integration deleted", name, {}, workspace)


@one_transaction
def send_record(record: Record, integration: Integration, actor: str) -> Link:
    """Link the record and ask for its first sync (or for one more, when it is linked).

    Raises ``ValueError`` when its kind is not mapped, it is deleted, or it belongs to another workspace.
    """
    current = Record.objects.select_for_update(no_key=True).get(id=record.id)
    if current.deleted or current.workspace_id != integration.workspace_id:
        raise ValueError("This record cannot be sent with this integration.")
    link = link_of(current)
    if link is None:
        made = make_links(integration, [current])
        if not made:
            raise ValueError(f"The mapping says nothing about a {current.kind}.")
        link = made[0]
        Record.objects.filter(id=current.id).update(keep_local=False)
    ask_sync([link], reason=f"Sent by {actor}")
    return link


@one_transaction
def send_all(integration: Integration, actor: str) -> int:
    """Link every record of the mapped kinds that has no link yet and let one batch create what waits; how many."""
    current = _locked(integration)
    kinds = [rule.kind.value for rule in mapping_of(current).kinds]
    linked = Link.objects.filter(record_id=OuterRef("id"))
    records = Record.objects.filter(workspace_id=current.workspace_id, kind__in=kinds, deleted=None, keep_local=False)
    made = make_links(current, records.filter(~Exists(linked)).order_by("id"))
    ask_batch(current, reason=f"Sent by {actor}")
    return len(made)


def ask_batch(integration: Integration, *, reason: str, delay_s: float = 0.0) -> OpId:
    """Ask for everything that waits to be created in this integration, in bulk."""
    return _ask(integration, OpKind.SEND_BATCH, integration.id, reason, delay_s)


def ask_poll(integration: Integration, *, reason: str, delay_s: float = 0.0) -> OpId:
    """Ask for a look at what changed in Jira."""
    return _ask(integration, OpKind.POLL, integration.id, reason, delay_s)


@one_transaction
def unlink(record: Record, *, actor: str) -> bool:
    """Forget the link; record and issue stay, and saving the record does not link it again.

    False while the link is being worked on, or a create of it has no known outcome yet: then nothing changes, because
    a second link would make a second issue.
    """
    current = Record.objects.select_for_update(no_key=True).get(id=record.id)
    link = link_of(current)
    if link is None:
        return True
    busy = Op.objects.filter(lane=link_lane(link.id), state="running").exists()
    unsettled = Intent.objects.filter(link=link, state="open", sent_at__isnull=False).exists()
    if busy or unsettled:
        return False
    settle_link_problems([link.id], (), now=timezone.now(), by=actor)
    Op.objects.filter(lane=link_lane(link.id), state__in=("waiting", "parked")).update(
        state="done", ended=timezone.now(), why="The record was unlinked."
    )
    note = f"Unlinked from {link.remote_key or 'Jira'}"
    save_changes(current, [("link", link.remote_key or None, None)], source="person", actor=actor, note=note)
    link.delete()
    Record.objects.filter(id=current.id).update(keep_local=True)
    return True


@one_transaction
def sync_now(record: Record, *, actor: str = "") -> OpId | None:
    """Ask for a sync of the record's link at once; None when it has none. Parked work of it is tried again, too."""
    link = link_of(record)
    if link is None:
        return None
    reason = f"Sync now by {actor}" if actor else "Sync now"
    return ask_sync([link], reason=reason)[0]


@one_transaction
def settle_clash(clash: Clash, winner: str, actor: str) -> bool:
    """A person chooses ``ours`` or ``theirs``; the next sync carries it out. False when it was settled already."""
    if winner not in {"ours", "theirs"}:
        raise ValueError(f"A clash is won by ours or theirs, not “{winner}”.")
    settled = Clash.objects.filter(id=clash.id, winner="").update(
        winner=winner, settled_at=timezone.now(), settled_by=actor[:255]
    )
    if not settled:
        return False
    link = Link.objects.select_related("integration__workspace").get(id=clash.link_id)
    ask_sync([link], reason=f"Clash settled by {actor}")
    details = {"field": clash.field, "winner": winner}
    save_audit(actor, "clash settled", link.remote_key or link.record_id, details, link.integration.workspace)
    return True


@one_transaction
def start_import(integration: Integration, actor: str) -> ImportRun:
    """Begin an import, or return the one that is under way."""
    current = _locked(integration)
    under_way = ImportRun.objects.filter(integration=current, state__in=("waiting", "running")).first()
    if under_way is not None:
        return under_way
    run = ImportRun.objects.create(id=new_id(), integration=current, started=timezone.now())
    _ask(current, OpKind.IMPORT, run.id, f"Import started by {actor}", 0.0)
    save_audit(actor, "import started", current.name, {}, current.workspace)
    return run


def webhook_secret(integration: Integration) -> str:
    """What Jira signs deliveries with, in clear, for installing the webhook."""
    return open_sealed(integration, "webhook_secret") or ""


def webhook_secrets(integration: Integration, *, now: datetime) -> tuple[str, ...]:
    """The secrets that verify a delivery now: the present one and, for a day after a change, the one before."""
    found = [open_sealed(integration, "webhook_secret")]
    changed = integration.webhook_secret_changed
    if changed is not None and now - changed < ROTATION:
        found.append(open_sealed(integration, "webhook_secret_before"))
    return tuple(secret for secret in found if secret)


@one_transaction
def rotate_webhook_secret(integration: Integration, actor: str) -> str:
    """Make a new webhook secret and return it; the old one still verifies for a day."""
    current = _locked(integration)
    old = open_sealed(current, "webhook_secret")
    current.webhook_secret_before = seal_for(current, "webhook_secret_before", old) if old else None
    current.webhook_secret_changed = timezone.now()
    _set_webhook_secret(current)
    current.save()
    save_audit(actor, "webhook secret changed", current.name, {}, current.workspace)
    return webhook_secret(current)


@one_transaction
def save_webhook(integration: Integration, *, mode: str, webhook_id: str = "", actor: str) -> None:
    """Note how changes are heard: ``webhook`` (with Jira's id of it, and polling as the guarantee) or ``poll``."""
    if mode not in {"webhook", "poll"}:
        raise ValueError(f"Changes are heard by webhook or by poll, not “{mode}”.")
    Integration.objects.filter(id=integration.id).update(webhook_mode=mode, webhook_id=webhook_id)
    save_audit(actor, "hearing set", integration.name, {"mode": mode}, integration.workspace)


_LANES: Final = {OpKind.SEND_BATCH: "batch", OpKind.POLL: "poll", OpKind.IMPORT: "import"}


def _ask(integration: Integration, kind: OpKind, subject: str, reason: str, delay_s: float) -> OpId:
    wanted = Wanted(
        kind=kind,
        lane=f"{_LANES[kind]}:{integration.id}",
        subject=subject,
        connection=integration.connection_id,
        integration=integration.id,
        reason=reason,
        delay_s=delay_s,
    )
    return enqueue_all([wanted])[0]


def _locked(integration: Integration) -> Integration:
    return (
        Integration.objects.select_for_update(of=("self",), no_key=True)
        .select_related("workspace")
        .get(id=integration.id)
    )


def _set_webhook_secret(integration: Integration) -> None:
    integration.webhook_secret = seal_for(integration, "webhook_secret", randomness.token_hex(32))


def seal_for(integration: Integration, column: str, secret: str) -> bytes:
    """``secret`` sealed for that column of the integration."""
    return seal(secret, table="integration", column=column, row=integration.id)


def open_sealed(integration: Integration, column: str) -> str | None:
    """What is sealed in that column, in clear; None when nothing is. Raises ``KeyTrouble``."""
    sealed = getattr(integration, column)
    if sealed is None:
        return None
    return unseal(sealed, table="integration", column=column, row=integration.id)


def mapped_kinds(integration: Integration) -> tuple[RecordKind, ...]:
    return tuple(rule.kind for rule in mapping_of(integration).kinds)
