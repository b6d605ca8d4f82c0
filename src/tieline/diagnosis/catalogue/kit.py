"""How an entry is written. Texts may hold ``{facts}``; :data:`STAND_INS` has what is said when one is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tieline.diagnosis.finding import Actor, CatalogueEntry, Response, Step
from tieline.diagnosis.lookalikes import GROUPS_OF

STAND_INS: Mapping[str, str] = {
    "account": "the account",
    "address": "the address",
    "addresses": "a private address",
    "count": "many",
    "edition": "Jira",
    "expires": "its end date",
    "field": "the field",
    "host": "the Jira host",
    "issue_type": "the issue type",
    "issuer": "an authority not known here",
    "jira_base_url": "another address",
    "location": "another address",
    "names": "other names",
    "near": "a similar key",
    "page_title": "another product's page",
    "person": "the assignee",
    "permission": "the permission",
    "key_given": "what was given",
    "project": "the project",
    "project_key": "of that key",
    "scheme": "the scheme",
    "status": "in question",
    "status_name": "the status",
    "subject": "the host",
    "total": "all",
    "target_host": "another host",
    "version": "this version",
    "wait": "the time that Jira names",
}
_PLACE = re.compile(r"\{(\w+)\}")

RETRY, RECORD, MAPPING, CONNECTION = (
    Response.RETRY,
    Response.PARK_RECORD,
    Response.PARK_MAPPING,
    Response.PARK_CONNECTION,
)


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Text with facts in place; a fact that is not known gets its readable stand-in. A sentence stays capitalised."""
    filled = _PLACE.sub(lambda found: facts.get(found.group(1)) or STAND_INS.get(found.group(1), found.group(0)), text)
    return filled[:1].upper() + filled[1:] if text.startswith("{") and not facts.get(_first(text)) else filled


def _first(text: str) -> str:
    found = _PLACE.match(text)
    return found.group(1) if found else ""


def you(text: str) -> Step:
    return Step(who=Actor.YOU, text=text)


def admin(text: str) -> Step:
    return Step(who=Actor.JIRA_ADMIN, text=text)


def network(text: str) -> Step:
    return Step(who=Actor.NETWORK, text=text)


def operator(text: str) -> Step:
    return Step(who=Actor.SERVER_OPERATOR, text=text)


def ask(want: str, where: str, verify: str, spare: str = "") -> str:
    """The body of a request to a Jira admin: what is wanted, where to click, how to verify, what is not needed."""
    lines = [want, f"Where: {where}", f"To verify: {verify}"]
    lines.append(f"Not needed: {spare or 'any other right or setting; nothing else has to change.'}")
    return "\n".join(lines)


def entry(
    slug: str,
    *,
    title: str,
    seen: str,
    means: str,
    known_by: str,
    do: tuple[Step, ...],
    response: Response,
    url: str | None = None,
    probe: str | None = None,
    request: str | None = None,
    instead: tuple[Step, ...] = (),
) -> CatalogueEntry:
    groups = GROUPS_OF.get(slug, ())
    return CatalogueEntry(
        slug=slug,
        title=title,
        explanation=means,
        resolution=do,
        response=response,
        vendor_url=url,
        group=groups[0].name if groups else None,
        request=request,
        seen=seen,
        known_by=known_by,
        probe=probe or (groups[0].split if groups else None),
        alternatives=instead,
    )
