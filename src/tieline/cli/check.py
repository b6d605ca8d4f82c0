"""``tieline check CONNECTION``: the ladder for a stored connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tieline.cli.doctor import print_problems, print_rung
from tieline.cli.installation import data_folder, open_for_a_look
from tieline.cli.refusal import Refusal, mistyped
from tieline.cli.terminal import paint, print_json
from tieline.diagnosis.card import build_card
from tieline.diagnosis.ladder import build_report

if TYPE_CHECKING:
    from tieline.store.models import Connection


def find_connection(named: str) -> Connection:
    """The connection with this id or name (in any case). Raises ``Refusal`` when there is none, or several."""
    from django.db.models import Q

    from tieline.store.models import Connection

    rows = list(Connection.objects.filter(Q(id=named) | Q(name__iexact=named)).order_by("name", "id")[:20])
    if len(rows) == 1:
        return rows[0]
    if rows:
        ids = ", ".join(row.id for row in rows)
        raise mistyped(f'{len(rows)} connections are named "{named}". Name one by its id: {ids}')
    names = Connection.objects.order_by("name").values_list("name", flat=True)[:20]
    known = ", ".join(f'"{name}"' for name in names)
    raise mistyped(
        f'There is no connection "{named}" in {data_folder()}. '
        + (f"There are: {known}." if known else "None is stored yet: make one in the browser.")
    )


def run_stored_check(connection: str, *, project: str, as_json: bool) -> int:
    """0: green. 3: problems found. Raises ``Refusal`` for an unknown connection, or a secret that cannot be opened."""
    open_for_a_look()
    from tieline.store.keys import KeyTrouble
    from tieline.wiring.checks import run_check, settings_of

    row = find_connection(connection.strip())
    integration = row.integrations.exclude(project_key="").order_by("id").first()
    key = project.strip() or (integration.project_key if integration else "")
    if not as_json:
        print(f"Checking {paint(row.name, 'bold')}, {row.base_url}\n", flush=True)
    results = []
    try:
        for result in run_check(row, integration=integration, project_key=key or None, actor="tieline check"):
            results.append(result)
            if not as_json:
                print_rung(result)
    except KeyTrouble as trouble:
        raise Refusal(str(trouble)) from None
    report = build_report(results, settings_of(row, key or None))
    if as_json:
        evidence = report.evidence()
        cards = [build_card(finding, evidence).as_json() for finding in report.findings]
        print_json({"connection": row.name, "address": row.base_url, **report.as_json(), "problems": cards})
    else:
        print_problems(report)
    return 0 if report.ok else 3
