"""Connections: one Jira each, with a credential that can be set and used, never read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils import timezone

from tieline.diagnosis.secret_shape import classify_secret
from tieline.store.audit import save_audit
from tieline.store.ids import new_id
from tieline.store.models import Connection, Workspace
from tieline.store.secrets import seal, unseal
from tieline.store.transactions import one_transaction

EDITABLE: Final = ("name", "base_url", "api_base", "edition", "version", "auth", "account", "account_name")
_PORTS: Final = {"http": 80, "https": 443}


def origin_of(address: str) -> str:
    """Scheme, host and port of an address, in one spelling: what a secret is bound to. Empty when it has none."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname or parts.scheme not in _PORTS:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port or _PORTS[parts.scheme]}"


@one_transaction
def create_connection(
    workspace: Workspace,
    *,
    name: str,
    base_url: str,
    auth: str,
    account: str,
    secret: str,
    actor: str,
) -> Connection:
    """Save a connection with its sealed secret (empty: none yet)."""
    connection = Connection(
        id=new_id(),
        workspace=workspace,
        name=name,
        base_url=base_url,
        auth=auth,
        account=account,
        origin=origin_of(base_url),
    )
    if secret:
        _set_secret(connection, secret, actor)
    connection.save(force_insert=True)
    save_audit(actor, "connection made", name, {"base_url": base_url, "account": account, "auth": auth}, workspace)
    return connection


@one_transaction
def edit_connection(
    connection: Connection,
    *,
    changes: Mapping[str, Any],
    secret: str | None,
    actor: str,
) -> Connection:
    """Change columns of ``EDITABLE`` and, when ``secret`` is given, the secret.

    Another origin (scheme, host or port) drops the stored secret and the client certificate: they were given for the
    old one. Another account or way to sign in is another login, so what is known of the old one no longer counts.
    """
    current = Connection.objects.select_for_update(no_key=True).select_related("workspace").get(id=connection.id)
    strange = set(changes) - set(EDITABLE)
    if strange:
        raise ValueError(f"A connection has no such setting to change: {', '.join(sorted(strange))}.")
    changed = {key: value for key, value in changes.items() if getattr(current, key) != value}
    proxy = open_sealed(current, "proxy") if "base_url" in changed else None
    for key, value in changed.items():
        setattr(current, key, value)
    origin = origin_of(current.base_url)
    moved = origin != current.origin
    if moved:
        current.origin = origin
        current.api_base = changed.get("api_base", "")
        drop_secret(current)
        current.client_pem, current.client_shown = None, ""
        current.proxy = seal_for(current, "proxy", proxy) if proxy else None
    if moved or {"account", "auth"} & set(changed):
        current.login_accepted_at = None
    if secret:
        _set_secret(current, secret, actor)
    current.save()
    if changed:
        facts = {key: value for key, value in changed.items() if isinstance(value, (str, int, bool))}
        save_audit(actor, "connection changed", current.name, facts | {"secret_dropped": moved}, current.workspace)
    if secret:
        save_audit(actor, "connection secret set", current.name, {"origin": origin}, current.workspace)
    return current


@one_transaction
def delete_connection(connection: Connection, *, actor: str) -> None:
    """Forget the connection, its integrations and their links. Records and issues stay as they are."""
    workspace, name = connection.workspace, connection.name
    connection.delete()
    save_audit(actor, "connection deleted", name, {}, workspace)


def open_secret(connection: Connection) -> str:
    """The secret in clear, for the door alone; empty when none is set.

    Raises ``KeyTrouble`` when it was sealed with another key, or for another row or origin than the present one.
    """
    return open_sealed(connection, "secret") or ""


def open_sealed(connection: Connection, column: str) -> str | None:
    """What is sealed in that column, in clear; None when nothing is. Raises ``KeyTrouble``."""
    sealed = getattr(connection, column)
    if sealed is None:
        return None
    origin = origin_of(connection.base_url)
    return unseal(sealed, table="connection", column=column, row=connection.id, origin=origin)


def seal_for(connection: Connection, column: str, secret: str) -> bytes:
    """``secret`` sealed for that column of the connection, bound to its origin."""
    return seal(secret, table="connection", column=column, row=connection.id, origin=connection.origin)


def _set_secret(connection: Connection, secret: str, actor: str) -> None:
    connection.secret = seal_for(connection, "secret", secret)
    connection.secret_set_at = timezone.now()
    connection.secret_set_by = actor[:255]
    connection.secret_shape = classify_secret(secret)


def drop_secret(connection: Connection) -> None:
    """Forget the secret on this row, which is not saved here."""
    connection.secret = None
    connection.secret_set_at = None
    connection.secret_set_by = ""
    connection.secret_shape = ""
