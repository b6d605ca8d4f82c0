"""Doors and clients: made from a connection's settings, kept as long as those stay the same."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tieline.engine.pace import PacedJira
    from tieline.jira.client import JiraClient
    from tieline.jira.door import JiraDoor
    from tieline.records.ids import ConnectionId
    from tieline.records.issue import Edition
    from tieline.store.models import Connection

SYSTEM_FIELDS = frozenset(
    {"summary", "description", "status", "assignee", "duedate", "labels", "fixVersions", "parent", "issuetype"}
)


def door_for_settings(
    address: str,
    account: str,
    secret: str,
    *,
    auth: str = "basic",
    allow: Sequence[str] = (),
    api_base: str = "",
    trust_environment: bool = False,
    deployment: str | None = None,
    total_s: float = 60.0,
    ca_file: str | None = None,
    client_cert: str | None = None,
    client_key: str | None = None,
    authority_pem: str = "",
    client_pem: str = "",
    proxy: str = "",
    never_repeated: Sequence[str] = (),
) -> JiraDoor:
    """A door for settings that were just typed; nothing is stored. ``allow``: private addresses that may be called.
    ``ca_file``, ``client_cert``, ``client_key``: files of certificates of one's own (PEM); ``authority_pem`` and
    ``client_pem`` are the same as text. ``proxy``: ``http://user:password@host:port``.
    ``never_repeated``: further secrets that may be sent and must not stand in evidence.

    Raises ``ValueError`` for an entry of ``allow`` that is none.
    """
    from tieline.engine.clock import SystemClock
    from tieline.jira.allow import parse_allow_list
    from tieline.jira.door import build_door
    from tieline.jira.options import DoorOptions, Limits
    from tieline.jira.secret import Secret

    return build_door(
        DoorOptions(
            base_url=address,
            api_base=api_base if api_base != address else "",
            cloud_id=cloud_id_of(api_base),
            auth=auth,
            account=account,
            secret=Secret(secret),
            allow=parse_allow_list(allow),
            trust_env=trust_environment,
            ca_file=ca_file,
            client_cert_file=client_cert,
            client_key_file=client_key,
            authority_pem=authority_pem,
            client_pem=Secret(client_pem) if client_pem else None,
            proxy=Secret(proxy) if proxy else None,
            other_secrets=tuple(map(Secret, never_repeated)),
            limits=Limits(total_s=total_s),
            deployment=deployment,
            clock=SystemClock(),
        )
    )


def cloud_id_of(api_base: str) -> str | None:
    """The site's id in a gateway address ``…/ex/jira/{cloudId}``."""
    _, found, rest = api_base.partition("/ex/jira/")
    return rest.strip("/").partition("/")[0] or None if found else None


def open_door(connection: Connection) -> JiraDoor:
    """The door of a stored connection, with the operator's allow list."""
    from django.conf import settings

    from tieline.store.connections import open_sealed, open_secret

    return door_for_settings(
        connection.base_url,
        connection.account,
        open_secret(connection),
        auth=connection.auth,
        allow=settings.ALLOW,
        api_base=connection.api_base,
        trust_environment=settings.TRUST_PROXY_ENVIRONMENT,
        deployment=connection.edition or None,
        authority_pem=connection.authority_pem,
        client_pem=open_sealed(connection, "client_pem") or "",
        proxy=open_sealed(connection, "proxy") or "",
        never_repeated=_webhook_secrets(connection),
    )


def _webhook_secrets(connection: Connection) -> list[str]:
    """What Jira signs with is told to Jira when a webhook is made, and comes back when Jira complains about it."""
    from tieline.store.integrations import open_sealed

    kept = (
        open_sealed(integration, column)
        for integration in connection.integrations.defer("mapping", "schema")
        for column in ("webhook_secret", "webhook_secret_before")
    )
    return [secret for secret in kept if secret]


def open_jira(connection: Connection) -> JiraClient:
    """The client of a stored connection, without pace: for what a person waits for at the screen."""
    from tieline.engine.clock import SystemClock
    from tieline.jira.client import build_client

    door = open_door(connection)
    return build_client(door, edition_of(connection, door), SystemClock(), extra_fields=extra_fields_of(connection))


def edition_of(connection: Connection, door: JiraDoor) -> Edition:
    """The edition as the check found it; asked once and kept when no check has."""
    from tieline.diagnosis.reading import parse_json
    from tieline.records.issue import Edition
    from tieline.store.models import Connection as Row
    from tieline.sync.remote import ProbeRequest

    if connection.edition:
        return Edition(connection.edition)
    exchange = door.ask(ProbeRequest(probe="is it Jira", path="/rest/api/2/serverInfo"))
    told: Any = parse_json(exchange.response.body) if exchange.response and exchange.response.body else None
    deployment = str(told.get("deploymentType", "")) if isinstance(told, dict) else ""
    if not deployment:
        return Edition.CLOUD if ".atlassian.net" in connection.base_url else Edition.DATA_CENTER
    edition = Edition.CLOUD if deployment.lower() == "cloud" else Edition.DATA_CENTER
    Row.objects.filter(id=connection.id, edition="").update(edition=edition.value)
    return edition


def extra_fields_of(connection: Connection) -> tuple[str, ...]:
    """Fields beyond the usual ones that some mapping of this connection meets."""
    from tieline.records.issue import RemoteKind
    from tieline.store.mappings import mapping_of
    from tieline.store.models import Integration

    found: set[str] = set()
    for integration in Integration.objects.filter(connection_id=connection.id):
        for kind in mapping_of(integration).kinds:
            if kind.remote_kind is RemoteKind.ISSUE:
                found |= {rule.theirs for rule in kind.fields}
    return tuple(sorted(found - SYSTEM_FIELDS))


class Clients:
    """One paced client per connection and process, for all threads; made anew when the connection's settings change."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, tuple[tuple[Any, ...], PacedJira]] = {}

    def open(self, connection: ConnectionId) -> PacedJira:
        from tieline.store.models import Connection as Row

        row = Row.objects.get(id=connection)
        extra = extra_fields_of(row)
        outfit = (row.authority_pem, bytes(row.client_pem or b""), bytes(row.proxy or b""))
        made_of = (row.base_url, row.api_base, row.auth, row.account, row.secret_set_at, row.edition, extra, outfit)
        with self._lock:
            kept = self._kept.get(connection)
            if kept is None or kept[0] != made_of:
                kept = (made_of, _paced(row, connection))
                self._kept[connection] = kept
            if not row.held_by:
                kept[1].forget_refusal()
            return kept[1]

    def forget(self, connection: str) -> None:
        """The connection was released or changed: what was learnt about its login is void."""
        with self._lock:
            self._kept.pop(connection, None)


def _paced(row: Connection, connection: ConnectionId) -> PacedJira:
    from tieline.engine.clock import SystemClock
    from tieline.engine.pace import PacedJira
    from tieline.store.gate import DjangoGate

    return PacedJira(open_jira(row), connection=connection, gate=DjangoGate(), clock=SystemClock())


clients = Clients()
