"""``tieline check CONNECTION``: the ladder for a stored connection."""

from __future__ import annotations

import sys

from tieline.cli.doctor import print_problems, print_rung
from tieline.cli.serve import set_up
from tieline.cli.terminal import paint, print_json
from tieline.diagnosis.card import build_card
from tieline.diagnosis.ladder import build_report


def run_stored_check(connection: str, *, project: str, as_json: bool) -> int:
    """0: green. 2: no such connection, or several of that name. 3: problems found."""
    set_up(exclusive=False)
    from django.db.models import Q

    from tieline.store.models import Connection
    from tieline.wiring.checks import run_check, settings_of

    rows = list(Connection.objects.filter(Q(id=connection) | Q(name__iexact=connection)).order_by("name"))
    if len(rows) != 1:
        known = ", ".join(
            f'"{name}"' for name in Connection.objects.order_by("name").values_list("name", flat=True)[:20]
        )
        many = f'{len(rows)} connections are named "{connection}". Name one by its id: '
        print(
            many + ", ".join(row.id for row in rows)
            if rows
            else f'There is no connection "{connection}". '
            + (f"There are: {known}." if known else "None is stored yet."),
            file=sys.stderr,
        )
        return 2
    row = rows[0]
    integration = row.integrations.exclude(project_key="").order_by("id").first()
    key = project or (integration.project_key if integration else "")
    if not as_json:
        print(f"Checking {paint(row.name, 'bold')}, {row.base_url}\n", flush=True)
    results = []
    for result in run_check(row, integration=integration, project_key=key or None, actor="tieline check"):
        results.append(result)
        if not as_json:
            print_rung(result)
    report = build_report(results, settings_of(row, key or None))
    if as_json:
        evidence = report.evidence()
        cards = [build_card(finding, evidence).as_json() for finding in report.findings]
        print_json({"connection": row.name, "address": row.base_url, **report.as_json(), "problems": cards})
    else:
        print_problems(report)
    return 0 if report.ok else 3
