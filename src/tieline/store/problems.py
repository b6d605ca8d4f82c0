"""Problems: one cause is one row, with the links it holds up. All of it inside a caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from tieline.store.evidence import exchange_as_json, finding_as_json
from tieline.store.ids import new_id
from tieline.store.models import Integration, Link, Problem
from tieline.sync.views import LinkProblem

_FINGERPRINT_LIMIT = 200


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a problem was met: ids of the row it belongs to, as far as they are known."""

    workspace: str
    connection: str
    integration: str | None = None
    link: str | None = None


def place_of(link: Link) -> Place:
    integration = link.integration
    return Place(
        workspace=integration.workspace_id,
        connection=integration.connection_id,
        integration=integration.id,
        link=link.id,
    )


def place_of_integration(integration: Integration) -> Place:
    return Place(workspace=integration.workspace_id, connection=integration.connection_id, integration=integration.id)


def fingerprint_of(problem: LinkProblem, place: Place) -> str:
    """What makes two findings the same problem: slug, scope, what waits and, when one is named, the field."""
    scoped = {"record": place.link, "mapping": place.integration, "connection": place.connection}.get(problem.scope)
    parts = [problem.finding.slug, problem.scope, scoped or place.integration or place.connection]
    parts += [problem.finding.facts["field"]] if problem.finding.facts.get("field") else []
    whole = ":".join(parts)
    if len(whole) <= _FINGERPRINT_LIMIT:
        return whole
    return f"{whole[: _FINGERPRINT_LIMIT - 33]}:{hashlib.sha256(whole.encode()).hexdigest()[:32]}"


def open_problem(problem: LinkProblem, place: Place, *, now: datetime) -> Problem:
    """Open the problem, or touch the open one of the same cause. ``put_under`` adds what it holds up."""
    fingerprint = fingerprint_of(problem, place)
    row = Problem(
        id=new_id(),
        workspace_id=place.workspace,
        connection_id=place.connection,
        integration_id=place.integration if problem.scope != "connection" else None,
        slug=problem.finding.slug,
        scope=problem.scope,
        fingerprint=fingerprint,
        finding=finding_as_json(problem.finding),
        evidence=[exchange_as_json(one) for one in problem.evidence],
        first_seen=now,
        last_seen=now,
    )
    Problem.objects.bulk_create([row], ignore_conflicts=True)
    found = Problem.objects.select_for_update(no_key=True).get(
        workspace_id=place.workspace, fingerprint=fingerprint, fixed_at=None
    )
    if found.id != row.id:
        found.finding, found.last_seen = row.finding, now
        if row.evidence:
            found.evidence = row.evidence
        found.save(update_fields=["finding", "evidence", "last_seen"])
    return found


def put_under(pairs: Iterable[tuple[str, str]]) -> None:
    """Note for (problem id, link id) pairs that the problem holds the link up."""
    through = Problem.links.through
    rows = [through(problem_id=problem, link_id=link) for problem, link in pairs]
    through.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)


def settle_link_problems(
    links: Sequence[str], keep: Iterable[tuple[str, str]], *, now: datetime, by: str = "sync"
) -> None:
    """Take ``links`` out of the open problems they are under, but for the (problem id, link id) pairs in ``keep``.

    A problem that holds up nothing any more is fixed. A connection's own problem stays: only a check closes it.
    """
    through = Problem.links.through
    kept = set(keep)
    rows = through.objects.filter(link_id__in=links, problem__fixed_at=None).values_list("id", "problem_id", "link_id")
    gone = [(row, problem) for row, problem, link in rows if (problem, link) not in kept]
    if not gone:
        return
    through.objects.filter(id__in=[row for row, _ in gone]).delete()
    touched = Problem.objects.filter(id__in={problem for _, problem in gone}, fixed_at=None, links=None)
    close_problems(touched.exclude(connection__held_by__gt="", scope="connection"), now=now, by=by)


def close_problems(problems: QuerySet[Problem], *, now: datetime, by: str) -> int:
    ids = list(problems.filter(fixed_at=None).values_list("id", flat=True))
    return Problem.objects.filter(id__in=ids, fixed_at=None).update(fixed_at=now, fixed_by=by[:255])


def connection_problems(connection: str, slugs: Sequence[str] | None = None) -> QuerySet[Problem]:
    """Problems for which the whole connection waits (those slugs, or all), fixed ones included."""
    chosen = Q(connection_id=connection, scope="connection")
    return Problem.objects.filter(chosen & Q(slug__in=slugs) if slugs is not None else chosen)
