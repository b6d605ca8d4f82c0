"""What the wizard and the integration's page ask of Jira while a person waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tieline.wiring.doors import open_jira

if TYPE_CHECKING:
    from tieline.diagnosis.card import Card
    from tieline.engine.ports import Answer
    from tieline.mapping.schema import ProjectSchema, ProjectSummary
    from tieline.store.models import Connection, Integration

T = TypeVar("T")

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "jira:version_created",
    "jira:version_updated",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_deleted",
)


@dataclass(frozen=True, kw_only=True)
class Told(Generic[T]):
    """What Jira told, or the cards of why it did not (``value`` is None then)."""

    value: T | None = None
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InstalledWebhook:
    """``mode``: how changes are heard from now on, ``webhook`` or ``poll``. ``why``: one sentence for people."""

    mode: str
    why: str
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ImportPreview:
    """What an import would find. ``total`` is None where Jira does not count; ``types`` counts the first page by issue
    type, ``wanted`` says which of them the mapping makes records of."""

    total: int | None
    more: bool
    versions: int
    types: Mapping[str, int] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()
    examples: tuple[tuple[str, str], ...] = ()
    cards: tuple[Card, ...] = ()


def read_projects(connection: Connection) -> Told[tuple[ProjectSummary, ...]]:
    """The projects that the account sees."""
    return _told(open_jira(connection).read_projects(), connection)


def read_schema(integration: Integration) -> Told[ProjectSchema]:
    """Issue types, fields and statuses of the integration's project, read afresh and kept with it."""
    from tieline.store.integrations import save_schema

    answer = open_jira(integration.connection).read_schema(integration.project_key)
    if answer.value is not None:
        save_schema(integration, asdict(answer.value))
    return _told(answer, integration.connection, integration.project_key)


def parse_schema(kept: Mapping[str, Any]) -> ProjectSchema | None:
    """The schema as ``read_schema`` kept it; None where none was read yet."""
    from tieline.mapping.schema import IssueType, JiraField, JiraStatus, Option, ProjectSchema, ProjectSummary

    if not kept:
        return None
    types = tuple(
        IssueType(
            **{
                **one,
                "create_fields": tuple(
                    JiraField(**{**field_, "options": tuple(Option(**option) for option in field_["options"])})
                    for field_ in one["create_fields"]
                ),
                "statuses": tuple(JiraStatus(**status) for status in one["statuses"]),
            }
        )
        for one in kept["issue_types"]
    )
    return ProjectSchema(project=ProjectSummary(**kept["project"]), issue_types=types)


def import_preview(integration: Integration) -> ImportPreview:
    """Look at the first page of issues and at the versions. Nothing is made."""
    from tieline.store.mappings import mapping_of

    jira = open_jira(integration.connection)
    page = jira.read_page(integration.project_key, updated_since=None, token=None, size=100)
    versions = jira.read_versions(integration.project_key)
    if page.value is None or versions.value is None:
        troubled = page if page.value is None else versions
        told: Told[Any] = _told(troubled, integration.connection, integration.project_key)
        return ImportPreview(total=None, more=False, versions=0, cards=told.cards)
    mapped = {one.issue_type_id for one in mapping_of(integration).kinds}
    types: dict[str, int] = {}
    for issue in page.value.issues:
        types[issue.type_name] = types.get(issue.type_name, 0) + 1
    wanted = [issue for issue in page.value.issues if issue.type_id in mapped]
    return ImportPreview(
        total=page.value.total if page.value.next_token or page.value.total else len(page.value.issues),
        more=page.value.next_token is not None,
        versions=len([one for one in versions.value if not one.archived]),
        types=types,
        wanted=frozenset(issue.type_name for issue in wanted),
        examples=tuple((str(issue.key), issue.summary) for issue in wanted[:8]),
    )


def hook_address(integration: Integration) -> str:
    """Where Jira delivers this integration's webhooks."""
    from django.conf import settings

    base = settings.PUBLIC_URL or f"http://{settings.HOST}:{settings.PORT}"
    return f"{base}/hooks/jira/{integration.webhook_token}"


def install_webhook(integration: Integration, *, actor: str = "") -> InstalledWebhook:
    """Register the webhook in Jira, or take the one that is there already; where that is not permitted, changes are
    heard by polling, which is said."""
    from tieline.store.integrations import save_webhook, webhook_secret

    jira = open_jira(integration.connection)
    url = hook_address(integration)
    listed = jira.read_webhooks()
    known = next((one for one in listed.value or () if one.url == url and one.enabled), None)
    if known is not None and integration.webhook_id == known.id:
        save_webhook(integration, mode="webhook", webhook_id=known.id, actor=actor)
        return InstalledWebhook(mode="webhook", why="The webhook is in Jira already.")
    if known is not None:
        jira.delete_webhook(known.id)
    made = jira.create_webhook(
        name=f"Tieline: {integration.name}"[:255],
        url=url,
        secret=webhook_secret(integration),
        jql=f'project = "{integration.project_key}"',
        events=EVENTS,
    )
    if made.value is None:
        save_webhook(integration, mode="poll", actor=actor)
        told: Told[Any] = _told(made, integration.connection, integration.project_key)
        why = "Jira did not take the webhook; changes are heard by polling."
        return InstalledWebhook(mode="poll", why=why, cards=told.cards)
    save_webhook(integration, mode="webhook", webhook_id=made.value.id, actor=actor)
    return InstalledWebhook(mode="webhook", why="Jira tells of changes by webhook; polling makes sure.")


def remove_webhook(integration: Integration, *, actor: str = "") -> InstalledWebhook:
    """Hear by polling from now on, and take the webhook out of Jira where that is permitted."""
    from tieline.store.integrations import save_webhook

    if integration.webhook_id:
        open_jira(integration.connection).delete_webhook(integration.webhook_id)
    save_webhook(integration, mode="poll", actor=actor)
    return InstalledWebhook(mode="poll", why="Changes are heard by polling.")


def let_run(integration: Integration, *, actor: str) -> None:
    """A person has looked at the many changes that wait, and lets them come."""
    from tieline.engine.poll import LET_RUN
    from tieline.store.audit import save_audit
    from tieline.store.integrations import ask_poll
    from tieline.store.models import Op

    Op.objects.filter(lane=f"poll:{integration.id}", state="waiting").update(reason=LET_RUN)
    ask_poll(integration, reason=LET_RUN)
    save_audit(actor, "many changes let run", integration.name, {}, integration.workspace)


def cards_of(answer: Answer[Any], connection: Connection, project_key: str = "") -> tuple[Card, ...]:
    """The problem cards of a troubled answer, best first."""
    from tieline.diagnosis.card import build_card
    from tieline.diagnosis.evidence import Evidence
    from tieline.engine.verdict import Asked, best_finding
    from tieline.store.reading import connection_view
    from tieline.wiring.checks import settings_of

    settings = settings_of(connection, project_key or None)
    finding = best_finding(answer.exchanges, Asked(connection=connection_view(connection), project_key=project_key))
    return (build_card(finding, Evidence(settings=settings, exchanges=answer.exchanges), settings=settings),)


def _told(answer: Answer[T], connection: Connection, project_key: str = "") -> Told[T]:
    if answer.value is not None:
        return Told(value=answer.value)
    return Told(cards=cards_of(answer, connection, project_key))
