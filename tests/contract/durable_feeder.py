"""Writes ops into a ledger and tells how they stand: ``python durable_feeder.py FOLDER`` with commands on standard input,
one JSON object a line, answers on standard output."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> None:
    folder = Path(sys.argv[1])
    os.environ["TIELINE_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tieline.settings"
    from tieline.store.secrets import ensure_keys

    folder.mkdir(parents=True, exist_ok=True)
    ensure_keys(folder)
    import django

    django.setup()
    from tieline.store import connections, people
    from tieline.store.upkeep import migrate_database

    migrate_database()
    workspace = people.create_workspace(key="FERRY", name="Skerry Lines", owner=people.ensure_admin())
    made = [
        connections.create_connection(
            workspace, name=name, base_url=f"https://{name}.example", auth="basic", account="", secret="", actor="test"
        ).id
        for name in ("one", "two")
    ]
    say(json.dumps({"connections": made}))
    for line in sys.stdin:
        say(json.dumps(answer(json.loads(line))))


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    from datetime import timedelta

    from django.utils import timezone

    from tieline.store.ledger import DjangoLedger
    from tieline.store.models import Op
    from tieline.store.ops import Wanted, enqueue_all
    from tieline.sync.views import OpKind

    if asked["do"] == "enqueue":
        wanted = [
            Wanted(
                kind=OpKind(one.get("kind", "hear")),
                lane=one["lane"],
                subject=one["lane"],
                connection=one["connection"],
                integration=None,
                reason=one["reason"],
            )
            for one in asked["ops"]
        ]
        return {"ids": [enqueue_all([one])[0] for one in wanted]}
    if asked["do"] == "retain":
        return {"gone": DjangoLedger().retain(before=timezone.now() + timedelta(seconds=1))}
    states: dict[str, int] = {}
    for state in Op.objects.values_list("state", flat=True):
        states[state] = states.get(state, 0) + 1
    return {"states": states}


if __name__ == "__main__":
    main()
